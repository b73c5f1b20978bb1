"""`explore`: run an engine on a model, and say what it established."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from .asking import shown
from .deadline import Deadline, OutOfTime, place
from .errors import HandlerError, ModelError, PropertyError, UsageError
from .freeze import show
from .growth import endless, growing
from .handlers import Local
from .model import Model
from .properties import Explanation, LocalStep, Property, Subject, explained, judged
from .reference import MANY, ReferenceSearch
from .result import Progress, PropertyResult, Result, Verdict, overall
from .search import Budgets, Search, check_properties, stopped_by, used_up
from .semantics import Semantics, State
from .stopwatch import Stopwatch
from .trace import Trace

if TYPE_CHECKING:
    from .coverage import Coverage
    from .snapshot import Keeper

ENGINES = ("tabulated", "reference")
"""The names that `explore` takes as `engine`."""

COUNTED_ANYWAY = 100_000
"""States up to which interleavings are counted without being asked for."""

SMALL = 500
"""States up to which the reference engine explores a model outright: the two agree on everything,
and the kernels take longer to load than that takes."""

MOST = 1 << 62
"""The greatest number that is taken: the engines count in 64 bits, with a sign."""

MOST_THREADS = 256
"""The owner of a state is noted in a byte."""


def explore(
    model: Model,
    engine: str = ENGINES[0],
    *,
    threads: int = 1,
    max_states: int | None = None,
    max_depth: int | None = None,
    max_seconds: float | None = None,
    max_bytes: int | None = None,
    keep_going: bool = False,
    count_interleavings: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    on_compile: Callable[[], None] | None = None,
    checkpoint: Keeper | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Explore every interleaving of `model`, breadth first, and judge its properties.

    engine       which engine runs; all give equal results. With "tabulated", models of at most 500
                 states are explored by the reference engine, which is over before kernels load
    threads      how many threads the engine may use; results do not depend on it (the reference
                 engine uses one)
    max_states   keep at most this many states
    max_depth    look at no state further than this many steps from an initial one
    max_seconds  stop after this much wall-clock time
    max_bytes    start no level that would need more memory than this, as far as can be told from
                 the one before, and stop within one that does after all; the reference engine
                 cannot, and refuses it
    keep_going   explore on after a violation; by default the search stops at the end of the
                 level (all states of one depth) with the first one. If a mistake in the model keeps
                 it from going on, what is told is what it found by then
    count_interleavings  count them also where there are more than 100,000 states, which takes about
                 twice as long as exploring (the reference engine always does)
    checkpoint   keeps what was found, at the end of levels, and says where to go on from:
                 `reports.Checkpoint` keeps it in a directory
    on_progress  called with a `Progress` now and then
    on_compile   called when kernels of the tabulated engine are to be compiled, which happens once
                 to an installation for each kind of model; no time of the search, nor of its bound
    clock        gives wall-clock seconds

    A bound that ends the search leaves every property that it did not decide INCOMPLETE; so does
    Ctrl-C. Counterexamples are shortest, and among the shortest those with the fewest switches
    between actors.

    Raises UsageError for arguments that make no sense, and ModelError for a mistake in the model,
    its handlers or its properties, with the trace that led there.
    """
    if engine not in ENGINES:
        raise UsageError(f"there is no engine {engine!r}; there is: {', '.join(ENGINES)}.")
    check_checkable("explore", model)
    if max_bytes is not None and engine == "reference":
        raise UsageError("the reference engine does not count bytes; bound it with max_states.")
    check_number("threads", threads, int, 1)
    if threads is None or threads > MOST_THREADS:
        raise UsageError(f"threads must be a number up to {MOST_THREADS}; got {threads!r}.")
    check_number("max_states", max_states, int, 1)
    check_number("max_depth", max_depth, int, 0)
    check_number("max_seconds", max_seconds, (int, float), 0)
    check_number("max_bytes", max_bytes, int, 1)
    if checkpoint is not None and engine == "reference":
        raise UsageError("the reference engine keeps no checkpoints; use engine='tabulated'.")
    watch = Stopwatch(clock)
    budgets = Budgets(max_states, max_depth, max_seconds, max_bytes)
    counting = count_interleavings or engine == "reference"

    def searched(going_on: bool) -> tuple[Search, Callable[[], Result]]:
        arguments = Semantics(model), budgets, going_on, watch, on_progress
        search = _search(engine, threads, checkpoint, arguments)
        compiling = partial(_compiling, search, watch, on_compile)

        def result() -> Result:
            with compiling():
                search.run()
                return _result(search, engine, counting, watch, compiling)

        return search, result

    search, result = searched(keep_going)
    try:
        return result()
    except ModelError as error:
        # A mistake beyond a violation: what is to be told is the violation, as if the search had
        # not gone on. Where the mistake comes no later than the violation, it is told after all.
        if not keep_going or not search.judge.violated or checkpoint is not None:
            raise
        stopped = searched(False)[1]()
        if stopped.verdict is not Verdict.VIOLATED:  # there was no time for it once more
            raise
        return _beyond(stopped, error)


