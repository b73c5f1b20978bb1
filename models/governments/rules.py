"""The rules that make the protocol sound: each is one repair of the published one."""

from __future__ import annotations

from typing import NamedTuple


class Rules(NamedTuple):
    """Which repairs are made. Without any, the protocol is the published one, fault for fault."""

    entries: bool = False
    """An acceptor starts from the newest entry of the log, not from the body of that entry."""

    takes_over: bool = False
    """An acceptor takes over what was recorded and not committed, on top of the newest entry, and
    promises no less than what that says."""

    rounds: bool = False
    """Registers are compared by the round they were written in, and by their promise second."""

    keeps_promises: bool = False
    """A promise survives governments below it: who has promised anything above a government
    records nothing for it."""

    follows_log: bool = False
    """A register that the log has overtaken is replaced by the newest entry of the log; and it has,
    if another entry of the same promise than the register's was committed."""

    own_quorum: bool = False
    """An entry is written to the majority of the government that it is numbered in, be it queued or
    asked for while that government is written."""

    current_writer: bool = False
    """Only the writer of the present government writes."""

    forgets_dropped: bool = False
    """An islander that is behind the oldest kept entry, or whose arrival is not kept, counts as one
    whose log is not known; entries older than that are not compared again; and the newest entry
    is always kept."""

    whole_rounds: bool = False
    """The round after 7/3 is 8/0, not 8/3."""

    membership: bool = False
    """A found government with another parliament is recovered alone, by quorums of both
    parliaments, before a new one is proposed."""

    repeats: bool = False
    """A write that is delivered twice is recorded once."""

    own_arrival: bool = False
    """A newcomer is handed the government before its own arrival, not that before another's, whom
    the same packet is for."""

    members_propose: bool = False
    """Whoever has recovered a found government proposes another only as a member of its
    parliament, and else has that do so."""

    keeps_majority: bool = False
    """Nobody of the majority departs: whoever of it cannot be reached makes the government
    collapse."""

    keeps_proposing: bool = False
    """A leader that has collapsed goes on proposing when it learns an entry of its government."""

    any_quorum: bool = False
    """A found government is recovered by any quorum of its parliament, of those that answer, not
    by its majority alone."""

    levels_back: bool = False
    """Who refuses another because that is behind brings it what it lacks."""


PUBLISHED = Rules()
SOUND = Rules(*(True for _ in Rules._fields))
