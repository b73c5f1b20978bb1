"""The explored part of the state graph, and what is computed on it once the search is over.

States are numbered in the order in which breadth-first search found them, so that all states of
one depth are consecutive; the steps from a state are consecutive too.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from .handlers import Outcome
from .semantics import State

Edge: TypeAlias = int
"""The number of a step in `StateGraph.outcomes` and `StateGraph.targets`."""


@dataclass
class StateGraph:
    """States by number; `levels[d]` is the first state of depth d; the steps from state `s` are
    those numbered `offsets[s]` to `offsets[s + 1] - 1`, for every state that was expanded."""

    states: list[State] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    offsets: array[int] = field(default_factory=lambda: array("Q", [0]))
    outcomes: list[Outcome] = field(default_factory=list)
    targets: array[int] = field(default_factory=lambda: array("Q"))

    @property
    def expanded(self) -> int:
        """How many states, from the first on, had their steps taken."""
        return len(self.offsets) - 1

    @property
    def initial(self) -> range:
        """The numbers of the initial states."""
        return self.level(0)

    def level(self, depth: int) -> range:
        """The numbers of the states of this depth."""
        end = self.levels[depth + 1] if depth + 1 < len(self.levels) else len(self.states)
        return range(self.levels[depth], end)

    def steps(self, state: int) -> range:
        """The numbers of the steps from `state`; none if it was not expanded."""
        if state >= self.expanded:
            return range(0)
        return range(self.offsets[state], self.offsets[state + 1])


class Path(NamedTuple):
    """A way through the graph: an initial state and the steps taken from it."""

    start: int
    edges: tuple[Edge, ...]


def calmest_path(
    graph: StateGraph, depth: int, targets: Collection[int], last: Mapping[int, list[Edge]]
) -> Path:
    """Among the shortest paths to what is wanted, the first with the fewest switches of actor.

    A switch is a step taken by another actor than the step before. What is wanted is any state
    of `targets`, all of them of depth `depth`; or, if `last` is not empty, any of the steps in
    it, by the number of the state of depth `depth` that they start from.
    """
    wanted = set(last) if last else set(targets)
    between: list[list[tuple[int, Edge]]] = []  # for each depth, the steps on shortest paths
    for level in range(depth - 1, -1, -1):
        steps = [
            (state, edge)
            for state in graph.level(level)
            for edge in graph.steps(state)
            if graph.targets[edge] in wanted
        ]
        between.append(steps)
        wanted = {state for state, _ in steps}
    between.reverse()
    if last:
        between.append([(state, edge) for state, edges in last.items() for edge in edges])

    # best[state][actor]: the fewest switches of a path that ends there by a step of that actor.
    start: dict[str, _Best] = {"": _Best(0, None, -1)}
    best: dict[int, dict[str, _Best]] = dict.fromkeys(sorted(wanted), start)
    ends: dict[int, dict[str, _Best]] = best if not between else {}
    for number, steps in enumerate(between):
        after: dict[int, dict[str, _Best]] = {}
        final = bool(last) and number == len(between) - 1
        for state, edge in steps:
            actor = graph.outcomes[edge].after.actor
            key = edge if final else graph.targets[edge]
            arrivals = after.setdefault(key, {})
            for previous, so_far in best[state].items():
                switches = so_far.switches + (previous not in ("", actor))
                if actor not in arrivals or switches < arrivals[actor].switches:
                    arrivals[actor] = _Best(switches, (so_far, state), edge)
        best = ends = after

    finals = [(key, found) for key, by_actor in ends.items() for found in by_actor.values()]
    chosen = min(finals, key=lambda final: (final[1].switches, final[0]))
    edges: list[Edge] = []
    first, at = chosen[0], chosen[1]
    while at.before is not None:
        edges.append(at.edge)
        at, first = at.before
    return Path(first, tuple(reversed(edges)))


class _Best(NamedTuple):
    switches: int
    before: tuple[_Best, int] | None
    edge: Edge


def count_interleavings(graph: StateGraph) -> int | None:
    """The number of paths from the initial states to terminal ones; None if there is a cycle.

    Every state must have been expanded. Counts by a topological order (Kahn 1962).
    """
    unseen = [0] * len(graph.states)
    for target in graph.targets:
        unseen[target] += 1
    ways = [0] * len(graph.states)
    for state in graph.initial:
        ways[state] += 1
    ready = [state for state, count in enumerate(unseen) if count == 0]
    complete = settled = 0
    while ready:
        state = ready.pop()
        settled += 1
        steps = graph.steps(state)
        if not steps:
            complete += ways[state]
        for edge in steps:
            target = graph.targets[edge]
            ways[target] += ways[state]
            unseen[target] -= 1
            if unseen[target] == 0:
                ready.append(target)
        ways[state] = 0  # the numbers are long; let go of them
    return complete if settled == len(graph.states) else None


def all_edges(graph: StateGraph) -> Iterator[tuple[int, Edge, int]]:
    """Every step as (state, step, successor)."""
    for state in range(graph.expanded):
        for edge in graph.steps(state):
            yield state, edge, graph.targets[edge]
