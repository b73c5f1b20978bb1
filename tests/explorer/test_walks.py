"""Random walks stay in the state space, find what is there, and claim no more than that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import (
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Fifo,
    IslanderError,
    Model,
    Simulation,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Trace,
    Verdict,
    Witness,
    explore,
    simulate,
)
from islander.explorer import ModelError, Property, Subject, UsageError, walker
from islander.explorer.handlers import Outcome
from islander.explorer.properties import LocalStep
from islander.explorer.semantics import Semantics, State
from islander.explorer.shortening import shorten
from islander.explorer.tables import Sizes
from islander.explorer.trace import Label, label, rerun
from islander.explorer.walker import STRETCH, Walk, Walker
from islander.explorer.walks import WalkProgress
from islander.models import CATALOGUE
from islander.models.paxos import paxos

from .cells import TRUE, Cell, append, cell, model
from .random_models import faulty_models, models

TINY = Sizes(batch=2, rows=1, fact_sets=1, spare=0, locals=1, outcomes=1)
"""Sizes so small that everything grows all the time."""

BUGS = CATALOGUE["paxos"].bugs


class Seen(Fact):
    value: Any


def seen(self: Cell) -> list[Fact]:
    """A `facts` that tells the value."""
    return [Seen(self.value)]


def outcome_of(simulation: Simulation) -> dict[str, Any]:
    """Everything but the time it took, traces as labels."""
    found = {f.name: getattr(simulation, f.name) for f in fields(simulation)}
    del found["seconds"], found["model"]
    traces = {name: p.trace and p.trace.labels for name, p in simulation.properties.items()}
    return found | {"traces": traces}


def trace_of(simulation: Simulation, name: str) -> Trace:
    trace = simulation.properties[name].trace
    assert trace is not None
    return trace


def property_of(checked: Model, name: str) -> Property:
    return next(item for item in checked.properties if item.name == name)


def replayed(checked: Model, labels: Sequence[Label]) -> Iterator[tuple[Semantics, State, Any]]:
    """Each state that `labels` lead to from the first initial state, with the local step that led
    there; a label that names no step is passed over."""
    semantics = Semantics(checked)
    state = semantics.initial_states()[0]
    yield semantics, state, None
    for wanted in labels:
        for outcome, after in semantics.steps(state):
            if label(outcome) == wanted:
                at = next(n for n, one in enumerate(state.locals) if one.actor == wanted.actor)
                before = state.locals[at]
                yield semantics, after, LocalStep(before.copy(), outcome.event, after.locals[at])
                state = after
                break


def decides(item: Property, checked: Model, labels: Sequence[Label]) -> list[bool]:
    """For each state on the way whether it, or the step to it, decides `item`."""
    answers = []
    for semantics, state, step in replayed(checked, labels):
        if item.subject is Subject.STEP:
            subject = step and LocalStep(step.before, step.event, step.after.copy())
        else:
            subject = semantics.view(state)
            subject = subject.facts if item.subject is Subject.FACTS else subject
        answers.append(subject is not None and item.judge([subject])[0] is item.somewhere)
    return answers


def assert_minimal(item: Property, trace: Trace) -> None:
    """The trace decides `item` by its end and not before, and does not without any of its steps."""
    *before, last = decides(item, trace.model, trace.labels)
    assert last
    assert not any(before)
    for left_out in range(len(trace)):
        fewer = trace.labels[:left_out] + trace.labels[left_out + 1 :]
        assert not any(decides(item, trace.model, fewer))


# -- determinism ----------------------------------------------------------------------------------


def test_the_same_seed_takes_the_same_walks_and_another_takes_others() -> None:
    once, again = [simulate(paxos(), walks=50, seed=3) for _ in range(2)]
    other = simulate(paxos(), walks=50, seed=4)
    assert outcome_of(once) == outcome_of(again)
    assert once.steps != other.steps


def test_more_walks_begin_with_those_of_fewer() -> None:
    few, many = Walker(paxos(), 3), Walker(paxos(), 3)
    taken = [few.walk(n, 100, always) for n in range(5)]
    more = [many.walk(n, 100, always) for n in range(20)]
    assert [labels(walk) for walk in taken] == [labels(walk) for walk in more[:5]]
    assert len({tuple(labels(walk)) for walk in more}) == 20


def test_a_seed_may_be_any_whole_number_however_large() -> None:
    assert simulate(paxos(), walks=1, seed=10**40).seed == 10**40


def always() -> bool:
    return True


def labels(walk: Walk) -> list[Label]:
    return [label(outcome) for outcome in walk.outcomes]


# -- walks are walks ------------------------------------------------------------------------------


def assert_walk(taken: Walk, checked: Model, depth: int) -> None:
    """`taken` is a walk by the semantics, of full length or to a terminal state."""
    semantics = Semantics(checked)
    state = semantics.initial_states()[taken.start]
    for wanted in labels(taken):
        state = next(s.after for s in semantics.steps(state) if label(s.outcome) == wanted)
    terminal = next(semantics.steps(state), None) is None
    assert taken.ended == terminal
    assert terminal or len(taken.outcomes) == depth


random_settings = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
any_models = models() | faulty_models((Bag, Duplicating, Fifo), finite=True)


@random_settings
@given(
    checked=any_models,
    sizes=st.sampled_from([TINY, Sizes()]),
    seed=st.integers(0, 1000),
    depth=st.integers(1, 30),
)
def test_every_walk_is_one_by_the_semantics(
    checked: Model, sizes: Sizes, seed: int, depth: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walker, "SIZES", sizes)
        walking = Walker(checked, seed)
    for number in range(4):
        assert_walk(walking.walk(number, depth, always), checked, depth)


@random_settings
@given(checked=models(), seed=st.integers(0, 1000), depth=st.integers(1, 30))
def test_what_walks_find_is_there_and_they_claim_no_more(
    checked: Model, seed: int, depth: int
) -> None:
    simulation = simulate(checked, walks=10, depth=depth, seed=seed)
    explored = explore(checked, "reference", keep_going=True)
    states = {_text(state) for state in explored.graph.states}
    for name, found in simulation.properties.items():
        item = property_of(checked, name)
        if found.verdict is Verdict.INCOMPLETE:
            assert found.trace is None
            continue
        assert found.verdict is (Verdict.HOLDS if item.somewhere else Verdict.VIOLATED)
        assert found.verdict is explored.properties[name].verdict
        trace = trace_of(simulation, name)
        assert {_text(state) for state in trace.states} <= states
        assert len(trace) == found.steps
        nearest = explored.properties[name].steps
        assert nearest is not None
        assert nearest <= len(trace) <= depth
    assert simulation.fact_sets <= explored.fact_sets
    assert simulation.handler_calls <= explored.handler_calls
    assert simulation.longest <= depth
    assert simulation.verdict is not Verdict.HOLDS


def _text(state: State) -> str:
    locals_ = [(repr(one), one.timers, sorted(map(repr, one.history))) for one in state.locals]
    return repr((locals_, sorted(map(repr, state.network))))  # type: ignore[call-overload]


@random_settings
@given(checked=any_models, seed=st.integers(0, 1000))
def test_first_sizes_change_nothing(checked: Model, seed: int) -> None:
    usual = simulate(checked, walks=5, depth=20, seed=seed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walker, "SIZES", TINY)
        assert outcome_of(simulate(checked, walks=5, depth=20, seed=seed)) == outcome_of(usual)


def test_a_walk_of_paxos_from_tiny_tables_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Callable[[], Model] = lambda: paxos(rounds=2, promise_copies=2)  # noqa: E731
    usual = simulate(made(), walks=20)
    monkeypatch.setattr(walker, "SIZES", TINY)
    assert outcome_of(simulate(made(), walks=20)) == outcome_of(usual)


def test_all_steps_of_a_state_are_equally_likely() -> None:
    """Three messages from the start, one of them in two copies, which are one delivery, and a
    timer: four steps."""

    def start(self: Cell) -> None:
        for message in ("x", "x", "y", "z"):
            self.send("b", message)
        self.set_timer("t")

    walking = Walker(model(a=cell("", start=start), b=cell("", receive=append)), 1)
    first = Counter(repr(walking.walk(n, 1, always).outcomes[0].event) for n in range(4000))
    assert len(first) == 4
    assert all(900 < often < 1100 for often in first.values())  # σ is 27


def test_walks_begin_in_all_initial_states() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose(("p", "q", "r"))

    reached = [
        Witness(value, lambda facts, value=value: Seen(value) in facts)  # type: ignore[misc]
        for value in "pqr"
    ]
    simulation = simulate(model(properties=reached, a=cell(start=start, facts=seen)))
    assert simulation.verdict is Verdict.HOLDS
    assert 3 <= simulation.walks < 1000
    assert simulation.steps == simulation.longest == 0
    assert simulation.ended == simulation.walks
    for value in "pqr":
        assert trace_of(simulation, value).last.actors["a"].value == value


def test_a_walk_ends_in_a_terminal_state_or_when_it_is_long_enough() -> None:
    """A chain of three deliveries."""

    def start(self: Cell) -> None:
        self.send("a", 2)

    def receive(self: Cell, message: int, sender: str) -> None:
        if message:
            self.send("a", message - 1)

    made = lambda: model(a=cell(start=start, receive=receive))  # noqa: E731
    short, exact, long = [simulate(made(), walks=5, depth=depth) for depth in (2, 3, 4)]
    assert (short.steps, short.longest, short.ended) == (10, 2, 0)
    assert (exact.steps, exact.longest, exact.ended) == (15, 3, 5)
    assert (long.steps, long.longest, long.ended) == (15, 3, 5)


def ticking(**handlers: Any) -> Cell:
    """A cell whose timer goes off for ever."""

    def start(self: Cell) -> None:
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value = (self.value + 1) % 5
        self.set_timer("t")

    return cell(0, **{"start": start, "timeout": timeout, **handlers})


def test_an_endless_walk_is_cut_at_its_depth() -> None:
    depth = 2 * STRETCH + 3
    simulation = simulate(model(a=ticking()), walks=2, depth=depth)
    assert (simulation.steps, simulation.longest, simulation.ended) == (2 * depth, depth, 0)
    assert simulation.handler_calls == 5


# -- findings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", [b for b in BUGS if BUGS[b].parameters.get("proposers") != 3])
def test_a_seeded_bug_is_found_and_shortened_to_what_it_takes(bug: str) -> None:
    made = paxos(bug=bug, **BUGS[bug].parameters)
    simulation = simulate(made, walks=2000, seed=1)
    name = BUGS[bug].violates
    assert simulation.verdict is simulation.properties[name].verdict is Verdict.VIOLATED
    assert simulation.properties[name].explanation
    trace = trace_of(simulation, name)
    assert BUGS[bug].steps <= len(trace) <= BUGS[bug].steps + 5
    assert_minimal(property_of(made, name), trace)
    again = rerun(paxos(bug=bug, **BUGS[bug].parameters), 0, trace.labels)
    assert [repr(state) for state in again.states] == [repr(state) for state in trace.states]


@random_settings
@given(checked=models(), seed=st.integers(0, 1000))
def test_traces_of_random_models_are_minimal(checked: Model, seed: int) -> None:
    simulation = simulate(checked, walks=5, depth=40, seed=seed)
    first = Semantics(checked).initial_states()[0]
    for name, found in simulation.properties.items():
        if found.trace and _text(found.trace.initial) == _text(first):
            assert_minimal(property_of(checked, name), found.trace)


def test_walks_end_with_the_one_that_brings_a_violation() -> None:
    simulation = simulate(paxos(bug="hidden-vote"), seed=1)
    fewer = simulate(paxos(bug="hidden-vote"), seed=1, walks=simulation.walks - 1)
    assert simulation.verdict is Verdict.VIOLATED
    assert simulation.walks < 1000
    assert simulation.incomplete_because is None
    assert fewer.verdict is Verdict.INCOMPLETE


def test_an_invariant_never_holds_though_every_state_was_met() -> None:
    simulation = simulate(paxos(acceptors=1), walks=500)
    assert simulation.fact_sets == 9
    assert simulation.verdict is Verdict.INCOMPLETE
    assert simulation.incomplete_because == "random walks do not cover every interleaving"
    for name, found in simulation.properties.items():
        expected = Verdict.HOLDS if found.witness else Verdict.INCOMPLETE
        assert found.verdict is expected, name


def test_an_unreachable_witness_is_incomplete_not_violated() -> None:
    simulation = simulate(model(properties=[Witness("never", lambda facts: False)], a=ticking()))
    assert simulation.properties["never"].verdict is Verdict.INCOMPLETE
    assert "not reached so far" in simulation.properties["never"].explanation


def test_a_violation_in_the_initial_state_needs_no_step() -> None:
    never = FactInvariant("never", lambda facts: False)
    simulation = simulate(model(properties=[never], a=ticking()))
    assert len(trace_of(simulation, "never")) == 0
    assert simulation.walks == 1


def test_a_step_is_blamed_on_a_step() -> None:
    climbs = StepInvariant("climbs", lambda before, event, after: after.value > before.value)
    simulation = simulate(model(properties=[climbs], a=ticking(), b=ticking()))
    trace = trace_of(simulation, "climbs")
    assert len(trace) == 5
    assert len({step.actor for step in trace}) == 1
    assert "the last step breaks it" in simulation.properties["climbs"].explanation


def test_whole_states_are_judged_each_time_they_are_met() -> None:
    asked = []

    def look(state: Any) -> bool:
        asked.append(state.actors["a"].value)
        return True

    checked = model(properties=[StateInvariant("looks", look)], a=ticking())
    simulation = simulate(checked, walks=3, depth=10)
    assert asked == [n % 5 for n in range(11)] * 3
    assert simulation.steps == 30


def test_violations_and_witnesses_of_whole_states_are_found() -> None:
    def both(value: int) -> Callable[[Any], bool]:
        return lambda state: all(state.actors[a].value == value for a in ("a", "b"))

    properties = [
        StateWitness("both one", both(1)),
        StateInvariant("not both four", lambda state: not both(4)(state)),
    ]
    simulation = simulate(model(properties=properties, a=ticking(), b=ticking()))
    assert simulation.properties["both one"].steps == 2
    assert simulation.properties["not both four"].steps == 8
    assert simulation.verdict is Verdict.VIOLATED


def test_shortening_keeps_within_its_replays() -> None:
    """A walk of forty steps of which two matter."""
    checked = model(a=ticking(), b=ticking())
    walk = Walker(checked, 1).walk(0, 40, always)

    def reached(state: State, outcome: Outcome | None) -> bool:
        return all(local.copy().value == 1 for local in state.locals)  # type: ignore[attr-defined]

    semantics = Semantics(checked)
    state, end = semantics.initial_states()[0], 0
    walked = labels(walk)
    while not reached(state, None):
        state = next(s.after for s in semantics.steps(state) if label(s.outcome) == walked[end])
        end += 1
    ours = Walker(checked, 1)
    outcomes = ours.walk(0, 40, always).outcomes[:end]
    assert end > 2
    assert len(shorten(ours.semantics, 0, outcomes, reached, replays=0)) == end
    lengths = [len(shorten(ours.semantics, 0, outcomes, reached, replays=n)) for n in range(20)]
    assert all(after <= before for before, after in pairwise(lengths))
    assert lengths[-1] == 2


# -- errors and bounds ----------------------------------------------------------------------------


def test_a_handler_that_raises_is_shown_with_a_short_way_to_it() -> None:
    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        if self.value == 3:
            raise ValueError("three")
        self.set_timer("t")

    with pytest.raises(ModelError, match="timeout raised ValueError: three") as caught:
        simulate(model(a=ticking(timeout=timeout), b=ticking()))
    assert caught.value.trace is not None
    assert [step.actor for step in caught.value.trace] == ["a", "a"]


def test_shortening_keeps_away_from_handlers_that_raise() -> None:
    """b's steps could be left out, but for the state without them in which its handler raises."""

    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        if name == "t":
            self.send("b", self.value)
            self.set_timer("t")

    def receive(self: Cell, message: int, sender: str) -> None:
        if message == 2 and self.value == 0:
            raise ValueError("out of order")
        self.value = message

    reached = Witness("three", lambda facts: Seen(3) in facts)
    checked = model(
        properties=[reached],
        a=ticking(timeout=timeout, facts=seen),
        b=cell(0, receive=receive),
    )
    for seed in range(30):
        try:
            simulation = simulate(checked, walks=1, depth=6, seed=seed)
        except ModelError:
            continue
        if simulation.verdict is Verdict.HOLDS:
            trace = trace_of(simulation, "three")
            assert [step.actor for step in trace].count("b") >= 1
            return
    raise AssertionError("no walk kept to the order")


