"""The breadth-first search that every engine is.

Level by level: take every step from the states of one depth, then judge what is new. An engine says
how states are kept and expanded; what ends a search, and what it amounts to, is said here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .deadline import Deadline, OutOfTime
from .errors import CapacityError, PropertyError
from .graph import StateGraph
from .growth import endless
from .judging import Finding, Judge
from .leading import trace_along
from .model import Model
from .result import Progress
from .semantics import Semantics, State
from .trace import Trace

if TYPE_CHECKING:
    from .handlers import Handlers, Outcome
    from .quotient import Quotient, View

P = TypeVar("P")

INTERRUPTED = "interrupted"
"""What a search that Ctrl-C ended says of that."""

MANY, DEEP = 10_000, 200
"""States, and depth, from which on a search without bounds asks whether it will end."""


def used_up(seconds: float | None) -> str:
    """What a search says that ended because its time was used up."""
    return f"the time of {seconds:g} s was used up (max_seconds)"


def stopped_by(error: KeyboardInterrupt, seconds: float | None, handlers: Handlers) -> str:
    """What one says that Ctrl-C ended, or that had so many seconds and a handler ran on."""
    why = used_up(seconds) if isinstance(error, OutOfTime) else INTERRUPTED
    return why + handlers.interrupted(error)


def check_properties(model: Model) -> None:
    """Raise PropertyError if a property is at fault whatever it is asked of. This may run the
    model's code."""
    for item in model.properties:
        item.check()


def telling(listener: Callable[[P], None], progress: P) -> None:
    """Tell somebody the progress. Where in there Ctrl-C is pressed is of no interest: it is none of
    the model's code."""
    try:
        listener(progress)
    except KeyboardInterrupt as error:
        raise error.with_traceback(None)  # noqa: B904 - it is the same


