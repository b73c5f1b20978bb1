"""The records of the protocol as JSON, in the form in which they are published.

What is absent is left out; keys are for the host to sort. `json_value` makes any JSON of users a
value that cannot be changed, and `plain` makes it JSON again. `wire_decoding` reads what is
written here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from ...explorer.errors import UsageError
from .calendar import Collapsing, Synchronizing, Timer
from .records import (
    Accept,
    Answer,
    Arrived,
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

# -- the values of users --------------------------------------------------------------------------

MOST_NESTED = 100
"""Lists and objects that a value of users may have within each other."""

EXACT = 2**53
"""Whole numbers below this are the same in every implementation of JSON."""

MOST_BITS = 10_000
"""The size of a whole number of users."""

MOST_LETTERS = 1_000
"""Letters that the id of an islander, or the name of anything else, may have."""


class WireError(UsageError):
    """JSON that is no value or no message: what is wrong with it, and in which part."""


@dataclass(frozen=True)
class Fields:
    """A JSON object that cannot be changed; `pairs` are in the order of the keys."""

    pairs: tuple[tuple[str, Any], ...]


class Flag(Enum):
    """JSON's false and true. Python takes its own for 0 and 1."""

    FALSE = False
    TRUE = True


def json_value(json: Json, path: str = "the value") -> Any:
    """JSON as a value that cannot be changed, equal to those of equal JSON and no others.

    `path` says where in a document it stands. Raises WireError if it is not JSON, or nested deeper
    than MOST_NESTED.
    """
    return _json_value(json, path, MOST_NESTED)


def _json_value(json: Json, path: str, depth: int) -> Any:
    if json is None or isinstance(json, str):
        return json
    if isinstance(json, bool):
        return Flag(json)
    if isinstance(json, (int, float)):
        return number(json, path)
    if not isinstance(json, (dict, list)):
        raise WireError(f"{path}: a {type(json).__name__} is no JSON.")
    if not depth:
        raise WireError(f"{path} is nested deeper than {MOST_NESTED} levels.")
    if isinstance(json, list):
        return tuple(_json_value(part, path, depth - 1) for part in json)
    for key in json:
        if not isinstance(key, str):
            raise WireError(f"{path}: the key {key!r} is no string, as JSON has them.")
    return Fields(tuple((key, _json_value(json[key], path, depth - 1)) for key in sorted(json)))


def number(json: float, path: str) -> float:
    """A number as JSON knows it: 1.0 is 1. Raises WireError for NaN, infinite and huge ones."""
    if isinstance(json, int):
        if json.bit_length() > MOST_BITS:
            raise WireError(f"{path}: a number of more than {MOST_BITS:,} bits is not taken.")
        return json
    if not math.isfinite(json):
        raise WireError(f"{path}: {json} is no JSON.")
    return int(json) if json.is_integer() and abs(json) < EXACT else json


def plain(value: Any) -> Json:
    """The JSON that `value` was made of."""
    if isinstance(value, Fields):
        return {key: plain(part) for key, part in value.pairs}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value.value if isinstance(value, Flag) else value


# -- the records ----------------------------------------------------------------------------------

METHODS = {
    Synchronize: "synchronize",
    Write: "register",
    Prepare: "prepare",
    Accept: "accept",
}
"""What the messages are called."""

NO_ARRIVAL = "undefined"
"""The key that stands for the promise of all that did not arrive."""


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
    head: Json = {"to": list(one.to), "collapsible": True, "method": METHODS[type(one)]}
    match one:
        case Synchronize(_, collapsible, key):
            return head | {"collapsible": collapsible, "constituent": True, "key": key}
        case Write(_, written, round_):
            chain = Register((written,), round_)
            return head | {"constituent": True, "register": register(chain)}
        case Prepare(_, promise):
            return head | {"constituent": False, "promise": str(promise)}
        case Accept(_, promise, written):
            return (
                head
                | {
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
        commits = [entry(part) for part in one.commits]
        return promise | {"committed": committed, "commits": commits}
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
        "acclimating": {_arrived(promise): True for promise in one.acclimating or ()},
        "unreachable": {_arrived(promise): True for promise in one.unreachable or ()},
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
    return {"when": number(one.when, "when"), "key": one.key, "body": body}


def enqueued(result: dict[str, Any]) -> Json:
    """What an islander returns when it is asked for an entry."""
    return {
        name: str(value) if name == "promise" else plain(value) for name, value in result.items()
    }


def _arrived(promise: Arrived) -> str:
    return NO_ARRIVAL if promise is None else str(promise)


def _or_none(encode: Any, value: Any) -> Json:
    return None if value is None else encode(value)
