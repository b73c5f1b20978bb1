"""Frozen values as JSON, without loss of what tells them apart.

None, bools, ints and strings are themselves, lists are arrays. Everything else is an object with
one key that starts with "#" and names its kind; a record also has its fields.
"""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

from ..explorer.faults import UP, FaultState
from ..explorer.freeze import Frozen, fields_of
from ..explorer.handlers import Local, Outcome
from ..explorer.model import Model
from ..explorer.network import Envelope, runs
from ..explorer.semantics import State
from ..explorer.trace import label

Json: TypeAlias = Any


def encode(frozen: Frozen) -> Json:
    """A frozen value as JSON."""
    if isinstance(frozen, bytes):
        return {"#bytes": frozen.hex()}
    if isinstance(frozen, int) and frozen.bit_length() > 63:
        return {"#int": hex(frozen)}
    if not isinstance(frozen, tuple):
        return frozen
    kind, parts = frozen[0], frozen[1:]
    if kind is bool:
        return bool(parts[0])
    if kind is list:
        return [encode(part) for part in parts]
    if kind is dict:
        return {"#dict": [[encode(key), encode(value)] for key, value in parts]}
    if kind in (tuple, set, frozenset):
        return {f"#{kind.__name__}": [encode(part) for part in parts]}
    if issubclass(kind, enum.Enum):
        return {"#enum": kind.__name__, "value": parts[0]}
    return {
        "#record": kind.__name__,
        **{name: encode(value) for name, value in fields_of(frozen).items()},
    }


def exactly(document: Json) -> str:
    """A text that is equal for equal JSON only: in Python, 1 is equal to True."""
    return json.dumps(document, sort_keys=True)


def encode_local(local: Local) -> Json:
    """An actor's local state: its fields, its armed timers, what it recorded, and whether it is
    down."""
    return {
        "fields": {name: encode(value) for name, value in fields_of(local.fields).items()},
        "timers": list(local.timers),
        "recorded": sorted(map(repr, local.history)),
    } | ({} if local.status == UP else {"status": local.status})


def encode_sent(model: Model, sent: Iterable[Envelope]) -> Json:
    """What a step sent: a multiset, or what it put into each queue."""
    return _envelopes(model, runs(sent) if model.network.is_queues else Counter(sent).items())


def _envelopes(model: Model, listed: Iterable[tuple[Envelope, int]]) -> Json:
    """Envelopes, in an order that depends on nothing but what they say; in queues on their order
    as well."""
    queued = model.network.is_queues
    documents: list[dict[str, Json]] = [
        {"sender": e.sender, "receiver": e.receiver, "message": encode(e.payload), "copies": count}
        for e, count in listed
    ]
    return sorted(
        documents, key=lambda one: (one["sender"], one["receiver"]) if queued else repr(one)
    )


def encode_state(model: Model, state: State) -> Json:
    """A global state."""
    return {
        "actors": {local.actor: encode_local(local) for local in state.locals},
        "network": _envelopes(model, model.network.listed(state.network)),
    } | ({"faults": encode_faults(state.faults)} if model.faults else {})


def encode_faults(faults: FaultState) -> Json:
    """What is left of the faults (null: any number), and the side that is cut off."""
    return faults._asdict() | {"cut": list(faults.cut)}


def encode_action(outcome: Outcome) -> Json:
    """What names a step among those of its state."""
    kind, actor, sender, what, _ = label(outcome)
    action: dict[str, Json] = {"action": kind, "actor": actor}
    if sender is not None:
        action |= {"sender": sender, "message": encode(what)}
    elif kind == "timeout":
        action |= {"timer": what}
    elif kind == "cut":
        action |= {"side": list(what)}
    chosen = [{"option": c.position, "of": c.among, "shown": c.shown} for c in outcome.choices]
    return action | ({"choices": chosen} if chosen else {})
