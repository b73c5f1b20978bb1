"""What the tables say of the explored graph once the search is over: ways to what was found, the
number of interleavings, and the graph itself. Steps are not kept; they are made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from . import kernels
from .errors import DefectError
from .graph import StateGraph
from .handlers import Outcome
from .judging import Finding
from .memory import Array
from .semantics import State
from .workspace import Stepping

if TYPE_CHECKING:
    from .tabulated import TabulatedSearch

SETTLED = 1 << 20
"""States settled between two looks whether the user interrupts."""


_Arrays: TypeAlias = tuple[
    kernels.Widths,
    kernels.Layout,
    kernels.Tables,
    kernels.Visited,
    kernels.Batch,
    kernels.Box,
    kernels.Work,
    Array,
]
"""What every kernel takes that makes steps again."""


class Steps(NamedTuple):
    """The steps of one state: the numbers of their outcomes, and the handles that they lead to, -1
    for a state that was not kept."""

    outcomes: list[int]
    targets: list[int]


class Ways:
    """The graph that a search explored."""

    def __init__(self, search: TabulatedSearch) -> None:
        self.search = search
        self.visited = search.visited
        self.tabulation = search.tabulation
        self._stepping = Stepping(search.widths, search.room)

    # -- shortest ways -----------------------------------------------------------------------------

    def calmest(self, finding: Finding) -> tuple[int, list[Outcome]]:
        """What `graph.calmest_path` finds: the number of an initial state and the steps from it."""
        levels = [*self.search.levels, self.search.states]
        last = self._wanted(finding)
        length = finding.depth + bool(len(last))
        counts = self.visited.cursors(levels[min(finding.depth + 1, len(levels) - 1)])
        owners = len(self.visited.owned)
        kind = np.uint8 if length < 255 else np.int32
        none = np.iinfo(kind).max
        to_go: Array = np.full(
            (max(int(counts.max()), 1) * owners, self.tabulation.movers), none, kind
        )
        if not len(last):
            to_go[self._targets(finding, levels)] = 0
        for level in range(length - 1, -1, -1):
            self._find_to_go(levels, level, last if level == finding.depth else last[:0], to_go)
        return self._follow(levels, length, last, to_go)

    def _wanted(self, finding: Finding) -> Array:
        """For each outcome whether a way ends with it; empty if it ends with a state."""
        if not finding.outcomes:
            return np.zeros(0, np.uint8)
        sought = {id(outcome) for outcome in finding.outcomes}
        flags = [id(outcome) in sought for outcome in self.tabulation.outcomes]
        return np.array(flags, np.uint8)

    def _targets(self, finding: Finding, levels: list[int]) -> Array:
        """The handles of the states that were found."""
        begin, end = levels[finding.depth], levels[finding.depth + 1]
        handles = self.visited.handles(begin, end)
        chosen: Array = np.zeros(end - begin, np.uint8)
        if finding.fact_sets:
            words = [self.tabulation.fact_words(facts) for facts in finding.fact_sets]
            width = self.search.widths.facts
            sets = np.array([*words, [0] * width], np.uint64)
            table: Array = np.zeros(1 << (2 * len(sets)).bit_length(), np.int32)
            kernels.index_facts(sets, len(words), table)
            kernels.with_facts(
                *self._tables,
                self.visited.arrays,
                kernels.FactSets(sets, table),
                self.visited.cursors(begin),
                begin,
                end,
                chosen,
            )
        chosen[np.array(finding.states, np.int64) - begin] = 1
        return handles[np.flatnonzero(chosen)]

    def _find_to_go(self, levels: list[int], level: int, last: Array, to_go: Array) -> None:
        begin, end = levels[level], min(levels[level + 1], self.search.expanded)
        following = levels[min(level + 2, len(levels) - 1)]
        rows = np.stack(
            [self.visited.cursors(levels[level + 1]), self.visited.cursors(following)], axis=1
        )
        rows = np.ascontiguousarray(rows)

        def run() -> int:
            status: int = kernels.switches_to_go(
                *self._arrays(self.visited.cursors(begin)),
                begin,
                end,
                rows,
                self.tabulation.actor_of(),
                last,
                to_go,
                self.search.partly if end == self.search.expanded else -1,
            )
            return status

        self._stepping.run("switches_to_go", run)

    def _arrays(self, cursors: Array | None = None) -> _Arrays:
        """What these kernels take, to go through states from where `cursors` stand."""
        if cursors is None:  # it is given handles
            cursors = np.zeros(len(self.visited.owned), np.int64)
        stepping = self._stepping
        batch, box = stepping.space.batch, stepping.space.box
        work = stepping.work(cursors)
        return (*self._tables, self.visited.arrays, batch, box, work, stepping.handles)

    def _follow(
        self, levels: list[int], length: int, last: Array, to_go: Array
    ) -> tuple[int, list[Outcome]]:
        """The first way on which no more switches are taken than need be."""
        none, owners = np.iinfo(to_go.dtype).max, len(self.visited.owned)
        initial = self.visited.handles(0, levels[1])
        least = [int(to_go[handle].min()) for handle in initial]
        start = least.index(min(least))
        if least[start] == none:
            raise DefectError(f"no way of {length} steps leads to what was found.")
        at, before, path = int(initial[start]), -1, []
        actor_of = self.tabulation.actor_of()
        for step in range(length):
            left = int(to_go[at].min() if before < 0 else to_go[at, before])
            following = (
                levels[min(step + 1, len(levels) - 1)],
                levels[min(step + 2, len(levels) - 1)],
            )
            low, high = (self.visited.cursors(number) for number in following)
            for outcome, target in zip(*self.steps(at), strict=True):
                actor = int(actor_of[outcome])
                if step == length - 1 and len(last):
                    more = 0 if last[outcome] else none
                elif (
                    target >= 0 and low[target % owners] <= target // owners < high[target % owners]
                ):
                    more = int(to_go[target, actor])
                else:
                    more = none
                if more != none and more + (before not in (-1, actor)) == left:
                    path.append(self.tabulation.outcomes[outcome])
                    at, before = target, actor
                    break
            else:
                raise DefectError(f"a way of {length} steps to what was found ends after {step}.")
        return start, path

    # -- interleavings -----------------------------------------------------------------------------

    def count(self) -> int | None:
        """The number of paths from initial states to terminal ones; None if there is a cycle."""
        handles = int(self.visited.owned.max()) * len(self.visited.owned)
        digits = 1
        while True:
            complete: Array = np.zeros(digits, np.uint64)
            settled = self._add_ways(handles, digits, complete)
            if settled is not None:
                break
            digits *= 2
        if settled < self.search.states:
            return None
        return sum(int(digit) << 64 * at for at, digit in enumerate(complete))

    def _add_ways(self, handles: int, digits: int, complete: Array) -> int | None:
        """Count with so many digits: how many states were settled, None if they do not suffice."""
        arrivals = self._arrivals(handles)
        ways: Array = np.zeros((handles, digits), np.uint64)
        initial = self.visited.handles(0, [*self.search.levels, self.search.states][1])
        ways[initial, 0] = 1
        everyone = self.visited.handles(0, self.search.states)
        ready = everyone[arrivals[everyone] == 0]
        stack: Array = np.zeros(self.search.states + 1, np.int64)
        held, settled = len(ready), 0
        stack[:held] = ready

        def run() -> int:
            nonlocal held, settled
            status, held, more = kernels.add_ways(
                *self._arrays(), arrivals, ways, stack, held, complete, SETTLED
            )
            settled += more
            return int(status)

        ends = kernels.DONE, kernels.PAUSE, kernels.OVERFLOW
        while held:
            if self._stepping.run("add_ways", run, ends) == kernels.OVERFLOW:
                return None
        return settled

    def _arrivals(self, handles: int) -> Array:
        """How many steps lead to each state, by handle."""
        arrivals: Array = np.zeros(handles, np.int64)
        begin, end = 0, 0

        def run() -> int:
            nonlocal begin
            status, begin = kernels.count_arrivals(
                *self._arrays(), begin, end, self.visited.owned, arrivals
            )
            return int(status)

        while begin < handles:
            end = min(begin + SETTLED, handles)
            self._stepping.run("count_arrivals", run)
        return arrivals

    # -- the graph ---------------------------------------------------------------------------------

    def graph(self) -> StateGraph:
        """What was explored, as plain objects."""
        search, numbers = self.search, self.visited.numbers()
        graph = StateGraph(levels=list(search.levels))
        graph.states = list(self._states())
        handles = self.visited.handles(0, search.expanded)
        for handle in handles:
            for outcome, target in zip(*self.steps(int(handle)), strict=True):
                if len(graph.outcomes) == search.transitions:
                    break  # the search ended here
                if target >= 0:
                    graph.outcomes.append(self.tabulation.outcomes[outcome])
                    graph.targets.append(int(numbers[target]))
            graph.offsets.append(len(graph.outcomes))
        return graph

    def _states(self) -> Iterator[State]:
        for row in self.visited.gather(0, self.search.states):
            yield self.tabulation.state(row)

    def steps(self, handle: int) -> Steps:
        """The steps of the state with this handle, in order, as far as the search took them."""
        return self.steps_and_words(handle)[0]

    def steps_and_words(self, handle: int) -> tuple[Steps, Array]:
        """The same, and the words of the states that they lead to, (n, W)."""
        # With a state that was not expanded whole there is one owner, so handles are numbers.
        last = self.search.partly if handle == self.search.expanded - 1 else -1
        count = 0

        def run() -> int:
            nonlocal count
            status, count = kernels.steps_of(*self._arrays(), handle)
            return kernels.DONE if 0 <= last <= count else int(status)

        self._stepping.run("steps_of", run)
        count = last if last >= 0 else count
        batch, handles = self._stepping.space.batch, self._stepping.handles
        steps = Steps(batch.outcomes[:count].tolist(), handles[:count].tolist())
        return steps, np.array(batch.words[:count])

    @property
    def _tables(self) -> tuple[kernels.Widths, kernels.Layout, kernels.Tables]:
        return self.search.widths, self.tabulation.layout, self.tabulation.tables
