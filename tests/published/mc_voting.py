"""Voting, which Paxos refines: tlaplus/Examples,
specifications/PaxosHowToWinATuringAward/Voting.tla, with the constants of MCVoting.tla. Counts are
in manifest.json beside it.

An acceptor may raise its ballot at any time, and votes for a value that a quorum shows to be safe;
nobody sends anything. Nothing differs from the specification. How it becomes an actor, and what
TLC's numbers mean here, is said in `specification`: VoteFor is yielded once for each quorum that
shows the value to be safe and, if by a vote, for each such vote in the quorum.

The ids of acceptors are their positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from islander import Model, Quorums, Voted, single_chosen_value

from .specification import Action, Specification


@dataclass
class Voting(Specification):
    """`votes` holds what each acceptor voted for in each ballot, None where it did not vote."""

    max_bal: list[int]
    votes: list[list[str | None]]
    values: tuple[str, ...] = ("v1", "v2")

    def actions(self) -> Iterator[Action]:
        for ballot in range(len(self.votes[0])):
            may_vote = []
            for acceptor, most in enumerate(self.max_bal):
                if ballot > most:
                    yield "increase_max_bal", acceptor, ballot
                if ballot >= most and self.votes[acceptor][ballot] is None:
                    may_vote.append(acceptor)
            if may_vote:
                for value in self.values:
                    for _ in range(self.ways_to_show_safe(ballot, value)):
                        for acceptor in may_vote:
                            yield "vote_for", acceptor, ballot, value

    def ways_to_show_safe(self, ballot: int, value: str) -> int:
        """How many ways there are to satisfy what lets acceptors vote for `value` at `ballot`."""
        if any(votes[ballot] not in (None, value) for votes in self.votes):
            return 0
        able = [acceptor for acceptor, most in enumerate(self.max_bal) if most >= ballot]
        quorums = combinations(able, len(self.max_bal) // 2 + 1)
        return sum(self.ways_for(quorum, ballot, value) for quorum in quorums)

    def ways_for(self, quorum: tuple[int, ...], ballot: int, value: str) -> int:
        """The ways in which this quorum, none of which will vote below `ballot`, shows it: by each
        vote for `value` in the last ballot below that it voted in, or by not having voted."""
        for last in range(ballot - 1, -1, -1):
            votes = [self.votes[acceptor][last] for acceptor in quorum]
            if any(votes):
                return votes.count(value)
        return 1

    def increase_max_bal(self, acceptor: int, ballot: int) -> None:
        self.max_bal[acceptor] = ballot

    def vote_for(self, acceptor: int, ballot: int, value: str) -> None:
        self.votes[acceptor][ballot] = value
        self.max_bal[acceptor] = ballot

    def facts(self) -> Iterator[Voted]:
        for acceptor, votes in enumerate(self.votes):
            for ballot, value in enumerate(votes):
                if value:
                    yield Voted(f"a{acceptor + 1}", ballot, value)


def voting(acceptors: int = 3, ballots: int = 3) -> Model:
    quorums = Quorums.majorities([f"a{n + 1}" for n in range(acceptors)])
    return Model(
        name="Voting",
        actors={"spec": Voting([-1] * acceptors, [[None] * ballots for _ in range(acceptors)])},
        properties=[single_chosen_value(quorums)],
    )
