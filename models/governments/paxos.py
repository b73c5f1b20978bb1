"""Paxos over write chains, after a government has collapsed: proposers and acceptors.

A proposer asks a quorum to promise it a round, takes over the chain that was written last, puts a
government on top of it and has the same quorum accept that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import ProtocolError
from .promises import NULL, Promise
from .records import (
    Accept,
    Bare,
    Change,
    Entry,
    Government,
    Link,
    Message,
    Prepare,
    Register,
    Said,
)
from .two_phase import Answers, Proposal, Recorder, Writer

if TYPE_CHECKING:
    from .islander import Islander
    from .rules import Rules


class Proposer(NamedTuple):
    """Proposes a government. `register` is the chain that it builds upon."""

    promise: Promise
    register: Register
    proposal: Proposal | None = None

    @classmethod
    def of(cls, islander: Islander) -> Proposer:
        """The proposer of an islander that has collapsed."""
        least = islander.government.promise
        if islander.rules.keeps_promises:
            least = max(least, islander.recorder.promised)
        return cls(next_round(least, islander.rules), Register((islander.newest,)))

    def unshift(self, proposal: Proposal) -> Proposer:
        return self._replace(proposal=proposal)

    def nudge(self, islander: Islander) -> None:
        """Begin a round."""
        assert self.proposal is not None
        islander.pulse(Prepare(self.proposal.quorum, self.promise))

    def answered(self, islander: Islander, now: float, message: Message, answers: Answers) -> None:
        """Everyone has promised, or accepted."""
        if isinstance(message, Accept):
            for link in message.register.chain:
                islander.commit(now, link, islander.top)
            if message.register.head.promise != message.promise:
                islander.recovered(now)  # a found government
            return
        assert isinstance(message, Prepare)
        assert self.proposal is not None
        found = self.register
        for _, answer in answers:
            assert answer.said.register is not None
            found = greater(found, answer.said.register, islander.rules)
        if islander.rules.follows_log:
            found = following(found, islander.newest)
        islander.writer = self._replace(register=found)
        if islander.rules.membership:
            alone, change = up_to_other_parliament(found, islander.government)
            if change is not None:
                self._recover(islander, message, alone, change)
                return
        if self.proposal.body.promise != message.promise:
            # Both parliaments were asked to recover what is in the log meanwhile: propose anew.
            promise = next_round(message.promise, islander.rules)
            islander.writer = self._replace(promise=promise, register=found)
            islander.retry(now)
            return
        entry = Entry(message.promise, self.proposal.body, found.head.promise)
        round_ = message.promise if islander.rules.rounds else None
        register = Register((*found.chain, entry), round_)
        islander.pulse(Accept(message.to, message.promise, register))

    def _recover(
        self, islander: Islander, message: Prepare, found: Register, change: Change
    ) -> None:
        """Have a found government accepted by quorums of both parliaments, once both promised."""
        both = (*message.to, *islander.missing_of(message.to, change))
        if set(both) <= set(message.to):
            islander.pulse(Accept(both, message.promise, found._replace(round=message.promise)))
            return
        promise = next_round(message.promise, islander.rules)
        islander.writer = self._replace(promise=promise, register=found)
        islander.pulse(Prepare(both, promise))

    def failed(self, islander: Islander, now: float, message: Message, answers: Answers) -> None:
        """Someone has not answered, or refused: try again in a later round."""
        if not isinstance(message, (Prepare, Accept)):
            raise ProtocolError("a proposer failed in what is no round of its own")
        promises = [message.promise]
        for _, answer in answers:
            if answer.said.promise is None:
                raise ProtocolError("an answer has no promise to compare")
            promises.append(answer.said.promise)
        islander.writer = self._replace(promise=next_round(max(promises), islander.rules))
        islander.retry(now)

    def successor(self, promise: Promise) -> Writer:
        """The writer of the government that came of it."""
        return Writer(promise)


class Acceptor(NamedTuple):
    """Promises rounds, each greater than the one before, and keeps the chain it accepted last."""

    promised: Promise
    register: Register

    @classmethod
    def instead_of(cls, recorder: Recorder, islander: Islander) -> Acceptor:
        """The acceptor that takes the place of a recorder."""
        rules, newest = islander.rules, islander.newest
        first = newest if rules.entries else Bare(newest.body)
        least, register = first.promise, Register((first,))
        if rules.takes_over:
            if recorder.register.head.promise > newest.promise:
                chain = (*register.chain, recorder.register.head)
                register = recorder.register._replace(chain=chain)
        elif isinstance(islander.writer, Proposer):
            register = islander.writer.register
        promised = register.head.promise if rules.takes_over else least
        return cls(max(promised, recorder.promised), register)

    def request(self, islander: Islander, message: Message) -> tuple[Acceptor, Said]:
        """The acceptor after `message`, and what it says."""
        if isinstance(message, Prepare):
            if self.promised < message.promise:
                register = self._based(islander)
                after = Acceptor(message.promise, register)
                return after, Said("promise", message.promise, register)
        elif isinstance(message, Accept) and self.promised == message.promise:
            after = self._replace(register=message.register)
            return after, Said("accepted", message.promise)
        return self, Said("reject", self.promised)

    def successor(self, islander: Islander, promise: Promise) -> Acceptor | Recorder:
        """Who records for the government `promise`: this acceptor still, if it stands within the
        chain that it accepted."""
        within = self.register.chain[1:-1]
        if islander.rules.follows_log:
            if islander.newest in within:
                return self
        elif promise in [link.promise for link in within]:
            return self
        kept = self.promised if islander.rules.keeps_promises else NULL
        return Recorder(Register((islander.newest,)), kept)

    def _based(self, islander: Islander) -> Register:
        if islander.rules.follows_log:
            return following(self.register, islander.newest)
        return self.register


def greater(one: Register, other: Register, rules: Rules) -> Register:
    """The one to build upon: `other` only if it is strictly greater."""
    if rules.rounds:
        return max((one, other), key=lambda r: (r.round or NULL, r.head.promise))
    return other if other.head.promise > one.head.promise else one


def following(register: Register, newest: Link) -> Register:
    """`register` with what is in the log left out, but for the newest entry that it stands on."""
    if newest in register.chain:
        return register._replace(chain=register.chain[register.chain.index(newest) :])
    if register.head.promise < newest.promise:
        return Register((newest,))
    return register


def up_to_other_parliament(
    register: Register, government: Government
) -> tuple[Register, Change | None]:
    """`register` up to the first government on it whose parliament has other members than that of
    `government`, and the body of that; None if there is none."""
    parliament = set(government.parliament)
    for at, link in enumerate(register.chain):
        change = link.body
        if link.promise <= government.promise or not isinstance(change, Change):
            continue
        if set(change.majority + change.minority) != parliament:
            return register._replace(chain=register.chain[: at + 1]), change
    return register, None


def next_round(promise: Promise, rules: Rules) -> Promise:
    """The round after `promise`."""
    if rules.whole_rounds:
        return promise.next_government()
    return promise.next_government_as_published()
