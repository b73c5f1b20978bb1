"""A proposer: what it does when everybody has promised."""

from __future__ import annotations

from islander.models.governments.calendar import Proposing
from islander.models.governments.paxos import Proposer
from islander.models.governments.records import Accept, Answer, Prepare, Register, Said
from islander.models.governments.rules import SOUND
from islander.models.governments.settled import settled


def test_a_proposal_is_accepted_in_its_own_round_only_and_made_anew_for_another() -> None:
    for rounds in (0, 1):  # further, as after both parliaments were asked to recover a government
        islander = settled(3, 0, SOUND)["1"]
        islander.collapse(0)
        islander.fire(0, islander.calendar[0])
        writer = islander.writer
        assert isinstance(writer, Proposer)
        assert writer.proposal is not None
        promise = writer.promise
        for _ in range(rounds):
            promise = promise.next_government()
        islander.writer = writer = writer._replace(promise=promise)
        islander.outbox = ()
        said = Said("promise", promise, Register((islander.newest,)))
        answers = tuple((id, Answer(said)) for id in writer.proposal.quorum)
        writer.answered(islander, 0, Prepare(writer.proposal.quorum, promise), answers)
        accepts = [one for one in islander.outbox if isinstance(one.cookie.message, Accept)]
        anew = [one for one in islander.calendar if isinstance(one.event, Proposing)]
        assert (len(accepts), len(anew)) == ((1, 0) if rounds == 0 else (0, 1))
        assert islander.writer.promise == (promise if rounds == 0 else promise.next_government())
