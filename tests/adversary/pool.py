"""Trying models in processes of their own, so that one that hangs, or that ends its process, is a
difference like any other, and ends nothing else."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from .making import random_system
from .system import System

COMPILING = 900.0
"""Seconds more that a model has when kernels are compiled."""


class Case(NamedTuple):
    """A model, and how it is tried: a `trials.Plan`."""

    seed: str
    make: str
    system: System
    plan: Any


class Outcome(NamedTuple):
    """What came of a case: `problem` is None if all was as it should be. `kind` tells problems
    apart: the exception's name, "hangs" or "dies"."""

    case: Case
    features: frozenset[str]
    problem: str | None = None
    kind: str = ""


def case_of(seed: str) -> Case:
    """The case with this seed, "base/number"."""
    from .trials import random_plan

    random = Random(seed)
    make, system = random_system(random)
    return Case(seed, make, system, random_plan(random, make))


def run(cases: Iterable[Case], jobs: int, limit: float) -> Iterator[Outcome]:
    """Try cases in `jobs` processes, each for at most `limit` seconds; what came of them, as they
    end."""
    waiting, workers = iter(cases), [Worker() for _ in range(jobs)]
    try:
        busy = [worker for worker in workers if worker.take(waiting, limit)]
        while busy:
            wait([worker.pipe for worker in busy], timeout=0.2)
            for worker in list(busy):
                outcome = worker.look()
                if outcome is None:
                    continue
                yield outcome
                if not worker.take(waiting, limit):
                    busy.remove(worker)
    finally:
        for worker in workers:
            worker.end()


class Worker:
    """A process that tries one case at a time."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="adversary-")
        os.close(handle)
        self._stacks = Path(name)
        self._case: Case | None = None
        self._until = 0.0
        self.pipe: Connection
        self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = theirs, str(self._stacks)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        with _importable():
            self._process.start()
        theirs.close()

    def take(self, cases: Iterator[Case], limit: float) -> bool:
        """Begin the next case; False if there is none."""
        self._case = next(cases, None)
        if self._case is not None:
            self.pipe.send(self._case)
            self._until = time.monotonic() + limit
        return self._case is not None

    def attempt(self, case: Case, limit: float) -> Outcome:
        """Try a case, and wait for what comes of it."""
        self.take(iter([case]), limit)
        outcome = None
        while outcome is None:
            self.pipe.poll(0.2)
            outcome = self.look()
        return outcome

    def look(self) -> Outcome | None:
        """What came of the case, None if it is still being tried."""
        assert self._case is not None
        try:
            if self.pipe.poll():
                answer = self.pipe.recv()
                if answer == "compiling":
                    self._until += COMPILING
                    return None
                return Outcome(self._case, *answer)
        except (EOFError, ConnectionResetError):
            self._process.join()
            problem = f"the process ended with code {self._process.exitcode}\n{self._said()}"
            self._begin()
            return Outcome(self._case, frozenset(), problem, "dies")
        if time.monotonic() < self._until:
            return None
        return Outcome(self._case, frozenset(), f"no answer in time\n{self._give_up()}", "hangs")

    def _give_up(self) -> str:
        """Begin anew; where it was."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGUSR1)
        time.sleep(0.5)
        self._process.kill()
        self._process.join()
        self._begin()
        return self._said()

    def _said(self) -> str:
        """What the process wrote when it ended, or was asked where it is."""
        said = self._stacks.read_text()
        self._stacks.write_text("")
        return said

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._stacks.unlink()


@contextmanager
def _importable() -> Iterator[None]:
    """Let a process that is started find this module, whatever pytest calls it."""
    above = str(Path(__file__).parents[__name__.count(".")])
    sys.path.append(above)
    try:
        yield
    finally:
        sys.path.remove(above)


def _work(pipe: Connection, stacks: str) -> None:
    """What the process does."""
    from .trials import try_system

    with Path(stacks).open("a") as file:
        faulthandler.enable(file)
        faulthandler.register(signal.SIGUSR1, file)
        while True:
            case = pipe.recv()
            try:
                found = try_system(case.system, case.plan, lambda: pipe.send("compiling"))
                pipe.send((frozenset(found | {f"make {case.make}"}),))
            except Exception as error:  # whatever it is, it is what is looked for
                text = traceback.format_exc(limit=-12)
                pipe.send((frozenset(), text, type(error).__name__))
