"""Traces in the Informal Trace Format, which other model checkers and their viewers read.

The format is that of Apalache's ADR 015: a trace is a list of states, a state gives each variable
a value. Here an actor is a variable, a record of its fields; others tell the armed timers, who is
up, what is in flight, what is left of the faults, the facts, and the action that led to the state.

A value keeps what tells it apart from others. An instance of a class is a record with a field
`type`, as specifications in TLA+ write messages; so is what the format has no word for: None,
bytes, a member of an enum. A name that some reader could not take for a field makes a map of a
record.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from keyword import iskeyword
from typing import NamedTuple

from ..explorer import Model, Trace, UsageError
from ..explorer.facts import Fact
from ..explorer.faults import FaultState
from ..explorer.freeze import Frozen, fact_order, fields_of, freeze, show
from ..explorer.handlers import Outcome
from ..explorer.network import Envelope, Network
from ..explorer.semantics import State
from ..explorer.trace import TraceStep, label
from .encoding import Json
from .trace_file import Source
from .words import changes, event_parts

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"
"""Where the format is described."""

MOST = 2**53 - 1
"""The greatest integer that every reader of JSON takes; beyond it, the format has a word."""

DEEPEST = 100
"""Levels of nesting; what is inside of more is told as text."""

OWN = ("timers", "status", "network", "faults", "facts", "action")
"""The variables beside the actors'."""

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def itf_trace(
    trace: Trace,
    source: Source | None = None,
    property_name: str = "",
    explanation: str = "",
    loop: int | None = None,
) -> str:
    """A trace as an ITF document.

    `loop` is the index of the state, the initial one being 0, to which the run returns after its
    last; None if it ends there. Raises UsageError if there is no such state.
    """
    model = trace.model
    if loop is not None and not 0 <= loop <= len(trace):
        raise UsageError(
            f"the trace cannot loop to state {loop}: its states are numbered 0 to {len(trace)}."
        )
    names = _names(model)
    about: dict[str, Json] = {
        "format": "ITF",
        "format-description": DESCRIPTION,
        "description": explanation or f"A run of {model.name}",
        "model": model.name,
        "property": property_name,
        "source": source.target if source else model.name,
        "parameters": dict(source.parameters) if source else {},
        "actors": names.actors,
        "variables": names.own,
    }
    steps: list[TraceStep | None] = [None, *trace]
    document: dict[str, Json] = {
        "#meta": about,
        "params": [],
        "vars": [*names.actors.values(), *names.own.values()],
        "states": [
            _state(trace, names, index, state, step)
            for index, (state, step) in enumerate(zip(trace.states, steps, strict=True))
        ],
    }
    if loop is not None:
        document["loop"] = loop
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


class _Names(NamedTuple):
    """What the variables are called: the actors', by id, and those beside them."""

    actors: dict[str, str]
    own: dict[str, str]


def _names(model: Model) -> _Names:
    actors = {actor: _unreserved(actor) for actor in model.actors}
    free = {}
    for own in OWN:
        free[own] = own
        while free[own] in actors.values():
            free[own] += "_"
    return _Names(actors, free)


def _unreserved(name: str) -> str:
    """`name`, with an underscore more in front if it begins with a "#", which is reserved, or with
    underscores and one, as such names then do."""
    return f"_{name}" if name.lstrip("_").startswith("#") else name


def _state(trace: Trace, names: _Names, index: int, state: State, step: TraceStep | None) -> Json:
    own: dict[str, Json] = {
        "timers": _map((one.actor, _set(one.timers)) for one in state.locals),
        "status": _map((one.actor, one.status) for one in state.locals),
        "network": _network(trace.model.network, state),
        "faults": _faults(state.faults),
        "facts": {"#set": [_fact(one) for one in sorted(_facts(state), key=fact_order)]},
        "action": _action(step.outcome) if step else {"type": "start"},
    }
    about: dict[str, Json] = {"index": index}
    if step is not None:
        about |= {"step": ": ".join(event_parts(step.event)), "changes": changes(step)}
    return {
        "#meta": about,
        **{names.actors[one.actor]: _record(fields_of(one.fields)) for one in state.locals},
        **{names.own[name]: value for name, value in own.items()},
    }


