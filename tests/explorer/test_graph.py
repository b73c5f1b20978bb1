"""Graphs: the calmest shortest path and the number of interleavings, against brute force."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from islander import Model, StateInvariant, explore
from islander.explorer.graph import StateGraph, all_edges, calmest_path, count_interleavings

from .cells import Cell, append, cell, model, run


class Arrow(NamedTuple):
    """A step of a drawn graph."""

    source: int
    actor: str
    target: int


def graph_of(initial: int, arrows: list[Arrow]) -> StateGraph:
    """The StateGraph that breadth-first search makes of these arrows, from the states numbered
    below `initial`."""
    graph = StateGraph(levels=[0])
    number = {name: name for name in range(initial)}
    names = list(number)
    graph.states = names  # type: ignore[assignment]
    depth_of = dict.fromkeys(names, 0)
    for name in names:  # grows meanwhile
        for arrow in arrows:
            if arrow.source == name:
                if arrow.target not in number:
                    number[arrow.target] = len(names)
                    names.append(arrow.target)
                    depth_of[arrow.target] = depth_of[name] + 1
                    if len(graph.levels) == depth_of[name] + 1:
                        graph.levels.append(number[arrow.target])
                graph.outcomes.append(SimpleNamespace(after=SimpleNamespace(actor=arrow.actor)))  # type: ignore[arg-type]
                graph.targets.append(number[arrow.target])
        graph.offsets.append(len(graph.outcomes))
    return graph


arrow_lists = st.lists(
    st.builds(Arrow, st.integers(0, 6), st.sampled_from("abc"), st.integers(0, 6)), max_size=16
)
graphs = st.builds(graph_of, st.integers(1, 2), arrow_lists)


def paths_of_length(graph: StateGraph, length: int) -> Iterator[tuple[int, list[int], int]]:
    """Every path of this many steps from an initial state, as (start, steps, end)."""
    found: list[tuple[int, list[int], int]] = [(state, [], state) for state in graph.initial]
    for _ in range(length):
        found = [
            (start, [*edges, edge], graph.targets[edge])
            for start, edges, end in found
            for edge in graph.steps(end)
        ]
    return iter(found)


def switches(graph: StateGraph, edges: Collection[int]) -> int:
    actors = [graph.outcomes[edge].after.actor for edge in edges]
    return sum(one != other for one, other in pairwise(actors))


@given(graphs, st.data())
def test_the_path_to_a_state_is_a_shortest_one_with_the_fewest_switches(
    graph: StateGraph, data: Any
) -> None:
    depth = data.draw(st.integers(0, len(graph.levels) - 1))
    targets = data.draw(st.sets(st.sampled_from(graph.level(depth)), min_size=1))
    path = calmest_path(graph, depth, targets)
    candidates = [(s, e) for s, e, end in paths_of_length(graph, depth) if end in targets]
    assert (path.start, list(path.edges)) in candidates
    assert switches(graph, path.edges) == min(switches(graph, edges) for _, edges in candidates)


@given(graphs, st.data())
def test_the_path_to_a_step_is_a_shortest_one_with_the_fewest_switches(
    graph: StateGraph, data: Any
) -> None:
    depth = data.draw(st.integers(0, len(graph.levels) - 1))
    edges_here = [edge for state in graph.level(depth) for edge in graph.steps(state)]
    assume(edges_here)
    wanted = data.draw(st.sets(st.sampled_from(edges_here), min_size=1))
    path = calmest_path(graph, depth, [], wanted.__contains__)
    candidates = [(s, e) for s, e, _ in paths_of_length(graph, depth + 1) if e[-1] in wanted]
    assert (path.start, list(path.edges)) in candidates
    assert switches(graph, path.edges) == min(switches(graph, edges) for _, edges in candidates)


def complete_paths(graph: StateGraph) -> int | None:
    """The number of paths to states without steps, counted one by one; None for a cycle."""
    count, stack = 0, [(state, frozenset({state})) for state in graph.initial]
    while stack:
        state, seen = stack.pop()
        count += not graph.steps(state)
        for edge in graph.steps(state):
            if graph.targets[edge] in seen:
                return None
            stack.append((graph.targets[edge], seen | {graph.targets[edge]}))
    return count


def forward(initial: int, arrows: list[Arrow]) -> StateGraph:
    """A graph without cycles: each arrow leads to a greater number."""
    straight = [
        Arrow(min(arrow.source, arrow.target), arrow.actor, max(arrow.source, arrow.target))
        for arrow in arrows
        if arrow.source != arrow.target
    ]
    return graph_of(initial, straight)


@given(graphs | st.builds(forward, st.integers(1, 2), arrow_lists))
def test_interleavings_are_the_paths_to_terminal_states_and_none_if_there_is_a_cycle(
    graph: StateGraph,
) -> None:
    assert count_interleavings(graph) == complete_paths(graph)


@pytest.mark.parametrize(
    ("arrows", "count"),
    [
        ([], 1),
        ([(0, 1)], 1),
        ([(0, 1), (0, 1)], 2),
        ([(0, 1), (0, 2), (1, 3), (2, 3)], 2),
        ([(0, 1), (1, 2), (0, 2)], 2),
        ([(0, 0)], None),
        ([(0, 1), (1, 0)], None),
        ([(0, 1), (0, 2), (2, 2)], None),
    ],
    ids=["no step", "one", "parallel", "diamond", "shortcut", "loop", "ring", "loop at an end"],
)
def test_interleavings_of_small_graphs(arrows: list[tuple[int, int]], count: int | None) -> None:
    graph = graph_of(1, [Arrow(source, "a", target) for source, target in arrows])
    assert count_interleavings(graph) == count


def test_interleavings_are_counted_beyond_any_fixed_width() -> None:
    arrows = [Arrow(n, "a", n + 1) for n in range(100)] * 2
    assert count_interleavings(graph_of(1, arrows)) == 2**100


# -- the shape of an explored graph ----------------------------------------------------------------


def start(self: Cell) -> None:
    for message in "xyz":
        self.send("b", message)


def test_levels_offsets_and_steps_fit_together() -> None:
    graph = run(a=cell(start=start), b=cell("", receive=append)).graph
    assert [len(graph.level(depth)) for depth in range(4)] == [1, 3, 6, 6]
    assert list(graph.initial) == [0]
    assert graph.expanded == len(graph.states) == 16
    assert [len(graph.steps(state)) for state in range(16)] == [3] + [2] * 3 + [1] * 6 + [0] * 6
    assert [edge for _, edge, _ in all_edges(graph)] == list(range(15))


def test_a_state_that_was_not_expanded_has_no_steps() -> None:
    graph = graph_of(1, [Arrow(0, "a", 1), Arrow(1, "a", 2)])
    del graph.offsets[2:]
    assert graph.expanded == 1
    assert list(graph.steps(0)) == [0]
    assert list(graph.steps(1)) == []


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
