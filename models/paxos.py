"""Single-decree Paxos: proposers that agree on one value, through acceptors that vote.

The algorithm is that of Lamport, "Paxos Made Simple" (2001). A proposer asks the acceptors to
promise to take part in nothing below its ballot; each promise carries the acceptor's last vote.
With promises from a quorum it proposes the value of the greatest ballot among those votes, or its
own if there are none. Acceptors vote for what they are asked unless they promised otherwise.
Nobody learns the outcome here: that a value is chosen is a fact about votes, and properties see
it without messages to learners, which would only multiply the interleavings.

The bugs at the end are one overridden method each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from ..explorer import (
    Actor,
    Bag,
    Duplicating,
    FactSet,
    Faults,
    Fifo,
    Model,
    Network,
    Property,
    UsageError,
    Witness,
    durable,
)
from ..invariants import (
    Proposed,
    Quorums,
    Reported,
    Voted,
    Wanted,
    greatest_promise_selection,
    promises_never_decrease,
    single_chosen_value,
    validity,
)
from .catalogue import Bug, Entry

# -- messages -----------------------------------------------------------------------------------


class Vote(NamedTuple):
    ballot: int
    value: str


class Prepare(NamedTuple):
    ballot: int


class Promise(NamedTuple):
    ballot: int
    voted: Vote | None


class Accept(NamedTuple):
    ballot: int
    value: str


# -- actors -------------------------------------------------------------------------------------


@dataclass
class Acceptor(Actor):
    """`promised` is 0 before the first promise; ballots count from 1. Both fields survive a crash:
    an acceptor that forgets them is none."""

    promise_copies: int = 1
    promised: int = durable(0)
    voted: Vote | None = durable(None)

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case Prepare(ballot) if ballot >= self.promised:
                self.promised = ballot
                for _ in range(self.promise_copies):
                    self.send(sender, self.promise(ballot))
            case Accept(ballot, value) if self.may_vote(ballot):
                self.vote(ballot, value)
                self.record(Voted(self.id, ballot, value))

    def promise(self, ballot: int) -> Promise:
        return Promise(ballot, self.voted)

    def may_vote(self, ballot: int) -> bool:
        return ballot >= self.promised

    def vote(self, ballot: int, value: str) -> None:
        self.promised = max(ballot, self.promised)
        self.voted = Vote(ballot, value)


@dataclass
class Proposer(Actor):
    """Tries its `ballots` one after the other, and may give up on one at any time."""

    value: str
    ballots: tuple[int, ...]
    acceptors: tuple[str, ...]
    quorum: int
    round: int = 0
    promises: dict[str, Vote | None] = field(default_factory=dict)
    writing: bool = False

    @property
    def ballot(self) -> int:
        return self.ballots[self.round]

    def start(self) -> None:
        self.prepare()

    def timeout(self, name: str) -> None:
        self.round += 1
        self.promises, self.writing = {}, False
        self.prepare()

    def prepare(self) -> None:
        if self.round + 1 < len(self.ballots):
            self.set_timer("next round")
        self.broadcast(self.acceptors, Prepare(self.ballot))

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case Promise() if self.counts(message) and not self.writing:
                self.count(message, sender)
                if self.enough():
                    self.write()

    def write(self) -> None:
        value = self.select([vote for vote in self.promises.values() if vote])
        self.record(Proposed(self.id, self.ballot, value))
        for acceptor, vote in self.promises.items():
            if vote:
                self.record(Reported(self.id, self.ballot, acceptor, *vote))
        self.promises, self.writing = {}, True
        self.broadcast(self.acceptors, Accept(self.ballot, value))

    def counts(self, promise: Promise) -> bool:
        return promise.ballot == self.ballot

    def count(self, promise: Promise, sender: str) -> None:
        self.promises[sender] = promise.voted

    def enough(self) -> bool:
        return len(self.promises) >= self.quorum

    def select(self, votes: list[Vote]) -> str:
        return max(votes).value if votes else self.value

    def facts(self) -> list[Wanted]:
        return [Wanted(self.value)]


# -- the model ----------------------------------------------------------------------------------


def paxos(
    proposers: Annotated[int, "how many proposers, p1, p2, …"] = 2,
    acceptors: Annotated[int, "how many acceptors, a1, a2, …"] = 3,
    rounds: Annotated[int, "how many ballots each proposer may try"] = 1,
    retrying: Annotated[int | None, "how many proposers try more than one; none: all"] = None,
    quorum: Annotated[int | None, "how many acceptors are a quorum; none: a majority"] = None,
    values: Annotated[tuple[str, ...], "the proposers' values, in turn; none: x, y, z, …"] = (),
    promise_copies: Annotated[int, "how often an acceptor sends each promise"] = 1,
    keep_ignored: Annotated[
        bool, "messages that nobody heeds stay in flight, without a step"
    ] = False,
    network: Annotated[str, "bag, duplicating, or fifo"] = "bag",
    crashes: Annotated[int, "how often acceptors may crash, all together"] = 0,
    losses: Annotated[int, "how many messages the network may lose"] = 0,
    bug: Annotated[str | None, "a seeded bug, by name"] = None,
) -> Model:
    """Single-decree Paxos: proposers that agree on one value, through acceptors that vote."""
    counts = {"proposers": proposers, "acceptors": acceptors, "rounds": rounds}
    _check(bug, retrying, **counts, promise_copies=promise_copies)
    if network not in _NETWORKS:
        raise UsageError(
            f"paxos: there is no network {network!r}; there are {', '.join(_NETWORKS)}."
        )
    names = tuple(f"a{n + 1}" for n in range(acceptors))
    quorums = Quorums.majorities(names) if quorum is None else Quorums.of_size(names, quorum)
    size = len(quorums.quorums[0])
    wanted = [_value(n, values) for n in range(proposers)]
    # Values that can be written before somebody's last ballot: unless someone tries again, the
    # last proposer's own comes too late for anyone to see.
    seen = set(wanted if rounds > 1 and retrying != 0 else wanted[:-1])
    make_proposer, make_acceptor = _ROLES.get(bug or "", (Proposer, Acceptor))
    actors: dict[str, Actor] = {}
    for n, value in enumerate(wanted):
        ballots = tuple(
            round_ + 1 if bug == "shared-ballot" else round_ * proposers + n + 1
            for round_ in range(rounds if retrying is None or n < retrying else 1)
        )
        enough = acceptors // 2 if bug == "minority-quorum" else size
        actors[f"p{n + 1}"] = make_proposer(value, ballots, names, max(enough, 1))
    for name in names:
        actors[name] = make_acceptor(promise_copies)
    return Model(
        name="paxos" if bug is None else f"paxos with bug {bug}",
        actors=actors,
        network=_NETWORKS[network](keep_ignored=keep_ignored),
        faults=Faults(crashes=crashes, losses=losses, actors=names if crashes else None),
        properties=[
            single_chosen_value(quorums),
            greatest_promise_selection(),
            validity(quorums),
            promises_never_decrease(promised_by),
            *_witnesses(quorums, proposers, size, len(seen)),
        ],
    )


_NETWORKS: dict[str, Callable[..., Network]] = {
    "bag": Bag,
    "duplicating": Duplicating,
    "fifo": Fifo,
}


def promised_by(actor: Actor) -> int | None:
    """The ballot below which an acceptor takes part in nothing; a vote is a promise, too."""
    if not isinstance(actor, Acceptor):
        return None
    return max(actor.promised, actor.voted.ballot if actor.voted else 0)


def _check(bug: str | None, retrying: int | None, **counts: int) -> None:
    for name, count in counts.items():
        if type(count) is not int or count < 1:
            raise UsageError(f"paxos: {name} must be at least 1; got {count!r}.")
    if retrying is not None and retrying < 0:
        raise UsageError(f"paxos: retrying must be at least 0; got {retrying}.")
    if bug is not None and bug not in ENTRY.bugs:
        raise UsageError(f"paxos: there is no bug {bug!r}; there are {', '.join(ENTRY.bugs)}.")


def _value(n: int, values: tuple[str, ...]) -> str:
    if values:
        return values[n % len(values)]
    return "xyz"[n] if n < 3 else f"v{n + 1}"


# -- situations that a check must reach -----------------------------------------------------------


def _witnesses(quorums: Quorums, proposers: int, size: int, values: int) -> list[Property]:
    """The witnesses that an instance of this size can reach."""

    def a_value_is_chosen(facts: FactSet) -> bool:
        votes: dict[tuple[int, str], set[str]] = {}
        for fact in facts:
            if isinstance(fact, Voted):
                votes.setdefault((fact.ballot, fact.value), set()).add(fact.acceptor)
        return any(map(quorums.is_quorum, votes.values()))

    witnesses: list[Property] = [Witness("a value is chosen", a_value_is_chosen)]
    if proposers >= 2:
        witnesses.append(Witness("a proposer is overtaken between promises and writes", overtaken))
    if proposers >= 2 and len(quorums.members) >= 2:
        witnesses.append(Witness("two proposers write interleaved", written_interleaved))
    if proposers >= 3 and values >= 2 and 2 <= size < len(quorums.members):
        witnesses.append(
            Witness(
                "a third proposer sees two written values and selects the greater promise's",
                greater_of_two,
                milestones={
                    "two different values are written": two_values_written,
                    "a proposer's quorum reports both": two_values_reported,
                },
            )
        )
    return witnesses


def overtaken(facts: FactSet) -> bool:
    """Someone proposes at a ballot that its acceptors have promised away to a greater one.

    The proposer of the greater ballot counted promises that report no vote for the lesser ballot
    or above, so those acceptors can vote for the lesser one no more.
    """
    proposals = [fact for fact in facts if isinstance(fact, Proposed)]
    return any(
        lesser.ballot < greater.ballot
        and all(report.voted < lesser.ballot for report in _reports(facts, greater))
        for lesser in proposals
        for greater in proposals
    )


def written_interleaved(facts: FactSet) -> bool:
    """Each of two ballots has the vote of an acceptor that has not voted at the other."""
    votes = {(fact.acceptor, fact.ballot) for fact in facts if isinstance(fact, Voted)}
    return any(
        ballot < other and (acceptor, other) not in votes and (someone, ballot) not in votes
        for acceptor, ballot in votes
        for someone, other in votes
    )


def two_values_written(facts: FactSet) -> bool:
    """Votes for different values exist."""
    return len({fact.value for fact in facts if isinstance(fact, Voted)}) > 1


def two_values_reported(facts: FactSet) -> bool:
    """The promises that some proposer counted report different values."""
    return any(
        len({report.value for report in _reports(facts, proposal)}) > 1
        for proposal in facts
        if isinstance(proposal, Proposed)
    )


def greater_of_two(facts: FactSet) -> bool:
    """... and it proposed the value of the greater ballot among them."""
    for proposal in facts:
        if isinstance(proposal, Proposed):
            reports = _reports(facts, proposal)
            if len({report.value for report in reports}) > 1:
                greatest = max(reports, key=lambda report: report.voted)
                if proposal.value == greatest.value:
                    return True
    return False


def _reports(facts: FactSet, proposal: Proposed) -> list[Reported]:
    return [
        fact
        for fact in facts
        if isinstance(fact, Reported)
        and (fact.proposer, fact.ballot) == (proposal.proposer, proposal.ballot)
    ]


# -- seeded bugs ----------------------------------------------------------------------------------


class SelectsLowest(Proposer):
    def select(self, votes: list[Vote]) -> str:
        return min(votes).value if votes else self.value


@dataclass
class SelectsLast(Proposer):
    last: Vote | None = None

    def count(self, promise: Promise, sender: str) -> None:
        super().count(promise, sender)
        self.last = promise.voted or self.last

    def select(self, votes: list[Vote]) -> str:
        last, self.last = self.last, None
        return last.value if last else self.value


class IgnoresPromises(Proposer):
    def select(self, votes: list[Vote]) -> str:
        return self.value


@dataclass
class CountsMessages(Proposer):
    counted: int = 0

    def count(self, promise: Promise, sender: str) -> None:
        super().count(promise, sender)
        self.counted += 1

    def enough(self) -> bool:
        return self.counted >= self.quorum


class CountsEarlierRounds(Proposer):
    def counts(self, promise: Promise) -> bool:
        return promise.ballot in self.ballots


class VotesBelowPromise(Acceptor):
    def may_vote(self, ballot: int) -> bool:
        return True


class VoteIsNoPromise(Acceptor):
    def vote(self, ballot: int, value: str) -> None:
        self.voted = Vote(ballot, value)


class HidesVote(Acceptor):
    def promise(self, ballot: int) -> Promise:
        return Promise(ballot, None)


@dataclass
class Forgets(Acceptor):
    promised: int = 0
    voted: Vote | None = None


_ROLES: dict[str, tuple[type[Proposer], type[Acceptor]]] = {
    "lowest-promise": (SelectsLowest, Acceptor),
    "last-promise": (SelectsLast, Acceptor),
    "ignored-promises": (IgnoresPromises, Acceptor),
    "duplicate-promises": (CountsMessages, Acceptor),
    "earlier-round-promises": (CountsEarlierRounds, Acceptor),
    "vote-below-promise": (Proposer, VotesBelowPromise),
    "vote-is-no-promise": (Proposer, VoteIsNoPromise),
    "hidden-vote": (Proposer, HidesVote),
    "amnesia": (Proposer, Forgets),
}

_THREE = {"proposers": 3, "keep_ignored": True}
AGREEMENT, SELECTION = "single chosen value", "greatest-promise selection"

ENTRY = Entry(
    summary="Single-decree Paxos: proposers that agree on one value, through acceptors that vote.",
    factory=paxos,
    bugs={
        "lowest-promise": Bug(
            "a proposer selects the value of the lowest ballot reported", SELECTION, 14, _THREE
        ),
        "last-promise": Bug("a proposer selects the value reported last", SELECTION, 14, _THREE),
        "ignored-promises": Bug(
            "a proposer proposes its own value whatever is reported", SELECTION, 9
        ),
        "vote-below-promise": Bug("an acceptor votes at a ballot below its promise", AGREEMENT, 12),
        "vote-is-no-promise": Bug(
            "an acceptor does not raise its promise when it votes", "promises never decrease", 10
        ),
        "hidden-vote": Bug("an acceptor's promise does not report its vote", AGREEMENT, 12),
        "minority-quorum": Bug(
            "a proposer is content with the promises of half of the acceptors", AGREEMENT, 8
        ),
        "duplicate-promises": Bug(
            "a proposer counts promises, not who gave them, and one comes twice",
            AGREEMENT,
            10,
            {"promise_copies": 2, "keep_ignored": True},
        ),
        "earlier-round-promises": Bug(
            "a proposer counts promises for an earlier ballot of its own",
            AGREEMENT,
            13,
            {"rounds": 2, "retrying": 1, "keep_ignored": True},
        ),
        "amnesia": Bug(
            "an acceptor forgets its promise and its vote when it crashes",
            AGREEMENT,
            14,
            {"crashes": 1},
        ),
        "shared-ballot": Bug("all proposers use the same ballots", AGREEMENT, 12),
    },
)
