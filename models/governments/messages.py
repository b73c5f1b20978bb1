"""What members send each other under the explorer: requests and answers, cut down to what is read.

The fewer messages there are to tell apart, the fewer states.
"""

from __future__ import annotations

from typing import NamedTuple

from .promises import NULL, Promise
from .records import Answer, Entry, Minimum, Reached, Request, Synchronize, Write

PING = Synchronize((), False, "")
"""The message of all requests whose message is not read."""


class Era(NamedTuple):
    """A time in the life of a member: its government, and whether that has collapsed. Every change
    begins one that it has not been in before."""

    government: Promise
    collapsed: bool


class Number(NamedTuple):
    """What tells the pulses of a member apart: when it was sent, and which of those that were on
    their way then."""

    era: Era
    ordinal: int


class Ask(NamedTuple):
    """A request of the pulse `pulse` of its sender."""

    pulse: Number
    request: Request

    def __str__(self) -> str:
        sync, message = self.request.sync, self.request.message
        text = f"Ping at {sync.committed}" if self.request.synchronize else str(message)
        return text + _bringing(sync.commits)


class Tell(NamedTuple):
    """The answer to it."""

    pulse: Number
    answer: Answer

    def __str__(self) -> str:
        said, sync = self.answer.said, self.answer.sync
        if said.method == "synchronized" and sync:
            return f"Log at {sync.committed}"
        found = f" with {said.register}" if said.register else ""
        promise = f" {said.promise}" if said.promise else ""
        brings = _bringing(sync.commits) if sync else ""
        return said.method.capitalize() + promise + found + brings


def _bringing(commits: tuple[Entry, ...]) -> str:
    return ", commit " + " ".join(str(one.promise) for one in commits) if commits else ""


class Enqueue(NamedTuple):
    """What a user asks for."""

    body: str

    def __str__(self) -> str:
        return f"Enqueue {self.body!r}"


class Embark(NamedTuple):
    """What a newcomer asks for."""

    id: str

    def __str__(self) -> str:
        return f"Embark {self.id}"


def only_asks(request: Request) -> bool:
    """Whether a request only asks how far its addressee is."""
    return request.synchronize and not request.sync.commits


def what_is_read(request: Request) -> Request:
    """A request without what its addressee does not look at."""
    minimum = Minimum(request.sync.minimum.propagated)
    sync = request.sync._replace(minimum=minimum, government=NULL, collapsed=False, synced=False)
    message = PING if request.synchronize else request.message
    return request._replace(message=message, sync=sync)


def what_counts(request: Request, answer: Answer, trims: bool) -> Answer:
    """An answer without what its addressee does not look at."""
    if answer.sync is None:
        return answer
    reduces = trims and isinstance(request.message, (Synchronize, Write))
    tells = reduces or answer.acclimating or answer.unreachable
    return answer._replace(
        sync=Reached(answer.sync.promise, answer.sync.committed, answer.sync.commits),
        minimum=answer.minimum if reduces else None,
        government=answer.government if tells else NULL,
    )
