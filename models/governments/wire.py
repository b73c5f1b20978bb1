"""The records of the protocol as JSON, in the form in which they are published.

What is absent is left out; keys are for the host to sort. `json_value` makes any JSON of users a
value that cannot be changed, and `plain` makes it JSON again.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from .calendar import Collapsing, Synchronizing, Timer
from .records import (
    Accept,
    Answer,
    Bare,
    Change,
    Cookie,
    Entry,
    Government,
    Link,
    Message,
    Minimum,
    Packet,
    Prepare,
    Reached,
    Register,
    Request,
    Sync,
    Synchronize,
    Write,
)

Json: TypeAlias = Any


class Fields(NamedTuple):
    """A JSON object that cannot be changed."""

    pairs: tuple[tuple[str, Any], ...]


def json_value(json: Json) -> Any:
    """JSON as a value that cannot be changed."""
    if isinstance(json, dict):
        return Fields(tuple(sorted((key, json_value(value)) for key, value in json.items())))
    if isinstance(json, list):
        return tuple(map(json_value, json))
    return json


def plain(value: Any) -> Json:
    """The JSON that `value` was made of."""
    if isinstance(value, Fields):
        return {key: plain(part) for key, part in value.pairs}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def packet(sent: Packet, name: str) -> Json:
    """A packet that is called `name`."""
    return {
        "msg": name,
        "from": sent.sender,
        "to": [to for to, _ in sent.requests],
        "cookie": cookie(sent.cookie),
        "requests": [{"to": to, "request": request(one)} for to, one in sent.requests],
    }


def cookie(one: Cookie) -> Json:
    return {
        "message": message(one.message),
        "synchronize": one.synchronize,
        "government": str(one.government),
        "collapsed": one.collapsed,
    }


def request(one: Request) -> Json:
    return {
        "message": message(one.message),
        "government": _or_none(government, one.government),
        "synchronize": one.synchronize,
        "sync": sync(one.sync),
    }


def message(one: Message) -> Json:
    head: Json = {"to": list(one.to), "collapsible": True}
    match one:
        case Synchronize(_, collapsible, key):
            return head | {
                "method": "synchronize",
                "collapsible": collapsible,
                "constituent": True,
                "key": key,
            }
        case Write(_, written, round_):
            chain = Register((written,), round_)
            return head | {"method": "register", "constituent": True, "register": register(chain)}
        case Prepare(_, promise):
            return head | {"method": "prepare", "constituent": False, "promise": str(promise)}
        case Accept(_, promise, written):
            return (
                head
                | {
                    "method": "accept",
                    "constituent": False,
                    "promise": str(promise),
                    "body": link(written.head),
                    "previous": register(written._replace(chain=written.chain[:-1])),
                }
                | _round(written)
            )


def register(one: Register) -> Json:
    json = None
    for part in one.chain:
        json = {"body": link(part), "previous": json}
    return json and json | _round(one)


def _round(one: Register) -> Json:
    return {"round": str(one.round)} if one.round is not None else {}


def link(one: Link) -> Json:
    return body(one.body) if isinstance(one, Bare) else entry(one)


def entry(one: Entry) -> Json:
    json = {"promise": str(one.promise), "body": body(one.body)}
    return json if one.previous is None else json | {"previous": str(one.previous)}


def body(one: Any) -> Json:
    """The body of an entry: a government's, or a user's."""
    if not isinstance(one, Change):
        return plain(one)
    json: Json = {
        "majority": list(one.majority),
        "minority": list(one.minority),
        "promise": str(one.promise),
        "map": one.map if one.map is None else {str(old): str(new) for old, new in one.map},
    }
    if one.arrive:
        arrive = {"id": one.arrive.id, "cookie": plain(one.arrive.cookie)}
        json["arrive"] = arrive | {"properties": plain(one.arrive.properties)}
        json["acclimate"] = one.acclimate
    elif one.acclimate is not None:
        json["acclimate"] = one.acclimate
    if one.depart:
        index = {"constituents": one.depart.constituent, "acclimated": one.depart.acclimated}
        json["departed"] = {
            "id": one.depart.id,
            "promise": str(one.depart.promise),
            "properties": plain(one.depart.properties),
            "index": {key: at for key, at in index.items() if at is not None},
        }
    if one.promote:
        json["promote"] = [{"id": each.id, "index": each.at} for each in one.promote]
    if one.demote is not None:
        json["demote"] = one.demote
    if one.founding and one.arrive:
        id, promise = one.arrive.id, str(one.promise)
        json |= {
            "republic": plain(one.founding[0]),
            "constituents": [],
            "properties": {id: plain(one.arrive.properties)},
            "arrived": {"promise": {id: promise}, "id": {promise: id}},
        }
    return json


def government(one: Government) -> Json:
    return {
        "republic": plain(one.republic),
        "promise": str(one.promise),
        "majority": list(one.majority),
        "minority": list(one.minority),
        "constituents": list(one.constituents),
        "acclimated": list(one.acclimated),
        "properties": {id: plain(properties) for id, properties in one.properties},
        "arrived": {
            "promise": {id: str(promise) for id, promise in one.arrived},
            "id": {str(promise): id for id, promise in one.arrived},
        },
    }


def sync(one: Sync | Reached) -> Json:
    promise = {} if one.promise is None else {"promise": str(one.promise)}
    committed = None if one.committed is None else str(one.committed)
    if isinstance(one, Reached):
        return promise | {"committed": committed, "commits": []}
    return promise | {
        "republic": plain(one.republic),
        "from": one.sender,
        "minimum": minimum(one.minimum),
        "government": str(one.government),
        "collapsed": one.collapsed,
        "committed": committed,
        "commits": [entry(part) for part in one.commits],
        "synced": one.synced,
    }


def minimum(one: Minimum) -> Json:
    return {name: str(promise) for name, promise in one._asdict().items()}


def answer(one: Answer) -> Json:
    said = {"method": one.said.method}
    if one.said.promise is not None:
        said["promise"] = str(one.said.promise)
    if one.said.register is not None:
        said["register"] = register(one.said.register)
    if one.sync is None:
        return {"message": said}
    json = {"message": said, "sync": sync(one.sync), "government": _or_none(str, one.government)}
    if isinstance(one.sync, Reached):
        return json | {"backwards": True}
    if one.minimum is None:
        return json
    return json | {
        "minimum": minimum(one.minimum),
        "acclimating": {str(promise): True for promise in one.acclimating or ()},
        "unreachable": {str(promise): True for promise in one.unreachable or ()},
    }


def timer(one: Timer) -> Json:
    event = one.event
    if isinstance(event, Synchronizing):
        body = {
            "method": "synchronize",
            "to": list(event.to),
            "collapsible": event.collapsible,
        }
    elif isinstance(event, Collapsing):
        body = {"module": "paxos", "method": "collapse", "body": None}
    else:
        body = {"method": "propose", "body": None}
    return {"when": one.when, "key": one.key, "body": body}


def _or_none(encode: Any, value: Any) -> Json:
    return None if value is None else encode(value)
