"""A register after Attiya, Bar-Noy and Dolev, as in stateright/stateright,
examples/linearizable-register.rs.

Every server serves one request at a time: it asks all for what they know, until a majority has
answered, makes the newest value, or its own with a greater number, known to a majority, and answers
the client. Its own answers need no messages. Put and get that come in between are ignored, which is
no step, and stay in flight: `Bag(keep_ignored=True)`. So it is in stateright with
`Network::new_unordered_nonduplicating`.

About the clients, and the history that counts towards the state, see `register`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from islander import Actor, Bag, Model

from .register import CLIENTS, INITIAL, Get, GetOk, Put, PutOk, clients, register_properties


class Version(NamedTuple):
    """Number and server first, so that the greatest is the newest."""

    number: int
    server: str
    value: str


class Request(NamedTuple):
    """`value` is what to put; None to get."""

    client: str
    value: str | None


# -- messages -----------------------------------------------------------------------------------


class Query(NamedTuple):
    request: tuple[str, str]


class AckQuery(NamedTuple):
    request: tuple[str, str]
    version: Version


class Record(NamedTuple):
    request: tuple[str, str]
    version: Version


class AckRecord(NamedTuple):
    request: tuple[str, str]


# -- actor --------------------------------------------------------------------------------------


@dataclass
class Querying:
    request: Request
    responses: dict[str, Version]


@dataclass
class Recording:
    request: Request
    read: str | None
    acks: set[str]


@dataclass
class Server(Actor):
    peers: tuple[str, ...]
    version: Version
    phase: Querying | Recording | None = None

    def receive(self, message: Any, sender: str) -> None:
        match message, self.phase:
            case Put(client, value), None:
                self.begin(Request(client, value))
            case Get(client), None:
                self.begin(Request(client, None))
            case Query(request), _:
                self.send(sender, AckQuery(request, self.version))
            case Record(request, version), _:
                self.version = max(self.version, version)
                self.send(sender, AckRecord(request))
            case AckQuery(request, version), Querying(own) as phase if request == identity(own):
                phase.responses[sender] = version
                if len(phase.responses) == self.majority():
                    self.make_known(phase)
            case AckRecord(request), Recording(own) as phase if request == identity(own):
                phase.acks.add(sender)
                if len(phase.acks) == self.majority():
                    self.answer(phase)

    def majority(self) -> int:
        return (len(self.peers) + 1) // 2 + 1

    def begin(self, request: Request) -> None:
        self.phase = Querying(request, {self.id: self.version})
        self.broadcast(self.peers, Query(identity(request)))

    def make_known(self, phase: Querying) -> None:
        request, newest = phase.request, max(phase.responses.values())
        if request.value is None:
            self.phase = Recording(request, newest.value, {self.id})
        else:
            newest = Version(newest.number + 1, self.id, request.value)
            self.phase = Recording(request, None, {self.id})
        self.version = max(self.version, newest)
        self.broadcast(self.peers, Record(identity(request), newest))

    def answer(self, phase: Recording) -> None:
        client = phase.request.client
        self.send(CLIENTS, PutOk(client) if phase.read is None else GetOk(client, phase.read))
        self.phase = None


def identity(request: Request) -> tuple[str, str]:
    """What stateright's request ids tell apart."""
    return request.client, "get" if request.value is None else "put"


# -- the model ----------------------------------------------------------------------------------


def linearizable_register(client_count: int = 2, server_count: int = 2) -> Model:
    names = tuple(f"s{n + 1}" for n in range(server_count))
    servers = {
        name: Server(tuple(one for one in names if one != name), Version(0, name, INITIAL))
        for name in names
    }
    return Model(
        name="a linearizable register",
        actors={**servers, CLIENTS: clients(client_count, names)},
        network=Bag(keep_ignored=True),
        properties=register_properties(),
    )
