"""One measured run of Islander, in this process; prints what it measured as one line of JSON.

    python islander_run.py 3 3 --engine tabulated --threads 2

`compare.py` starts it afresh for every run, so that the peak of memory is the run's own. Before the
clock starts, small instances are checked: they load the compiled kernels (and compile them, if
Islander changed), those for several threads, too. Then, around `explore()`:

seconds          wall-clock time
cpu_seconds      processor time of all threads
python_seconds   the time within `Tabulation.fill` and `.settle`: the handlers, and putting what
                 they decided into tables
run_bytes        how far the peak of resident memory rose above what was resident before
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from islander.explorer import FactInvariant, Model, Result, explore
from islander.models.paxos import paxos

WARM_UP = ((2, 2), (3, 2), (2, 4))
"""Proposers and acceptors; the levels of the last are wide enough for threads to share them. With
the second the heap grows by some 50 MB, once, which 2 × 2 alone would leave to the measured run."""


class Stopwatch:
    """Adds up the time spent in the functions that it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wrap(self, owner: type, name: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began

        setattr(owner, name, timed)


def main() -> None:
    arguments = parse_arguments()
    model = paxos(proposers=arguments.proposers, acceptors=arguments.acceptors)
    if arguments.trivial:
        nothing = FactInvariant("nothing to check", lambda facts: True)
        model = dataclasses.replace(model, properties=[nothing])
    stopwatch = Stopwatch()
    if arguments.engine == "tabulated":
        from islander.explorer.tables import Tabulation

        for proposers, acceptors in WARM_UP:
            run(paxos(proposers=proposers, acceptors=acceptors), arguments)
        stopwatch.wrap(Tabulation, "fill")
        stopwatch.wrap(Tabulation, "settle")
    before, cpu_before, began = resident(), cpu_seconds(), time.perf_counter()
    result = run(model, arguments)
    seconds = time.perf_counter() - began
    cpu = cpu_seconds() - cpu_before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    counts = {
        name: getattr(result, name)
        for name in ("states", "transitions", "depth", "terminal", "handler_calls", "fact_sets")
    }
    measured = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "python_seconds": stopwatch.seconds if arguments.engine == "tabulated" else None,
        "run_bytes": max(peak - before, 0),
    }
    print(json.dumps({**counts, "verdict": result.verdict.value, **measured}))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("proposers", type=int)
    parser.add_argument("acceptors", type=int)
    parser.add_argument("--engine", default="tabulated")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--trivial", action="store_true", help="only a property that always holds")
    return parser.parse_args()


def run(model: Model, arguments: argparse.Namespace) -> Result:
    return explore(model, arguments.engine, threads=arguments.threads)


def resident() -> int:
    """Bytes of memory resident now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
