"""Models whose code does not come back, or has no end, each in another place.

`python runaways.py MODE ENDING` explores them all, one after the other, ends each by `time` or by
`interrupt`, and prints a line of JSON for each: its name, and what came of it. MODE is `reference`,
`tabulated`, `simulate`, or `default`: what `explore` does unless it is told.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from islander import (
    Actor,
    Fact,
    FactInvariant,
    Invariant,
    IslanderError,
    Model,
    StateInvariant,
    StepInvariant,
    Witness,
    explore,
    simulate,
)
from islander.explorer import deadline
from islander.explorer.faults import Faults

SECONDS = 0.5

_to_interrupt: list[str] = []


def announce() -> None:
    """Called by what does not come back when it begins: Ctrl-C is then pressed, by another process,
    if that is to end it."""
    if _to_interrupt:
        _to_interrupt.clear()
        subprocess.Popen(["sh", "-c", f"sleep 0.2; kill -INT {os.getpid()}"])


def loop(*arguments: Any) -> Any:
    announce()
    while True:
        pass


@dataclass
class Counter(Actor):
    """Two of them send a message to and fro, and count."""

    value: Any = 0

    def start(self) -> None:
        if self.id == "a":
            self.send("b", "x")

    def receive(self, message: Any, sender: str) -> None:
        if self.value < 3:
            self.value += 1
            self.send(sender, message)


class NeverStarts(Counter):
    def start(self) -> None:
        loop()


class NeverReceives(Counter):
    def receive(self, message: Any, sender: str) -> None:
        loop()


class NeverDrops(Counter):
    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        return bool(loop())


class FactsWithoutEnd(Counter):
    def facts(self) -> Any:
        return itertools.repeat(Fact())


class FactsThatNeverCome(Counter):
    def facts(self) -> Any:
        announce()
        return filter(lambda one: False, itertools.count())


class OptionsWithoutEnd(Counter):
    def receive(self, message: Any, sender: str) -> None:
        self.choose(itertools.count())


class ReceiversWithoutEnd(Counter):
    def receive(self, message: Any, sender: str) -> None:
        self.broadcast(itertools.repeat("a"), message)


class ManyChoices(Counter):
    def receive(self, message: Any, sender: str) -> None:
        announce()
        self.value = sum(self.choose(range(200)) for _ in range(5))


class ManyStarts(Counter):
    def start(self) -> None:
        announce()
        self.value = self.choose(range(200))


class ManyEqualStarts(ManyStarts):
    """States that differ only in what is dropped are one."""

    def start(self) -> None:
        announce()
        for _ in range(self.choose(range(200))):
            self.send("a", "x")

    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        return True


class Sleeps(Counter):
    def receive(self, message: Any, sender: str) -> None:
        announce()
        time.sleep(1e6)


class Matches(Counter):
    def receive(self, message: Any, sender: str) -> None:
        announce()
        re.match(r"(a+)+$", "a" * 80 + "b")


class NeverShown(Counter):
    def shown(self) -> Any:
        loop()


class EndlessFact(Fact):
    one: int

    def __hash__(self) -> int:
        return int(loop())


class HashesWithoutEnd(Counter):
    def facts(self) -> Any:
        yield EndlessFact(1)


def few(state: Any) -> bool:
    return bool(state.actors["a"].value < 2)


def made(kind: type[Counter], *properties: Any, actors: int = 2, **options: Any) -> Model:
    names = ["a", "b", *(f"c{number}" for number in range(actors - 2))]
    given = properties or (FactInvariant("p", lambda facts: True),)
    return Model("runaway", {name: kind() for name in names}, properties=given, **options)


def cuts() -> Model:
    announce()
    return made(Counter, actors=25, faults=Faults(partitions=1))


def step(before: Any, event: Any, after: Any) -> bool:
    return bool(after.value < 2)


RUNAWAYS: dict[str, Callable[[], Model]] = {
    "start": lambda: made(NeverStarts),
    "receive": lambda: made(NeverReceives),
    "drops": lambda: made(NeverDrops),
    "facts without end": lambda: made(FactsWithoutEnd),
    "facts that never come": lambda: made(FactsThatNeverCome),
    "a hash of a fact": lambda: made(HashesWithoutEnd),
    "options without end": lambda: made(OptionsWithoutEnd),
    "receivers without end": lambda: made(ReceiversWithoutEnd),
    "a product of choices": lambda: made(ManyChoices),
    "a product of initial states": lambda: made(ManyStarts, actors=4),
    "a product of equal initial states": lambda: made(ManyEqualStarts, actors=4),
    "ways to cut": cuts,
    "a predicate of states": lambda: made(Counter, StateInvariant("p", loop)),
    "a predicate of facts": lambda: made(Counter, FactInvariant("p", loop)),
    "a predicate of steps": lambda: made(Counter, StepInvariant("p", loop)),
    "a formula": lambda: made(Counter, Invariant("p", loop)),
    "a milestone": lambda: made(
        Counter, Witness("p", lambda facts: False, milestones={"one": loop})
    ),
    "describe": lambda: made(Counter, StepInvariant("p", step, describe=loop)),
    "shown": lambda: made(NeverShown, StateInvariant("p", few)),
    "a sleep": lambda: made(Sleeps),
    "a regular expression": lambda: made(Matches),
}


def _ended(name: str, mode: str, ending: str) -> dict[str, Any]:
    seconds = SECONDS if ending == "time" else None
    _to_interrupt[:] = [name] if ending == "interrupt" else []
    try:
        model = RUNAWAYS[name]()
        if mode == "simulate":
            found: Any = simulate(model, seed=1, max_seconds=seconds)
        else:
            found = explore(model, mode, max_seconds=seconds, keep_going=name == "shown")
    except IslanderError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    explanations = [one.explanation for one in found.properties.values()]
    return {"verdict": found.verdict.value, "said": " ".join(explanations)}


def main(mode: str, ending: str) -> None:
    deadline.GRACE = 0.1
    if mode == "default":
        mode = "tabulated"
    else:  # explore nothing outright, as the default is for what is small
        import_module("islander.explorer.explore").SMALL = 0  # type: ignore[attr-defined]
    if mode != "reference":  # kernels take time to load
        simulate(made(Counter), walks=1, seed=1)
        explore(made(Counter))
    for name in RUNAWAYS:
        refused = name == "ways to cut" and mode != "reference"
        if ending == "interrupt" and (refused or name in NEVER_INTERRUPTED):
            continue
        print(json.dumps({"name": name, **_ended(name, mode, ending)}), flush=True)


NEVER_INTERRUPTED = (
    # These are refused before anybody could press Ctrl-C.
    *("facts without end", "options without end", "receivers without end"),
    "shown",  # is asked when the trace is told, which is not the search's
)


if __name__ == "__main__":
    main(*sys.argv[1:])
