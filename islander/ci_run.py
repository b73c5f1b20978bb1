"""Making and running checks side by side, in processes.

What happens in one process is no concern of the others: a model that ends its process, that the
system kills for want of memory, or that does not come back, is the error of one check. Models of
different files are made in different processes too, for each may import neighbours of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .ci_config import Check
from .ci_process import Worker, begin, undisturbed
from .ci_verdict import Outcome, unrun
from .ci_worker import COMPILING, EXPLORED, EXPLORING, RESULT
from .live import available_bytes
from .reports.summary import Summary

PAUSE = 0.02
"""Seconds between two looks at the processes."""

GRACE = 30.0
"""Seconds beyond `max-seconds` after which what has not come back will not."""

COMPILATION = 300.0
"""Seconds more if kernels are compiled, which is no time of the search."""

INTERRUPTED = "interrupted"
MAKING = "making the model"


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


def make_all(checks: Sequence[Check], jobs: int | None = None) -> list[Made]:
    """Make the model of every check, those of at most `jobs` files (None: as many as there are
    cores) at a time; nothing is explored."""
    made: dict[int, Made] = {}
    waiting, running = _by_file(checks), list[_Making]()
    try:
        while waiting or running:
            while waiting and len(running) < (jobs or cores()):
                with undisturbed():
                    running.append(_Making.begun(checks, waiting.pop(0)))
            for one in list(running):
                if not one.is_over(made):
                    continue
                running.remove(one)
                one.worker.end()
                if one.numbers:
                    waiting.insert(0, one.numbers)
            time.sleep(PAUSE)
    finally:
        for one in running:
            one.worker.end()
    return [made[number] for number in range(len(checks))]


def _by_file(checks: Sequence[Check]) -> list[list[int]]:
    """The numbers of the checks, those whose models are of one file together, and those whose
    models ship."""
    found: dict[Path | None, list[int]] = {}
    for number, check in enumerate(checks):
        found.setdefault(check.file, []).append(number)
    return list(found.values())


@dataclass
class _Making:
    """A process that makes the models of the checks of these numbers, one after the other."""

    checks: Sequence[Check]
    numbers: list[int]
    worker: Worker

    @classmethod
    def begun(cls, checks: Sequence[Check], numbers: list[int]) -> _Making:
        models = {number: _model_of(checks[number]) for number in numbers}
        return cls(checks, numbers, begin({"task": "make", "models": models}))

    def is_over(self, made: dict[int, Made]) -> bool:
        """Take what it has made. Whether it will make no more; `numbers` are then those that are
        left because a model ended the process."""
        ended = self.worker.ended  # before its answers are looked for: it may write one, and end
        while self.numbers and (answer := self.worker.answer(f"{self.numbers[0]}.json")):
            made[self.numbers.pop(0)] = Made(
                answer.get("model", ""),
                tuple(answer.get("properties", ())),
                answer.get("error", ""),
            )
        if not self.numbers:
            return True
        number = self.numbers[0]
        self.worker.note(str(number))
        limit = _limit(self.checks[number])
        if ended:
            made[self.numbers.pop(0)] = Made(died=self.worker.death())
        elif self.worker.overdue(limit):
            made[self.numbers.pop(0)] = Made(died=self.worker.stop(_overran(MAKING, limit)))
        else:
            return False
        return True


def _limit(check: Check) -> float | None:
    """The seconds that making its model, or exploring it, may take; None for any number."""
    seconds: float | None = check.bounds.get("max_seconds")
    return None if seconds is None else seconds + GRACE


def _overran(what: str, limit: float | None) -> str:
    return (
        f"{what} did not come back within {limit:g} seconds, and was ended. max-seconds bounds a "
        f"search between the calls of a model's functions; one of them seems to go on for ever."
    )


def _model_of(check: Check) -> dict[str, Any]:
    return {"target": check.target, "parameters": dict(check.parameters), "bug": check.bug}


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
    running: dict[int, Worker] = field(default_factory=dict)
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
                with undisturbed():
                    self.running[number] = begin(self._job(number))
            for number in list(self.running):
                self._look(number)
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
            **_model_of(check),
            "bounds": bounds,
            "options": list(check.options),
            "require_coverage": check.require_coverage,
            "diagrams": self.diagrams,
        }

    def _look(self, number: int) -> None:
        """Take what came of a check if its process has ended, and end it if it never would."""
        worker, check = self.running[number], self.checks[number]
        if worker.ended:
            self._collect(number)
            return
        worker.note(EXPLORING if worker.has(EXPLORING) else "")
        limit = _limit(check)
        if limit is not None and worker.has(COMPILING):
            limit += COMPILATION
        # What comes after exploring runs again what came back then, only slower.
        if worker.overdue(limit) and not worker.has(EXPLORED):
            why = _overran("exploring" if worker.has(EXPLORING) else MAKING, limit)
            self._done(number, _failed(check, self.made[number], worker.stop(why), worker.seconds))

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
            unread = tuple(answer["unread"])
            outcome = Outcome(check, summary, diagrams=answer["diagrams"], unread=unread)
        self._done(number, outcome)

    def _done(self, number: int, outcome: Outcome) -> None:
        self.done[number] = outcome
        self.running.pop(number).end()

    def _progress(self) -> Progress:
        return Progress(
            len(self.done),
            tuple((self.checks[n].name, one.seconds) for n, one in self.running.items()),
            any(one.has(COMPILING) for one in self.running.values()),
        )


def _failed(
    check: Check, made: Made, error: str, seconds: float = 0.0, steps: tuple[str, ...] = ()
) -> Outcome:
    summary = unrun(check, made.model or check.model, error, seconds, made.properties)
    return Outcome(check, summary, error, steps)
