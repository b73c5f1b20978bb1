"""The reference engine: levels, budgets, and the three verdicts."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from islander import (
    FactInvariant,
    Progress,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Verdict,
    Witness,
    explore,
)
from islander.explorer import ModelError, UsageError

from .cells import TRUE, Cell, append, cell, model

HOLDS, VIOLATED, INCOMPLETE = Verdict


def climber(top: int = 4) -> Cell:
    """Counts to `top`, one timer after the other: a chain of `top` + 1 states."""

    def start(self: Cell) -> None:
        self.set_timer("up")

    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        if self.value < top:
            self.set_timer("up")

    return cell(0, start=start, timeout=timeout)


def below(limit: int) -> StateInvariant:
    return StateInvariant(f"below {limit}", lambda state: state.actors["a"].value < limit)


def reaches(value: int) -> StateWitness:
    return StateWitness(f"reaches {value}", lambda state: state.actors["a"].value == value)


# -- budgets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "verdict", "states", "because"),
    [
        ({}, HOLDS, 5, None),
        ({"max_states": 5}, HOLDS, 5, None),
        ({"max_states": 4}, INCOMPLETE, 4, "the bound of 4 states was reached (max_states)"),
        ({"max_states": 1}, INCOMPLETE, 1, "the bound of 1 states was reached (max_states)"),
        ({"max_depth": 4}, HOLDS, 5, None),
        ({"max_depth": 3}, INCOMPLETE, 4, "the depth bound of 3 was reached (max_depth)"),
        ({"max_depth": 0}, INCOMPLETE, 1, "the depth bound of 0 was reached (max_depth)"),
        ({"max_seconds": 0}, INCOMPLETE, 1, "the time of 0 s was used up (max_seconds)"),
        ({"max_seconds": 1e9}, HOLDS, 5, None),
    ],
)
def test_a_budget_cuts_the_search_only_if_it_leaves_something_out(
    budget: dict[str, Any], verdict: Verdict, states: int, because: str | None
) -> None:
    result = explore(model(a=climber()), **budget)
    assert (result.verdict, result.states) == (verdict, states)
    assert result.incomplete_because == because
    assert result.properties["true"].verdict is verdict
    assert (result.interleavings is None) == (verdict is INCOMPLETE)
    assert result.cyclic is (None if verdict is INCOMPLETE else False)


def test_a_state_at_the_depth_bound_is_not_terminal_for_having_no_step_within_it() -> None:
    result = explore(model(a=climber()), max_depth=2)
    assert (result.states, result.transitions, result.depth, result.terminal) == (3, 2, 2, 0)


def test_time_is_read_from_the_clock_that_is_given() -> None:
    ticks = count()
    result = explore(model(a=climber(400)), max_seconds=3, clock=lambda: float(next(ticks)))
    assert result.verdict is INCOMPLETE
    assert 1 < result.states < 401


@pytest.mark.parametrize(
    "budget",
    [
        {"max_states": 0},
        {"max_states": -1},
        {"max_states": 2.5},
        {"max_states": True},
        {"max_depth": -1},
        {"max_depth": "3"},
        {"max_seconds": -0.1},
        {"max_seconds": float("nan")},
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_by_name(budget: dict[str, Any]) -> None:
    (name,) = budget
    with pytest.raises(UsageError, match=name):
        explore(model(a=climber()), **budget)


def test_an_interrupt_ends_the_search_with_what_is_known() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.states > 200:
            raise KeyboardInterrupt

    result = explore(model(a=climber(1000), properties=[reaches(5), TRUE]), on_progress=interrupt)
    assert result.verdict is INCOMPLETE
    assert result.incomplete_because == "interrupted"
    assert result.properties["reaches 5"].verdict is HOLDS
    assert result.properties["true"].verdict is INCOMPLETE
    assert 200 < result.states < 1001


def test_progress_tells_counts_that_grow() -> None:
    told: list[Progress] = []
    explore(model(a=climber(1000)), on_progress=told.append)
    assert len(told) > 3
    assert told == sorted(told)
    assert all(progress.frontier == 1 for progress in told)


# -- verdicts -------------------------------------------------------------------------------------


def test_the_search_stops_at_the_end_of_the_level_with_the_first_violation() -> None:
    properties = [below(2), below(3), reaches(1), reaches(4)]
    result = explore(model(a=climber(), b=climber(), properties=properties))
    assert result.verdict is VIOLATED
    assert result.depth == 2
    assert result.states == 1 + 2 + 3  # all states of depths 0, 1 and 2, no further
    verdicts = [found.verdict for found in result.properties.values()]
    assert verdicts == [VIOLATED, INCOMPLETE, HOLDS, INCOMPLETE]
    assert "the search stopped at depth 2" in result.properties["below 3"].explanation
    assert result.incomplete_because is None


def test_keep_going_decides_every_property() -> None:
    properties = [below(2), below(3), below(9), reaches(4), reaches(5)]
    result = explore(model(a=climber(), b=climber(), properties=properties), keep_going=True)
    found = result.properties
    assert [one.verdict for one in found.values()] == [VIOLATED, VIOLATED, HOLDS, HOLDS, VIOLATED]
    assert [len(found[f"below {n}"].trace or ()) for n in (2, 3)] == [2, 3]
    assert len(found["reaches 4"].trace or ()) == 4
    assert (result.states, result.terminal) == (25, 1)


def test_a_violation_outweighs_a_bound() -> None:
    result = explore(model(a=climber(), properties=[below(2), TRUE]), max_depth=3, keep_going=True)
    assert result.verdict is VIOLATED
    assert result.properties["true"].verdict is INCOMPLETE
    assert result.incomplete_because == "the depth bound of 3 was reached (max_depth)"


def test_a_violation_among_the_states_kept_when_a_bound_cuts_a_level_is_found() -> None:
    result = explore(model(a=climber(), properties=[below(3)]), max_states=4)
    assert result.verdict is VIOLATED


def test_an_initial_state_can_violate() -> None:
    result = explore(model(a=climber(), properties=[below(0)]))
    assert result.verdict is VIOLATED
    assert (result.depth, result.states, len(result.properties["below 0"].trace or [1])) == (
        0,
        1,
        0,
    )


def test_a_step_is_judged_where_it_is_first_taken() -> None:
    small = StepInvariant("small", lambda before, event, after: after.value < 3)
    result = explore(model(a=climber(), properties=[small]))
    trace = result.properties["small"].trace
    assert trace is not None
    assert [step.after.copy().value for step in trace] == [1, 2, 3]  # type: ignore[attr-defined]
    assert result.depth == 3


def test_a_step_to_a_known_state_can_violate() -> None:
    loop = cell(
        0, start=lambda self: self.set_timer("t"), timeout=lambda self, name: self.set_timer(name)
    )
    never = StepInvariant("never", lambda before, event, after: False)
    result = explore(model(a=loop, properties=[never]))
    assert result.verdict is VIOLATED
    assert len(result.properties["never"].trace or ()) == 1


def test_an_unreached_witness_is_vacuous_only_when_all_was_seen() -> None:
    nowhere = reaches(7)
    cut = explore(model(a=climber(), properties=[nowhere]), max_depth=2)
    assert cut.properties[nowhere.name].verdict is INCOMPLETE
    assert cut.properties[nowhere.name].explanation.startswith("not reached so far: ")
    whole = explore(model(a=climber(), properties=[nowhere]))
    assert whole.properties[nowhere.name].verdict is VIOLATED
    assert whole.properties[nowhere.name].explanation.startswith("vacuous: ")


def test_a_witness_tells_the_milestones_that_came_nearest() -> None:
    from .test_properties import Reached, counter

    marks = {f"mark {n}": lambda facts, n=n: Reached(n) in facts for n in (1, 2, 9)}
    far = Witness("far", lambda facts: False, marks)
    found = explore(model(a=counter(3), properties=[far])).properties["far"]
    assert found.verdict is VIOLATED
    assert (
        "nearest: 2 of 3 milestones (mark 1; mark 2), never with them: mark 9" in found.explanation
    )
    assert found.trace is not None
    assert found.trace.last.actors["a"].value == 3
    assert found.facts == (Reached(1), Reached(2), Reached(3))


def test_every_run_of_one_model_gives_an_equal_result() -> None:
    checked = model(a=climber(), b=climber(3), properties=[below(4), reaches(2)])
    one, two = explore(checked), explore(checked)
    for name in ("states", "transitions", "depth", "terminal", "verdict", "handler_calls"):
        assert getattr(one, name) == getattr(two, name)
    for found, again in zip(one.properties.values(), two.properties.values(), strict=True):
        assert (found.trace and found.trace.labels) == (again.trace and again.trace.labels)


# -- refusals -------------------------------------------------------------------------------------


def test_an_engine_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="there is no engine 'warp'; there is: reference"):
        explore(model(a=climber()), engine="warp")


def test_a_model_without_properties_is_refused() -> None:
    with pytest.raises(ModelError, match="has no properties, so there is nothing to check"):
        explore(model(a=climber(), properties=[]))


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(UsageError, match="takes a Model; got 3"):
        explore(3)  # type: ignore[arg-type]


def test_an_error_in_a_handler_carries_the_shortest_way_to_it() -> None:
    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        self.set_timer("t")
        if self.value == 3:
            raise ValueError("three")

    broken = cell(0, start=lambda self: self.set_timer("t"), timeout=timeout)
    with pytest.raises(ModelError, match="three") as raised:
        explore(model(b=cell("", receive=append), a=broken))
    assert raised.value.trace is not None
    assert [repr(step.event) for step in raised.value.trace] == ["a: timer 't' fires"] * 2


def test_fact_invariants_and_state_invariants_see_the_same_facts() -> None:
    from .test_properties import Reached, counter

    by_facts = FactInvariant("by facts", lambda facts: Reached(2) not in facts)
    by_state = StateInvariant("by state", lambda state: Reached(2) not in state.facts)
    result = explore(model(a=counter(3), properties=[by_facts, by_state]))
    lengths = [len(found.trace or ()) for found in result.properties.values()]
    assert lengths == [2, 2]
