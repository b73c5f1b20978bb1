"""Writing while a government stands: the leader's writer, and everybody's recorder.

The leader sends each entry to its quorum; when all have recorded it, it is committed. What is
recorded and not committed waits in the recorder for the next packet that brings it as committed,
or for a Paxos round to find it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ProtocolError
from .promises import NULL, Promise
from .records import Answer, Entry, Message, Prepare, Register, Said, Write

if TYPE_CHECKING:
    from .islander import Islander
    from .paxos import Acceptor


class Proposal(NamedTuple):
    """An entry that is to be, and the quorum it is to be written to."""

    promise: Promise
    quorum: tuple[str, ...]
    body: Any


class Writer(NamedTuple):
    """Writes one proposal after the other. `previous` is the promise of the newest entry."""

    previous: Promise
    proposals: tuple[Proposal, ...] = ()
    busy: bool = False

    def push(self, proposal: Proposal) -> Writer:
        return self._replace(proposals=(*self.proposals, proposal))

    def unshift(self, proposal: Proposal) -> Writer:
        return self._replace(proposals=(proposal, *self.proposals))

    def nudge(self, islander: Islander) -> None:
        """Write, unless that is being done or there is nothing to write."""
        if not self.busy and self.proposals:
            self._write(islander, busy=True)

    def answered(self, islander: Islander, now: float, message: Message, answers: Answers) -> None:
        """Everyone has recorded `message`: commit it, and write what is next."""
        assert isinstance(message, Write)
        entry = message.entry
        islander.writer = mine = self._replace(previous=entry.promise)
        islander.commit(now, entry, islander.top)
        writer = islander.writer
        assert isinstance(writer, Writer)
        if writer is mine:
            islander.writer = writer = mine._replace(busy=False)
            succeeded = False
        else:
            # Committing a government brought a successor: with these proposals, or busy with a
            # government that came of it and which took them over.
            succeeded = True
        if islander.rules.current_writer and succeeded and writer.busy:
            return
        if writer.busy or not writer.proposals:
            islander.synchronize_majority(now)
        elif succeeded and not islander.rules.current_writer:
            writer._write(islander, busy=False)
        else:
            writer.nudge(islander)

    def failed(self, islander: Islander, now: float, message: Message, answers: Answers) -> None:
        """The government has collapsed."""
        islander.collapse(now)

    def successor(self, promise: Promise) -> Writer:
        """The writer of the next government."""
        return Writer(promise, self.proposals)

    def _write(self, islander: Islander, busy: bool) -> None:
        first, *rest = self.proposals
        islander.writer = self._replace(proposals=tuple(rest), busy=busy)
        entry = Entry(first.promise, first.body, self.previous)
        round_ = islander.government.promise if islander.rules.rounds else None
        quorum = first.quorum
        if islander.rules.own_quorum and not first.promise.is_government:
            quorum = islander.government.majority
        islander.pulse(Write(quorum, entry, round_))


class Recorder(NamedTuple):
    """Keeps the last entry that was written: `register`, and what was promised: `promised`."""

    register: Register
    promised: Promise = NULL

    def request(self, islander: Islander, message: Message) -> tuple[Recorder | Acceptor, Said]:
        """The recorder after `message`, and what it says."""
        if isinstance(message, Prepare):
            from .paxos import Acceptor

            return Acceptor.instead_of(self, islander).request(islander, message)
        if not isinstance(message, Write):
            raise ProtocolError("a recorder was sent what is for an acceptor")
        if self.promised > islander.government.promise:
            return self, Said("reject", self.promised)
        entry = message.entry
        own = self.register.head
        if islander.rules.repeats and entry == own:
            return self, Said("receive", NULL)
        if entry.previous != own.promise:
            raise ProtocolError(
                f"{entry.promise} follows {entry.previous}, but {own.promise} was recorded last"
            )
        if islander.top != own.promise:
            raise ProtocolError(
                f"{own.promise} was recorded last, but the log ends in {islander.top}"
            )
        register = Register((entry,), message.round)
        return self._replace(register=register), Said("receive", NULL)

    def successor(self, islander: Islander, promise: Promise) -> Recorder:
        """The recorder of the next government."""
        return Recorder(Register((islander.newest,)), self.promised)


Answers = tuple[tuple[str, Answer], ...]
