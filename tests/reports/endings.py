"""Every way in which a search can end, of models of which all, some or none was established."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from islander import FactInvariant, Model, Progress, Result, StateWitness, explore

from ..explorer.cells import Cell, cell

REACHED = "every witness was reached; the search was cut: "
"""How the sentence begins that every report says of a search that found all it was asked for."""


def reached(name: str) -> StateWitness:
    return StateWitness(name, lambda state: state.actors["a"].value == 0)


NEVER = StateWitness("never", lambda state: state.actors["a"].value < 0)
TRUE = FactInvariant("true", lambda facts: True)

PROPERTIES = {
    "all": [reached("one"), reached("two")],
    "some": [reached("one"), NEVER],
    "none": [NEVER],
    "mixed": [reached("one"), TRUE],
}
"""Which witnesses are reached; of "mixed" the one, and the rest is an invariant."""


def counting(most: int, properties: list[Any], copies: int = 1) -> Model:
    """An actor that counts messages, up to `most`, and sends so many for each."""

    def send(self: Cell) -> None:
        for _ in range(copies):
            self.send("a", "x")

    def receive(self: Cell, message: str, sender: str) -> None:
        if self.value < most:
            self.value += 1
            send(self)

    return Model("counting", {"a": cell(0, start=send, receive=receive)}, properties=properties)


def _ticking() -> Callable[[], float]:
    """A clock that goes on by a second whenever somebody looks."""
    seconds = count()
    return lambda: float(next(seconds))


def _interrupting(progress: Progress) -> None:
    raise KeyboardInterrupt


def _endless(properties: list[Any]) -> Result:
    def pile_up(self: Cell, message: str, sender: str) -> None:
        self.send("a", "x")
        self.send("a", "x")

    actor = cell(0, start=lambda self: self.send("a", "x"), receive=pile_up)
    return explore(Model("counting", {"a": actor}, properties=properties), "reference")


ENDINGS: dict[str, Callable[[list[Any]], Result]] = {
    "complete": lambda wanted: explore(counting(5, wanted), "reference"),
    "max_states": lambda wanted: explore(counting(99, wanted), "reference", max_states=9),
    "max_depth": lambda wanted: explore(counting(99, wanted), "reference", max_depth=9),
    "max_seconds": lambda wanted: explore(
        counting(10**6, wanted), "reference", max_seconds=9, clock=_ticking()
    ),
    "max_bytes": lambda wanted: explore(counting(99, wanted), max_bytes=1),
    "interrupted": lambda wanted: explore(
        counting(99, wanted), "reference", on_progress=_interrupting
    ),
    "there is no end": _endless,
}
"""How to explore to such an end, by what is said of it."""

CASES = [(ending, which) for ending in ENDINGS for which in PROPERTIES]


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Let the engine wonder early whether there is an end, and explore nothing outright."""
    patch.setattr(import_module("islander.explorer.search"), "MANY", 20)
    patch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


def ended(ending: str, which: str) -> Result:
    """A search that ended so, of a model with these properties."""
    return ENDINGS[ending](PROPERTIES[which])


def verdict_of(ending: str, which: str) -> str:
    """The verdict that such a search has."""
    if ending == "complete":
        return "holds" if which in ("all", "mixed") else "violated"
    return "holds" if which == "all" and ending != "interrupted" else "incomplete"
