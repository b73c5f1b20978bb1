"""Running checks side by side, each in a process of its own.

What happens in one process is no concern of the others: a model that ends its process, or that the
system kills for want of memory, is the error of one check. The processes do not outlive this one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .ci_config import Check
from .ci_verdict import Outcome, unrun
from .ci_worker import BOOT, COMPILING, JOB, RESULT
from .live import available_bytes
from .reports.summary import Summary

PAUSE = 0.02
"""Seconds between two looks at the processes."""

TOLD = 5
"""Lines that are told of what a process wrote before it died."""

INTERRUPTED = "interrupted"


class Made(NamedTuple):
    """What came of making the model of a check: its name and its properties' names; or `error`,
    a mistake; or `died`, what is known of a process that ended doing it."""

    model: str = ""
    properties: tuple[str, ...] = ()
    error: str = ""
    died: str = ""


class Progress(NamedTuple):
    """How far the checks are: how many are done, which are running and for how many seconds, and
    whether one of them compiles kernels."""

    done: int
    running: tuple[tuple[str, float], ...]
    compiling: bool


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_all(checks: Sequence[Check]) -> list[Made]:
    """Make the model of every check, one after the other; nothing is explored."""
    made: list[Made] = []
    jobs = [
        {"target": one.target, "parameters": dict(one.parameters), "bug": one.bug} for one in checks
    ]
    while len(made) < len(checks):
        job = {"task": "make", "first": len(made), "models": jobs[len(made) :]}
        with _begun(job) as worker:
            worker.process.wait()
            while (answer := worker.answer(f"{len(made)}.json")) is not None:
                made.append(
                    Made(
                        answer.get("model", ""),
                        tuple(answer.get("properties", ())),
                        answer.get("error", ""),
                    )
                )
            if len(made) < len(checks):  # the model after the last that was made ended the process
                made.append(Made(died=worker.death()))
    return made


def run_all(
    checks: Sequence[Check],
    made: Sequence[Made],
    jobs: int,
    diagrams: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[Outcome]:
    """The outcomes of the checks, in their order; `made` is what `make_all` gave for them.

    At most `jobs` threads explore at a time; a check that wants more runs alone. `diagrams` asks
    for the counterexamples as Mermaid. Ctrl-C ends all that run; those are then incomplete.
    """
    run = _Run(checks, made, jobs, diagrams)
    try:
        run.all(on_progress or (lambda progress: None))
    except KeyboardInterrupt:
        pass  # what is done stands
    finally:
        run.end()
    return run.outcomes()


@dataclass
class _Run:
    """Checks that wait, that run, and that are done, all by their numbers."""

    checks: Sequence[Check]
    made: Sequence[Made]
    jobs: int
    diagrams: bool
    waiting: list[int] = field(default_factory=list)
    running: dict[int, _Worker] = field(default_factory=dict)
    done: dict[int, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        free = available_bytes()
        share = max(min(self.jobs, len(self.checks)), 1)
        self.memory = None if free is None else free * 7 // 8 // share
        for number, (check, made) in enumerate(zip(self.checks, self.made, strict=True)):
            if made.died:
                self.done[number] = _failed(check, made, made.died)
            else:
                self.waiting.append(number)

    def all(self, on_progress: Callable[[Progress], None]) -> None:
        while self.waiting or self.running:
            while self.waiting and self._fits(self.waiting[0]):
                number = self.waiting.pop(0)
                with _undisturbed():
                    self.running[number] = _begin(self._job(number))
            for number in [n for n, one in self.running.items() if one.process.poll() is not None]:
                self._collect(number)
            on_progress(self._progress())
            time.sleep(PAUSE)

    def end(self) -> None:
        for worker in self.running.values():
            worker.end()

    def outcomes(self) -> list[Outcome]:
        return [
            self.done.get(number)
            or Outcome(check, unrun(check, made.model, INTERRUPTED, properties=made.properties))
            for number, (check, made) in enumerate(zip(self.checks, self.made, strict=True))
        ]

    def _fits(self, number: int) -> bool:
        threads = sum(self._threads(one) for one in [*self.running, number])
        return not self.running or threads <= self.jobs

    def _threads(self, number: int) -> int:
        return int(self.checks[number].bounds.get("threads", 1))

    def _job(self, number: int) -> Mapping[str, Any]:
        check = self.checks[number]
        bounds = dict(check.bounds)
        if bounds.get("engine") != "reference":
            bounds.setdefault("max_bytes", self.memory)
        else:
            bounds.pop("max_bytes", None)
        return {
            "task": "explore",
            "name": check.name,
            "target": check.target,
            "parameters": dict(check.parameters),
            "bug": check.bug,
            "bounds": bounds,
            "options": list(check.options),
            "require_coverage": check.require_coverage,
            "diagrams": self.diagrams,
        }

    def _collect(self, number: int) -> None:
        worker, check, made = self.running[number], self.checks[number], self.made[number]
        answer = worker.answer(RESULT)
        if answer is None:
            outcome = _failed(check, made, worker.death(), worker.seconds)
        elif "error" in answer:
            steps = tuple(answer["steps"])
            outcome = _failed(check, made, answer["error"], worker.seconds, steps)
        else:
            summary = Summary.from_json(answer["summary"])
            outcome = Outcome(check, summary, diagrams=answer["diagrams"])
        self.done[number] = outcome
        del self.running[number]
        worker.end()

    def _progress(self) -> Progress:
        return Progress(
            len(self.done),
            tuple((self.checks[n].name, one.seconds) for n, one in self.running.items()),
            any((one.folder / COMPILING).exists() for one in self.running.values()),
        )


def _failed(
    check: Check, made: Made, error: str, seconds: float = 0.0, steps: tuple[str, ...] = ()
) -> Outcome:
    summary = unrun(check, made.model or check.model, error, seconds, made.properties)
    return Outcome(check, summary, error, steps)


# -- processes ------------------------------------------------------------------------------------


@dataclass
class _Worker:
    """A process, and the directory in which it is told what to do and answers."""

    process: subprocess.Popen[bytes]
    directory: tempfile.TemporaryDirectory[str]
    began: float

    @property
    def folder(self) -> Path:
        return Path(self.directory.name)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def answer(self, name: str) -> dict[str, Any] | None:
        """What it wrote to a file; None if it wrote none."""
        path = self.folder / name
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def death(self) -> str:
        """How it ended, and what it last said."""
        code = self.process.returncode
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            how = f"the process of this check was killed ({name})"
            if name == "SIGKILL":
                how += ", as the system does when memory runs out; bound it with max-bytes"
        else:
            how = f"the process of this check ended on its own, with exit code {code}"
        said = (self.folder / "stderr").read_text(encoding="utf-8", errors="replace")
        last = [line for line in said.splitlines() if line.strip()][-TOLD:]
        return "\n  ".join([f"{how}." if not last else f"{how}. It last said:", *last])

    def end(self) -> None:
        """Kill it if it still runs, and leave nothing behind."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.directory.cleanup()


def _begin(job: Mapping[str, Any]) -> _Worker:
    directory = tempfile.TemporaryDirectory(prefix="islander-ci-", ignore_cleanup_errors=True)
    folder = Path(directory.name)
    (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
    paths = json.dumps([os.path.abspath(path) for path in sys.path])
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            # -P: what lies in the working directory is no module of ours
            [sys.executable, "-P", "-c", BOOT, paths, directory.name],
            stdin=subprocess.PIPE,  # which ends when this process does
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    return _Worker(process, directory, time.monotonic())


@contextmanager
def _begun(job: Mapping[str, Any]) -> Iterator[_Worker]:
    worker = None
    try:
        with _undisturbed():
            worker = _begin(job)
        yield worker
    finally:
        if worker:
            worker.end()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait. What is started meanwhile never hears of it: this process will end it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
