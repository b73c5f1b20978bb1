"""Two messages from one actor to another that keeps all it gets, as in stateright/stateright,
src/actor/model.rs (`handles_ordered_network_flag`), over a network with order and one without.

The recorder in that test sees every state once, and the receiver's fields tell them apart; so the
lists that it is compared with are as long as there are states.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from islander import Actor, Model, Network, StateWitness


@dataclass
class Counting(Actor):
    to: str | None = None
    received: list[int] = field(default_factory=list)

    def start(self) -> None:
        if self.to:
            for number in (2, 1):
                self.send(self.to, number)

    def receive(self, message: int, sender: str) -> None:
        self.received.append(message)


def countdown(network: Network) -> Model:
    return Model(
        name="countdown",
        actors={"sender": Counting("receiver"), "receiver": Counting()},
        network=network,
        properties=[
            StateWitness("all arrive", lambda state: len(state.actors["receiver"].received) == 2)
        ],
    )
