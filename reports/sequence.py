"""The sequence diagram of a trace, as data: what there is to draw, once for all drawings.

A diagram has a lane for each actor, a row for each step, below a row for `start()`, and an arrow
for each message, from the row in which it was sent to the row in which it arrived, if it did. All
texts are clean: they hold nothing unprintable, and else what the model says, for the drawings to
escape in their own ways. Where things stand, and what they look like, is for the drawings, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..explorer import Crash, Cut, Heal, Recover, Stop, Trace, TraceStep
from ..explorer.events import NOBODY, Deliver, Duplicate, Event, Lose
from ..explorer.freeze import show
from ..explorer.trace import KINDS
from .flights import DROPPED, FLYING, Flight, flights
from .words import changes, clean, event_parts, fact_text

NETWORK = NOBODY
"""The lane of the network: no actor has this id."""

START = "start"
"""The kind of the row above the first step; the other kinds are those of `explorer.trace`."""


class Lane(NamedTuple):
    """A column: an actor's id, or NETWORK, and its name as it is shown."""

    actor: str
    name: str


class Arrow(NamedTuple):
    """A message: from the lane and the row of sending to the lane it is for, and to the row in
    which it was over (None if it was not), by what `fate` says, as in `flights`.

    `origin` is the number, among the arrows, of that which the network duplicated to make it; it
    was `sent` in the row of that. `again`: it was sent only once, and had been delivered before.
    """

    sender: str
    receiver: str
    text: str
    sent: int
    ended: int | None
    fate: str
    origin: int | None
    again: bool

    @property
    def label(self) -> str:
        """What it says, and whether it says so once more."""
        if self.again:
            return f"{self.text} (again)"
        return self.text if self.origin is None else f"{self.text} (copy)"

    @property
    def link(self) -> str:
        return clean(f"{self.sender} → {self.receiver}")


class Row(NamedTuple):
    """One step, or START: what happened in which lane, and what it changed.

    `arrow` is the number of the arrow that it is about: the one that ends, or the copy that begins.
    `changes` are those of `words.changes`; `unseen` are those that no arrow shows.
    """

    step: int
    kind: str
    lane: str
    text: str
    arrow: int | None
    changes: tuple[str, ...]
    unseen: tuple[str, ...]
    facts: tuple[str, ...]


class Spell(NamedTuple):
    """From one row to another, or to the end: lanes that are down, or cut off."""

    lanes: tuple[str, ...]
    since: int
    until: int | None
    for_good: bool = False


@dataclass(frozen=True)
class Diagram:
    """A sequence diagram. `rows[n]` is that of step n; `arrows` are in the order of sending."""

    title: str
    model: str
    explanation: tuple[str, ...]
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    arrows: tuple[Arrow, ...]
    downs: tuple[Spell, ...]
    cuts: tuple[Spell, ...]

    @property
    def steps(self) -> str:
        """How many steps there are, in words."""
        count = len(self.rows) - 1
        return f"{count:,} step" + ("" if count == 1 else "s")

    @property
    def in_flight(self) -> list[str]:
        """What is in flight at the end, a line for each message that one step sent."""
        found: dict[tuple[str, str, int, bool], list[str]] = {}
        for arrow in self.arrows:
            if arrow.fate == FLYING:
                key = (arrow.sender, arrow.text, arrow.sent, arrow.again)
                found.setdefault(key, []).append(arrow.receiver)
        lines = []
        for (sender, text, sent, again), receivers in found.items():
            since = f"sent in step {sent}" if sent else "sent by start"
            to = clean(", ".join(receivers))
            lines.append(f"{clean(sender)} → {to}: {text}, {since}" + (", again" if again else ""))
        return lines

    def dropped(self, row: int) -> Iterator[Arrow]:
        """The arrows of the messages that were dropped in a row."""
        return (one for one in self.arrows if one.ended == row and one.fate == DROPPED)


