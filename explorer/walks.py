"""`simulate`: random walks, for instances that are too large to be explored.

A walk begins in an initial state and takes steps at random until it is long enough or no step is
possible. What it meets is judged as the states of a search are; what it finds is shortened before
it is shown. Walks find violations, and ways to witnesses. They never establish that there are none.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from .deadline import Deadline, OutOfTime
from .errors import PropertyError, UsageError
from .explore import check_checkable, check_number, explanation_of
from .facts import FactSet
from .handlers import Outcome
from .judging import Finding, Judge
from .model import Model
from .notes import notes_on
from .properties import Property, Subject, judged
from .result import PropertyResult, Verdict, no_truth, overall
from .search import check_properties, stopped_by, telling, used_up
from .semantics import Semantics, State
from .shortening import Reached, along, shorten
from .stopwatch import Stopwatch
from .trace import Trace

if TYPE_CHECKING:
    from .walker import Walk, Walker

NOT_ALL = "random walks do not cover every interleaving"
"""Why walks leave a property undecided."""

SPELL = 0.1
"""Seconds between two reports of progress."""

VIEWS = 4096
"""States shown to a property of whole states at a time."""


@dataclass(frozen=True)
class Simulation:
    """The outcome of `simulate`.

    verdict        violated if an invariant is; it holds only if every property is a witness that
                   was reached, and Ctrl-C did not end the walks; else incomplete
    properties     what was found out about each. An invariant is violated or incomplete, a witness
                   holds or is incomplete. Traces are shortened, not shortest
    walks          walks taken
    steps          steps taken, by all walks together
    longest        steps of the longest walk
    ended          walks that came to a terminal state
    fact_sets      distinct fact sets judged
    handler_calls  distinct (local state, event) pairs that the walks came by: how often Python
                   decided
    seconds        wall-clock time, that of shortening included
    incomplete_because  what ended the walks early, or that they are not all there are, or None
    """

    model: Model
    seed: int
    verdict: Verdict
    properties: Mapping[str, PropertyResult]
    walks: int
    steps: int
    longest: int
    ended: int
    fact_sets: int
    handler_calls: int
    seconds: float
    incomplete_because: str | None

    def __bool__(self) -> NoReturn:
        raise no_truth(repr(self), "simulation.verdict is not Verdict.VIOLATED")

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """As of a `Result`."""
        return notes_on(self.model)

    def __repr__(self) -> str:
        return (
            f"Simulation({self.model.name}: {self.verdict.value}, {self.walks} walks, "
            f"{self.steps} steps, seed {self.seed})"
        )


class WalkProgress(NamedTuple):
    """How far a running simulation is: walks and steps taken, and seconds since it began."""

    walks: int
    steps: int
    seconds: float


def simulate(
    model: Model,
    *,
    walks: int = 1000,
    depth: int = 200,
    seed: int = 0,
    max_seconds: float | None = None,
    on_progress: Callable[[WalkProgress], None] | None = None,
    on_compile: Callable[[], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Simulation:
    """Take random walks through `model`, and judge its properties in every state that they meet.

    walks        take at most this many
    depth        end a walk after this many steps
    seed         a whole number from 0 on: with the same seed the same walks are taken
    max_seconds  stop after this much wall-clock time; what it cuts off depends on the machine
    on_progress  called with a `WalkProgress` now and then
    on_compile   called when kernels are to be compiled, which happens once to an installation for
                 each kind of model
    clock        gives wall-clock seconds

    Each walk begins in one of the initial states, those that the first 100,000 ways for the actors
    to start make, and takes one of the steps of the state it is in, all of them equally likely,
    until it is `depth` steps long or has come to a terminal state. The
    walks end early, with the one that brings the first violation, or that leaves no property
    undecided.

    Walks run on the tables of the tabulated engine. A StateInvariant or StateWitness that is
    undecided is asked, in Python, about every state of every walk: the slow path.

    What is found is shortened (`shortening.shorten`): no step of a trace can be left out, unless it
    is so long that shortening it took more replays than are allowed.

    Raises UsageError for arguments that make no sense, and ModelError for a mistake in the model,
    its handlers or its properties, with a trace that leads there.
    """
    check_checkable("simulate", model)
    for name, value, least in (("walks", walks, 1), ("depth", depth, 1), ("seed", seed, 0)):
        if type(value) is not int or value < least:
            raise UsageError(f"{name} must be a number of at least {least}; got {value!r}.")
        if name != "seed":  # which any number may be
            check_number(name, value, int, least)
    check_number("max_seconds", max_seconds, (int, float), 0)
    watch = Stopwatch(clock)
    walker = _walker()
    from .kernels import compiling

    with compiling(watch, on_compile):
        run = _Run(walker(model, seed), max_seconds, on_progress, watch)
        run.run(walks, depth)
    calls = run.semantics.handlers.calls
    properties = {item.name: run.conclude(item) for item in model.properties}
    verdict = overall([found.verdict for found in properties.values()], run.interrupted)
    because = run.bound
    if because is None and verdict is Verdict.INCOMPLETE:
        because = run.undecided or NOT_ALL
    return Simulation(
        model=model,
        seed=seed,
        verdict=verdict,
        properties=properties,
        walks=run.walks,
        steps=run.steps,
        longest=run.longest,
        ended=run.ended,
        fact_sets=run.judged,
        handler_calls=calls,
        seconds=watch(),
        incomplete_because=because,
    )


def _walker() -> type[Walker]:
    try:
        from .walker import Walker  # numba is slow to import, and --help does not need it
    except RuntimeError as error:
        raise UsageError(
            f"the compiled kernels can be kept nowhere ({error}). Set NUMBA_CACHE_DIR to a "
            f"directory that may be written to."
        ) from error
    return Walker


class _Way(NamedTuple):
    """A way to what was found, from an initial state given by number."""

    start: int
    outcomes: Sequence[Outcome]


class _Run:
    """The walks of one simulation. `ways` are those to what decided a property first."""

    def __init__(
        self,
        walker: Walker,
        max_seconds: float | None,
        on_progress: Callable[[WalkProgress], None] | None,
        clock: Callable[[], float],
    ) -> None:
        self.walker = walker
        self.semantics = walker.semantics
        self.judge = Judge(walker.model.properties)
        self.max_seconds = max_seconds
        self.on_progress = on_progress
        self.clock = clock
        self.ways: dict[str, _Way] = {}
        self.bound: str | None = None
        self.interrupted = False  # by Ctrl-C
        self.walks = self.steps = self.longest = self.ended = 0
        self.judged = 0  # fact sets
        self._report_at = 0.0

    @property
    def undecided(self) -> str | None:
        """What the solver had no answer for, if anything."""
        names = sorted(self.judge.unknown - set(self.ways))
        return f"{names[0]}: undecided: the solver answered unknown" if names else None

    def run(self, walks: int, depth: int) -> None:
        """Take so many walks, or fewer if they need not or must not go on."""
        try:
            with Deadline(self.semantics.handlers, self.max_seconds, self.clock):
                check_properties(self.walker.model)
                self.walker.begin(self._may_go_on)
                while self.walks < walks and not self._has_enough() and self._may_go_on():
                    walk = self.walker.walk(self.walks, depth, self._may_go_on)
                    self._count(walk)
                    self._judge(walk)
        except KeyboardInterrupt as error:
            self.interrupted = not isinstance(error, OutOfTime)
            self.bound = stopped_by(error, self.max_seconds, self.semantics.handlers)

    def conclude(self, item: Property) -> PropertyResult:
        """What was found out about a property."""
        verdict, reason = self.judge.verdict(item, self.bound or NOT_ALL)
        if verdict is Verdict.INCOMPLETE:
            return PropertyResult(item.name, verdict, reason, witness=item.somewhere)
        way = self.ways[item.name]
        trace = shorten(self.semantics, way.start, way.outcomes, _decided(self.semantics, item))
        if verdict is Verdict.HOLDS:
            return PropertyResult(
                item.name, verdict, "", trace, witness=item.somewhere, steps=len(trace)
            )
        why = explanation_of(item, trace, self.max_seconds, self.clock)
        return PropertyResult(
            item.name, verdict, why.text, trace, why.facts, why.absent, steps=len(trace)
        )

    def _has_enough(self) -> bool:
        return self.judge.violated or len(self.ways) == len(self.judge.properties)

    def _may_go_on(self) -> bool:
        seconds = self.clock()
        if self.on_progress and seconds >= self._report_at:
            telling(self.on_progress, WalkProgress(self.walks, self.steps, seconds))
            self._report_at = seconds + SPELL
        if self.max_seconds is not None and seconds >= self.max_seconds:
            self.bound = used_up(self.max_seconds)
        return self.bound is None

    def _count(self, walk: Walk) -> None:
        self.walks += 1
        self.steps += len(walk.outcomes)
        self.longest = max(self.longest, len(walk.outcomes))
        self.ended += walk.ended

    # -- judging -----------------------------------------------------------------------------------

    def _judge(self, walk: Walk) -> None:
        """Judge what is new with a walk; to the judge, which goes by levels, it is one level."""
        found = self.walker.fact_sets(self.judged)
        try:
            self.judge.fact_sets(self.walks, found)
            if self.judge.wants(Subject.STATE):
                self._judge_states(walk)
            for outcome in walk.outcomes:
                if outcome.objections:
                    self.judge.step(self.walks, outcome)
        except PropertyError as error:
            if error.finding is not None:
                error.trace = self._trace_to(self._way(walk, found, error.finding), error.finding)
            raise
        finally:
            for name, finding in self.judge.findings.items():
                if name not in self.ways:
                    self.ways[name] = self._way(walk, found, finding)
        self.judged += len(found)

    def _judge_states(self, walk: Walk) -> None:
        states = enumerate(self._states(walk.start, walk.outcomes))
        while part := list(islice(states, VIEWS)):
            views = [self.semantics.view(state) for _, state in part]
            self.judge.states(self.walks, views, [position for position, _ in part])

    def _states(self, start: int, outcomes: Sequence[Outcome]) -> list[State]:
        initial = self.walker.initial[start]
        return [initial, *(step.after for step in along(self.semantics, initial, outcomes))]

    def _way(self, walk: Walk, found: Sequence[FactSet], finding: Finding) -> _Way:
        """The beginning of `walk` that first comes to what was found. `found` are the fact sets
        that it brought."""
        if finding.outcomes:
            end = min(map(walk.outcomes.index, finding.outcomes)) + 1
        elif finding.states:
            end = min(finding.states)
        else:
            first = min(at for at, facts in enumerate(found) if facts in finding.fact_sets)
            end = bisect_right(walk.known, self.judged + first)
        return _Way(walk.start, walk.outcomes[:end])

    def _trace_to(self, way: _Way, finding: Finding) -> Trace:
        """The trace to a state about which a property could not be asked."""
        last = self._states(*way)[-1]

        def reached(state: State, outcome: Outcome | None) -> bool:
            return state == last or self.semantics.facts(state) in finding.fact_sets

        return shorten(self.semantics, *way, reached)


def _decided(semantics: Semantics, item: Property) -> Reached:
    """Whether a state, or the step to it, decides `item` as what was found did."""
    if item.subject is Subject.STEP:
        return lambda state, outcome: (
            outcome is not None and (item.name, False) in outcome.objections
        )
    answers: dict[object, bool] = {}

    def reached(state: State, outcome: Outcome | None) -> bool:
        whole = item.subject is Subject.STATE
        subject = state if whole else semantics.facts(state)
        if subject not in answers:
            (answer,) = judged(item, [semantics.view(state) if whole else subject])
            answers[subject] = answer is item.somewhere
        return answers[subject]

    return reached
