"""Clients of a register, and the history that they make.

The counterpart of `RegisterActor::Client` in stateright/stateright, src/actor/register.rs, with one
put each: client i puts a value to server i, then gets from server i + 1, both modulo the number of
servers. It is done when the get is answered.

stateright counts a linearizability tester's *history* as part of a state
(src/semantics/linearizability.rs, src/actor/model_state.rs). Of each operation the history keeps
what it was, what it returned, and how many operations every other client had completed when it was
invoked. The last is known to no client alone. So all clients are one actor here, and messages name
the client; nothing else is shared between them, and the envelopes in flight correspond one to one.
The history is what that actor records. A request id there is the client and the operation here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from islander import Actor, Fact, FactInvariant, FactSet, StateWitness

CLIENTS = "clients"
INITIAL = ""
"""What a register holds before anything was put."""


# -- messages -----------------------------------------------------------------------------------


class Put(NamedTuple):
    client: str
    value: str


class Get(NamedTuple):
    client: str


class PutOk(NamedTuple):
    client: str


class GetOk(NamedTuple):
    client: str
    value: str


# -- history ------------------------------------------------------------------------------------


class Invoked(Fact):
    """`after` is how many operations each other client had completed, if any."""

    client: str
    operation: str
    value: str | None
    after: tuple[tuple[str, int], ...]


class Returned(Fact):
    client: str
    operation: str
    value: str | None


# -- actor --------------------------------------------------------------------------------------


@dataclass
class Clients(Actor):
    """All clients. `completed` counts the operations of each; the next one is under way."""

    servers: tuple[str, ...]
    completed: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        for at, client in enumerate(sorted(self.completed)):
            value = chr(ord("A") + at)
            self.record(Invoked(client, "put", value, ()))
            self.send(self.server(client, 0), Put(client, value))

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case PutOk(client) if self.completed[client] == 0:
                self.record(Returned(client, "put", None))
                self.completed[client] = 1
                self.record(Invoked(client, "get", None, self.completed_by_others(client)))
                self.send(self.server(client, 1), Get(client))
            case GetOk(client, value) if self.completed[client] == 1:
                self.record(Returned(client, "get", value))
                self.completed[client] = 2

    def server(self, client: str, offset: int) -> str:
        return self.servers[(sorted(self.completed).index(client) + offset) % len(self.servers)]

    def completed_by_others(self, client: str) -> tuple[tuple[str, int], ...]:
        counts = sorted(self.completed.items())
        return tuple((other, count) for other, count in counts if other != client and count)


def clients(count: int, servers: tuple[str, ...]) -> Clients:
    return Clients(servers, {f"c{n + 1}": 0 for n in range(count)})


# -- properties ---------------------------------------------------------------------------------


def register_properties() -> list[FactInvariant | StateWitness]:
    """What stateright's examples check of every register."""
    return [
        FactInvariant("linearizable", linearizable),
        StateWitness("value chosen", value_chosen),
    ]


def value_chosen(state: Any) -> bool:
    """An answer with a value that was put is in flight."""
    messages = (envelope.message for envelope in state.network)
    return any(isinstance(one, GetOk) and one.value != INITIAL for one in messages)


def linearizable(facts: FactSet) -> bool:
    """Some order of the operations explains every answer, and keeps those apart that were: an
    operation that was invoked after another one returned comes after it."""
    invoked = [fact for fact in facts if isinstance(fact, Invoked)]
    answers = {
        (fact.client, fact.operation): fact.value for fact in facts if isinstance(fact, Returned)
    }
    return _explains(invoked, answers, {}, INITIAL)


def _explains(
    waiting: list[Invoked],
    answers: Mapping[tuple[str, str], str | None],
    done: Mapping[str, int],
    value: str,
) -> bool:
    if not any((one.client, one.operation) in answers for one in waiting):
        return True  # what has not returned need not have taken place
    return any(
        _explains(
            [other for other in waiting if other is not one],
            answers,
            {**done, one.client: done.get(one.client, 0) + 1},
            value if one.value is None else one.value,
        )
        for one in _next(waiting, done)
        if one.operation == "put" or answers.get((one.client, "get"), value) == value
    )


def _next(waiting: list[Invoked], done: Mapping[str, int]) -> Iterator[Invoked]:
    """The operations that may take place next."""
    for one in waiting:
        own_first = one.operation == "put" or done.get(one.client, 0) == 1
        if own_first and all(done.get(other, 0) >= count for other, count in one.after):
            yield one
