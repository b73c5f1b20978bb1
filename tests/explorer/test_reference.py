"""The reference engine: budgets, levels, interrupts, and the verdicts that come of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from islander import (
    Fact,
    FactInvariant,
    FactSet,
    Model,
    Progress,
    Result,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Verdict,
    Witness,
)
from islander import explore as explore_with
from islander.explorer import reference
from islander.explorer.graph import all_edges
from islander.explorer.semantics import Semantics

from .cells import TRUE, Cell, append, cell, model, state_texts
from .random_models import models

HOLDS, VIOLATED, INCOMPLETE = Verdict.HOLDS, Verdict.VIOLATED, Verdict.INCOMPLETE


def explore(model: Model, **options: Any) -> Result:
    """Explore with the engine that this is about."""
    return explore_with(model, "reference", **options)


class Got(Fact):
    what: str


def order(*properties: Any) -> Model:
    """Three messages to b, which keeps them in order: 1, 3, 6 and 6 states at depth 0 to 3."""

    def start(self: Cell) -> None:
        for message in "xyz":
            self.send("b", message)

    b = cell("", receive=append, facts=lambda self: [Got(self.value)])
    return model(a=cell(start=start), b=b, properties=properties or (TRUE,))


def never(*values: str, name: str = "never") -> FactInvariant:
    """Violated when b has one of these values."""
    return FactInvariant(name, lambda facts: not facts & {Got(value) for value in values})


def once(value: str, name: str = "once") -> Witness:
    """Satisfied when b has this value."""
    return Witness(name, lambda facts: Got(value) in facts)


def counts(result: Result) -> tuple[int, int, int, int]:
    return result.states, result.transitions, result.depth, result.terminal


WHOLE = (16, 15, 3, 6)


def test_a_search_without_bounds_covers_everything() -> None:
    result = explore(order())
    assert counts(result) == WHOLE
    assert (result.verdict, result.incomplete_because) == (HOLDS, None)
    assert (result.interleavings, result.cyclic, result.fact_sets) == (6, False, 16)


# -- budgets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "verdict", "states", "depth"),
    [
        ({"max_states": 17}, HOLDS, 16, 3),
        ({"max_states": 16}, HOLDS, 16, 3),
        ({"max_states": 15}, INCOMPLETE, 15, 3),
        ({"max_states": 4}, INCOMPLETE, 4, 1),
        ({"max_states": 1}, INCOMPLETE, 1, 0),
        ({"max_depth": 4}, HOLDS, 16, 3),
        ({"max_depth": 3}, HOLDS, 16, 3),
        ({"max_depth": 2}, INCOMPLETE, 10, 2),
        ({"max_depth": 0}, INCOMPLETE, 1, 0),
        ({"max_seconds": 0}, INCOMPLETE, 1, 0),
        ({"max_seconds": 10**9}, HOLDS, 16, 3),
    ],
    ids=str,
)
def test_a_bound_that_leaves_something_out_makes_the_verdict_incomplete(
    budget: dict[str, Any], verdict: Verdict, states: int, depth: int
) -> None:
    result = explore(order(), **budget)
    assert (result.verdict, result.states, result.depth) == (verdict, states, depth)
    if verdict is INCOMPLETE:
        (name,) = budget
        assert result.incomplete_because is not None
        assert name in result.incomplete_because
        assert str(budget[name]) in result.incomplete_because
        assert result.properties["true"].verdict is INCOMPLETE
        assert result.incomplete_because in result.properties["true"].explanation
        assert (result.interleavings, result.cyclic) == (None, None)
    else:
        assert counts(result) == WHOLE
        assert (result.interleavings, result.cyclic) == (6, False)


@pytest.mark.parametrize("budget", [{"max_states": 1}, {"max_depth": 0}])
def test_a_lone_state_fits_the_smallest_bounds(budget: dict[str, int]) -> None:
    assert explore(model(a=cell(0)), **budget).verdict is HOLDS  # type: ignore[arg-type]


def test_more_initial_states_than_may_be_kept_are_incomplete() -> None:
    checked = model(a=cell(start=lambda self: setattr(self, "value", self.choose([0, 1, 2]))))
    result = explore(checked, max_states=2)
    assert (result.verdict, result.states) == (INCOMPLETE, 2)
    assert explore(checked, max_states=3).verdict is HOLDS


def test_steps_back_to_known_states_do_not_count_against_bounds() -> None:
    # A ring of two states: expanding the second finds nothing new.
    turn = lambda self, *name: (  # noqa: E731
        setattr(self, "value", 1 - self.value),
        self.set_timer("t"),
    )[0]
    checked = model(a=cell(0, start=lambda self: self.set_timer("t"), timeout=turn))
    result = explore(checked, max_states=2, max_depth=1)
    assert (result.verdict, *counts(result)) == (HOLDS, 2, 2, 1, 0)


def test_the_depth_bound_keeps_the_steps_between_known_states() -> None:
    result = explore(order(), max_depth=2)
    assert counts(result) == (10, 9, 2, 0)


def seconds(values: list[float]) -> Callable[[], float]:
    """A clock that shows these, and then the last one for ever."""
    shown = iter(values)
    return lambda: next(shown, values[-1])


def test_the_time_is_looked_at_while_the_search_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "PACE", 1)
    ticking = count()
    result = explore(order(), max_seconds=5, clock=lambda: float(next(ticking)))
    assert result.verdict is INCOMPLETE
    assert 1 < result.states < 16
    assert result.incomplete_because == "the time of 5 s was used up (max_seconds)"


def test_seconds_are_those_between_the_first_and_the_last_look_at_the_clock() -> None:
    assert explore(order(), clock=seconds([100.0, 100.5, 103.25])).seconds >= 0.5
    assert explore(order(), clock=seconds([7.0])).seconds == 0


# -- verdicts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "budget", "verdicts", "overall"),
    [
        ([never("w"), once("x")], {}, [HOLDS, HOLDS], HOLDS),
        ([never("x"), once("x")], {}, [VIOLATED, HOLDS], VIOLATED),
        ([never("x"), once("xy")], {}, [VIOLATED, INCOMPLETE], VIOLATED),
        ([never("x"), once("xy")], {"keep_going": True}, [VIOLATED, HOLDS], VIOLATED),
        ([never("x"), once("w")], {"keep_going": True}, [VIOLATED, VIOLATED], VIOLATED),
        ([once("w"), never("v")], {}, [VIOLATED, HOLDS], VIOLATED),
        ([once("w"), never("v")], {"max_depth": 1}, [INCOMPLETE, INCOMPLETE], INCOMPLETE),
        ([once("x"), never("v")], {"max_depth": 1}, [HOLDS, INCOMPLETE], INCOMPLETE),
        ([once("w"), never("x")], {"max_depth": 1}, [INCOMPLETE, VIOLATED], VIOLATED),
        ([once("x")], {"max_depth": 1}, [HOLDS], HOLDS),
        ([never("x")], {"max_states": 2}, [VIOLATED], VIOLATED),
        ([never("")], {"max_states": 1}, [VIOLATED], VIOLATED),
        ([never("")], {"max_seconds": 0}, [VIOLATED], VIOLATED),
    ],
)
def test_violated_beats_incomplete_and_incomplete_beats_holds(
    properties: list[Any], budget: dict[str, Any], verdicts: list[Verdict], overall: Verdict
) -> None:
    result = explore(order(*properties), **budget)
    assert [result.properties[p.name].verdict for p in properties] == verdicts
    assert result.verdict is overall


def test_what_an_incomplete_search_did_not_find_says_so() -> None:
    result = explore(order(never("v"), once("w")), max_depth=1)
    bound = "the depth bound of 1 was reached (max_depth)"
    assert result.properties["never"].explanation == f"no violation found so far: {bound}"
    assert result.properties["once"].explanation == f"not reached so far: {bound}"
    assert result.properties["once"].trace is None


def test_a_search_that_a_violation_ended_leaves_the_others_incomplete_and_says_why() -> None:
    result = explore(order(never("x"), once("xyz")))
    assert result.properties["once"].explanation == (
        "not reached so far: the search stopped at depth 1, where a violation was found"
    )
    assert result.incomplete_because is None
    assert (result.interleavings, result.cyclic) == (None, None)


def test_the_search_ends_with_the_level_of_the_first_violation() -> None:
    result = explore(order(never("z", "xyz"), never("zy", name="later")))
    assert counts(result) == (4, 3, 1, 0)
    assert result.properties["later"].verdict is INCOMPLETE


def test_all_violations_of_one_level_are_found() -> None:
    result = explore(order(never("z"), never("x", name="other"), once("y")))
    assert [found.verdict for found in result.properties.values()] == [VIOLATED, VIOLATED, HOLDS]


def test_keep_going_explores_to_the_end_and_keeps_the_first_counterexample() -> None:
    result = explore(order(never("z", "xyz"), never("zy", name="later")), keep_going=True)
    assert counts(result) == WHOLE
    traces = [found.trace for found in result.properties.values()]
    assert [len(trace) for trace in traces if trace] == [1, 2]
    assert result.interleavings == 6


def test_an_unreached_witness_does_not_end_the_search() -> None:
    assert counts(explore(order(once("w")))) == WHOLE


def test_a_violation_at_the_very_end_is_found_by_a_complete_search() -> None:
    # Its states are at the last level; whether they have steps was never looked at.
    result = explore(order(never("zyx")))
    assert result.properties["never"].verdict is VIOLATED
    assert counts(result) == (16, 15, 3, 0)


@pytest.mark.parametrize(
    ("item", "length", "states"),
    [
        (StateInvariant("p", lambda state: "y" not in state.actors["b"].value), 1, 4),
        (StateInvariant("p", lambda state: bool(state.network)), 3, 16),
        (StepInvariant("p", lambda before, event, after: before.value != "y"), 2, 10),
        (StepInvariant("p", lambda before, event, after: event.message != "y"), 1, 4),
        (FactInvariant("p", lambda facts: False), 0, 1),
    ],
    ids=["a state", "a last state", "a second step", "a first step", "at once"],
)
def test_every_kind_of_invariant_has_a_shortest_counterexample_and_ends_the_search(
    item: Any, length: int, states: int
) -> None:
    result = explore(order(item))
    found = result.properties["p"]
    assert found.verdict is VIOLATED
    assert found.trace is not None
    assert (len(found.trace), result.states) == (length, states)


def test_a_step_invariant_sees_steps_that_lead_back_to_known_states() -> None:
    again = lambda self, *name: self.set_timer("t")  # noqa: E731
    item = StepInvariant("p", lambda before, event, after: before.value != after.value)
    result = explore(model(a=cell(0, start=again, timeout=again), properties=[item]))
    found = result.properties["p"]
    assert found.trace is not None
    assert (found.verdict, len(found.trace), result.states) == (VIOLATED, 1, 1)


def test_a_step_invariant_does_not_judge_what_is_no_step() -> None:
    from islander import Bag

    item = StepInvariant("p", lambda before, event, after: False)
    start = lambda self: self.send("a", "x")  # noqa: E731
    kept = model(a=cell(0, start=start), properties=[item], network=Bag(keep_ignored=True))
    consumed = model(a=cell(0, start=start), properties=[item])
    assert explore(kept).verdict is HOLDS
    assert explore(consumed).verdict is VIOLATED


def test_fact_sets_are_counted_once() -> None:
    checked = order()
    silent = model(a=checked.actors["a"], b=cell("", receive=append))
    assert (explore(checked).fact_sets, explore(silent).fact_sets) == (16, 1)


# -- progress and interrupts -----------------------------------------------------------------------


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the clock, and report, before every state."""
    monkeypatch.setattr(reference, "PACE", 1)


