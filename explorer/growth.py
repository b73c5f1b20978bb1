"""Growth: whether a state space has no end, and what seems to make it grow.

No program can tell for every model. Where messages pile up it can be proved, by a run that comes
back to the local states it had with more in flight (the self-covering sequences of Karp and
Miller, "Parallel program schemata", 1969): who can do something with these messages in flight can
do it with more of them, so the same steps can follow again, and again. Where values grow, all that
can be said is that they did.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from .errors import ModelError
from .events import Deliver, Event, Lose, Start
from .freeze import Frozen, fields_of, show
from .handlers import Handlers, Local
from .model import Model
from .network import Envelope, NetworkState
from .semantics import Semantics, State

_STARTS = _CHOICES = 1000  # initial states, and steps from a state, that are looked at
_WALKS = 25
_STEPS = 60
_SHOWN = 4
_LARGE = 20  # from what measure on a value is worth a remark


class _Visit(NamedTuple):
    """A state on a run, and the event that led there; None at the start."""

    state: State
    event: Event | None


def endless(model: Model) -> str | None:
    """Why the state space of `model` is infinite; None if no proof was found in some random runs.

    Where messages have no order a run proves it that comes back to the same local states, and to
    the same faults left, with the same messages in flight and some more. Where they wait in queues
    each queue that got longer must be one that nothing was taken from in between.
    """
    semantics, generator = Semantics(model), random.Random(1)
    if semantics.handlers.dropping:
        return None  # more in flight does not mean that the same may happen
    best: tuple[int, str] | None = None
    try:
        starts = [state for state in islice(semantics.beginnings(), _STARTS) if state]
        for _ in range(_WALKS):
            run = [_Visit(generator.choice(starts), None)]
            while len(run) <= _STEPS:
                steps = list(islice(semantics.steps(run[-1].state), _CHOICES))
                if not steps:
                    break
                step = generator.choice(steps)
                event = step.outcome.event
                assert not isinstance(event, Start)
                run.append(_Visit(step.after, event))
                found = _repeats(semantics, run)
                if found:
                    best = min(best or found, found)
                    break
    except ModelError:  # what a search will tell, with the way there
        pass
    return best and best[1]


def _repeats(semantics: Semantics, run: Sequence[_Visit]) -> tuple[int, str] | None:
    """The steps at the end of a run that can be repeated for ever: how many, and in words."""
    last = run[-1].state
    taken: list[Event] = []
    for at in range(len(run) - 1, 0, -1):
        event = run[at].event
        assert event is not None
        if semantics.waits(event):
            return None
        taken.insert(0, event)
        before = run[at - 1].state
        if (before.locals, before.faults) != (last.locals, last.faults):
            continue
        more = _more(semantics, before.network, last.network, taken)
        if more:
            steps = "; ".join(map(str, taken[:_SHOWN])) + ("; …" if len(taken) > _SHOWN else "")
            added = ", ".join(map(str, list(dict.fromkeys(more))[:_SHOWN]))
            what = "this step" if len(taken) == 1 else f"these {len(taken)} steps"
            return len(taken), (
                f"there is no end of states: {what} can be repeated for ever ({steps}), "
                f"each time with more in flight ({added})"
            )
    return None


def _more(
    semantics: Semantics, before: NetworkState, after: NetworkState, taken: Iterable[Event]
) -> list[Envelope]:
    """What is in flight in addition, if all that could happen `before` can happen `after`, too."""
    network = semantics.model.network
    had, has = network.contents(before), network.contents(after)
    if not had < has:
        return []
    if network.is_multiset:
        return list((has - had).elements())
    if network.is_queues:
        used = {
            (event.envelope.sender, event.envelope.receiver)
            for event in taken
            if isinstance(event, (Deliver, Lose))
        }
        old, new = _queues(before), _queues(after)
        for link, queue in new.items():
            start = old.get(link, ())
            if queue != start and (link in used or queue[: len(start)] != start):
                return []
        return list((has - had).elements())
    return []


def _queues(state: Any) -> dict[tuple[str, str], tuple[Envelope, ...]]:
    return {(queue[0].sender, queue[0].receiver): queue for queue in state}


def growing(handlers: Handlers) -> str | None:
    """What had ever greater values until the end: the field, history or messages of which the
    greatest value is most out of proportion; None if nothing had."""
    best: tuple[int, str] | None = None
    for what, values in _series(handlers):
        measures = [_measure(value) for value in values]
        if len(measures) < _LARGE:
            continue
        half, late = len(measures) // 2, len(measures) - len(measures) // 10 - 1
        greatest, place = max((m, at) for at, m in enumerate(measures))
        if greatest < _LARGE or place < late or 2 * greatest < 3 * max(measures[:half], default=0):
            continue
        if best is None or greatest > best[0]:
            best = greatest, f"{what} had ever greater values, in the end {_brief(values[place])}"
    return best and best[1]


def _series(handlers: Handlers) -> Iterator[tuple[str, list[Frozen]]]:
    """Each thing that has values, and these, in the order in which they were found."""
    actors: dict[str, list[Local]] = {}
    for local in handlers.locals:
        actors.setdefault(local.actor, []).append(local)
    for actor, known in actors.items():
        rows = [fields_of(one.fields) for one in known]
        for field in rows[0]:
            yield f"the field {field!r} of {actor}", [row[field] for row in rows]
        yield f"the history of {actor}", [len(one.history) for one in known]
    links: dict[tuple[str, str], list[Frozen]] = {}
    for envelope in handlers.envelopes:
        links.setdefault((envelope.sender, envelope.receiver), []).append(envelope.payload)
    for (sender, receiver), payloads in links.items():
        yield f"the messages from {sender} to {receiver}", payloads


def _measure(value: Frozen) -> int:
    """How large a value is: its numbers and the lengths of its collections, taken together."""
    if isinstance(value, int):
        return abs(value)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, tuple):
        return sum(1 + _measure(part) for part in value[1:])
    return 0


def _brief(value: Frozen) -> str:
    text = show(value)
    return text if len(text) <= 60 else text[:59] + "…"
