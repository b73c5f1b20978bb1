"""Flights: what becomes of each message in a trace, from the step that sends it to its end.

A step of a trace says which message is delivered, not which of several equal copies that is. Here
each delivery is matched with the oldest copy still in flight, which is the one for a queue, and as
good as any other for a bag. Diagrams and clocks are drawn from this; nothing else guesses.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..explorer import Trace
from ..explorer.events import Deliver, Duplicate, Lose
from ..explorer.network import Envelope

DELIVERED, LOST, DROPPED, FLYING = "delivered", "lost", "dropped", "in flight"
"""How flights end: FLYING ones do not, before the trace does; DROPPED ones were taken out of the
network by a step that is about something else, as both their ends allowed."""


class Flight(NamedTuple):
    """One copy of a message: sent in step `sent` (0: by `start`), over in step `ended` (None while
    it is FLYING). `copy_of` is the number, among the flights, of that which the network duplicated
    to make it; or, of a network that delivers again and again, of that which was delivered
    before."""

    envelope: Envelope
    sent: int
    ended: int | None
    fate: str
    copy_of: int | None = None


def flights(trace: Trace) -> tuple[Flight, ...]:
    """All flights of a trace, in the order in which they began: copies when they were made."""
    network = trace.model.network
    found: list[Flight] = []
    flying: dict[Envelope, list[int]] = {}

    def send(envelope: Envelope, step: int, copy_of: int | None = None) -> int:
        found.append(Flight(envelope, step, None, FLYING, copy_of))
        flying.setdefault(envelope, []).append(len(found) - 1)
        return len(found) - 1

    def end(envelope: Envelope, step: int, fate: str) -> int:
        number = flying[envelope].pop(0)
        found[number] = found[number]._replace(ended=step, fate=fate)
        return number

    def settle(held: Counter[Envelope], step: int) -> None:
        """What the network does not hold any more was dropped; a copy too many, never kept."""
        for envelope, numbers in flying.items():
            while len(numbers) > held[envelope]:
                end(envelope, step, DROPPED)

    for envelope, count in network.contents(trace.initial.network).items():
        for _ in range(count):
            send(envelope, 0)
    for number, step in enumerate(trace, 1):
        event = step.event
        held = network.contents(step.state.network)
        if isinstance(event, Deliver):
            over = end(event.envelope, number, DELIVERED)
        elif isinstance(event, Lose):
            end(event.envelope, number, LOST)
        elif isinstance(event, Duplicate):
            waiting = flying[event.envelope]
            send(event.envelope, number, waiting[0])
            if network.is_queues:  # the copy comes right behind that of which it is one
                waiting.insert(1, waiting.pop())
        for envelope in step.sent:
            if held[envelope] > len(flying.get(envelope, ())) or not held[envelope]:
                send(envelope, number)
        if isinstance(event, Deliver) and held[event.envelope] > len(flying[event.envelope]):
            send(event.envelope, found[over].sent, over)  # it stays to be delivered again
        settle(held, number)
    return tuple(found)
