"""Handlers that run on when the time is used up are ended, and named."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib import import_module

import pytest

from islander import Model, Verdict, explore, simulate
from islander.explorer import deadline

from .cells import TRUE, Cell, cell


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE", 0.05)


def endless() -> None:
    while True:
        pass


def stubborn() -> None:
    for attempt in range(3):
        try:
            endless()
        except BaseException:
            if attempt == 2:
                raise


def looping(loop: Callable[[], None]) -> Model:
    """Every message is counted, and the fourth leads into the loop."""

    def start(self: Cell) -> None:
        self.send("a", "x")

    def receive(self: Cell, message: str, sender: str) -> None:
        self.value += 1
        if self.value == 4:
            loop()
        self.send("a", "x")

    return Model("m", {"a": cell(0, start=start, receive=receive)}, properties=[TRUE])


@pytest.mark.parametrize("loop", [endless, stubborn])
@pytest.mark.parametrize("engine", ["reference", "tabulated", "kernels"])
def test_a_handler_without_end_ends_with_the_time(
    monkeypatch: pytest.MonkeyPatch, loop: Callable[[], None], engine: str
) -> None:
    if engine == "kernels":  # which else explore nothing so small
        monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
        explore(looping(lambda: None), max_states=9)  # they take time to load, once
    engine = "reference" if engine == "reference" else "tabulated"
    result = explore(looping(loop), engine, max_seconds=0.2)
    assert (result.verdict, result.interrupted) == (Verdict.INCOMPLETE, False)
    assert re.fullmatch(
        r"the time of 0\.2 s was used up \(max_seconds\) in actor 'a' \(Cell\): receive "
        rf"\({re.escape(__file__)}, line \d+, in endless\) for a → a: 'x', in state Cell\(3\)",
        str(result.incomplete_because),
    )


def test_a_start_without_end_is_ended_too() -> None:
    def start(self: Cell) -> None:
        while True:
            self.value += 1

    result = explore(Model("m", {"a": cell(0, start=start)}, properties=[TRUE]), max_seconds=0.2)
    assert (result.verdict, result.states) == (Verdict.INCOMPLETE, 0)
    assert "(Cell): start (" in str(result.incomplete_because)
    assert "for a starts" in str(result.incomplete_because)


def test_random_walks_end_with_the_time_too() -> None:
    simulate(looping(lambda: None), walks=1, depth=9, seed=1)  # kernels take time to load, once
    found = simulate(looping(endless), walks=10**9, seed=1, max_seconds=0.2)
    assert (found.verdict, found.walks) == (Verdict.INCOMPLETE, 0)
    assert "(max_seconds) in actor 'a' (Cell): receive (" in str(found.incomplete_because)


def test_nothing_is_raised_once_the_context_was_left() -> None:
    result = explore(looping(endless), max_seconds=0.2)
    assert result.verdict is Verdict.INCOMPLETE
    time.sleep(6 * deadline.GRACE)  # for what should not come
    assert explore(looping(lambda: None), max_states=10, max_seconds=1e300).states == 10


def test_handlers_that_return_are_not_ended_however_late_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine looks at the clock once, here; were one of its handlers ended, it would say so."""
    monkeypatch.setattr(deadline, "GRACE", 0.3)
    monkeypatch.setattr(import_module("islander.explorer.reference"), "PACE", 10**9)
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)

    def start(self: Cell) -> None:
        self.send("a", "x")

    def receive(self: Cell, message: str, sender: str) -> None:
        self.value += 1
        if self.value < 400:
            time.sleep(0.002)
            self.send("a", "x")

    model = Model("m", {"a": cell(0, start=start, receive=receive)}, properties=[TRUE])
    result = explore(model, "reference", max_seconds=0.01)
    assert result.states in (1, 401)  # 1 if it took as long to begin
    assert "receive" not in str(result.incomplete_because)
