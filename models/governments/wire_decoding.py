"""Requests, answers and cookies out of JSON, everything about them checked.

What `wire` writes is read back to the same records. Anything else is refused with a WireError that
names the part: what comes from the network may be damaged, or not be of this protocol at all. Not
checked is who sent it, and whether it is true.
"""

from __future__ import annotations

from itertools import pairwise

from . import wire
from .json_parts import Part
from .promises import FIRST, Promise
from .records import (
    UNREACHABLE,
    Accept,
    Answer,
    Arrive,
    Arrived,
    Bare,
    Change,
    Cookie,
    Depart,
    Entry,
    Government,
    Link,
    Message,
    Minimum,
    Prepare,
    Promoted,
    Reached,
    Register,
    Request,
    Said,
    Sync,
    Synchronize,
    Write,
)
from .wire import Json

MOST_LINKS = 1_000
"""Entries that a register may chain."""


def read_request(json: Json, path: str = "request") -> Request:
    """The request that `json` says; `path` is what errors call it. Raises WireError."""
    fields = Part(json, path).fields("message", "government", "synchronize", "sync")
    return Request(
        _message(fields["message"]),
        fields["government"].unless_null(_government),
        fields["synchronize"].flag(),
        _sync(fields["sync"]),
    )


def read_cookie(json: Json, path: str = "cookie") -> Cookie:
    """The cookie of a packet. Raises WireError."""
    fields = Part(json, path).fields("message", "synchronize", "government", "collapsed")
    return Cookie(
        _message(fields["message"]),
        fields["synchronize"].flag(),
        fields["government"].government(),
        fields["collapsed"].flag(),
    )


def read_answer(json: Json, path: str = "answer") -> Answer:
    """What an addressee answered. Raises WireError."""
    part = Part(json, path)
    if part.has("backwards"):
        fields = part.fields("message", "sync", "government", "backwards")
        fields["government"].must_be(None)
        fields["backwards"].must_be(True)
        return Answer(_said(fields["message"], "reject"), _reached(fields["sync"]))
    if part.has("minimum"):
        names = ("message", "sync", "government", "minimum", "acclimating", "unreachable")
        fields = part.fields(*names)
        return Answer(
            _said(fields["message"], "synchronized", "receive", "promise", "accepted", "reject"),
            _sync(fields["sync"]),
            fields["government"].government(),
            _minimum(fields["minimum"]),
            _promises(fields["acclimating"]),
            _promises(fields["unreachable"]),
        )
    if part.has("sync"):
        fields = part.fields("message", "sync", "government")
        fields["government"].must_be(None)
        return Answer(_said(fields["message"], "respond"), _sync(fields["sync"]))
    return Answer(_said(part.fields("message")["message"], UNREACHABLE))


def is_like_a_government(body: Json) -> bool:
    """Whether the body of a user could be taken for that of a government."""
    return isinstance(body, dict) and {"majority", "minority", "promise", "map"} <= body.keys()


# -- messages -------------------------------------------------------------------------------------


def _message(part: Part) -> Message:
    methods = {name: kind for kind, name in wire.METHODS.items()}
    method = part.members().get("method")
    kind = methods.get(method.text()) if method else None
    if kind is None:
        raise part.refuse(f"its method must be one of {', '.join(methods)}.")
    needed, optional = _FIELDS[kind]
    fields = part.fields(
        "method", "to", "collapsible", "constituent", *needed.split(), optional=optional.split()
    )
    to = fields["to"].names()
    if not to:
        raise fields["to"].refuse("it is to nobody.")
    fields["constituent"].must_be(kind in (Synchronize, Write))
    if kind is Synchronize:
        return Synchronize(to, fields["collapsible"].flag(), fields["key"].text())
    fields["collapsible"].must_be(True)
    if kind is Write:
        return _write(to, fields["register"])
    promise = fields["promise"].promise()
    if kind is Prepare:
        return Prepare(to, promise)
    return Accept(to, promise, _accepted(fields))


_FIELDS: dict[type, tuple[str, str]] = {
    Synchronize: ("key", ""),
    Write: ("register", ""),
    Prepare: ("promise", ""),
    Accept: ("promise body previous", "round"),
}


def _write(to: tuple[str, ...], part: Part) -> Write:
    register = _register(part)
    entry = register.head
    if len(register.chain) > 1 or isinstance(entry, Bare):
        raise part.refuse("what is written is one entry.")
    return Write(to, entry, register.round)


