"""The tabulated engine is held equal to the reference engine, field for field."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import (
    Actor,
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Model,
    Progress,
    Result,
    StepInvariant,
    Verdict,
    Witness,
    explore,
)
from islander.explorer import HandlerError, UsageError, tabulated
from islander.explorer.tables import Sizes
from islander.models import CATALOGUE
from islander.models.paxos import paxos

from .cells import TRUE, Cell, append, cell, model
from .random_models import faulty_models, models

TINY = Sizes(
    batch=2,
    rows=1,
    table=8,
    fact_sets=1,
    spare=0,
    locals=1,
    outcomes=1,
    parallel=1,
    part=1,
    box=2,
    ahead=1,
)
"""Sizes so small that everything grows all the time."""

SMALL = Sizes(
    batch=16,
    rows=4,
    table=16,
    fact_sets=2,
    spare=0,
    locals=2,
    outcomes=4,
    parallel=2,
    part=3,
    ahead=5,
)


def fields(result: Result) -> dict[str, Any]:
    """Everything that engines must agree on."""
    return {
        "verdict": result.verdict,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "terminal": result.terminal,
        "interleavings": result.interleavings,
        "cyclic": result.cyclic,
        "fact sets": result.fact_sets,
        "handler calls": result.handler_calls,
        "because": result.incomplete_because,
        **{
            name: (
                found.verdict,
                found.explanation,
                found.facts,
                found.absent,
                found.witness,
                found.trace and found.trace.labels,
            )
            for name, found in result.properties.items()
        },
    }


def graph_of(result: Result) -> tuple[Any, ...]:
    """The explored graph, every state by its number."""
    graph = result.graph
    return (
        [_state_text(state) for state in graph.states],
        list(graph.levels),
        list(graph.offsets),
        [repr(outcome.event) + repr(outcome.choices) for outcome in graph.outcomes],
        list(graph.targets),
    )


def _state_text(state: Any) -> str:
    locals_ = [(repr(one), one.timers, sorted(map(repr, one.history))) for one in state.locals]
    return repr((locals_, state.network))


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore small models itself."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


@pytest.fixture(params=["tiny", "small", "usual"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test with first sizes of several kinds."""
    made = {"tiny": TINY, "small": SMALL, "usual": tabulated.SIZES}
    monkeypatch.setattr(tabulated, "SIZES", made[request.param])


