"""Two counters that send each other the ball, as in stateright/stateright,
src/actor/actor_test_util.rs (`ping_pong`, without history); the counts are asserted in
src/actor/model.rs.

A delivery that nobody heeds is no step there: `keep_ignored=True`. Its unordered network that
duplicates keeps a set of what was sent and not lost, and so does `Duplicating`; a loss takes the
message out for good, and is a step that is possible at any time: `Faults(losses=None)`.

stateright bounds the search by leaving out states in which a count exceeds `most`. Here a ball that
would make it do so is ignored, which comes to the same states: nothing was counted beyond them, and
a state that is left out leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from islander import Actor, Bag, Duplicating, Faults, Model, Network, StateInvariant, StateWitness


class Ping(NamedTuple):
    number: int


class Pong(NamedTuple):
    number: int


@dataclass
class Player(Actor):
    most: int
    serves_to: str | None = None
    count: int = 0

    def start(self) -> None:
        if self.serves_to:
            self.send(self.serves_to, Ping(0))

    def receive(self, message: Any, sender: str) -> None:
        if message.number != self.count or self.count == self.most:
            return
        self.count += 1
        match message:
            case Ping(number):
                self.send(sender, Pong(number))
            case Pong(number):
                self.send(sender, Ping(number + 1))


def lossless(most: int = 5) -> Model:
    return _ping_pong(most, Bag(keep_ignored=True), Faults())


def lossless_and_duplicating(most: int = 5) -> Model:
    return _ping_pong(most, Duplicating(keep_ignored=True), Faults())


def lossy_and_duplicating(most: int = 5) -> Model:
    return _ping_pong(most, Duplicating(keep_ignored=True), Faults(losses=None))


def _ping_pong(most: int, network: Network, faults: Faults) -> Model:
    def counts(state: Any) -> list[int]:
        return [player.count for player in state.actors.values()]

    return Model(
        name="ping-pong",
        actors={"ping": Player(most, "pong"), "pong": Player(most)},
        network=network,
        faults=faults,
        properties=[
            StateInvariant(
                "delta within 1", lambda state: max(counts(state)) - min(counts(state)) <= 1
            ),
            StateWitness("can reach max", lambda state: most in counts(state)),
        ],
    )
