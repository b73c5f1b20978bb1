r"""Traces as logs for ShiViz, which draws who could have known of what from vector clocks.

A record is two lines: the host and its clock as JSON, then what happened. The first line of the
log is the regular expression that reads it, the second, empty, the one that would divide several
runs: that is where ShiViz looks for them when it opens a file.

The clocks: an actor counts its own steps, and `start` as the first if that sent something. A
delivery also takes over what the step that sent the message knew. What the network does by itself
(losing, duplicating, cutting, healing) are events of a host of its own. They come after the sending
of the message that they are about, and nothing comes after them but the network's next event: who
gets a copy of a message learns of its sender, not of the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..explorer import Trace
from ..explorer.events import NOBODY, Duplicate
from ..explorer.freeze import Frozen, show
from .flights import Flight, flights
from .words import changes, clean, event_parts

PARSER = r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)"
"""The regular expression that reads the records, as ShiViz wants it. Lines break at "\n"."""

DELIMITER = ""
"""The regular expression between runs: there is only one."""

# What every object in JavaScript has by nature: no free names in a table of hosts there.
_TAKEN = frozenset(
    (
        *("__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
        *("__proto__", "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"),
        *("toLocaleString", "toString", "valueOf"),
    )
)


class Record(NamedTuple):
    """One event of the log. `step` is its number in the trace, 0 for `start`."""

    host: str
    step: int
    clock: Mapping[str, int]
    text: str


def shiviz_trace(trace: Trace) -> str:
    """A trace as a log for ShiViz."""
    lines = [PARSER, DELIMITER]
    for record in shiviz_records(trace):
        clock = json.dumps(record.clock, ensure_ascii=False, sort_keys=True)
        lines += [f"{record.host} {clock}", record.text]
    return "\n".join(lines) + "\n"


def shiviz_records(trace: Trace) -> list[Record]:
    """The events of a trace with their vector clocks, in the order of the trace."""
    flown = flights(trace)
    hosts = _hosts(trace)
    now: dict[str, dict[str, int]] = {}
    known: dict[tuple[str, int], dict[str, int]] = {}  # by host and step

    def record(host: str, step: int, heard: Sequence[tuple[str, int]], text: str) -> Record:
        clock = now.setdefault(host, {})
        for sender in heard:
            for other, time in known[sender].items():
                clock[other] = max(clock.get(other, 0), time)
        clock[host] = clock.get(host, 0) + 1
        known[host, step] = dict(clock)
        return Record(host, step, known[host, step], text)

    records = [
        record(hosts[actor], 0, (), f"starts: {text}") for actor, text in _starts(trace, flown)
    ]
    heard: dict[int, list[tuple[str, int]]] = {}
    for flight in flown:
        sent = _origin(flown, flight)
        if flight.ended is not None and flight.fate in ("delivered", "lost"):
            heard.setdefault(flight.ended, []).append((hosts[sent.envelope.sender], sent.sent))
        if flight.copy_of is not None and _is_duplication(trace, flight.sent):
            heard.setdefault(flight.sent, []).append((hosts[sent.envelope.sender], sent.sent))
    for number, step in enumerate(trace, 1):
        text = "; ".join([": ".join(event_parts(step.event)), *changes(step)])
        records.append(record(hosts[step.actor], number, heard.get(number, ()), text))
    return records


def _hosts(trace: Trace) -> dict[str, str]:
    """The hosts' names, by actor id and NOBODY."""
    hosts = {actor: host_name(actor) for actor in trace.model.actors}
    network = "network"
    while network in hosts.values():
        network += "_"
    return hosts | {NOBODY: network}


def host_name(actor: str) -> str:
    r"""An actor's id as one word, different for different ids: what would end the word, and the
    backslash, is escaped as in a string literal; a space is `\x20`."""
    word = "".join(
        f"\\x{ord(c):02x}" if c in " \\" else c if c.isprintable() else repr(c)[1:-1] for c in actor
    )
    return f"\\x{ord(word[0]):02x}{word[1:]}" if word in _TAKEN else word


def _origin(flown: Sequence[Flight], flight: Flight) -> Flight:
    """The flight that an actor sent, of which this one is a copy."""
    while flight.copy_of is not None:
        flight = flown[flight.copy_of]
    return flight


def _is_duplication(trace: Trace, step: int) -> bool:
    return step > 0 and isinstance(trace.steps[step - 1].event, Duplicate)


def _starts(trace: Trace, flown: Sequence[Flight]) -> Iterator[tuple[str, str]]:
    """The actors that sent something when they started, and what that was."""
    for actor in trace.model.actors:
        sent: dict[Frozen, list[str]] = {}
        for flight in flown:
            if flight.sent == 0 and flight.copy_of is None and flight.envelope.sender == actor:
                sent.setdefault(flight.envelope.payload, []).append(flight.envelope.receiver)
        if sent:
            messages = (f"sends {show(what)} to {', '.join(to)}" for what, to in sent.items())
            yield actor, clean("; ".join(messages))