def assert_equal(checked: Callable[[], Model], threads: int, **options: Any) -> Result:
    """The engines agree on this model, which each gets anew."""
    reference = explore(checked(), "reference", **options)
    found = explore(checked(), "tabulated", threads=threads, **options)
    assert fields(found) == fields(reference)
    assert all(map(operator.eq, graph_of(found), graph_of(reference)))
    return reference


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("ignored", [False, True])
def test_paxos_is_explored_alike(threads: int, ignored: bool) -> None:
    made = lambda: paxos(proposers=2, acceptors=2, keep_ignored=ignored)  # noqa: E731
    assert_equal(made, threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bug", list(CATALOGUE["paxos"].bugs))
def test_every_seeded_bug_has_the_same_counterexample(bug: str, threads: int) -> None:
    entry = CATALOGUE["paxos"]
    given = dict(entry.bugs[bug].parameters)
    if given.get("proposers", 2) == 3 or given.get("rounds", 1) > 1:
        pytest.skip("the reference engine takes long; tests/models knows the length")
    assert_equal(lambda: entry.factory(bug=bug, **given), threads)


random_settings = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@random_settings
@given(
    checked=models(),
    threads=st.integers(1, 3),
    keep_going=st.booleans(),
    first_sizes=st.sampled_from([TINY, SMALL, tabulated.SIZES]),
    most=st.integers(1, 250),
    deepest=st.none() | st.integers(0, 6),
)
def test_random_models_are_explored_alike(
    checked: Model,
    threads: int,
    keep_going: bool,
    first_sizes: Sizes,
    most: int,
    deepest: int | None,
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        assert_equal(
            lambda: checked, threads, keep_going=keep_going, max_states=most, max_depth=deepest
        )


@random_settings
@given(
    checked=models(),
    threads=st.integers(1, 3),
    keep_going=st.booleans(),
    first_sizes=st.sampled_from([TINY, SMALL, tabulated.SIZES]),
    deepest=st.integers(0, 3),
)
def test_random_models_are_explored_alike_within_a_depth(
    checked: Model, threads: int, keep_going: bool, first_sizes: Sizes, deepest: int
) -> None:
    # Without a bound on states, near which no step sleeps.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        assert_equal(lambda: checked, threads, keep_going=keep_going, max_depth=deepest)


@random_settings
@given(
    checked=faulty_models((Bag, Duplicating, Fifo)),
    threads=st.integers(1, 3),
    keep_going=st.booleans(),
    first_sizes=st.sampled_from([TINY, SMALL, tabulated.SIZES]),
    most=st.none() | st.integers(1, 200),
    deepest=st.integers(0, 3),
)
def test_random_models_with_faults_are_explored_alike(
    checked: Model,
    threads: int,
    keep_going: bool,
    first_sizes: Sizes,
    most: int | None,
    deepest: int,
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        assert_equal(
            lambda: checked, threads, keep_going=keep_going, max_states=most, max_depth=deepest
        )


FAULTY: dict[str, dict[str, Any]] = {
    "crashes": {"faults": Faults(crashes=2)},
    "crashes without end": {"faults": Faults(crashes=None, actors=["a1", "p1"])},
    "stops": {"faults": Faults(stops=1)},
    "losses": {"faults": Faults(losses=2)},
    "losses without end": {"faults": Faults(losses=None)},
    "duplications": {"faults": Faults(duplications=1)},
    "partitions": {"faults": Faults(partitions=2, cuts=[["a1"], ["a1", "p1"]])},
    "all": {"faults": Faults(1, 0, 1, 0, 1, actors=["a1"], cuts=[["a1"]])},
    "a set": {"network": Duplicating()},
    "a set that keeps what is ignored": {"network": Duplicating(keep_ignored=True)},
    "a lossy set": {"network": Duplicating(keep_ignored=True), "faults": Faults(losses=1)},
    "queues": {"network": Fifo()},
    "queues that keep what is ignored": {"network": Fifo(keep_ignored=True)},
    "faulty queues": {"network": Fifo(), "faults": Faults(1, 0, 1, 1, 1, actors=["a1"])},
}


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("faulty", list(FAULTY))
def test_paxos_with_faults_is_explored_alike(faulty: str, threads: int) -> None:
    made = lambda: replace(paxos(proposers=2, acceptors=1), **FAULTY[faulty])  # noqa: E731
    assert_equal(made, threads)


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_that_commute_are_taken_in_one_order(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches: list[tabulated.TabulatedSearch] = []
    run = tabulated.TabulatedSearch.run
    monkeypatch.setattr(
        tabulated.TabulatedSearch, "run", lambda self: (searches.append(self), run(self))[1]
    )
    monkeypatch.setattr(tabulated, "SIZES", tabulated.SIZES._replace(parallel=1000))
    result = explore(paxos(proposers=2, acceptors=3), "tabulated", threads=threads)
    assert result.transitions == 91_782
    assert result.states <= searches[0].taken < 1.8 * result.states


# -- more than fits in a word or two ---------------------------------------------------------------


class Got(Fact):
    what: str


def crowd(messages: int, copies: int, listeners: int) -> Model:
    """One sends `messages` different messages, `copies` times each, to each of the others, which
    keep the greatest; few orders, many envelopes."""

    def start(self: Cell) -> None:
        for listener in range(listeners):
            for message in range(messages):
                for _ in range(copies):
                    self.send(f"b{listener}", message)

    def receive(self: Cell, message: int, sender: str) -> None:
        self.value = max(self.value, message)

    others = {
        f"b{at}": cell(-1, receive=receive, facts=lambda self: [Got(f"{self.id}{self.value}")])
        for at in range(listeners)
    }
    properties = [
        FactInvariant("early", lambda facts: len(facts) <= listeners),
        Witness("all", lambda facts: Got(f"b0{messages - 1}") in facts),
    ]
    return model(a=cell(start=start), properties=properties, **others)


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("messages", "copies", "listeners", "deepest"),
    [(70, 1, 1, 2), (140, 1, 1, 1), (45, 3, 1, 2), (3, 2, 2, None), (70, 1, 2, 1), (2, 70, 1, 4)],
)
def test_many_envelopes_and_copies_are_kept_exactly(
    threads: int, messages: int, copies: int, listeners: int, deepest: int | None
) -> None:
    result = assert_equal(
        lambda: crowd(messages, copies, listeners), threads, max_depth=deepest, keep_going=True
    )
    if deepest is not None:
        assert result.states > messages


def late(count: int) -> Model:
    """Message after message to oneself, each new and sent twice: envelopes, copies, local states
    and facts turn up at every depth."""

    def start(self: Cell) -> None:
        self.send("a", 0)

    def receive(self: Cell, message: int, sender: str) -> None:
        self.value = max(self.value, message + 1)
        self.record(Got(str(message)))
        if message + 1 < count:
            self.send("a", message + 1)
            if message % 3 == 0:
                self.send("a", message + 1)

    return model(a=cell(0, start=start, receive=receive), properties=[TRUE])


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 3])
def test_what_turns_up_late_makes_everything_grow(threads: int) -> None:
    result = assert_equal(lambda: late(9), threads)
    assert result.fact_sets == 10
    assert explore(late(200), "tabulated", threads=threads, max_states=3000).states == 3000


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
def test_timers_and_choices_are_explored_alike(threads: int) -> None:
    def start(self: Cell) -> None:
        self.set_timer(self.choose(["t", "u"]))

    def timeout(self: Cell, name: str) -> None:
        self.value = self.choose([0, 1, 2])
        if self.value:
            self.set_timer("u" if name == "t" else "t")
            self.send("a", self.value)
            self.send("a", self.value)
        else:
            self.record(Got(name))

    handlers = {"start": start, "timeout": timeout}
    made = lambda: model(a=cell(0, **handlers), b=cell(0, **handlers))  # noqa: E731
    assert_equal(made, threads, max_depth=4)


# -- budgets ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
def test_every_bound_on_states_cuts_alike(threads: int) -> None:
    whole = explore(paxos(proposers=2, acceptors=2), "reference").states
    for most in [1, 2, 3, 7, 20, 99, whole - 1, whole, whole + 1]:
        made = lambda: paxos(proposers=2, acceptors=2)  # noqa: E731
        assert_equal(made, threads, max_states=most)


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
def test_every_bound_on_states_cuts_alike_where_steps_are_objected_to(threads: int) -> None:
    def made() -> Model:
        crowded = crowd(messages=3, copies=1, listeners=2)
        unmoved = StepInvariant("unmoved", lambda before, event, after: after.value != 1)
        return replace(crowded, properties=(*crowded.properties, unmoved))

    whole = explore(made(), "reference", keep_going=True).states
    for most in range(1, whole + 1):
        assert_equal(made, threads, max_states=most, keep_going=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_that_does_not_suffice_ends_the_search_as_incomplete(threads: int) -> None:
    result = explore(paxos(proposers=3, acceptors=3), threads=threads, max_bytes=20_000_000)
    assert result.verdict is Verdict.INCOMPLETE
    assert result.incomplete_because == (
        "the memory of 20,000,000 bytes would not suffice (max_bytes)"
    )
    assert 1_000 < result.states < 1_000_000
    assert explore(paxos(), threads=threads, max_bytes=10**9).verdict is Verdict.HOLDS


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
def test_queues_grow_in_length_and_in_kinds(threads: int) -> None:
    def start(self: Cell) -> None:
        for message in range(7):
            self.send("b", message)
            self.send("c", message % 3)

    def made(handed_on: int) -> Model:
        def receive(self: Cell, message: int, sender: str) -> None:
            self.value = (*self.value, message)[-2:]
            if message < handed_on:
                self.send("c", message + 10)

        actors = {"b": cell((), receive=receive), "c": cell(0, receive=keep_last)}
        return model(a=cell(start=start), **actors, network=Fifo())

    assert_equal(lambda: made(handed_on=5), threads)


def keep_last(self: Cell, message: int, sender: str) -> None:
    self.value = message


def test_a_queue_that_tables_cannot_hold_is_refused_by_name() -> None:
    def start(self: Cell) -> None:
        for message in range(40):
            self.send("b", message)

    long = model(a=cell(start=start), b=cell(), network=Fifo())
    said = "the queue from 'a' to 'b' needs room for more than 10 messages of 40 kind"
    with pytest.raises(UsageError, match=said):
        explore(long)
    assert explore(long, "reference").states == 41


def test_a_network_that_tables_cannot_hold_is_refused_by_name() -> None:
    class Pile(Bag):
        is_multiset = False

    refused = model(a=cell(), network=Pile())
    with pytest.raises(UsageError, match="cannot keep a Pile"):
        explore(refused)
    assert explore(refused, "reference").verdict is Verdict.HOLDS


# -- errors and interrupts -------------------------------------------------------------------------


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ["tabulated", "reference"])
def test_a_handler_that_fails_deep_down_is_reported_with_the_way_there(
    engine: str, threads: int
) -> None:
    def start(self: Cell) -> None:
        for message in "xyz":
            self.send("b", message)

    def receive(self: Cell, message: str, sender: str) -> None:
        self.value += message
        if self.value == "yzx":
            raise ValueError("no")

    with pytest.raises(HandlerError) as raised:
        explore(model(a=cell(start=start), b=cell("", receive=receive)), engine, threads=threads)
    trace = raised.value.trace
    assert trace is not None
    assert [repr(step.event) for step in trace] == ["a → b: 'y'", "a → b: 'z'"]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_leaves_a_valid_incomplete_result(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulated, "SLICE", 50)
    monkeypatch.setattr(tabulated, "SIZES", SMALL)
    calls = iter(range(20))

    def interrupt(progress: Progress) -> None:
        if next(calls) == 15:
            raise KeyboardInterrupt

    result = explore(paxos(), threads=threads, on_progress=interrupt, keep_going=True)
    assert (result.verdict, result.incomplete_because) == (Verdict.INCOMPLETE, "interrupted")
    assert 100 < result.states < 22_754
    graph = result.graph
    assert len(graph.states) == len(set(graph.states)) == result.states
    assert len(graph.outcomes) == result.transitions
    whole = explore(paxos(), "reference").graph
    assert list(graph.targets) == list(whole.targets)[: result.transitions]


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
    assert (result.verdict, result.interrupted) == (Verdict.INCOMPLETE, True)
    ran = {
        "handler": " in actor 'a' (Cell): receive",
        "start": " in actor 'a' (Cell): start",
        "predicate": " in the model's code",
    }
    because, _, _ = str(result.incomplete_because).partition(" (/")
    assert because == "interrupted" + ran[where]


# -- golden counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({"proposers": 3, "acceptors": 2}, (5_800, 18_444, 18)),
        ({"proposers": 3, "keep_ignored": True}, (512_000, 1_451_328, 24)),
        ({"acceptors": 2, "rounds": 2}, (88_284, 376_837, 26)),
        ({"acceptors": 4}, (246_540, 1_213_152, 23)),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_counts_are_those_that_independent_checkers_give(
    given: dict[str, Any], counts: tuple[int, int, int], threads: int
) -> None:
    result = explore(paxos(**given), threads=threads)
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == counts


def test_interleavings_of_many_states_are_counted_when_asked_for() -> None:
    made = lambda: paxos(proposers=3, keep_ignored=True)  # noqa: E731
    assert explore(made()).interleavings is None
    result = explore(made(), count_interleavings=True, threads=2)
    assert result.cyclic is False
    assert result.interleavings == 1_070_917_407_792


@dataclass
class Wavering(Actor):
    """Has ten ways to react, or to crash, that come to the same."""

    mark: str = ""
    fired: bool = False

    def start(self) -> None:
        self.mark = self.choose(["left", "right"])
        self.set_timer("any")

    def timeout(self, name: str) -> None:
        self.fired = True
        self.choose(range(10))

    def crash(self) -> None:
        self.choose(range(10))


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("faults", [Faults(), Faults(crashes=1)])
def test_a_state_that_is_cut_off_near_the_bound_is_taken_whole_later(faults: Faults) -> None:
    """Near the bound a kernel looks at those steps, too, that it takes only the next time."""

    def made() -> Model:
        actors = {"one": Wavering(), "other": Wavering()}
        return Model("wavering", actors, properties=[TRUE], faults=faults)

    for most in range(1, 60):
        assert_equal(made, threads=1, max_states=most)
