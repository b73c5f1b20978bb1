"""The explored graph, and the neighbourhood of a trace in it, as drawings: a node for each state.

The neighbourhood is found by taking steps from the states of the trace. It needs no search, so it
can be had where the explored graph is too large to be made.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..explorer import Result, Trace, UsageError
from ..explorer.graph import StateGraph, all_edges
from ..explorer.semantics import Semantics, State, Step
from ..explorer.trace import label
from .drawing import Arrow, Describer, Drawing, telling_labels
from .encoding import encode_state
from .words import clean


def whole_graph(result: Result, trace: Trace | None = None) -> Drawing:
    """Every state and every step, by the states' numbers, with those on `trace` marked.

    Nodes also have `depth`, `initial`, `terminal`, and `unexpanded`: whether the search ended
    before it took its steps.
    """
    graph = result.graph
    describer = Describer(result.model, Semantics(result.model))
    nodes, edges = _path(graph, trace) if trace else (set(), set())
    drawing = Drawing(
        clean(result.model.name),
        f"{clean(result.model.name)}: {result.states:,} states, {result.transitions:,} steps",
    )
    for depth in range(len(graph.levels)):
        for number in graph.level(depth):
            drawing.nodes.append(
                {
                    "depth": depth,
                    "initial": depth == 0,
                    "terminal": _is_terminal(graph, describer.semantics, number),
                    "unexpanded": number >= graph.expanded,
                    "counterexample": number in nodes,
                    **describer.node(graph.states[number]),
                }
            )
    drawing.short = telling_labels(graph.states)
    for source, edge, target in all_edges(graph):
        marked = {"counterexample": edge in edges}
        drawing.arrows.append(Arrow(source, target, marked | describer.edge(graph.outcomes[edge])))
    return drawing


def _is_terminal(graph: StateGraph, semantics: Semantics, number: int) -> bool:
    """Whether a state was found to have no step. The graph lacks those to states beyond a bound."""
    if number >= graph.expanded or graph.steps(number):
        return False
    return next(semantics.steps(graph.states[number]), None) is None


def _path(graph: StateGraph, trace: Trace) -> tuple[set[int], set[int]]:
    """The numbers of the states and steps of `trace` in `graph`."""
    beginning = encode_state(trace.model, trace.initial)
    for start in graph.initial:
        if encode_state(trace.model, graph.states[start]) != beginning:
            continue
        state, nodes, edges = start, {start}, set()
        for wanted in trace.labels:
            edge = next((e for e in graph.steps(state) if label(graph.outcomes[e]) == wanted), None)
            if edge is None:
                break
            state = graph.targets[edge]
            nodes.add(state)
            edges.add(edge)
        if len(edges) == len(trace):
            return nodes, edges
    return set(), set()


def around_trace(trace: Trace, radius: int, limit: int) -> Drawing:
    """The states to which at most `radius` steps lead from a state of `trace`, and all steps
    between them.

    Nodes are numbered from 0 on: first the states of the trace, in its order, then the others, the
    nearest first. They have `distance`, the steps from the nearest state of the trace; `initial`,
    `terminal`, and `left_out`: how many of their steps lead to states that are not drawn.

    Raises UsageError if there are more than `limit` states.
    """
    near = _Neighbourhood(trace, radius, limit)
    describer = Describer(trace.model, trace.semantics)
    name = clean(trace.model.name)
    drawing = Drawing(name, "", short=telling_labels(near.states))
    initial = set(trace.semantics.initial_states())
    on_trace = set(trace.states)
    taken = dict(zip(trace.states, trace.labels, strict=False))
    for number, state in enumerate(near.states):
        steps = near.steps(state)
        drawing.nodes.append(
            {
                "distance": near.distances[number],
                "initial": state in initial,
                "terminal": not steps,
                "left_out": sum(step.after not in near.numbers for step in steps),
                "counterexample": state in on_trace,
                **describer.node(state),
            }
        )
        for step in steps:
            if step.after in near.numbers:
                marked = {"counterexample": taken.get(state) == label(step.outcome)}
                target = near.numbers[step.after]
                drawing.arrows.append(Arrow(number, target, marked | describer.edge(step.outcome)))
    drawing.caption = (
        f"{name}: {len(near.states):,} states within {radius} "
        f"step{'s' * (radius != 1)} of the trace"
    )
    return drawing


class _Neighbourhood:
    """The states within `radius` steps of a trace, numbered, and their steps."""

    def __init__(self, trace: Trace, radius: int, limit: int) -> None:
        self.semantics = trace.semantics
        self.numbers: dict[State, int] = {}
        self.distances: list[int] = []
        self._steps: dict[State, list[Step]] = {}
        self._add(list(dict.fromkeys(trace.states)), 0, limit)
        begin = 0
        for distance in range(1, radius + 1):
            frontier, begin = self.states[begin:], len(self.numbers)
            new = (step.after for state in frontier for step in self.steps(state))
            self._add(new, distance, limit)

    @property
    def states(self) -> list[State]:
        return list(self.numbers)

    def steps(self, state: State) -> list[Step]:
        """The steps from `state`, as the semantics orders them."""
        if state not in self._steps:
            self._steps[state] = list(self.semantics.steps(state))
        return self._steps[state]

    def _add(self, states: Iterable[State], distance: int, limit: int) -> None:
        for state in states:
            if state in self.numbers:
                continue
            if len(self.numbers) == limit:
                raise UsageError(
                    f"more than --max-graph {limit:,} states lie within the given distance of the "
                    f"trace; lower --around-trace (0 draws the trace alone), or raise --max-graph."
                )
            self.numbers[state] = len(self.numbers)
            self.distances.append(distance)