def _result(
    search: Search,
    engine: str,
    counting: bool,
    watch: Stopwatch,
    compiling: Callable[[], AbstractContextManager[None]],
) -> Result:
    """What a search that is over established."""
    properties = {item.name: _conclude(search, item, compiling) for item in search.model.properties}
    verdict = overall([found.verdict for found in properties.values()], search.interrupted)
    undecided = next((p for p in properties.values() if p.verdict is Verdict.INCOMPLETE), None)
    because = search.bound or search.cut
    if verdict is Verdict.INCOMPLETE and because:
        because = "; ".join([because, *_growth(search)])
    elif verdict is Verdict.INCOMPLETE and undecided is not None:
        because = f"{undecided.name}: {undecided.explanation}"
    interleavings, cyclic = _interleavings(search, counting)
    return Result(
        model=search.model,
        engine=engine,
        verdict=verdict,
        properties=properties,
        states=search.states,
        transitions=search.transitions,
        depth=search.depth,
        terminal=search.terminal,
        interleavings=interleavings,
        cyclic=cyclic,
        fact_sets=search.fact_sets,
        handler_calls=search.handler_calls,
        seconds=watch(),
        incomplete_because=because,
        interrupted=search.interrupted,
        explored=search.graph,
        quotients=search.quotient,
        covered=partial(_coverage, search),
    )


def _coverage(search: Search) -> Coverage:
    from .coverage import coverage_of  # which reads source code, and most never ask for

    return coverage_of(search.semantics.handlers)


def _beyond(result: Result, failed: ModelError) -> Result:
    """`result`, in which what is undecided says that the search could not go on."""
    line = str(failed).partition("\n")[0]
    properties = {
        name: found
        if found.verdict is not Verdict.INCOMPLETE
        else replace(found, explanation=f"{found.explanation}; beyond it there is an error: {line}")
        for name, found in result.properties.items()
    }
    return replace(result, properties=properties)


def _search(engine: str, threads: int, keeper: Keeper | None, arguments: tuple[Any, ...]) -> Search:
    if engine == "reference":
        return ReferenceSearch(*arguments)
    semantics, budgets, _, watch, _ = arguments
    try:
        with Deadline(semantics.handlers, budgets.seconds, watch):
            check_properties(semantics.model)
            small = keeper is None and SMALL > 0 and _is_small(semantics, budgets, watch)
    except KeyboardInterrupt as error:
        interrupted = ReferenceSearch(*arguments)
        interrupted.stop(error)
        return interrupted
    if small:
        return ReferenceSearch(*arguments)
    try:
        from .tabulated import TabulatedSearch  # numba is slow to import; --help does not need it
    except RuntimeError as error:
        raise UsageError(
            f"the compiled kernels can be kept nowhere ({error}). Set NUMBA_CACHE_DIR to a "
            f"directory that may be written to, or use engine='reference'."
        ) from error

    return TabulatedSearch(*arguments, threads=threads, keeper=keeper)


def _is_small(semantics: Semantics, budgets: Budgets, clock: Callable[[], float]) -> bool:
    """Whether there are no more than SMALL states, found before the time is used up, and no handler
    fails in any. Going through them breadth first gives everything the numbers that the search will
    give it."""
    known: set[State] = set()
    waiting: deque[State] = deque()

    def take_in(states: Iterable[State | None]) -> bool:
        """Whether all of these were looked at: there are not too many, and there was time."""
        for number, state in enumerate(states):
            if number % MANY == 0 and budgets.seconds is not None and clock() >= budgets.seconds:
                return False
            if state is not None and state not in known:
                known.add(state)
                waiting.append(state)
            if len(known) > SMALL:
                return False
        return True

    try:
        whole = take_in(semantics.beginnings())
        while whole and waiting:
            whole = take_in(after for _, after in semantics.steps(waiting.popleft()))
        return whole
    except ModelError:  # the search will tell it, with the way there
        return False
    finally:
        semantics.handlers.count_anew()


def _compiling(
    search: Search, watch: Stopwatch, tell: Callable[[], None] | None
) -> AbstractContextManager[None]:
    if isinstance(search, ReferenceSearch):
        return nullcontext()
    from .kernels import compiling

    return compiling(watch, tell)


def _growth(search: Search) -> Iterator[str]:
    """What to say about a search that a budget ended: whether a greater one would be of use."""
    if search.endless or search.interrupted:
        return
    try:
        # Looking for a proof runs handlers, for which there may be no time.
        found = endless(search.model) if search.budgets.seconds is None else None
        found = found or growing(search.semantics.handlers)
    except KeyboardInterrupt:  # what was found stands; only this is given up
        return
    if found:
        yield found