def diagram(trace: Trace, title: str = "", explanation: str = "") -> Diagram:
    """The diagram of `trace`; `title` and `explanation` say what it is a trace of, and why."""
    flown = flights(trace)
    arrows = tuple(_arrow(flight, flown) for flight in flown)
    rows = [_start(trace, arrows)]
    for number, step in enumerate(trace, 1):
        rows.append(_row(number, step, arrows))
    lanes = [Lane(actor, clean(actor)) for actor in trace.model.actors]
    if any(row.lane == NETWORK for row in rows[1:]):
        lanes.append(Lane(NETWORK, "network"))
    return Diagram(
        clean(title),
        clean(trace.model.name),
        tuple(map(clean, explanation.split("\n"))) if explanation else (),
        tuple(lanes),
        tuple(rows),
        arrows,
        tuple(_downs(trace)),
        tuple(_cuts(trace)),
    )


def _arrow(flight: Flight, flown: tuple[Flight, ...]) -> Arrow:
    envelope, origin = flight.envelope, flight.copy_of
    # A copy that the network makes is sent by its step; one that stays is sent when it was.
    again = origin is not None and flown[origin].sent == flight.sent
    return Arrow(
        envelope.sender,
        envelope.receiver,
        clean(show(envelope.payload)),
        flight.sent,
        flight.ended,
        flight.fate,
        None if again else origin,
        again,
    )


def _start(trace: Trace, arrows: tuple[Arrow, ...]) -> Row:
    """What `start()` made is part of the initial state; what it did to get there is not told."""
    timers = tuple(
        clean(f"{local.actor} sets timer {name!r}")
        for local in trace.initial.locals
        for name in local.timers
    )
    sends: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        if not arrow.sent:
            sends.setdefault((arrow.sender, arrow.text), []).append(arrow.receiver)
    sent = [
        f"{clean(sender)} sends {text} to {clean(', '.join(dict.fromkeys(receivers)))}"
        for (sender, text), receivers in sends.items()
    ]
    facts = sorted(map(fact_text, trace.semantics.facts(trace.initial)))
    return Row(0, START, NETWORK, START, None, (*timers, *sent), timers, tuple(facts))


def _row(number: int, step: TraceStep, arrows: tuple[Arrow, ...]) -> Row:
    event = step.event
    about = next((at for at, one in enumerate(arrows) if _is_about(event, number, one)), None)
    text = event_parts(event)[1]
    if isinstance(event, Deliver) and about is not None:
        text = arrows[about].label
    dropped = [
        f"{arrow.link}: {arrow.text} is dropped"
        for arrow in arrows
        if arrow.ended == number and arrow.fate == DROPPED
    ]
    return Row(
        number,
        KINDS[type(event)],
        step.actor,
        text,
        about,
        (*changes(step), *dropped),
        (*changes(_without_seen(number, step, arrows)), *dropped),
        tuple(sorted(map(fact_text, step.facts))),
    )


def _is_about(event: Event, number: int, arrow: Arrow) -> bool:
    """Whether step `number`, which is `event`, ends or makes this very arrow."""
    if isinstance(event, Duplicate):
        return arrow.sent == number and arrow.origin is not None
    return isinstance(event, (Deliver, Lose)) and arrow.ended == number and arrow.fate != DROPPED


def _without_seen(number: int, step: TraceStep, arrows: tuple[Arrow, ...]) -> TraceStep:
    """The step without what it sends, as far as arrows show that. A network in which a message is
    in flight at most once has no new arrow for one that is sent again."""
    seen = {(arrow.sender, arrow.receiver, arrow.text) for arrow in arrows if arrow.sent == number}
    unseen = tuple(
        one for one in step.sent if (one.sender, one.receiver, clean(show(one.payload))) not in seen
    )
    return step._replace(outcome=step.outcome._replace(sent=unseen))


def _downs(trace: Trace) -> Iterator[Spell]:
    since: dict[str, Spell] = {}
    for number, step in enumerate(trace, 1):
        if isinstance(step.event, (Crash, Stop)):
            for_good = isinstance(step.event, Stop)
            since[step.actor] = Spell((step.actor,), number, None, for_good)
        elif isinstance(step.event, Recover):
            yield since.pop(step.actor)._replace(until=number)
    yield from since.values()


def _cuts(trace: Trace) -> Iterator[Spell]:
    current: Spell | None = None
    for number, step in enumerate(trace, 1):
        if isinstance(step.event, Cut):
            current = Spell(step.event.side, number, None)
        elif isinstance(step.event, Heal) and current:
            yield current._replace(until=number)
            current = None
    if current:
        yield current
