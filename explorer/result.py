"""Results: verdicts, counts and counterexamples of one exploration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from .facts import Fact
from .graph import StateGraph
from .model import Model
from .notes import notes_on
from .trace import Trace

if TYPE_CHECKING:
    from .coverage import Coverage
    from .quotient import Quotient, View


class Verdict(Enum):
    """There are three: INCOMPLETE (a bound, a budget, an interrupt or an undecided formula ended
    the search) establishes nothing, and nothing shows it as a success."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class PropertyResult:
    """What was found out about one property.

    `explanation` says why it is violated or incomplete ("" when it holds). `trace` is a shortest
    counterexample; of a witness, a shortest way to it, or to the nearest situation when it is
    unreachable; it is `steps` long. `facts` are those that clash, `absent` those whose absence
    matters. `way` makes the trace, when it is asked for.
    """

    name: str
    verdict: Verdict
    explanation: str = ""
    way: Trace | Callable[[], Trace] | None = field(default=None, repr=False, compare=False)
    facts: tuple[Fact, ...] = ()
    absent: tuple[Fact, ...] = ()
    witness: bool = False
    steps: int | None = None

    @cached_property
    def trace(self) -> Trace | None:
        """The trace; None if there is none to show."""
        return self.way() if callable(self.way) else self.way


@dataclass(frozen=True)
class Result:
    """The outcome of `explore`.

    engine         the engine that was asked for
    states         distinct states found
    transitions    steps from them (state, event, choice), whether or not the successor is new
    depth          steps of the longest shortest path from an initial state
    terminal       states found to have no step
    interleavings  complete orders, from an initial state to a terminal one; None when there are
                   infinitely many (`cyclic`) or the search did not cover all of them
    cyclic         whether some state can be reached again from itself; None if not established
    fact_sets      distinct fact sets judged
    handler_calls  distinct (local state, event) pairs: how often Python decided
    seconds        wall-clock time
    incomplete_because  which bound ended the search, or None
    interrupted    whether Ctrl-C did
    explored       makes `graph`
    quotients      makes quotients: see `quotient_by`
    covered        makes `coverage`
    """

    model: Model
    engine: str
    verdict: Verdict
    properties: Mapping[str, PropertyResult]
    states: int
    transitions: int
    depth: int
    terminal: int
    interleavings: int | None
    cyclic: bool | None
    fact_sets: int
    handler_calls: int
    seconds: float
    incomplete_because: str | None
    interrupted: bool
    explored: Callable[[], StateGraph] = field(repr=False, compare=False)
    quotients: Callable[[View, int | None], Quotient] = field(repr=False, compare=False)
    covered: Callable[[], Coverage] = field(repr=False, compare=False)

    @cached_property
    def graph(self) -> StateGraph:
        """The explored states and steps, as plain objects. The tabulated engine makes them when
        they are asked for, which takes time and memory where there are many."""
        return self.explored()

    def quotient_by(self, view: View, most: int | None = None) -> Quotient:
        """The explored graph as seen through `view`, which makes one class of states that look the
        same; made by going through all steps once more, without `graph`. Raises UsageError if there
        are more than `most` classes."""
        return self.quotients(view, most)

    @cached_property
    def coverage(self) -> Coverage:
        """Which cases of the handlers ran, and what became of the messages; made when it is asked
        for, by running each handler once more."""
        return self.covered()

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is to be known beside the verdicts, a sentence each: methods that look like handlers
        and are none, and formulas of which the sorts could not be checked."""
        return notes_on(self.model)

    def __repr__(self) -> str:
        return (
            f"Result({self.model.name}: {self.verdict.value}, {self.states} states, "
            f"{self.transitions} transitions, depth {self.depth})"
        )


class Progress(NamedTuple):
    """How far a running search is; `frontier` counts the states waiting to be expanded."""

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float


def overall(verdicts: list[Verdict]) -> Verdict:
    """Violated if any is, else incomplete if any is, else holds."""
    for verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS
