"""What a drawn graph consists of, whichever format it is written in.

Nodes and edges have attributes, which are strings, ints or bools. Text from the model has its
control characters escaped; `action` is JSON, from which everything that names a step can be read
without loss.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from ..explorer import Deliver, Fact, Model
from ..explorer.events import Cut, Duplicate, Event, Lose, Timeout
from ..explorer.facts import FactSet
from ..explorer.freeze import fact_order, fields_of, show
from ..explorer.handlers import Local, Outcome
from ..explorer.properties import Subject, judged
from ..explorer.quotient import message_kind
from ..explorer.semantics import Semantics, State
from ..explorer.trace import label
from .encoding import encode_action
from .words import clean, event_parts, fact_text

Attributes: TypeAlias = dict[str, Any]


LINE = 48
"""Columns up to which a picture tells several things on one line."""


class Arrow(NamedTuple):
    """An edge: the numbers of the nodes that it joins, and its attributes."""

    source: int
    target: int
    attributes: Attributes


@dataclass
class Drawing:
    """A graph to be written: `nodes[n]` are the attributes of node n; `caption` says what it shows.

    `counted` says that nodes and edges stand for several states and steps. `short` are labels
    that tell less than those among the attributes: of a counted drawing what the caption does not
    say already, of another what suffices in a picture.
    """

    name: str
    caption: str
    nodes: list[Attributes] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    counted: bool = False
    short: list[str] = field(default_factory=list)


class Describer:
    """Gives the states and steps of one model their attributes."""

    def __init__(self, model: Model, semantics: Semantics) -> None:
        self.model = model
        self.semantics = semantics
        self._judged: dict[FactSet, list[str]] = {}
        self._edges: dict[int, tuple[Outcome, Attributes]] = {}

    def node(self, state: State) -> Attributes:
        """A state's `label`, an attribute for each actor, `in_flight`, `facts`, and the names of
        the invariants that it `violates`."""
        actors = {f"actor {clean(one.actor)}": clean(_local_text(one)) for one in state.locals}
        facts = self.semantics.facts(state)
        return {
            "label": "\n".join(f"{name[6:]}: {text}" for name, text in actors.items()),
            **actors,
            "in_flight": "; ".join(
                clean(f"{envelope!r}") + (f" ×{count}" if count > 1 else "")
                for envelope, count in self.model.network.listed(state.network)
            ),
            "facts": "; ".join(fact_texts(facts)),
            "violates": "; ".join(self._violated(state, facts)),
        }

    def edge(self, outcome: Outcome) -> Attributes:
        """A step's `label`, who and what it is about, and the names of what it `violates`."""
        known = self._edges.get(id(outcome))
        if known is None:
            known = self._edges[id(outcome)] = outcome, _edge(outcome)
        return known[1]

    def _violated(self, state: State, facts: FactSet) -> list[str]:
        if facts not in self._judged:
            self._judged[facts] = violated(self.model, facts)
        by_state = [
            clean(item.name)
            for item in self.model.properties
            if item.subject is Subject.STATE
            and not item.somewhere
            and judged(item, [self.semantics.view(state)])[0] is False
        ]
        return self._judged[facts] + by_state


def telling_labels(states: Sequence[State]) -> list[str]:
    """For each of these states only what is not the same in all of them: a line for each actor."""
    told = {local: _told(local) for state in states for local in state.locals}
    varying: dict[str, set[str]] = {}
    for name in {name for parts in told.values() for name in parts}:
        met: dict[str, set[str | None]] = {}
        for local, parts in told.items():
            met.setdefault(local.actor, set()).add(parts.get(name))
        for actor, values in met.items():
            if len(values) > 1:
                varying.setdefault(actor, set()).add(name)
    lines = {
        local: _line(local.actor, parts, varying[local.actor])
        for local, parts in told.items()
        if local.actor in varying
    }
    return ["\n".join(lines[one] for one in s.locals if one in lines) for s in states]


def _told(local: Local) -> dict[str, str]:
    """What may vary of an actor, by name: its fields, timers, and whether it is up."""
    return {
        **{name: show(value) for name, value in fields_of(local.fields).items()},
        "timers": ", ".join(local.timers) or "none",
        "status": local.status,
    }


def _line(actor: str, parts: dict[str, str], names: set[str]) -> str:
    """What is told of an actor, on one line if that is not long."""
    told = [clean(f"{name} {text}") for name, text in parts.items() if name in names]
    line = f"{clean(actor)}: {', '.join(told)}"
    return line if len(line) <= LINE else "\n  ".join([f"{clean(actor)}:", *told])


def violated(model: Model, facts: FactSet) -> list[str]:
    """The names of the invariants over facts that are false of these."""
    return [
        clean(item.name)
        for item in model.properties
        if item.subject is Subject.FACTS
        and not item.somewhere
        and judged(item, [facts])[0] is False
    ]


def fact_texts(facts: Iterable[Fact]) -> list[str]:
    """Facts in their own words, in an order that does not depend on the process."""
    return [fact_text(fact) for fact in sorted(facts, key=fact_order)]


def _local_text(local: Local) -> str:
    timers = f", timers {', '.join(local.timers)}" if local.timers else ""
    return show(local.fields) + timers


def _edge(outcome: Outcome) -> Attributes:
    event = outcome.event
    who, what = event_parts(event)  # type: ignore[arg-type]
    choices = clean(", ".join(choice.shown for choice in outcome.choices))
    return {
        "label": f"{who}: {what}" + (f", chooses {choices}" if choices else ""),
        "kind": label(outcome).kind,
        "actor": clean(event.actor),
        "sender": "",
        "what": what,
        "choices": choices,
        **_parameters(event),  # type: ignore[arg-type]
        "violates": "; ".join(clean(name) for name, so in outcome.objections if so is False),
        "action": json.dumps(encode_action(outcome)),
    }


def _parameters(event: Event) -> Attributes:
    """What an event has beyond its kind and actor: each part of it as an attribute of its own."""
    if isinstance(event, Timeout):
        return {"timer": clean(event.name)}
    if isinstance(event, Cut):
        return {"side": clean(", ".join(event.side))}
    if not isinstance(event, (Deliver, Lose, Duplicate)):
        return {}
    envelope = event.envelope
    fields = fields_of(envelope.payload).items()
    return {
        "sender": clean(envelope.sender),
        "receiver": clean(envelope.receiver),
        "message": clean(message_kind(envelope.payload)),
        **{f"field {clean(name)}": clean(show(value)) for name, value in fields},
    }


def shortened(text: str, most: int) -> str:
    """`text` with no line longer than `most`."""
    return "\n".join(
        line if len(line) <= most else line[: most - 1] + "…" for line in text.split("\n")
    )


def listed(lines: Sequence[str], most: int) -> list[str]:
    """The first lines, and how many more there are."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], f"… and {len(lines) - most + 1} more"]