@pytest.mark.usefixtures("often")
def test_progress_tells_how_far_the_search_is() -> None:
    told: list[Progress] = []
    explore(order(), on_progress=told.append, clock=lambda: 0.0)
    assert told[0] == (1, 0, 1, 1, 0.0)
    assert len(told) == 16
    for before, after in pairwise(told):
        assert before.states <= after.states
        assert before.transitions <= after.transitions
        assert before.depth <= after.depth
    assert [progress.frontier for progress in told] == [p.states - n for n, p in enumerate(told)]
    assert told[-1].states == 16


def test_progress_is_told_at_least_once() -> None:
    told: list[Progress] = []
    explore(model(a=cell(0)), on_progress=told.append)
    assert len(told) == 1


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("at", range(16))
def test_an_interrupt_at_any_time_ends_in_a_valid_incomplete_result(at: int) -> None:
    calls = count()

    def interrupt(progress: Progress) -> None:
        if next(calls) == at:
            raise KeyboardInterrupt

    result = explore(order(never("v"), once("w")), on_progress=interrupt)
    assert result.verdict is INCOMPLETE
    assert result.incomplete_because == "interrupted"
    for found in result.properties.values():
        assert (found.verdict, found.trace) == (INCOMPLETE, None)
        assert found.explanation.endswith(": interrupted")
    assert (result.interleavings, result.cyclic) == (None, None)
    graph = result.graph
    assert result.states == len(graph.states) == len(set(graph.states))
    assert result.transitions == len(graph.outcomes) == len(graph.targets)
    assert graph.expanded == at
    assert list(graph.level(result.depth)), "the last level has states"
    assert all(target < result.states for _, _, target in all_edges(graph))
    whole = explore(order())
    assert state_texts(result) == state_texts(whole)[: result.states]
    assert list(graph.targets) == list(whole.graph.targets)[: result.transitions]


