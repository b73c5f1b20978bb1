"""The tabulated engine is held equal to the reference engine, field for field."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Bag, Fact, FactInvariant, Model, Result, Witness, explore
from islander.explorer import tabulated
from islander.explorer.tables import Sizes
from islander.models import CATALOGUE
from islander.models.paxos import paxos

from .cells import TRUE, Cell, append, cell, model
from .random_models import models

TINY = Sizes(
    batch=2, rows=1, fact_sets=1, spare=0, locals=1, outcomes=1, parallel=1, part=1, box=2
)
"""Sizes so small that everything grows all the time."""

SMALL = Sizes(batch=16, rows=4, fact_sets=2, spare=0, locals=2, outcomes=4, parallel=2, part=3)


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
    if given.get("proposers", 2) == 3:
        pytest.skip("the reference engine takes seconds; see test_models for its length")
    assert_equal(lambda: entry.factory(bug=bug, **given), threads)


random_settings = settings(
    max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
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
