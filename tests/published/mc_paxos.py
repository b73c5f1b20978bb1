"""Paxos as a specification: tlaplus/Examples, specifications/PaxosHowToWinATuringAward/Paxos.tla,
with the constants of MCPaxos.tla and MCPaxosTiny.cfg. Counts are in manifest.json beside it.

The messages sent are a set that only grows, and the leader of a ballot has no state: to send its
phase 2a message it looks at all phase 1b messages there are. An actor would have to receive them
first, and be in other states by that; so this is one actor with the set as a field, and not actors
over `Duplicating()`. Nothing differs from the specification. How it becomes an actor, and what
TLC's numbers mean here, is said in `specification`: Phase2a is yielded once for each quorum and,
if an acceptor of it has voted, for each of its messages that reports the greatest vote.

The ids of acceptors are their positions. A phase 1b message reports ballot -1 and no value where
its acceptor has not voted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from islander import Model, Quorums, Voted, single_chosen_value

from .specification import Action, Specification


class Phase1a(NamedTuple):
    ballot: int


class Phase1b(NamedTuple):
    acceptor: int
    ballot: int
    voted: int
    value: str | None


class Phase2a(NamedTuple):
    ballot: int
    value: str


class Phase2b(NamedTuple):
    acceptor: int
    ballot: int
    value: str


@dataclass
class Paxos(Specification):
    ballots: int
    max_bal: list[int]
    max_v_bal: list[int]
    max_val: list[str | None]
    msgs: set[Phase1a | Phase1b | Phase2a | Phase2b] = field(default_factory=set)
    values: tuple[str, ...] = ("v1", "v2")

    def actions(self) -> Iterator[Action]:
        for ballot in range(self.ballots):
            yield "phase_1a", ballot
            asked = next((m.value for m in self.sent(Phase2a) if m.ballot == ballot), None)
            if asked is None:
                for value in self.values:
                    for _ in range(self.ways_to_ask_for(ballot, value)):
                        yield "phase_2a", ballot, value
            for acceptor, most in enumerate(self.max_bal):
                if ballot > most and Phase1a(ballot) in self.msgs:
                    yield "phase_1b", acceptor, ballot
                if ballot >= most and asked is not None:
                    yield "phase_2b", acceptor, ballot, asked

    def sent(self, kind: type) -> list[Any]:
        return [message for message in self.msgs if isinstance(message, kind)]

    def ways_to_ask_for(self, ballot: int, value: str) -> int:
        reports = {m.acceptor: m for m in self.sent(Phase1b) if m.ballot == ballot}
        acceptors = len(self.max_bal)
        ways = 0
        for quorum in combinations(range(acceptors), acceptors // 2 + 1):
            if all(acceptor in reports for acceptor in quorum):
                votes = [reports[one] for one in quorum if reports[one].voted >= 0]
                greatest = max((vote.voted for vote in votes), default=None)
                ways += (
                    1
                    if not votes
                    else sum(vote.voted == greatest and vote.value == value for vote in votes)
                )
        return ways

    def phase_1a(self, ballot: int) -> None:
        self.msgs.add(Phase1a(ballot))

    def phase_1b(self, acceptor: int, ballot: int) -> None:
        self.max_bal[acceptor] = ballot
        self.msgs.add(Phase1b(acceptor, ballot, self.max_v_bal[acceptor], self.max_val[acceptor]))

    def phase_2a(self, ballot: int, value: str) -> None:
        self.msgs.add(Phase2a(ballot, value))

    def phase_2b(self, acceptor: int, ballot: int, value: str) -> None:
        self.max_bal[acceptor] = self.max_v_bal[acceptor] = ballot
        self.max_val[acceptor] = value
        self.msgs.add(Phase2b(acceptor, ballot, value))

    def facts(self) -> Iterator[Voted]:
        for vote in self.sent(Phase2b):
            yield Voted(f"a{vote.acceptor + 1}", vote.ballot, vote.value)


def paxos(acceptors: int = 3, ballots: int = 2) -> Model:
    quorums = Quorums.majorities([f"a{n + 1}" for n in range(acceptors)])
    return Model(
        name="Paxos",
        actors={"spec": Paxos(ballots, [-1] * acceptors, [-1] * acceptors, [None] * acceptors)},
        properties=[single_chosen_value(quorums)],
    )