@pytest.mark.usefixtures("often")
def test_what_was_found_before_an_interrupt_stands() -> None:
    calls = count()

    def interrupt(progress: Progress) -> None:
        if next(calls) == 5:
            raise KeyboardInterrupt

    result = explore(
        order(never("x"), once("y"), once("zyx", name="late")),
        keep_going=True,
        on_progress=interrupt,
    )
    verdicts = [found.verdict for found in result.properties.values()]
    assert verdicts == [VIOLATED, HOLDS, INCOMPLETE]
    assert result.verdict is VIOLATED
    assert result.properties["never"].trace is not None


@pytest.mark.parametrize("where", ["handler", "predicate", "start"])
def test_an_interrupt_inside_a_users_code_ends_the_search_too(where: str) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    def start(self: Cell) -> None:
        self.send("a", "x")

    handlers: dict[str, Any] = {
        "start": interrupt if where == "start" else start,
        "receive": interrupt if where == "handler" else append,
    }
    item = FactInvariant("p", interrupt) if where == "predicate" else TRUE
    result = explore(model(a=cell("", **handlers), properties=[item]))
    assert (result.verdict, result.interrupted) == (INCOMPLETE, True)
    in_handler = r" in actor 'a' \(Cell\): {} \(.*, in interrupt\) for {}, in state Cell\(''\)"
    told = {
        "start": in_handler.format("start", "a starts"),
        "handler": in_handler.format("receive", "a → a: 'x'"),
        "predicate": r" in the model's code \(.*, in interrupt\)",
    }
    assert re.fullmatch(f"interrupted{told[where]}", str(result.incomplete_because))


