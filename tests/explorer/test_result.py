"""Results: that none is taken for true or false, and that `check` fails unless all holds."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from islander import (
    CheckFailed,
    IslanderError,
    Model,
    StateInvariant,
    StateWitness,
    UsageError,
    Verdict,
    explore,
    simulate,
)
from islander.explorer import result as results
from islander.explorer.result import tell_failures
from islander.models.paxos import paxos

from .cells import append, cell

FEW, TWO = "a holds few", "a comes to 2"


def counting(most: int = 9, goal: int | None = None) -> Model:
    """An actor that counts from 0 to 3, one step at a time."""

    def start(self: Any) -> None:
        for _ in range(3):
            self.send("a", 1)

    properties: list[Any] = [StateInvariant(FEW, lambda state: state.actors["a"].value <= most)]
    if goal is not None:
        properties = [StateWitness(TWO, lambda state: state.actors["a"].value == goal)]
    return Model("counting", {"a": cell(0, start=start, receive=append)}, properties=properties)


# -- true or false -------------------------------------------------------------------------------

JUDGED: dict[str, Callable[[], Any]] = {
    "Result(counting: holds": lambda: explore(counting()),
    f"what was found about '{FEW}'": lambda: explore(counting()).properties[FEW],
    "Simulation(counting: incomplete": lambda: simulate(counting(), walks=2),
    "Verdict.HOLDS": lambda: Verdict.HOLDS,
    "Verdict.VIOLATED": lambda: Verdict.VIOLATED,
    "Verdict.INCOMPLETE": lambda: Verdict.INCOMPLETE,
}
"""What has a verdict, by what an error calls it."""

ASKING: dict[str, Callable[[Any], object]] = {
    "bool": bool,
    "not": lambda one: not one,
    "and": lambda one: one and 1,
    "all": lambda one: all([one]),
    "if": lambda one: 1 if one else 2,
}


@pytest.mark.parametrize("judged", JUDGED)
@pytest.mark.parametrize("asking", ASKING)
def test_what_has_a_verdict_is_neither_true_nor_false(judged: str, asking: str) -> None:
    one = JUDGED[judged]()
    with pytest.raises(UsageError, match=r"neither true nor false.*Write .*Verdict\.") as raised:
        ASKING[asking](one)
    assert str(raised.value).startswith(judged)


def test_a_result_that_is_asserted_says_what_to_write() -> None:
    with pytest.raises(UsageError, match=re.escape("or result.check(), which raises")):
        assert explore(counting(most=1))


# -- check ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["tabulated", "reference"])
def test_check_returns_a_result_that_holds(engine: str) -> None:
    result = explore(counting(), engine)
    assert result.check() is result
    assert result.check().states == 4


def test_check_raises_an_assertion_error_of_the_family_with_the_trace_and_why() -> None:
    with pytest.raises(CheckFailed) as raised:
        explore(paxos(bug="minority-quorum")).check()
    assert isinstance(raised.value, AssertionError)
    assert isinstance(raised.value, IslanderError)
    lines = str(raised.value).split("\n")
    assert lines[0] == "single chosen value is violated after 8 steps"
    assert re.match(r"  1  p1 → a1  Prepare\(1\)", lines[2])
    assert any(line.startswith("  8  p2 → a3") for line in lines)
    assert any(line.startswith("Why: x was chosen at ballot 1 by") for line in lines)
    assert any(line.startswith("✗ violated   single chosen value") for line in lines)
    assert lines[-1] == "VIOLATED  paxos with bug minority-quorum: single chosen value"


def test_check_raises_for_a_witness_that_is_unreachable() -> None:
    with pytest.raises(CheckFailed, match=f"^{TWO} is unreachable"):
        explore(counting(goal=7)).check()


@pytest.mark.parametrize("bound", [{"max_states": 2}, {"max_depth": 1}, {"max_seconds": 0}])
def test_check_raises_if_a_bound_ended_the_search_and_says_which(bound: dict[str, int]) -> None:
    (name,) = bound
    with pytest.raises(CheckFailed, match=f"(?s)INCOMPLETE .*look further, raise {name}"):
        explore(counting(), **bound).check()  # type: ignore[arg-type]


def test_check_goes_by_the_verdict_where_a_bound_cut_off_what_no_longer_mattered() -> None:
    result = explore(counting(goal=1), max_states=2)
    assert result.incomplete_because
    assert result.verdict is Verdict.HOLDS
    assert result.check() is result


def test_check_raises_if_ctrl_c_ended_the_search() -> None:
    def interrupt(state: Any) -> bool:
        raise KeyboardInterrupt

    model = Model("stops", {"a": cell(0)}, properties=[StateInvariant("Ctrl-C", interrupt)])
    with pytest.raises(CheckFailed, match="INCOMPLETE"):
        explore(model).check()


def test_a_failure_goes_from_process_to_process() -> None:
    with pytest.raises(CheckFailed) as raised:
        explore(counting(most=1)).check()
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is CheckFailed
    assert str(again) == str(raised.value)
    assert again.headline == raised.value.headline == f"{FEW} is violated after 2 steps (counting)"


# -- without anyone who tells a trace ------------------------------------------------------------


@contextmanager
def nobody_telling() -> Iterator[None]:
    before = results._failing[-1]
    tell_failures(results._in_short)
    try:
        yield
    finally:
        tell_failures(before)


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        (counting(most=1), {}, f"{FEW} is violated after 2 steps"),
        (counting(most=-1), {}, f"{FEW} is violated after 0 steps"),
        (counting(most=0), {}, f"{FEW} is violated after 1 step"),
        (counting(goal=7), {}, f"{TWO} is unreachable"),
        (counting(), {"max_states": 2}, f"{FEW} is not established: "),
    ],
)
def test_the_explorer_alone_says_in_short_what_failed(
    model: Model, options: dict[str, Any], says: str
) -> None:
    with nobody_telling(), pytest.raises(CheckFailed, match=f"^{re.escape(says)}") as raised:
        explore(model, **options).check()
    assert raised.value.headline.endswith(" (counting)")