def _network(network: Network, state: State) -> Json:
    """How many copies of each envelope are in flight; or what is in each queue, oldest first."""
    if network.is_queues:
        queues: dict[tuple[str, str], list[Json]] = {}
        for one, count in network.listed(state.network):
            queue = queues.setdefault((one.sender, one.receiver), [])
            queue += [itf_value(one.payload)] * count
        return _map(
            ({"sender": sender, "receiver": receiver}, queue)
            for (sender, receiver), queue in queues.items()
        )
    listed = sorted(network.listed(state.network), key=_order_of_envelope)
    return _map((_envelope(one), itf_value(count)) for one, count in listed)


def itf_value(frozen: Frozen, depth: int = 0) -> Json:
    """A frozen value as an expression of the format."""
    if depth > DEEPEST:
        return {"#unserializable": show(frozen)}
    if isinstance(frozen, str):
        return frozen
    if isinstance(frozen, int):
        # Decimal, as Python limits how many digits str() gives of an int.
        return frozen if abs(frozen) <= MOST else {"#bigint": str(Decimal(frozen))}
    if frozen is None:
        return {"type": "None"}
    if isinstance(frozen, bytes):
        return {"type": "bytes", "hex": frozen.hex()}
    kind, parts, deeper = frozen[0], frozen[1:], depth + 1
    if kind is bool:
        return bool(parts[0])
    if kind is dict:
        return _map((itf_value(key, deeper), itf_value(value, deeper)) for key, value in parts)
    if kind in (list, tuple, set, frozenset):
        inner = [itf_value(part, deeper) for part in parts]
        return inner if kind is list else {"#tup" if kind is tuple else "#set": inner}
    if issubclass(kind, enum.Flag):
        return {"type": kind.__name__, "bits": itf_value(parts[0])}
    if issubclass(kind, enum.Enum):
        return {"type": kind.__name__, "name": parts[0]}
    return _record(fields_of(frozen), kind.__name__, depth)


def _record(fields: Mapping[str, Frozen], kind: str | None = None, depth: int = 0) -> Json:
    """A record of these fields; of an instance of a class, with the name of that."""
    values = {name: itf_value(value, depth + 1) for name, value in fields.items()}
    if kind is not None:
        mark = "type"
        while mark in values:
            mark += "_"
        values = {mark: kind, **values}
    # Two fields of just these names would be taken for a variant, which is something else.
    if values.keys() == {"tag", "value"} or not all(map(_is_field, values)):
        return _map(values.items())
    return values


def _is_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None and not iskeyword(name)


def _map(pairs: Iterable[tuple[Json, Json]]) -> Json:
    return {"#map": [list(pair) for pair in pairs]}


def _set(parts: Iterable[str]) -> Json:
    return {"#set": list(parts)}


def _envelope(envelope: Envelope) -> Json:
    return {
        "sender": envelope.sender,
        "receiver": envelope.receiver,
        "message": itf_value(envelope.payload),
    }


def _order_of_envelope(counted: tuple[Envelope, int]) -> tuple[str, str, str]:
    envelope = counted[0]
    return envelope.sender, envelope.receiver, show(envelope.payload)


def _facts(state: State) -> frozenset[Fact]:
    return frozenset().union(*(local.facts for local in state.locals))


def _fact(fact: Fact) -> Json:
    return itf_value(freeze(fact))


def _faults(faults: FaultState) -> Json:
    left = faults._asdict()
    cut = _set(left.pop("cut"))
    return {name: itf_value(count) for name, count in left.items()} | {"cut": cut}


def _action(outcome: Outcome) -> Json:
    """What names a step among those of its state."""
    kind, actor, sender, what, _ = label(outcome)
    action: dict[str, Json] = {"type": kind}
    if actor:
        action["actor"] = actor
    if sender is not None:
        action |= {"sender": sender, "message": itf_value(what)}
    elif kind == "timeout":
        action["timer"] = what
    elif kind == "cut":
        action["side"] = _set(what)
    if outcome.choices:
        action["choices"] = [
            {"option": itf_value(one.position), "of": itf_value(one.among), "shown": one.shown}
            for one in outcome.choices
        ]
    return action
