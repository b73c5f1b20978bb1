"""Governments and their changes: what an entry makes of a government, and whom one serves.

Pure functions over frozen records. Who proposes a change, and when, is for `shaper` and the
writers to say.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .errors import ProtocolError
from .promises import FIRST, Promise
from .records import Arrive, Change, Depart, Entry, Government, Promoted


class Arriving(NamedTuple):
    """An islander that waits to be let in; `acclimated` says that it wants to serve."""

    id: str
    properties: Any
    cookie: Any
    acclimated: bool = False


class Shape(NamedTuple):
    """A government that is to be, and the quorum it is to be written to."""

    quorum: tuple[str, ...]
    majority: tuple[str, ...]
    minority: tuple[str, ...]
    arrive: Arriving | None = None
    depart: str | None = None
    promote: tuple[str, ...] = ()
    demote: str | None = None
    acclimate: str | None = None


def is_full(government: Government) -> bool:
    """Whether parliament has 2k - 1 members, of whom k are the majority."""
    return len(government.parliament) == 2 * len(government.majority) - 1


def change_of(shape: Shape, government: Government, promise: Promise) -> Change:
    """The body of the entry that makes `shape` out of `government`."""
    depart, constituents = None, government.constituents
    if shape.depart is not None:
        depart = Depart(
            shape.depart,
            government.arrival(shape.depart) or promise,
            government.properties_of(shape.depart),
            _index(constituents, shape.depart),
            _index(government.acclimated, shape.depart),
        )
    strangers = [one for one in shape.promote if one not in constituents]
    if strangers:
        raise ProtocolError(f"{strangers[0]} is to be promoted, but is no constituent")
    promoted = (Promoted(one, constituents.index(one)) for one in shape.promote)
    return Change(
        promise=promise,
        majority=shape.majority,
        minority=shape.minority,
        arrive=shape.arrive and _arrive(shape.arrive),
        depart=depart,
        promote=tuple(sorted(promoted, key=lambda one: -one.at)),
        demote=shape.demote,
        acclimate=shape.acclimate,
    )


def founding(republic: Any, id: str, properties: Any) -> Entry:
    """The entry that founds a republic of one islander."""
    arrive = _arrive(Arriving(id, properties, 0))
    body = Change(FIRST, (id,), (), (), arrive, acclimate=id, founding=(republic,))
    return Entry(FIRST, body, Promise(0, 0))


def changed(government: Government, change: Change) -> Government:
    """`government` after `change`."""
    g = government._replace(
        promise=change.promise, majority=change.majority, minority=change.minority
    )
    if change.arrive:
        one = change.arrive.id
        g = g._replace(
            arrived=(*_without(g.arrived, one), (one, change.promise)),
            properties=(*_without(g.properties, one), (one, change.arrive.properties)),
        )
        if change.promise != FIRST:
            g = g._replace(constituents=(*g.constituents, one))
    elif change.depart:
        gone = change.depart
        g = g._replace(
            arrived=_without(g.arrived, gone.id),
            properties=_without(g.properties, gone.id),
            constituents=_without_index(g.constituents, gone.constituent),
            acclimated=_without_index(g.acclimated, gone.acclimated),
        )
    elif change.promote:
        for promoted in change.promote:
            g = g._replace(constituents=_without_index(g.constituents, promoted.at))
    elif change.demote is not None:
        g = g._replace(constituents=(change.demote, *g.constituents))
    if change.acclimate is not None:
        g = g._replace(acclimated=(*g.acclimated, change.acclimate))
    return g


def constituency(government: Government, me: str) -> tuple[str, ...]:
    """Whom `me` keeps level with its log."""
    majority, minority, others = government[2:5]
    rest = majority[1:]
    if me == government.leader:
        return rest if len(government.parliament) > 1 else others
    if me in rest:
        return _share(minority or others, rest, me)
    if me in minority:
        return _share(others, minority, me)
    return ()


def _share(served: tuple[str, ...], servers: tuple[str, ...], me: str) -> tuple[str, ...]:
    return served[servers.index(me) :: len(servers)]


def _arrive(arriving: Arriving) -> Arrive:
    return Arrive(arriving.id, arriving.properties, arriving.cookie)


def _index(names: tuple[str, ...], name: str) -> int | None:
    return names.index(name) if name in names else None


def _without(pairs: tuple[tuple[str, Any], ...], name: str) -> tuple[tuple[str, Any], ...]:
    return tuple(pair for pair in pairs if pair[0] != name)


def _without_index(names: tuple[str, ...], index: int | None) -> tuple[str, ...]:
    return names if index is None else names[:index] + names[index + 1 :]