def _accepted(fields: dict[str, Part]) -> Register:
    below = fields["previous"].unless_null(_register)
    round_ = fields["round"].promise() if "round" in fields else None
    if below and below.round != round_:
        raise fields["previous"].refuse(f"it is of round {below.round}, what is on it of {round_}.")
    head = _link(fields["body"], foot=below is None)
    return Register((*(below.chain if below else ()), head), round_)


def _register(part: Part) -> Register:
    """A write chain; in JSON the newest entry is outermost."""
    links: list[Link] = []
    round_ = None
    while part.json is not None:
        fields = part.fields("body", "previous", optional=() if links else ("round",))
        if "round" in fields:
            round_ = fields["round"].promise()
        if len(links) == MOST_LINKS:
            raise part.refuse(f"a register of more than {MOST_LINKS:,} entries is not read.")
        links.append(_link(fields["body"], foot=fields["previous"].json is None))
        part = fields["previous"]
    if not links:
        raise part.refuse("it must not be null.")
    return Register(tuple(reversed(links)), round_)


def _link(part: Part, foot: bool) -> Link:
    if part.has("majority") and not part.has("body"):
        if not foot:
            raise part.refuse("the bare body of a government can only be the foot of a register.")
        return Bare(_change(part))
    return _entry(part)


def _sync(part: Part) -> Sync:
    fields = part.fields(
        "republic",
        "from",
        "minimum",
        "government",
        "collapsed",
        "committed",
        "commits",
        "synced",
        optional=["promise"],
    )
    sync = Sync(
        fields["republic"].value(),
        fields["promise"].government() if "promise" in fields else None,
        fields["from"].text(),
        _minimum(fields["minimum"]),
        fields["government"].government(),
        fields["collapsed"].flag(),
        fields["committed"].promise(),
        _commits(fields["commits"]),
        fields["synced"].flag(),
    )
    furthest = {"government": sync.government, "minimum.propagated": sync.minimum.propagated}
    if sync.commits:
        furthest["commits"] = sync.commits[-1].promise
    for name, promise in furthest.items():
        if promise > sync.committed:
            raise part.refuse(f"{name} reaches {promise}, the log only {sync.committed}.")
    return sync


def _reached(part: Part) -> Reached:
    fields = part.fields("committed", "commits", optional=["promise"])
    fields["committed"].must_be(None)
    promise = fields["promise"].government() if "promise" in fields else None
    return Reached(promise, None, _commits(fields["commits"]))


def _commits(part: Part) -> tuple[Entry, ...]:
    """Entries each of which is the predecessor of the next."""
    commits = tuple(map(_entry, part.items()))
    for at, (one, other) in enumerate(pairwise(commits), 1):
        if other.previous != one.promise:
            where = Part(None, f"{part.path}[{at}].previous")
            raise where.refuse(f"it is {other.previous}; the entry before is {one.promise}.")
    return commits


def _minimum(part: Part) -> Minimum:
    fields = part.fields(*Minimum._fields)
    return Minimum(
        fields["propagated"].promise(),
        fields["version"].government(),
        fields["reduced"].promise(),
    )


def _said(part: Part, *methods: str) -> Said:
    method = part.members().get("method")
    said = method.text() if method else ""
    if said not in methods:
        raise part.refuse(f"the method of such an answer must be one of {', '.join(methods)}.")
    needed = [] if said == UNREACHABLE else ["promise"]
    needed += ["register"] if said == "promise" else []
    fields = part.fields("method", *needed)
    promise = fields["promise"].promise() if "promise" in fields else None
    return Said(said, promise, _register(fields["register"]) if "register" in fields else None)


def _promises(part: Part) -> tuple[Arrived, ...]:
    """An object whose keys are arrival promises, all of them true."""
    for member in part.members().values():
        member.must_be(True)
    return tuple(Part(key, part.path).arrival() for key in part.json)


# -- entries and governments ----------------------------------------------------------------------


def _entry(part: Part) -> Entry:
    fields = part.fields("promise", "body", "previous")
    promise, previous = fields["promise"].promise(), fields["previous"].promise()
    if previous >= promise:
        raise fields["previous"].refuse(f"{previous} does not come before {promise}.")
    if not promise.is_government:
        if is_like_a_government(fields["body"].json):
            raise fields["body"].refuse(f"it is that of a government, but {promise} is none.")
        return Entry(promise, fields["body"].value(), previous)
    change = _change(fields["body"])
    if change.promise != promise:
        raise fields["body"].refuse(f"it is that of {change.promise}, not of {promise}.")
    return Entry(promise, change, previous)


_CHANGES = ("arrive", "departed", "promote", "demote")
_FOUNDING = ("republic", "constituents", "properties", "arrived")