def _interleavings(search: Search, asked: bool) -> tuple[int | None, bool | None]:
    """The number of interleavings and whether there is a cycle; None where not established."""
    if search.unfinished or not (asked or search.states <= COUNTED_ANYWAY):
        return None, None
    try:
        count = search.interleavings()
    except KeyboardInterrupt:  # the verdicts stand; only this is given up
        return None, None
    return count, count is None


def _conclude(
    search: Search, item: Property, compiling: Callable[[], AbstractContextManager[None]]
) -> PropertyResult:
    verdict, reason = search.judge.verdict(item, search.unfinished)
    if verdict is Verdict.INCOMPLETE:
        return PropertyResult(item.name, verdict, reason, witness=item.somewhere)
    finding = search.judge.whereabouts(item)
    if finding is None:
        text = explained(item, None).text if verdict is Verdict.VIOLATED else ""
        return PropertyResult(item.name, verdict, text, witness=item.somewhere)
    if verdict is Verdict.HOLDS:  # a witness, the way to which may never be asked for

        def way() -> Trace:
            with compiling():
                return _judged_again(item, search.trace_to(finding), True)

        return PropertyResult(item.name, verdict, "", way, witness=True, steps=finding.depth)
    trace = _judged_again(item, search.trace_to(finding), False)
    why = explanation_of(item, trace, search.budgets.seconds, search.clock)
    return PropertyResult(
        item.name, verdict, why.text, trace, why.facts, why.absent, item.somewhere, len(trace)
    )


def _judged_again(item: Property, trace: Trace, answer: bool) -> Trace:
    """`trace`, at the end of which `item` was judged so; PropertyError if it now says otherwise."""
    try:
        (again,) = judged(item, [_subject(item, trace)])
    except PropertyError as error:
        error.trace = trace
        raise
    if again is (not answer):
        differs = PropertyError(
            f"property {item.name!r}: it was {answer} of a {item.subject.value}, and is {again} of "
            f"the same one when it is asked again; it must depend on nothing else. Usual causes: a "
            f"global that is changed, a clock, random numbers."
        )
        differs.trace = trace
        raise differs
    return trace


def explanation_of(
    item: Property, trace: Trace, seconds: float | None, clock: Callable[[], float]
) -> Explanation:
    """Why `item` is violated at the end of `trace`. That it is stands, even if Ctrl-C is pressed
    meanwhile, or what puts it into words runs on when the time is used up.

    Raises HandlerError if telling the trace would run on then.
    """
    handlers = trace.semantics.handlers
    try:
        with Deadline(handlers, seconds, clock):
            why = explained(item, _subject(item, trace))
    except PropertyError as error:
        error.trace = trace
        raise
    except KeyboardInterrupt as error:
        why = Explanation(f"why is not known: {stopped_by(error, seconds, handlers)}")
    if seconds is not None:  # else it is seen when it is told
        _check_telling(trace, seconds, clock)
    return why


def _check_telling(trace: Trace, seconds: float, clock: Callable[[], float]) -> None:
    """Raise HandlerError if `shown`, asked for the states on `trace`, runs on when the time is used
    up: whoever tells the trace would wait for it."""
    handlers = trace.semantics.handlers
    asked: dict[Local, None] = dict.fromkeys(
        local for step in trace for local in (step.before, step.after) if local.fields
    )
    for local in asked:
        try:
            with Deadline(handlers, seconds, clock):
                _ = local.shown
        except ModelError:  # which is told with the trace
            return
        except OutOfTime as error:
            raise HandlerError(
                f"model {trace.model.name!r}, actor {local.actor!r}: shown() has not returned when "
                f"{used_up(seconds)} {place(error)}\n  local state: {show(local.fields)}"
            ) from error


def _subject(item: Property, trace: Trace) -> object:
    """What `item` judged at the end of `trace`."""
    if item.subject is Subject.FACTS:
        return trace.last.facts
    if item.subject is Subject.STATE:
        return trace.last
    step = trace.steps[-1]
    return LocalStep(step.before.copy(), step.event, step.after.copy())


def check_checkable(what: str, model: object) -> None:
    """Raise UsageError unless `model`, given to the function `what`, is one, and ModelError if it
    has no properties."""
    if not isinstance(model, Model):
        raise UsageError(f"{what}() takes a Model; got {model!r}.")
    if not model.properties:
        raise ModelError(
            f"model {model.name!r} has no properties, so there is nothing to check; "
            f"give it an Invariant or a Witness: Model(…, properties=[…])."
        )


def check_number(name: str, value: Any, kinds: type | tuple[type, ...], least: int) -> None:
    """Raise UsageError unless the argument `name` is None or a number of these kinds, no less than
    `least`, and no int above MOST."""
    if value is None:
        return
    number: Any = value if isinstance(value, kinds) and not isinstance(value, bool) else None
    if number is None or not number >= least:
        raise UsageError(f"{name} must be a number of at least {least}, or None; got {value!r}.")
    if isinstance(number, int) and number > MOST:
        raise UsageError(
            f"{name} must be a number of at most {MOST:,} (2**62), or None for no bound; "
            f"got {shown(value)}."
        )
