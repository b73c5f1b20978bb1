"""The reference engine: breadth-first search over plain Python objects.

It is meant to be read as the definition of exploring, and every faster engine is held equal to
it. It keeps everything, so its graph can be counted on, drawn and searched for traces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import ModelError
from .facts import FactSet
from .graph import Edge, StateGraph, calmest_path, count_interleavings
from .handlers import Outcome
from .judging import Finding
from .properties import Subject
from .search import Search
from .semantics import State

if TYPE_CHECKING:
    from .quotient import Quotient, View

PACE = 128
"""States expanded between two looks at the clock."""

MANY = 4096
"""Initial states, or steps taken from one state, between two looks at the clock."""


class ReferenceSearch(Search):
    """The search over plain objects; `explored` is all it has found."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.explored = StateGraph(levels=self.levels)
        self._fact_sets: set[FactSet] = set()
        self._number: dict[State, int] = {}

    @property
    def states(self) -> int:
        return len(self.explored.states)

    @property
    def transitions(self) -> int:
        return len(self.explored.outcomes)

    @property
    def expanded(self) -> int:
        return self.explored.expanded

    @property
    def fact_sets(self) -> int:
        return len(self._fact_sets)

    def graph(self) -> StateGraph:
        return self.explored

    def quotient(self, view: View, most: int | None = None) -> Quotient:
        from .quotient import quotient_of  # which most never ask for

        return quotient_of(self.explored, self.semantics, view, most)

    def interleavings(self) -> int | None:
        return count_interleavings(self.explored)

    def way_to(self, finding: Finding) -> tuple[int, list[Outcome]]:
        graph = self.explored
        level, wanted = graph.level(finding.depth), set(finding.states)
        if finding.fact_sets:
            wanted.update(n for n in level if self._facts_of(n) in finding.fact_sets)
        last: Callable[[Edge], bool] | None = None
        if finding.outcomes:
            last = lambda edge: graph.outcomes[edge] in finding.outcomes  # noqa: E731
        path = calmest_path(graph, finding.depth, wanted, last)
        return path.start, [graph.outcomes[edge] for edge in path.edges]

    def state(self, number: int) -> State:
        return self.explored.states[number]

    def _begin(self) -> None:
        for number, state in enumerate(self.semantics.beginnings(), 1):
            if state is not None and not self._add(state):
                return
            if number % MANY == 0 and self._out_of_time():
                return

    def _expand(self, begin: int, end: int) -> None:
        graph = self.explored
        for state in range(begin, end):
            if state % PACE == 0 and self._out_of_time():
                return
            try:
                going = self._expand_one(state)
            except ModelError as error:
                error.trace = error.trace or self.trace_to(Finding(self.depth - 1, states=[state]))
                raise
            finally:
                graph.offsets.append(len(graph.outcomes))
            if not going:
                return

    def _expand_one(self, state: int) -> bool:
        """Take every step from `state`; False if a budget ended the search."""
        graph = self.explored
        terminal = True
        for number, (outcome, after) in enumerate(self.semantics.steps(graph.states[state]), 1):
            if number % MANY == 0 and self._out_of_time():
                return False
            terminal = False
            target = self._number.get(after)
            if target is None and self._closed:
                self._reach_depth_bound()
                continue
            if target is None:
                if not self._add(after):
                    return False
                target = self._number[after]
            graph.outcomes.append(outcome)
            graph.targets.append(target)
            self.judge.step(self.depth - 1, outcome)
        self.terminal += terminal
        return True

    def _add(self, state: State) -> bool:
        if self.budgets.states is not None and self.states >= self.budgets.states:
            self._reach_state_bound()
            return False
        self._number[state] = self.states
        self.explored.states.append(state)
        return True

    def _judge(self, begin: int) -> None:
        level = range(begin, self.states)
        found = dict.fromkeys(map(self._facts_of, level))
        new = [facts for facts in found if facts not in self._fact_sets]
        self._fact_sets.update(new)
        self.judge.fact_sets(self.depth, new)
        if self.judge.wants(Subject.STATE):
            views = [self.semantics.view(self.explored.states[number]) for number in level]
            self.judge.states(self.depth, views, level)

    def _facts_of(self, number: int) -> FactSet:
        return self.semantics.facts(self.explored.states[number])
