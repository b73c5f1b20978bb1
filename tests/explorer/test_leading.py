"""A trace that does not lead to what was found is never shown: it is a defect, or a handler's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from islander import (
    Fact,
    FactInvariant,
    Model,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Witness,
    explore,
)
from islander.explorer.errors import DefectError, NondeterminismError, PropertyError
from islander.explorer.reference import ReferenceSearch
from islander.explorer.tabulated import TabulatedSearch

from .cells import Cell, cell, model

ENGINES = {"reference": ReferenceSearch, "tabulated": TabulatedSearch}


class Has(Fact):
    value: str


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore small models itself."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


def letters(item: Any) -> Model:
    """Three letters arrive, in any order."""

    def start(self: Cell) -> None:
        for letter in "xyz":
            self.send("b", letter)

    def receive(self: Cell, letter: str, sender: str) -> None:
        self.value += letter

    taker = cell("", receive=receive, facts=lambda self: [Has(self.value)])
    return model(a=cell(start=start), b=taker, properties=[item])


def reads(state: Any) -> str:
    return str(state.actors["b"].value)


FOUND: dict[str, Callable[[], Any]] = {
    "fact set": lambda: FactInvariant("p", lambda facts: Has("zy") not in facts),
    "state": lambda: StateInvariant("p", lambda state: reads(state) != "zy"),
    "step": lambda: StepInvariant("p", lambda before, event, after: after.value != "zy"),
    "witness": lambda: Witness("p", lambda facts: Has("zy") in facts),
    "state witness": lambda: StateWitness("p", lambda state: reads(state) == "zy"),
    "nearest": lambda: Witness("p", lambda facts: False, {"zy": lambda facts: Has("zy") in facts}),
}


def trace_of(item: Any, engine: str) -> Any:
    return explore(letters(item), engine).properties["p"].trace


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("what", FOUND)
def test_a_trace_ends_with_what_was_found(what: str, engine: str) -> None:
    events = [repr(step.event) for step in trace_of(FOUND[what](), engine)]
    assert events == ["a → b: 'z'", "a → b: 'y'"]


def shorter(start: int, path: list[Any]) -> tuple[int, list[Any]]:
    return start, path[:-1]


def empty(start: int, path: list[Any]) -> tuple[int, list[Any]]:
    return start, []


def reversed_(start: int, path: list[Any]) -> tuple[int, list[Any]]:
    return start, path[::-1]


def elsewhere(start: int, path: list[Any]) -> tuple[int, list[Any]]:
    return start + 1, path


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("wrong", [shorter, empty, reversed_])
@pytest.mark.parametrize("what", FOUND)
def test_a_way_that_leads_elsewhere_is_a_defect(
    what: str,
    wrong: Callable[[int, list[Any]], tuple[int, list[Any]]],
    engine: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way_to = ENGINES[engine].way_to
    monkeypatch.setattr(ENGINES[engine], "way_to", lambda *given: wrong(*way_to(*given)))
    with pytest.raises(DefectError, match=r"to what was found at depth . does not lead there: "):
        trace_of(FOUND[what](), engine)


def test_a_way_from_a_state_that_is_not_initial_is_a_defect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way_to = ReferenceSearch.way_to
    monkeypatch.setattr(ReferenceSearch, "way_to", lambda *given: elsewhere(*way_to(*given)))
    with pytest.raises(DefectError, match="there is no initial state number 1"):
        trace_of(FOUND["state"](), "reference")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_handler_that_does_something_else_when_the_trace_is_made_is_told(engine: str) -> None:
    # The search decides each of its 16 pairs twice; after that the handler is another one.
    calls = count()

    def start(self: Cell) -> None:
        for letter in "xyz":
            self.send("b", letter)

    def receive(self: Cell, letter: str, sender: str) -> None:
        self.value += letter if next(calls) < 2 * 15 else "?"

    item = StateInvariant("p", lambda state: len(reads(state)) < 3)
    checked = model(a=cell(start=start), b=cell("", receive=receive), properties=[item])
    with pytest.raises(NondeterminismError, match="does not lead there when its handlers run once"):
        explore(checked, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [FactInvariant, StateInvariant])
def test_a_predicate_that_answers_differently_the_second_time_is_told(
    kind: Any, engine: str
) -> None:
    said: set[str] = set()

    def new(subject: Any) -> bool:
        value = reads(subject) if kind is StateInvariant else str(sorted(map(repr, subject)))
        known = value in said
        said.add(value)
        return known or "zy" not in value

    with pytest.raises(PropertyError, match=r"property 'p': it was False .* is True of the same"):
        trace_of(kind("p", new), engine)