@pytest.mark.parametrize("kind", [FactInvariant, StateInvariant])
def test_a_predicate_that_raises_is_shown_with_the_way_to_it(kind: Any) -> None:
    def predicate(subject: Any) -> bool:
        facts = getattr(subject, "facts", subject)
        if Seen(2) in facts:
            raise ValueError("two")
        return True

    with pytest.raises(ModelError, match="its predicate raised ValueError: two") as caught:
        simulate(model(properties=[kind("p", predicate)], a=ticking(facts=seen)))
    assert caught.value.trace is not None
    assert len(caught.value.trace) == 2


def test_time_ends_the_walks() -> None:
    reports: list[WalkProgress] = []
    clock = count()
    simulation = simulate(
        model(a=ticking()),
        max_seconds=20,
        on_progress=reports.append,
        clock=lambda: float(next(clock)),
    )
    assert simulation.walks < 1000
    assert simulation.verdict is Verdict.INCOMPLETE
    assert simulation.incomplete_because == "the time of 20 s was used up (max_seconds)"
    assert reports[0] == (0, 0, 1.0)
    assert reports[-1].walks <= simulation.walks
    assert all(before.seconds < after.seconds for before, after in pairwise(reports))


def test_no_time_is_no_walk() -> None:
    simulation = simulate(model(a=ticking()), max_seconds=0)
    assert (simulation.walks, simulation.longest) == (0, 0)
    assert simulation.verdict is Verdict.INCOMPLETE


