"""Servers that each keep a register of their own, as in stateright/stateright,
examples/single-copy-register.rs.

With one server that is linearizable, with more it is not. The network is unordered and loses and
duplicates nothing. No delivery is ever ignored, so it does not matter what would become of the
message. About the clients, and the history that counts towards the state, see `register`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from islander import Actor, Bag, Model

from .register import CLIENTS, INITIAL, Get, GetOk, Put, PutOk, clients, register_properties


@dataclass
class Server(Actor):
    value: str = INITIAL

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case Put(client, value):
                self.value = value
                self.send(sender, PutOk(client))
            case Get(client):
                self.send(sender, GetOk(client, self.value))


def single_copy_register(client_count: int = 2, server_count: int = 1) -> Model:
    names = tuple(f"s{n + 1}" for n in range(server_count))
    return Model(
        name="a single-copy register",
        actors={**{name: Server() for name in names}, CLIENTS: clients(client_count, names)},
        network=Bag(keep_ignored=True),
        properties=register_properties(),
    )