def _change(part: Part) -> Change:
    """The body of a government."""
    optional = [*_CHANGES, "acclimate", *_FOUNDING]
    fields = part.fields("majority", "minority", "promise", "map", optional=optional)
    changes = [name for name in _CHANGES if name in fields]
    if len(changes) > 1 or ("acclimate" in fields and changes not in ([], ["arrive"])):
        raise part.refuse("it makes more than one change.")
    change = Change(
        fields["promise"].government(),
        fields["majority"].names(),
        fields["minority"].names(),
        fields["map"].unless_null(_map),
    )
    parliament = change.majority + change.minority
    if not change.majority or len(set(parliament)) < len(parliament):
        raise part.refuse("its majority must lead, and nobody have two seats.")
    if "arrive" in fields:
        change = change._replace(arrive=_arrive(fields["arrive"]))
        if "acclimate" not in fields:
            raise part.refuse("it has no 'acclimate'.")
    if "acclimate" in fields:
        needed = "arrive" not in fields
        acclimate = fields["acclimate"]
        one = acclimate.text() if needed else acclimate.unless_null(Part.text)
        if change.arrive and one not in (None, change.arrive.id):
            raise acclimate.refuse("it must be who arrives, or null.")
        change = change._replace(acclimate=one)
    if "departed" in fields:
        change = change._replace(depart=_depart(fields["departed"]))
    if "promote" in fields:
        change = change._replace(promote=_promote(fields["promote"]))
    if "demote" in fields:
        change = change._replace(demote=fields["demote"].text())
    if change.promise == FIRST or any(name in fields for name in _FOUNDING):
        change = _founding(part, change)
    return change


def _founding(part: Part, change: Change) -> Change:
    """The body that founds a republic, which says the same thing several times."""
    republic = part.members().get("republic")
    if republic and change.arrive and change.promise == FIRST:
        founded = change._replace(founding=(republic.value(),))
        one = change.arrive.id
        alone = (change.majority, change.minority, change.map, change.acclimate)
        if alone == ((one,), (), (), one) and part.json == wire.body(founded):
            return founded
    raise part.refuse(f"a republic is founded by {FIRST}, by one islander who is all there is.")


def _map(part: Part) -> tuple[tuple[Promise, Promise], ...]:
    """Promises by those that they had before, in their order."""
    members = part.members()
    old = (Part(key, part.path).promise() for key in members)
    return tuple(sorted(zip(old, (new.promise() for new in members.values()), strict=True)))


def _arrive(part: Part) -> Arrive:
    fields = part.fields("id", "properties", "cookie")
    return Arrive(fields["id"].text(), fields["properties"].value(), fields["cookie"].value())


def _depart(part: Part) -> Depart:
    fields = part.fields("id", "promise", "properties", "index")
    index = fields["index"].fields(optional=["constituents", "acclimated"])
    return Depart(
        fields["id"].text(),
        fields["promise"].government(),
        fields["properties"].value(),
        index["constituents"].position() if "constituents" in index else None,
        index["acclimated"].position() if "acclimated" in index else None,
    )


def _promote(part: Part) -> tuple[Promoted, ...]:
    promoted = []
    for item in part.items():
        fields = item.fields("id", "index")
        promoted.append(Promoted(fields["id"].text(), fields["index"].position()))
    if not promoted:
        raise part.refuse("it promotes nobody.")
    if any(one.at <= other.at for one, other in pairwise(promoted)):
        raise part.refuse("positions must descend.")
    return tuple(promoted)


def _government(part: Part) -> Government:
    fields = part.fields(*Government._fields)
    arrived = _arrivals(fields["arrived"])
    properties = fields["properties"].members()
    if properties.keys() != dict(arrived).keys():
        raise fields["properties"].refuse("it must have the properties of all that arrived.")
    return Government(
        fields["republic"].value(),
        fields["promise"].government(),
        fields["majority"].names(),
        fields["minority"].names(),
        fields["constituents"].names(),
        fields["acclimated"].names(),
        tuple((id, properties[id].value()) for id, _ in arrived),
        arrived,
    )


def _arrivals(part: Part) -> tuple[tuple[str, Promise], ...]:
    """Who arrived when, in that order; in JSON it is said both ways."""
    fields = part.fields("promise", "id")
    by_id = {id: at.government() for id, at in fields["promise"].members().items()}
    ids = {at: id.text() for at, id in fields["id"].members().items()}
    if ids != {str(at): id for id, at in by_id.items()}:
        raise part.refuse("its 'promise' and 'id' say different things.")
    return tuple(sorted(by_id.items(), key=lambda arrival: arrival[1]))