def test_an_interrupt_ends_the_walks_and_keeps_what_was_found() -> None:
    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        if self.value == 30:
            raise KeyboardInterrupt
        self.set_timer("t")

    def receive(self: Cell, message: str, sender: str) -> None:
        self.value = message

    def start(self: Cell) -> None:
        self.send("b", "x")

    reached = [Witness("x", lambda facts: Seen("x") in facts), TRUE]
    checked = model(
        properties=reached,
        a=ticking(timeout=timeout),
        b=cell("", start=start, receive=receive, facts=seen),
    )

    simulation = simulate(checked, depth=20, seed=1, walks=3)
    assert simulation.properties["x"].verdict is Verdict.HOLDS
    interrupted = simulate(checked, depth=40, seed=1)
    where = "interrupted in actor 'a' (Cell): timeout ("
    assert str(interrupted.incomplete_because).startswith(where)
    assert interrupted.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"walks": 0}, "walks must be a number of at least 1; got 0"),
        ({"walks": None}, "walks must be a number of at least 1; got None"),
        ({"walks": 2.0}, "walks must be a number of at least 1; got 2.0"),
        ({"walks": True}, "walks must be a number of at least 1; got True"),
        ({"depth": 0}, "depth must be a number of at least 1; got 0"),
        ({"depth": "9"}, "depth must be a number of at least 1; got '9'"),
        ({"seed": -1}, "seed must be a number of at least 0; got -1"),
        ({"seed": None}, "seed must be a number of at least 0; got None"),
        ({"max_seconds": -1}, "max_seconds must be a number of at least 0"),
        ({"max_seconds": "1"}, "max_seconds must be a number of at least 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        simulate(paxos(), **options)


def test_what_is_no_model_and_what_has_no_properties_is_refused() -> None:
    with pytest.raises(UsageError, match=r"simulate\(\) takes a Model; got 3"):
        simulate(3)  # type: ignore[arg-type]
    with pytest.raises(IslanderError, match="has no properties, so there is nothing to check"):
        simulate(model(properties=[], a=cell()))


def test_a_network_that_is_no_multiset_is_refused() -> None:
    class Odd(Bag):
        is_multiset = False  # type: ignore[misc]

    with pytest.raises(UsageError, match="cannot keep a Odd"):
        simulate(model(network=Odd(), a=cell()))


def test_a_simulation_tells_itself_in_a_line() -> None:
    simulation = simulate(paxos(acceptors=1), walks=2, seed=9)
    text = f"Simulation(paxos: incomplete, 2 walks, {simulation.steps} steps, seed 9)"
    assert repr(simulation) == text