# -- on random models ------------------------------------------------------------------------------

random_settings = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def shortest(result: Result, ends: Callable[[int], bool], step: Any) -> tuple[int, int] | None:
    """Length and switches of the best path to a state, or by a step, that is wanted, by trying all
    paths of growing length; None if there is none within the depth of the graph."""
    graph = result.graph
    # (state, actor of the last step, whether it is wanted) -> fewest switches
    ways: dict[tuple[int, str, bool], int] = {(s, "", ends(s)): 0 for s in graph.initial}
    for length in range(result.depth + 2):
        found = [number for (_, _, wanted), number in ways.items() if wanted]
        if found:
            return length, min(found)
        longer: dict[tuple[int, str, bool], int] = {}
        for (state, last, _), so_far in ways.items():
            for edge in graph.steps(state):
                outcome, target = graph.outcomes[edge], graph.targets[edge]
                actor = outcome.after.actor
                key = (target, actor, ends(target) or bool(step(state, outcome)))
                number = so_far + (last not in ("", actor))
                longer[key] = min(number, longer.get(key, number))
        ways = longer
    return None


@random_settings
@given(models())
def test_verdicts_and_counterexamples_of_random_models_are_those_of_trying_everything(
    checked: Model,
) -> None:
    result = explore(checked, max_states=250, keep_going=True)
    assume(result.incomplete_because is None)
    semantics = Semantics(checked)
    views = [semantics.view(state) for state in result.graph.states]
    for item in checked.properties:
        found, sought = result.properties[item.name], item.somewhere
        predicate: Any = item.predicate  # type: ignore[attr-defined]
        wanted = [False] * len(views)
        step: Any = lambda state, outcome: False  # noqa: E731
        if isinstance(item, (FactInvariant, Witness)):
            facts: list[FactSet] = [view.facts for view in views]
            wanted = [bool(predicate(one)) is sought for one in facts]
        elif isinstance(item, (StateInvariant, StateWitness)):
            wanted = [bool(predicate(view)) is sought for view in views]
        else:

            def step(state: int, outcome: Any, predicate: Any = predicate) -> bool:
                before = views[state].actors[outcome.event.actor]
                return not predicate(before, outcome.event, outcome.after.copy())

        best = shortest(result, wanted.__getitem__, step)
        assert found.verdict is (HOLDS if (best is not None) is sought else VIOLATED)
        if best is not None:
            assert found.trace is not None
            assert (len(found.trace), found.trace.switches) == best


