"""The explored part of the state graph, and what is computed on it once the search is over.

States are numbered in the order in which breadth-first search found them, so that all states of
one depth are consecutive; the steps from a state are consecutive too.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
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
    graph: StateGraph,
    depth: int,
    wanted: Collection[int],
    last: Callable[[Edge], bool] | None = None,
) -> Path:
    """Among the shortest paths to what is wanted, the first with the fewest switches of actor.

    A switch is a step taken by another actor than the step before. What is wanted is any state
    of `wanted`, all of them of depth `depth`; or, if `last` is given, any step from a state of that
    depth of which it is true. The first path is the one whose initial state, and then whose steps,
    one after the other, come first.
    """
    # to_go[state][actor]: the fewest switches after a step of that actor, which may come next.
    to_go: dict[int, dict[str, int]] = {state: {} for state in wanted} if last is None else {}
    for level in range(depth if last else depth - 1, -1, -1):
        for state in graph.level(level):
            for edge in graph.steps(state):
                target = graph.targets[edge]
                if last and level == depth:
                    switches = 0 if last(edge) else None
                else:
                    switches = _to_go(to_go, target, edge, graph, level + 1)
                if switches is not None:
                    by_actor = to_go.setdefault(state, {})
                    actor = graph.outcomes[edge].after.actor
                    by_actor[actor] = min(switches, by_actor.get(actor, switches))

    def left(state: int, actor: str | None) -> int:
        """The switches of a calmest path on from `state`, reached by a step of `actor`, or, if that
        is None, by none: the network, which takes steps as well, has the name ""."""
        after = to_go[state].items()
        return min((more + (actor not in (None, one)) for one, more in after), default=0)

    start = at = min((s for s in graph.initial if s in to_go), key=lambda s: (left(s, None), s))
    edges: list[Edge] = []
    before: str | None = None
    length = depth + (last is not None)
    while len(edges) < length:
        for edge in graph.steps(at):
            one, target = graph.outcomes[edge].after.actor, graph.targets[edge]
            if last and len(edges) == depth:
                more = 0 if last(edge) else None
            else:
                more = _to_go(to_go, target, edge, graph, len(edges) + 1)
            if more is not None and more + (before not in (None, one)) == left(at, before):
                edges.append(edge)
                before, at = one, target
                break
    return Path(start, tuple(edges))


def _to_go(
    to_go: Mapping[int, Mapping[str, int]], target: int, edge: Edge, graph: StateGraph, level: int
) -> int | None:
    """The fewest switches after `edge`, None if no shortest path goes on from there."""
    if target not in to_go or target not in graph.level(level):
        return None
    actor = graph.outcomes[edge].after.actor
    return min((more + (actor != one) for one, more in to_go[target].items()), default=0)


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
