"""The graph seen through a view: exact counts, and both engines alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Actor, Bag, Duplicating, Fact, Fifo, Model, Result, explore
from islander.explorer import UsageError, quotient_tables, tabulated
from islander.explorer.facts import FactSet
from islander.explorer.graph import all_edges
from islander.explorer.quotient import (
    ActionKind,
    ActorView,
    FactsView,
    LocalState,
    Quotient,
    View,
    action_kind,
    view_named,
)
from islander.explorer.tables import Sizes
from islander.models.paxos import paxos

from .cells import TRUE, append, cell, model, run
from .random_models import faulty_models, models
from .test_tabulated import SMALL, TINY

PAXOS_VIEWS = [FactsView(), FactsView(("Voted",)), ActorView("a1"), ActorView("p2", "writing")]
RANDOM_VIEWS = [
    FactsView(),
    FactsView(("Heard",)),
    ActorView("a"),
    ActorView("a", "phase"),
    ActorView("a", "mode"),
]


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore small models itself."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


def assert_adds_up(result: Result, quotient: Quotient) -> None:
    assert sum(one.states for one in quotient.classes) == result.states
    assert sum(one.terminal for one in quotient.classes) == result.terminal
    assert sum(edge.steps for edge in quotient.edges) == result.transitions
    assert max(one.depth for one in quotient.classes) <= result.depth
    assert len({one.key for one in quotient.classes}) == len(quotient.classes)


def counted(result: Result, view: View) -> tuple[Any, Any]:
    """The classes and what joins them, by what is seen, counted on the graph one by one."""
    graph = result.graph
    seen = [view.key(state) for state in graph.states]
    edges = ((s, action_kind(graph.outcomes[edge]), t) for s, edge, t in all_edges(graph))
    return Counter(seen), Counter((seen[s], kind, seen[t]) for s, kind, t in edges)


def by_key(quotient: Quotient) -> tuple[Any, Any]:
    keys = [one.key for one in quotient.classes]
    edges = {(keys[e.source], e.action, keys[e.target]): e.steps for e in quotient.edges}
    return {one.key: one.states for one in quotient.classes}, edges


def test_states_with_equal_facts_are_one_class() -> None:
    result = explore(paxos(2, 2), "reference")
    quotient = result.quotient_by(FactsView())
    assert len(quotient.classes) == result.fact_sets == 25
    assert quotient.classes[0].initial == 1
    assert quotient.classes[0].depth == 0


def test_two_cells_that_take_a_message_each_make_two_classes_seen_through_one() -> None:
    def sends(self: Any) -> None:
        self.send("b", "x")
        self.send("c", "y")

    result = run(a=cell(start=sends), b=cell("", receive=append), c=cell("", receive=append))
    quotient = result.quotient_by(ActorView("b", "value"))
    assert [one._replace(key=str(one.key)) for one in quotient.classes] == [
        ("", 2, 1, 0, 0),
        ("x", 2, 0, 1, 1),
    ]
    x, y = (ActionKind("deliver", to, "a", what) for to, what in (("b", "x"), ("c", "y")))
    assert [tuple(edge) for edge in quotient.edges] == [(0, 0, y, 1), (0, 1, x, 2), (1, 1, y, 1)]


@pytest.mark.parametrize("view", PAXOS_VIEWS, ids=str)
@pytest.mark.parametrize("threads", [1, 2])
def test_both_engines_see_the_same_of_paxos(view: View, threads: int) -> None:
    reference = explore(paxos(2, 2), "reference")
    found = explore(paxos(2, 2), threads=threads)
    assert found.quotient_by(view) == reference.quotient_by(view)
    assert_adds_up(found, found.quotient_by(view))


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_seen_of_a_larger_paxos_adds_up_to_all_states_and_steps(threads: int) -> None:
    result = explore(paxos(2, 3), threads=threads)
    reference = explore(paxos(2, 3), "reference")
    for view in PAXOS_VIEWS:
        quotient = result.quotient_by(view)
        assert_adds_up(result, quotient)
        assert quotient == reference.quotient_by(view)


def test_a_search_that_a_violation_ended_is_seen_as_far_as_it_went() -> None:
    found, reference = (
        explore(paxos(bug="hidden-vote"), engine) for engine in ("tabulated", "reference")
    )
    assert found.states > sum(one.terminal for one in found.quotient_by(FactsView()).classes)
    for view in PAXOS_VIEWS:
        assert found.quotient_by(view) == reference.quotient_by(view)
        assert_adds_up(found, found.quotient_by(view))


class Reached(Fact):
    who: str
    number: int


@dataclass
class Climber(Actor):
    number: int = 0

    def start(self) -> None:
        self.set_timer("up")

    def timeout(self, name: str) -> None:
        self.number += self.choose([1, 2])
        if self.number < 40:
            self.set_timer("up")

    def facts(self) -> list[Fact]:
        return [Reached(self.id, self.number)]


def test_more_facts_than_bits_in_a_word_are_seen() -> None:
    views = [FactsView(), ActorView("b"), ActorView("b", "number")]
    climbers = Model("m", {"a": Climber(), "b": Climber()}, properties=[TRUE])
    found, reference = (explore(climbers, engine) for engine in ("tabulated", "reference"))
    facts = {fact for one in found.quotient_by(views[0]).classes for fact in cast(FactSet, one.key)}
    for view in views:
        assert found.quotient_by(view) == reference.quotient_by(view)
        assert_adds_up(found, found.quotient_by(view))
    assert len(facts) > 64


random_settings = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@random_settings
@given(
    checked=models() | faulty_models((Bag, Duplicating, Fifo)),
    threads=st.integers(1, 3),
    first_sizes=st.sampled_from([TINY, SMALL, tabulated.SIZES]),
    chunk=st.sampled_from([1, 3, 1 << 18]),
    room=st.sampled_from([1, 1 << 12]),
    most=st.none() | st.integers(1, 200),
    deepest=st.integers(0, 4),
)
def test_both_engines_see_the_same_of_random_models(
    checked: Model,
    threads: int,
    first_sizes: Sizes,
    chunk: int,
    room: int,
    most: int | None,
    deepest: int,
) -> None:
    bounds: Any = {"max_states": most, "max_depth": deepest, "keep_going": True}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        patched.setattr(quotient_tables, "CHUNK", chunk)
        patched.setattr(quotient_tables, "FEW", min(chunk, 64))
        patched.setattr(quotient_tables, "ROOM", room)
        reference = explore(checked, "reference", **bounds)
        found = explore(checked, threads=threads, **bounds)
        for view in RANDOM_VIEWS:
            quotient = found.quotient_by(view)
            assert quotient == reference.quotient_by(view)
            assert by_key(quotient) == counted(reference, view)
            assert_adds_up(found, quotient)


@random_settings
@given(checked=faulty_models((Bag,), finite=True), most=st.integers(1, 300))
def test_a_bound_on_states_cuts_no_more_than_it_must(checked: Model, most: int) -> None:
    found, reference = (
        explore(checked, engine, max_states=most, keep_going=True)
        for engine in ("tabulated", "reference")
    )
    for view in RANDOM_VIEWS:
        assert found.quotient_by(view) == reference.quotient_by(view)
        assert_adds_up(found, found.quotient_by(view))


@pytest.mark.parametrize("engine", ["tabulated", "reference"])
def test_too_many_classes_are_refused(engine: str) -> None:
    result = explore(paxos(2, 2), engine)
    assert len(result.quotient_by(FactsView(), 25).classes) == 25
    with pytest.raises(UsageError, match="more than 24 classes of states; choose a coarser one"):
        result.quotient_by(FactsView(), 24)


def test_a_class_says_what_its_states_have_in_common() -> None:
    result = explore(paxos(2, 2))
    first = result.quotient_by(ActorView("a1")).classes[0].key
    assert isinstance(first, LocalState)
    assert (first.timers, first.status) == ((), "up")
    assert result.quotient_by(FactsView()).fact_kinds == (
        "Proposed",
        "Reported",
        "Voted",
        "Wanted",
    )


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("facts", FactsView()),
        ("facts=Voted", FactsView(("Voted",))),
        ("facts=Voted,Proposed", FactsView(("Voted", "Proposed"))),
        ("actor=a1", ActorView("a1")),
        ("actor=a1.promised", ActorView("a1", "promised")),
        ("actor=odd.name", ActorView("odd.name")),
        ("actor=odd.name.value", ActorView("odd.name", "value")),
    ],
)
def test_a_view_is_named(text: str, view: View) -> None:
    odd = isinstance(view, ActorView) and view.actor == "odd.name"
    named = model(**{"odd.name": cell()}) if odd else paxos(2, 2)
    assert view_named(text, named) == view


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fact", "there is no view 'fact'; there is: facts, facts=KIND, actor=ID"),
        ("facts=", "there is no view 'facts='"),
        ("actor", "there is no view 'actor'"),
        ("actor=", "there is no view 'actor='"),
        ("actor=a11", "has no actor 'a11'. Did you mean 'a1'?"),
        ("actor=zebra", "has no actor 'zebra'. There is: p1, p2, a1, a2."),
        ("actor=a1.zebra", "actor 'a1' has no field 'zebra'. There is: "),
        ("actor=a11.zebra", "has no actor 'a11'. Did you mean 'a1'?"),
    ],
)
def test_a_view_that_there_is_not_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        view_named(text, paxos(2, 2))
    assert said in str(refused.value)
