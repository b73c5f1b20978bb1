"""Log synchronisation: what an islander tells of its log, and what of it others lack.

Every request brings its addressee what is known to be missing there. How far all logs reach is
reduced on the way up, from constituents to the leader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import ProtocolError
from .promises import NULL, Promise
from .records import (
    Change,
    Cookie,
    Entry,
    Kept,
    Message,
    Packet,
    Request,
    Sync,
    Synchronize,
)

if TYPE_CHECKING:
    from .islander import Islander

MOST_COMMITS = 23
"""Entries that one request brings at most."""


def packet_of(islander: Islander, message: Message) -> Packet:
    """The packet that takes `message` to everyone it is for. Until all of them are known to be
    level it only levels their logs."""
    brought, handed = [], None
    for to in message.to:
        reached, arrived = _reached(islander, to)
        if arrived:
            handed = islander.history[islander.history.index(arrived.government) - 1]
        elif islander.rules.own_arrival:
            handed = None
        brought.append((to, handed, sync_of(islander, reached)))
    if not islander.rules.own_arrival:  # what the last of them lacks is handed to all
        brought = [(to, handed, sync) for to, _, sync in brought]
    pings = isinstance(message, Synchronize)
    level = pings or all(sync.synced for _, _, sync in brought)
    cookie = Cookie(message, not level, islander.government.promise, islander.collapsed)
    only_sync = cookie.synchronize or pings
    requests = ((to, Request(message, own, only_sync, sync)) for to, own, sync in brought)
    return Packet(islander.me, cookie, tuple(requests))


def sync_of(islander: Islander, reached: Promise | None) -> Sync:
    """How far one is, for an islander whose log reaches to `reached`, None if unknown."""
    commits, synced = _after(islander, reached) if reached is not None else ((), False)
    return Sync(
        islander.government.republic,
        islander.government.arrival(islander.me),
        islander.me,
        islander.minimum,
        islander.government.promise,
        islander.collapsed,
        islander.top,
        commits,
        synced,
    )


def reached_by_all(islander: Islander) -> Promise:
    """Up to where the logs of all whom an islander serves reach, NULL if that is not known."""
    reduced = islander.top
    for one in islander.constituency:
        theirs = islander.minimums.get(one)
        if theirs is None or theirs.version != islander.government.promise:
            return NULL
        reduced = min(reduced, theirs.reduced)
    return reduced


def _reached(islander: Islander, to: str) -> tuple[Promise | None, Kept | None]:
    """How far the log of `to` reaches, None if unknown; and its arrival, if that is what it lacks
    first."""
    reached = islander.committed.get(islander.government.arrival(to))
    arrived = _arrival_of(islander, to) if reached == NULL else None
    if arrived:
        reached = arrived.entry.previous
    if islander.rules.forgets_dropped and reached is not None:
        known = max(islander.log[0].entry.promise, islander.minimum.propagated)
        reached = reached if reached >= known else None
    return reached, arrived


def lacking(islander: Islander, reached: Promise) -> tuple[Entry, ...]:
    """The entries after `reached`, as many as one request brings; none if it is not in the log."""
    promises = [kept.entry.promise for kept in islander.log]
    if reached not in promises:
        return ()
    first = promises.index(reached) + 1
    return islander.entries[first : first + MOST_COMMITS]


def _after(islander: Islander, reached: Promise) -> tuple[tuple[Entry, ...], bool]:
    """The entries after `reached`, as many as one request brings, and whether it is all."""
    if reached < islander.minimum.propagated:
        raise ProtocolError(f"{reached} was to be dropped by everybody")
    if reached > islander.top:
        raise ProtocolError(f"{reached} was reached by someone who cannot be as far")
    promises = [kept.entry.promise for kept in islander.log]
    if reached not in promises:
        raise ProtocolError(f"{reached} is not in the log")
    rest = islander.entries[promises.index(reached) + 1 :]
    return rest[:MOST_COMMITS], len(rest) <= MOST_COMMITS


def _arrival_of(islander: Islander, id: str) -> Kept | None:
    """The newest arrival of `id` in the log."""
    arrivals = [kept for kept in islander.log if _lets_in(kept.entry.body, id)]
    if arrivals or islander.rules.forgets_dropped:
        return arrivals[-1] if arrivals else None
    raise ProtocolError(f"no arrival of {id} found")


def _lets_in(body: Any, id: str) -> bool:
    return isinstance(body, Change) and body.arrive is not None and body.arrive.id == id
