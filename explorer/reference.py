"""The reference engine: breadth-first search over plain Python objects.

It is meant to be read as the definition of exploring, and every faster engine is held equal to
it. It keeps everything, so its graph can be counted on, drawn and searched for traces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .errors import ModelError, PropertyError
from .facts import FactSet
from .graph import Edge, Path, StateGraph, calmest_path
from .judging import Judge
from .model import Model
from .properties import Subject
from .result import Progress
from .semantics import Semantics, State
from .trace import Trace, label, rerun

PACE = 128
"""States expanded between two looks at the clock."""


class Budgets(NamedTuple):
    """Bounds of a search; None means none. `seconds` is wall-clock time."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None


class Search:
    """One breadth-first search of `model`.

    `clock` gives the seconds since the search began. After `run`, `graph` is what was explored,
    `judge` what the properties said, and `unfinished` why some state or step was left out (None
    if nothing was).
    """

    def __init__(
        self,
        model: Model,
        budgets: Budgets,
        keep_going: bool,
        clock: Callable[[], float],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.model = model
        self.semantics = Semantics(model)
        self.graph = StateGraph()
        self.judge = Judge(model.properties)
        self.budgets = budgets
        self.keep_going = keep_going
        self.clock = clock
        self.on_progress = on_progress
        self.bound: str | None = None  # the budget that ended the search
        self.cut: str | None = None  # the depth beyond which nothing was looked at
        self.terminal = 0
        self.fact_sets: set[FactSet] = set()
        self._number: dict[State, int] = {}

    def run(self) -> None:
        """Explore level by level, judging each level when all of it is known."""
        try:
            self.graph.levels.append(0)
            for state in self.semantics.initial_states():
                if not self._add(state):
                    break
            self._judge_level()
            while self.graph.level(self.depth) and self._may_go_on():
                self._expand_level()
                self._judge_level()
        except KeyboardInterrupt:
            self.bound = "interrupted"
        self._drop_empty_level()

    @property
    def unfinished(self) -> str | None:
        """Why the search did not cover everything; None if it did."""
        if self.bound or self.cut:
            return self.bound or self.cut
        if self.graph.expanded < len(self.graph.states):
            return f"the search stopped at depth {self.depth}, where a violation was found"
        return None

    @property
    def depth(self) -> int:
        """The greatest depth of a state found."""
        return len(self.graph.levels) - 1

    def _may_go_on(self) -> bool:
        if self.judge.violated and not self.keep_going:
            return False
        return self.bound is None and self.cut is None

    def _expand_level(self) -> None:
        graph, frontier = self.graph, self.graph.level(self.depth)
        graph.levels.append(len(graph.states))
        for state in frontier:
            if self._out_of_time(state):
                return
            try:
                going = self._expand(state)
            except ModelError as error:
                error.trace = error.trace or self._trace_to(state)
                raise
            finally:
                graph.offsets.append(len(graph.outcomes))
            if not going:
                return

    def _expand(self, state: int) -> bool:
        """Take every step from `state`; False if a budget ended the search."""
        graph, depth = self.graph, self.depth - 1
        terminal = True
        for outcome, after in self.semantics.steps(graph.states[state]):
            terminal = False
            target = self._number.get(after)
            if target is None and depth == self.budgets.depth:
                self.cut = f"the depth bound of {depth} was reached (max_depth)"
                continue
            if target is None:
                if not self._add(after):
                    return False
                target = self._number[after]
            edge: Edge = len(graph.outcomes)
            graph.outcomes.append(outcome)
            graph.targets.append(target)
            for name, answer in outcome.objections:
                self.judge.step(depth, name, answer, state, edge)
        self.terminal += terminal
        return True

    def _add(self, state: State) -> bool:
        if self.budgets.states is not None and len(self.graph.states) >= self.budgets.states:
            self.bound = f"the bound of {self.budgets.states} states was reached (max_states)"
            return False
        self._number[state] = len(self.graph.states)
        self.graph.states.append(state)
        return True

    def _out_of_time(self, state: int) -> bool:
        if state % PACE:
            return False
        seconds = self.clock()
        if self.on_progress:
            self.on_progress(self.progress(state))
        if self.budgets.seconds is None or seconds < self.budgets.seconds:
            return False
        self.bound = f"the time of {self.budgets.seconds:g} s was used up (max_seconds)"
        return True

    def progress(self, expanded: int) -> Progress:
        """The counts so far, `expanded` states having been expanded."""
        graph = self.graph
        return Progress(
            len(graph.states),
            len(graph.outcomes),
            self.depth,
            len(graph.states) - expanded,
            self.clock(),
        )

    def _judge_level(self) -> None:
        level = self.graph.level(self.depth)
        found: dict[FactSet, list[int]] = {}
        for number in level:
            facts = self.semantics.facts(self.graph.states[number])
            if facts not in self.fact_sets:
                found.setdefault(facts, []).append(number)
        self.fact_sets.update(found)
        try:
            self.judge.fact_sets(self.depth, found)
            if self.judge.wants(Subject.STATE):
                views = [self.semantics.view(self.graph.states[number]) for number in level]
                self.judge.states(self.depth, views, level)
        except PropertyError as error:
            if error.state is not None:
                error.trace = self._trace_to(error.state)
            raise

    def _drop_empty_level(self) -> None:
        if self.depth > 0 and not self.graph.level(self.depth):
            self.graph.levels.pop()

    def _trace_to(self, state: int) -> Trace:
        depth = max(d for d, first in enumerate(self.graph.levels) if first <= state)
        return trace_along(self.model, self.graph, calmest_path(self.graph, depth, [state], {}))


def trace_along(model: Model, graph: StateGraph, path: Path) -> Trace:
    """The trace of `path`, made by running `model` anew along it."""
    return rerun(model, path.start, [label(graph.outcomes[edge]) for edge in path.edges])