class Budgets(NamedTuple):
    """Bounds of a search; None means none. `seconds` is wall-clock time, `bytes` memory."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None
    bytes: int | None = None


class Search(ABC):
    """One breadth-first search.

    `clock` gives the seconds since the search began. After `run`, `judge` is what the properties
    said, and `unfinished` why some state or step was left out (None if nothing was). `levels[d]` is
    the number of the first state of depth d; states are numbered in the order in which they are
    found, `expanded` of them had all their steps taken, and `terminal` had none.
    """

    def __init__(
        self,
        semantics: Semantics,
        budgets: Budgets,
        keep_going: bool,
        clock: Callable[[], float],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.model = semantics.model
        self.semantics = semantics
        self.judge = Judge(semantics.model.properties)
        self.budgets = budgets
        self.keep_going = keep_going
        self.clock = clock
        self.on_progress = on_progress
        self.bound: str | None = None  # the budget that ended the search
        self.cut: str | None = None  # the depth beyond which nothing was looked at
        self.levels: list[int] = [0]
        self.terminal = 0
        self.interrupted = False  # whether Ctrl-C ended the search
        self.endless = False  # whether that is because there is no end of states
        self._asked = False

    # -- what an engine provides -------------------------------------------------------------------

    @property
    @abstractmethod
    def states(self) -> int:
        """States found."""

    @property
    @abstractmethod
    def transitions(self) -> int:
        """Steps taken."""

    @property
    @abstractmethod
    def expanded(self) -> int:
        """States, from the first on, whose steps were taken."""

    @property
    @abstractmethod
    def fact_sets(self) -> int:
        """Distinct fact sets judged."""

    @abstractmethod
    def _begin(self) -> None:
        """Find the initial states."""

    @abstractmethod
    def _expand(self, begin: int, end: int) -> None:
        """Take every step from these states, or those that a budget permits."""

    @abstractmethod
    def _judge(self, begin: int) -> None:
        """Show the judge what is new with the states from `begin` on, all of depth `depth`."""

    @abstractmethod
    def way_to(self, finding: Finding) -> tuple[int, list[Outcome]]:
        """The calmest of the shortest ways to what was found, as the number of an initial state and
        the steps from it: see `graph.calmest_path`."""

    @abstractmethod
    def state(self, number: int) -> State:
        """The state of this number."""

    @abstractmethod
    def interleavings(self) -> int | None:
        """The number of paths from initial states to terminal ones; None if there is a cycle. The
        search must have covered everything."""

    @abstractmethod
    def graph(self) -> StateGraph:
        """What was explored, as plain objects."""

    @abstractmethod
    def quotient(self, view: View, most: int | None = None) -> Quotient:
        """What was explored, as seen through `view`; see `Result.quotient_by`."""

    def trace_to(self, finding: Finding) -> Trace:
        """The trace along `way_to`. Raises DefectError if it does not lead to what was found."""
        start, outcomes = self.way_to(finding)
        return trace_along(self.semantics, start, outcomes, finding, self.state)

    def _resume(self) -> bool:
        """Go on from where an earlier search was, if there is something to go on from."""
        return False

    def _end_level(self, last: bool) -> None:  # noqa: B027 - most need do nothing
        """Called when a level was expanded and judged whole; `last` if no state is left."""

    # -- the loop ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Explore until nothing is left, a budget is used up, or, unless `keep_going`, the level
        with the first violation is judged; not at all if it was stopped before."""
        if self.bound is not None:
            return  # what was stopped would only run on again
        try:
            with Deadline(self.semantics.handlers, self.budgets.seconds, self.clock):
                self._go_through()
        except KeyboardInterrupt as error:
            self.stop(error)
        except CapacityError:
            if self.depth > 0:  # else there are no states to report yet
                self._ask_for_the_end()
            if not self.endless:
                raise
        if self.depth > 0 and self.levels[-1] == self.states:
            self.levels.pop()

    def _go_through(self) -> None:
        check_properties(self.model)
        self._begin()
        if not self._resume():
            self._judge_level()
        while self.levels[-1] < self.states and self._may_go_on():
            if self._wonders():
                self._ask_for_the_end()
                continue
            begin, end = self.levels[-1], self.states
            self.levels.append(end)
            self._expand(begin, end)
            self._judge_level()
            if self.bound is None and self.cut is None:
                self._end_level(last=self.levels[-1] == self.states)

    def stop(self, error: KeyboardInterrupt) -> None:
        """End the search as Ctrl-C does, or a handler that runs on when the time is used up."""
        self.interrupted = not isinstance(error, OutOfTime)
        self.bound = stopped_by(error, self.budgets.seconds, self.semantics.handlers)

    @property
    def depth(self) -> int:
        """The greatest depth of a state found."""
        return len(self.levels) - 1

    @property
    def handler_calls(self) -> int:
        """Distinct pairs of local state and event that were decided."""
        return self.semantics.handlers.calls

    @property
    def unfinished(self) -> str | None:
        """Why the search did not cover everything; None if it did."""
        if self.bound or self.cut:
            return self.bound or self.cut
        if self.expanded < self.states:
            return f"the search stopped at depth {self.depth}, where a violation was found"
        return None

    def progress(self) -> Progress:
        """The counts so far."""
        return Progress(
            self.states, self.transitions, self.depth, self.states - self.expanded, self.clock()
        )

    def _wonders(self) -> bool:
        """Whether it is time to ask, once, if there is an end. Where there is a budget it never is,
        that of memory apart, which may be there unasked."""
        bounded = any(bound is not None for bound in self.budgets._replace(bytes=None))
        early = self.states < MANY and self.depth < DEEP
        return not (self._asked or bounded or early)

    def _may_go_on(self) -> bool:
        if self.judge.violated and not self.keep_going:
            return False
        return self.bound is None and self.cut is None

    def _ask_for_the_end(self) -> None:
        """Give up if it can be told that there is no end."""
        self._asked = True
        self.bound = endless(self.model)
        self.endless = self.bound is not None

    def _judge_level(self) -> None:
        try:
            self._judge(self.levels[-1])
        except PropertyError as error:
            if error.finding is not None:
                error.trace = self.trace_to(error.finding)
            raise

    @property
    def _closed(self) -> bool:
        """Whether the states being expanded are at the depth bound, or beyond it, as they may be in
        a search that was resumed."""
        return self.budgets.depth is not None and self.depth - 1 >= self.budgets.depth

    def _reach_depth_bound(self) -> None:
        self.cut = f"the depth bound of {self.budgets.depth} was reached (max_depth)"

    def _reach_state_bound(self) -> None:
        self.bound = f"the bound of {self.budgets.states} states was reached (max_states)"

    def _out_of_time(self) -> bool:
        """Tell the progress; whether the time is used up."""
        progress = self.progress()
        if self.on_progress:
            telling(self.on_progress, progress)
        if self.budgets.seconds is None or progress.seconds < self.budgets.seconds:
            return False
        self.bound = used_up(self.budgets.seconds)
        return True