@random_settings
@given(models())
def test_bounds_at_the_size_of_a_random_model_change_nothing_and_smaller_ones_show(
    checked: Model,
) -> None:
    whole = explore(checked, max_states=250, keep_going=True)
    assume(whole.incomplete_because is None)
    bounded = explore(checked, max_states=whole.states, max_depth=whole.depth, keep_going=True)
    assert counts(bounded) == counts(whole)
    assert [p.verdict for p in bounded.properties.values()] == [
        p.verdict for p in whole.properties.values()
    ]
    if whole.states > 1:
        fewer = explore(checked, max_states=whole.states - 1, keep_going=True)
        assert fewer.incomplete_because is not None
        assert fewer.states == whole.states - 1
    if whole.depth > 0:
        shallower = explore(checked, max_depth=whole.depth - 1, keep_going=True)
        assert shallower.incomplete_because is not None
        assert shallower.states == whole.graph.levels[whole.depth]


@random_settings
@given(models())
def test_two_runs_of_one_model_give_equal_results(checked: Model) -> None:
    one, other = (explore(checked, max_states=250) for _ in range(2))
    assert counts(one) == counts(other)
    assert one.interleavings == other.interleavings
    assert (one.fact_sets, one.handler_calls) == (other.fact_sets, other.handler_calls)
    for name, found in one.properties.items():
        again = other.properties[name]
        assert (found.verdict, found.explanation) == (again.verdict, again.explanation)
        assert (found.trace and found.trace.labels) == (again.trace and again.trace.labels)
