"""That a trace leads to what a search found: held against it, part by part, before anyone sees it.

A trace is run anew on a semantics of its own, so nothing in it is the same object as what the
search knows; local states, messages and facts are compared by their frozen values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from .errors import DefectError, NondeterminismError, TraceError
from .facts import FactSet
from .freeze import freeze
from .handlers import Local, Outcome
from .judging import Finding
from .semantics import Semantics, State
from .trace import Label, Trace, label, rerun


def trace_along(
    semantics: Semantics,
    start: int,
    outcomes: Sequence[Outcome],
    finding: Finding,
    state: Callable[[int], State],
) -> Trace:
    """The trace from initial state number `start` by these outcomes to `finding`, run anew.

    `semantics` is that of the search, and `state` gives a state by its number. Raises DefectError
    if the outcomes do not lead there, and NondeterminismError if they do, but not anew.
    """
    labels = [label(outcome) for outcome in outcomes]
    trace, amiss = _run_anew(semantics, start, labels)
    amiss = amiss or (_amiss(trace, finding, state) if trace else None)
    if trace and amiss is None:
        return trace
    last = _led_to(semantics, state(start), outcomes)
    way = f"a way of {len(outcomes)} step(s) to what was found at depth {finding.depth}"
    if last is None or not _ends_at(semantics, last, outcomes, finding, state):
        raise DefectError(f"{way} does not lead there: {amiss}")
    raise NondeterminismError(
        f"model {semantics.model.name!r}: {way} does not lead there when its handlers run once "
        f"more: {amiss} A handler must depend on its actor's fields and the event alone. Usual "
        f"causes: a clock, random numbers, a global or class attribute that is changed."
    )


def _run_anew(
    semantics: Semantics, start: int, labels: Sequence[Label]
) -> tuple[Trace | None, str | None]:
    """The trace, or else why there is none."""
    try:
        return rerun(semantics.model, start, labels), None
    except TraceError as error:
        return None, str(error)
    except IndexError:
        return None, f"there is no initial state number {start}."


def _led_to(semantics: Semantics, state: State, outcomes: Sequence[Outcome]) -> State | None:
    """Where outcomes lead by what the search remembers; None if they cannot be taken."""
    for outcome in outcomes:
        step = semantics.step(state, outcome)
        if step is None:
            return None
        state = step.after
    return state


def _ends_at(
    semantics: Semantics,
    last: State,
    outcomes: Sequence[Outcome],
    finding: Finding,
    state: Callable[[int], State],
) -> bool:
    """Whether that, by what the search remembers, is what was found."""
    if finding.outcomes:
        right = len(outcomes) == finding.depth + 1
        return right and any(outcomes[-1] is one for one in finding.outcomes)
    right = len(outcomes) == finding.depth
    found = semantics.facts(last) in finding.fact_sets
    return right and (found or any(state(number) == last for number in finding.states))


def _amiss(trace: Trace, finding: Finding, state: Callable[[int], State]) -> str | None:
    """What is wrong with where a trace ends; None if it ends with what was found."""
    wanted = finding.depth + bool(finding.outcomes)
    if len(trace) != wanted:
        return f"it should have {wanted} step(s)."
    if finding.outcomes:
        step = trace.steps[-1].outcome
        if _step_key(step) in map(_step_key, finding.outcomes):
            return None
        return f"its last step is {step.event!r}, and another one was found."
    last = trace.states[-1]
    if _facts_key(trace.semantics.facts(last)) in map(_facts_key, finding.fact_sets):
        return None
    key = _state_key(trace.semantics, last)
    if any(_state_key(trace.semantics, state(number)) == key for number in finding.states):
        return None
    return "it ends in another state."


def _facts_key(facts: FactSet) -> Hashable:
    return frozenset(map(freeze, facts))


def _local_key(local: Local) -> Hashable:
    return local.actor, local.fields, local.timers, _facts_key(local.history), local.status


def _step_key(outcome: Outcome) -> Hashable:
    sent = [(one.sender, one.receiver, one.payload) for one in outcome.sent]
    return label(outcome), _local_key(outcome.after), tuple(sent)


def _state_key(semantics: Semantics, state: State) -> Hashable:
    flying: Counter[Any] = Counter()
    for one, count in semantics.model.network.contents(state.network).items():
        flying[one.sender, one.receiver, one.payload] += count
    return tuple(map(_local_key, state.locals)), frozenset(flying.items()), state.faults
