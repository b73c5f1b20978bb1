"""Results: verdicts, counts and counterexamples of one exploration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from .errors import CheckFailed, UsageError
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

    def __bool__(self) -> NoReturn:
        raise no_truth(str(self), "verdict is Verdict.HOLDS")


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

    def __bool__(self) -> NoReturn:
        what = f"what was found about {self.name!r}"
        raise no_truth(what, f"result.properties[{self.name!r}].verdict is Verdict.HOLDS")


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
    incomplete_because  what ended the search before it covered everything, or left a property
                   undecided; None if nothing did. The verdict may be *holds* even so: if every
                   property is a witness, and was reached
    interrupted    whether Ctrl-C did; the verdict is then no *holds*
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

    def check(self) -> Result:
        """This result, if every property holds. Raises CheckFailed, an AssertionError, if one is
        violated, and also if the result is incomplete: it says which property, why, and the way
        there."""
        __tracebackhide__ = True  # pytest shows where this was called
        if self.verdict is not Verdict.HOLDS:
            raise _failing[-1](self)
        return self

    def __bool__(self) -> NoReturn:
        raise no_truth(
            repr(self),
            "result.verdict is Verdict.HOLDS",
            "result.check(), which raises an AssertionError with the trace unless it holds",
        )

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


def overall(verdicts: list[Verdict], interrupted: bool) -> Verdict:
    """Violated if any is, else incomplete if any is or if Ctrl-C ended the run, else holds."""
    if Verdict.VIOLATED in verdicts:
        return Verdict.VIOLATED
    if interrupted or Verdict.INCOMPLETE in verdicts:
        return Verdict.INCOMPLETE
    return Verdict.HOLDS


def no_truth(what: str, *instead: str) -> UsageError:
    """What to raise where the truth of `what` is asked for, as by `assert result`; `instead` is
    what to write."""
    return UsageError(
        f"{what} is neither true nor false: there are three verdicts. "
        f"Write {', or '.join(instead)}."
    )


# -- checks that fail ------------------------------------------------------------------------------


def headline(found: PropertyResult) -> str:
    """In one line, how a property that does not hold fails."""
    if found.verdict is Verdict.INCOMPLETE:
        return f"{found.name} is not established: {found.explanation}"
    if found.witness:
        return f"{found.name} is unreachable"
    steps = "" if found.steps is None else f" after {found.steps} step{'s' * (found.steps != 1)}"
    return f"{found.name} is violated{steps}"


def _in_short(result: Result) -> CheckFailed:
    failing = [one for one in result.properties.values() if one.verdict is not Verdict.HOLDS]
    lines = [headline(one) for one in failing]
    return CheckFailed(f"{lines[0]} ({result.model.name})", lines)


_failing: list[Callable[[Result], CheckFailed]] = [_in_short]


def tell_failures(telling: Callable[[Result], CheckFailed]) -> None:
    """From now on `Result.check` raises what `telling` makes of a result that does not hold.

    How a trace reads is no matter of exploring, so who knows it says it here; until then the
    properties are named alone.
    """
    _failing[:] = [telling]
