"""On the explored graph: calmest shortest paths and interleavings, against brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from islander import Model, StateInvariant, StepInvariant, explore
from islander.explorer.graph import Path, StateGraph, calmest_path, count_interleavings

from . import naive
from .cells import TRUE, append, cell, model, run
from .random_models import models

RANDOM = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def shortest_paths(graph: StateGraph, ends: set[int], depth: int) -> Iterator[Path]:
    """Every path of `depth` steps from an initial state to one of `ends`."""
    stack = [Path(start, ()) for start in graph.initial]
    while stack:
        start, edges = stack.pop()
        at = graph.targets[edges[-1]] if edges else start
        if len(edges) == depth:
            if at in ends:
                yield Path(start, edges)
            continue
        stack += [Path(start, (*edges, edge)) for edge in graph.steps(at)]


def switches(graph: StateGraph, path: Path) -> int:
    actors = [graph.outcomes[edge].after.actor for edge in path.edges]
    return sum(one != after for one, after in itertools.pairwise(actors))


@RANDOM
@given(models(max_actors=2))
def test_among_all_shortest_paths_the_one_taken_has_the_fewest_switches(drawn: Model) -> None:
    result = explore(drawn, keep_going=True, max_states=60)
    graph = result.graph
    for depth in range(min(result.depth, 4) + 1):
        level = graph.level(depth)
        for ends in ({level[-1]}, set(level)):
            path = calmest_path(graph, depth, ends, {})
            every = list(shortest_paths(graph, ends, depth))
            assert path in every
            assert switches(graph, path) == min(switches(graph, one) for one in every)


@RANDOM
@given(models(max_actors=2))
def test_a_path_to_a_step_ends_in_it_with_the_fewest_switches(drawn: Model) -> None:
    graph = explore(drawn, keep_going=True, max_states=60).graph
    depth = min(2, len(graph.levels) - 1)
    last = {
        state: list(graph.steps(state))[-2:] for state in graph.level(depth) if graph.steps(state)
    }
    assume(last)
    path = calmest_path(graph, depth, [], last)
    every = [
        Path(start, (*edges, edge))
        for state, wanted in last.items()
        for start, edges in shortest_paths(graph, {state}, depth)
        for edge in wanted
    ]
    assert path in every
    assert switches(graph, path) == min(switches(graph, one) for one in every)


@RANDOM
@given(models())
def test_interleavings_are_the_complete_paths_counted_one_by_one(drawn: Model) -> None:
    plain = naive.explore(drawn, max_states=300)
    assume(plain is not None)
    assert plain is not None
    try:
        expected = naive.complete_paths(plain, most=3000)
    except OverflowError:
        assume(False)
    result = explore(drawn, keep_going=True)
    assert result.interleavings == expected
    assert result.cyclic is (expected is None)


def factorial_model(messages: int) -> Model:
    """`messages` different messages from one actor to another that keeps them in a set."""

    def start(self: Any) -> None:
        for n in range(messages):
            self.send("b", n)

    def receive(self: Any, message: int, sender: str) -> None:
        self.value = self.value | {message}

    return model(a=cell(start=start), b=cell(frozenset(), receive=receive))


@pytest.mark.parametrize(("messages", "orders"), [(1, 1), (2, 2), (3, 6), (8, 40320)])
def test_n_messages_arrive_in_n_factorial_orders(messages: int, orders: int) -> None:
    assert explore(factorial_model(messages)).interleavings == orders


def test_equal_copies_arrive_in_one_order() -> None:
    result = run(
        a=cell(start=lambda self: self.broadcast(["b", "b"], "x")),
        b=cell("", receive=append),
    )
    assert (result.states, result.interleavings) == (3, 1)


def test_an_endless_protocol_has_no_number_of_interleavings() -> None:
    loop = cell(
        0, start=lambda self: self.set_timer("t"), timeout=lambda self, n: self.set_timer(n)
    )
    result = run(a=loop)
    assert (result.states, result.interleavings, result.cyclic) == (1, None, True)


def test_a_number_of_interleavings_beyond_any_machine_word_is_exact() -> None:
    def timeout(self: Any, name: str) -> None:
        self.value = self.value + 1
        self.choose((1, 2))
        if self.value < 100:
            self.set_timer("t")

    result = run(a=cell(0, start=lambda self: self.set_timer("t"), timeout=timeout))
    assert result.interleavings == 2**100
    assert count_interleavings(result.graph) == 2**100


def test_a_calm_counterexample_lets_one_actor_finish_before_the_next() -> None:
    def start(self: Any) -> None:
        self.set_timer("t")

    def timeout(self: Any, name: str) -> None:
        self.value += 1
        if self.value < 2:
            self.set_timer("t")

    def both(state: Any) -> bool:
        return not all(actor.value == 2 for actor in state.actors.values())

    actors = {name: cell(0, start=start, timeout=timeout) for name in ("a", "b")}
    result = explore(model(**actors, properties=[StateInvariant("not both", both)]))
    trace = result.properties["not both"].trace
    assert trace is not None
    assert [step.actor for step in trace] in (["a", "a", "b", "b"], ["b", "b", "a", "a"])
    assert trace.switches == 1


def test_levels_number_the_states_by_depth_and_steps_lead_at_most_one_deeper() -> None:
    result = explore(factorial_model(4))
    graph = result.graph
    assert [len(graph.level(depth)) for depth in range(5)] == [1, 4, 6, 4, 1]
    depths = {state: depth for depth in range(5) for state in graph.level(depth)}
    assert all(
        depths[graph.targets[edge]] <= depths[state] + 1
        for state in depths
        for edge in graph.steps(state)
    )
    assert sum(len(graph.steps(state)) for state in depths) == result.transitions == 32


def test_the_steps_of_a_state_that_was_not_expanded_are_none() -> None:
    never = StepInvariant("never", lambda before, event, after: False)
    graph = explore(
        model(a=cell(start=lambda self: self.send("a", 1)), properties=[never, TRUE])
    ).graph
    assert (graph.expanded, len(graph.states)) == (1, 2)
    assert list(graph.steps(1)) == []
