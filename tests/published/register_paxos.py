"""A register kept by single-decree Paxos, as in stateright/stateright, examples/paxos.rs.

Every server leads, for a put it is asked for, and is an acceptor. A leader counts itself towards
its quorums without a message. Once a server knows a decision it answers gets and nothing else.

The network is unordered, loses and duplicates nothing, and keeps equal envelopes apart, as
`Network::new_unordered_nonduplicating` does. A delivery that changes nothing and sends nothing is
no step there, and the message stays in flight: `Bag(keep_ignored=True)`. (stateright calls a
delivery a no-op if the handler did not ask for a mutable state. The handlers below that write the
state always change it or send something, so it is the same.)

A ballot pairs a round with its leader's name, which orders names as stateright orders ids. About
the clients, and the history that counts towards the state, see `register`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from islander import Actor, Bag, Model

from .register import CLIENTS, Get, GetOk, Put, PutOk, clients, register_properties

# -- messages -----------------------------------------------------------------------------------


class Ballot(NamedTuple):
    round: int
    leader: str


class Proposal(NamedTuple):
    client: str
    value: str


class Vote(NamedTuple):
    ballot: Ballot
    proposal: Proposal


class Prepare(NamedTuple):
    ballot: Ballot


class Prepared(NamedTuple):
    ballot: Ballot
    last_accepted: Vote | None


class Accept(NamedTuple):
    ballot: Ballot
    proposal: Proposal


class Accepted(NamedTuple):
    ballot: Ballot


class Decided(NamedTuple):
    ballot: Ballot
    proposal: Proposal


# -- actor --------------------------------------------------------------------------------------


@dataclass
class Server(Actor):
    peers: tuple[str, ...]
    ballot: Ballot
    proposal: Proposal | None = None
    prepares: dict[str, Vote | None] = field(default_factory=dict)
    accepts: set[str] = field(default_factory=set)
    accepted: Vote | None = None
    is_decided: bool = False

    def receive(self, message: Any, sender: str) -> None:
        if self.is_decided:
            if isinstance(message, Get) and self.accepted:
                self.send(sender, GetOk(message.client, self.accepted.proposal.value))
            return
        match message:
            case Put(client, value) if self.proposal is None:
                self.lead(Proposal(client, value))
            case Prepare(ballot) if self.ballot < ballot:
                self.ballot = ballot
                self.send(sender, Prepared(ballot, self.accepted))
            case Prepared(ballot, last_accepted) if ballot == self.ballot:
                self.prepares[sender] = last_accepted
                if len(self.prepares) == self.majority():
                    self.propose()
            case Accept(ballot, proposal) if self.ballot <= ballot:
                self.ballot, self.accepted = ballot, Vote(ballot, proposal)
                self.send(sender, Accepted(ballot))
            case Accepted(ballot) if ballot == self.ballot:
                self.accepts.add(sender)
                if len(self.accepts) == self.majority() and self.proposal:
                    self.is_decided = True
                    self.broadcast(self.peers, Decided(ballot, self.proposal))
                    self.send(CLIENTS, PutOk(self.proposal.client))
            case Decided(ballot, proposal):
                self.ballot, self.accepted = ballot, Vote(ballot, proposal)
                self.is_decided = True

    def majority(self) -> int:
        return (len(self.peers) + 1) // 2 + 1

    def lead(self, proposal: Proposal) -> None:
        self.proposal = proposal
        self.ballot = Ballot(self.ballot.round + 1, self.id)
        self.prepares, self.accepts = {self.id: self.accepted}, set()
        self.broadcast(self.peers, Prepare(self.ballot))

    def propose(self) -> None:
        votes = [vote for vote in self.prepares.values() if vote]
        if votes:
            self.proposal = max(votes, key=lambda vote: vote.ballot).proposal
        assert self.proposal is not None
        self.accepted = Vote(self.ballot, self.proposal)
        self.accepts.add(self.id)
        self.broadcast(self.peers, Accept(self.ballot, self.proposal))


# -- the model ----------------------------------------------------------------------------------


def register_paxos(client_count: int = 2, server_count: int = 3) -> Model:
    names = tuple(f"s{n + 1}" for n in range(server_count))
    servers = {
        name: Server(tuple(one for one in names if one != name), Ballot(0, names[0]))
        for name in names
    }
    return Model(
        name="a register by Paxos",
        actors={**servers, CLIENTS: clients(client_count, names)},
        network=Bag(keep_ignored=True),
        properties=register_properties(),
    )
