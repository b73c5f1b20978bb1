"""What runs in the processes of `islander ci`: making models, and exploring one.

A worker is given a directory with a `job.json`; its answers are files there, each whole or absent.
It shares nothing with the process that started it: models may print, run out of memory or end the
process as they like. It ends when its standard input does, which is when that process is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .explorer import IslanderError, Model, ModelError, Result, explore
from .explorer.asking import is_of_a_model, told
from .loading import find_target, make_model
from .report_files import diagrams_of
from .reports import Source, write_whole
from .reports.summary import summarise
from .reports.text import trace_lines
from .streams import keep_printing

JOB, RESULT = "job.json", "result.json"
EXPLORING, COMPILING, EXPLORED = "exploring", "compiling", "explored"
"""Files in the directory of a worker: what to do, and what came of it; and that the model is made,
that kernels are compiled, and that the search is over."""

BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from islander.ci_worker import main; main(sys.argv[2])"
)
"""A program that begins a worker, with the same modules in reach as the process that starts it."""


def main(folder: str) -> None:
    """Do the job in a directory, given as `python -P -c BOOT PATHS FOLDER`."""
    directory = Path(folder)
    _end_with_parent(directory)
    job = json.loads((directory / JOB).read_text(encoding="utf-8"))
    if job["task"] == "make":
        for number, one in job["models"].items():
            write_whole(directory / f"{number}.json", json.dumps(_made(one)))
    else:
        write_whole(directory / RESULT, json.dumps(_explored(job, directory)))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # whatever threads a model may have left


def _end_with_parent(directory: Path) -> None:
    """Watch standard input, and give the model none."""
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a model prints is no report
    keep_printing()

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        shutil.rmtree(directory, ignore_errors=True)  # nobody else is left to do it
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _made(one: Mapping[str, Any]) -> dict[str, Any]:
    try:
        model = _model(one)
    except BaseException as error:  # the one who started this process is to know
        return {"error": _told(error)}
    return {"model": model.name, "properties": [item.name for item in model.properties]}


def _explored(job: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    try:
        model = _model(job)
        (directory / EXPLORING).touch()
        result = explore(model, on_compile=(directory / COMPILING).touch, **job["bounds"])
        (directory / EXPLORED).touch()
        gaps, unread = _coverage(result) if job["require_coverage"] else (None, ())
        source = Source(job["target"], _given(job))
        summary = summarise(result, source, job["name"], gaps, job["options"]).as_json()
        diagrams = diagrams_of(job["name"], result) if job["diagrams"] else {}
        return {
            "summary": summary,
            "diagrams": {name: one for (_, name), one in diagrams.items()},
            "unread": unread,
        }
    except BaseException as error:
        trace = error.trace if isinstance(error, ModelError) else None
        steps = [line.plain for line in trace_lines(trace, None)] if trace else []
        return {"error": _told(error), "steps": steps}


def _coverage(result: Result) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """What the coverage wants for, None if that is not known; and the classes that could not be
    read, which leave it unknown. A case that never ran is one, whatever else there may be."""
    coverage = result.coverage
    unknown = coverage.unread and not coverage.wanting
    return None if unknown else coverage.gaps, coverage.unread


def _model(job: Mapping[str, Any]) -> Model:
    return make_model(find_target(job["target"]), job["parameters"], job["bug"])


def _given(job: Mapping[str, Any]) -> dict[str, str]:
    return dict(job["parameters"]) | ({"bug": job["bug"]} if job["bug"] else {})


def _told(error: BaseException) -> str:
    if isinstance(error, IslanderError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there was not enough memory; bound the check with max-states or max-bytes."
    if is_of_a_model(error):
        return f"the code of the model raised {told(error)}."
    return f"{type(error).__name__}: {error} (a defect of Islander, not of your model)"
