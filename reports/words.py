"""Words for what happened: one event, one change, one line.

Everything that a model says (ids, names, messages, facts) is data: control characters are shown
as escapes, and nothing is read as markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..explorer import Deliver, Fact, Timeout, TraceStep
from ..explorer.events import Crash, Cut, Duplicate, Event, Lose, Recover, Stop
from ..explorer.freeze import Frozen, fields_of, show
from ..explorer.handlers import Local
from ..explorer.network import Envelope

SHORT = 60
"""Columns up to which a record of which several fields changed is told whole."""


def clean(text: str) -> str:
    """`text` with everything unprintable escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def event_parts(event: Event) -> tuple[str, str]:
    """Who takes part in an event, and what it is: ("p1 → a1", "Prepare(1)")."""
    if isinstance(event, Deliver):
        return clean(f"{event.sender} → {event.actor}"), clean(show(event.envelope.payload))
    if isinstance(event, (Lose, Duplicate)):
        envelope = event.envelope
        link = clean(f"{envelope.sender} → {envelope.receiver}")
        return link, clean(f"{show(envelope.payload)} {event.verb}")
    if isinstance(event, Timeout):
        return clean(event.actor), clean(f"timer {event.name!r} fires")
    if isinstance(event, (Crash, Stop, Recover)):
        return clean(event.actor), event.verb
    if isinstance(event, Cut):
        return "network", clean(f"cuts {', '.join(event.side)} off")
    return "network", "heals"


def fact_text(fact: Fact) -> str:
    """A fact in its own words."""
    return clean(str(fact))


def changes(step: TraceStep) -> list[str]:
    """What a step did to its actor and the network, most telling first."""
    before, after = step.before, step.after
    said = [f"chooses {choice.shown}" for choice in step.outcome.choices]
    shown = _shown_differences(before, after)
    if shown is None:
        said += _differences("", before.fields, after.fields) + _timers(step)
    else:
        said += shown
    said += [f"sends {message} to {', '.join(to)}" for message, to in _grouped(step.sent)]
    if not said and isinstance(step.event, Crash):
        said.append("loses nothing")
    elif not said and isinstance(step.event, Recover):
        said.append("as it was")
    elif not said and step.outcome.ignored:
        said.append("ignored")
    return [clean(text) for text in said]


def _timers(step: TraceStep) -> list[str]:
    before, after = step.before, step.after
    fired = (step.event.name,) if isinstance(step.event, Timeout) else ()
    said = [f"sets timer {name!r}" for name in after.timers if name not in before.timers]
    said += [f"sets timer {name!r} again" for name in after.timers if name in fired]
    return said + [
        f"cancels timer {name!r}"
        for name in before.timers
        if name not in after.timers and name not in fired and after.status == before.status
    ]


def _shown_differences(before: Local, after: Local) -> list[str] | None:
    """What changed of what an actor wants to be shown of itself; None if that is its fields."""
    old, new = (before.shown, after.shown) if before.fields else (None, None)
    if old is None or new is None:
        return None
    return [f"{name}: {old.get(name)} → {new[name]}" for name in new if old.get(name) != new[name]]


def _grouped(sent: tuple[Envelope, ...]) -> Iterator[tuple[str, list[str]]]:
    receivers: dict[Frozen, list[str]] = {}
    for envelope in sent:
        receivers.setdefault(envelope.payload, []).append(envelope.receiver)
    return ((show(payload), _counted(to)) for payload, to in receivers.items())


def _counted(names: list[str]) -> list[str]:
    return [name + (f" ×{count}" if count > 1 else "") for name, count in Counter(names).items()]


def _differences(path: str, before: Frozen, after: Frozen) -> list[str]:
    if before == after:
        return []
    old, new = fields_of(before), fields_of(after)
    whole = f"{path}: {show(before)} → {show(after)}"
    if old and old.keys() == new.keys() and before[0] is after[0]:
        changed = [name for name in old if old[name] != new[name]]
        if path and len(changed) > 1 and len(whole) <= SHORT:
            return [whole]
        inner = f"{path}." if path else ""
        return [
            line for name in old for line in _differences(f"{inner}{name}", old[name], new[name])
        ]
    kind = before[0] if _same_kind(before, after) else None
    if kind is dict:
        return _entry_differences(path, dict(before[1:]), dict(after[1:]))
    if kind is set or kind is frozenset:
        gone = [f"{path} − {show(part)}" for part in before[1:] if part not in after[1:]]
        return [f"{path} + {show(part)}" for part in after[1:] if part not in before[1:]] + gone
    if kind in (list, tuple) and after[: len(before)] == before:
        return [f"{path} + {show(part)}" for part in after[len(before) :]]
    return [whole]


def _entry_differences(
    path: str, old: dict[Frozen, Frozen], new: dict[Frozen, Frozen]
) -> list[str]:
    lines = (
        [f"{path}: emptied"]
        if old and not new
        else [f"{path}[{show(key)}] removed" for key in old if key not in new]
    )
    for key, value in new.items():
        where = f"{path}[{show(key)}]"
        lines += (
            _differences(where, old[key], value) if key in old else [f"{where} = {show(value)}"]
        )
    return lines


def _same_kind(before: Frozen, after: Frozen) -> bool:
    return isinstance(before, tuple) and isinstance(after, tuple) and before[0] is after[0]
