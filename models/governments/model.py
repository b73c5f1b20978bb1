"""Instances of the government protocol for the explorer, and what is judged of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from ...explorer import Actor, Bag, Faults, Model, Property, UsageError
from ...invariants import promises_never_decrease
from ...invariants.replication import (
    chains_keep_the_committed,
    collapsed_never_commit,
    greatest_chain_selection,
    logs_agree,
    never_lost,
    nobody_breaks,
    one_leader,
)
from ..catalogue import Bug, Entry
from .islander import Islander
from .member import TIMED, Member, promised_by
from .messages import Enqueue
from .rules import PUBLISHED, SOUND, Rules
from .settled import settled
from .situations import COMMITTED_AGAIN, SITUATIONS, witnesses


@dataclass
class User(Actor):
    """Asks one of several members, whichever, for an entry."""

    members: tuple[str, ...]
    body: str

    def start(self) -> None:
        self.send(self.choose(self.members), Enqueue(self.body))


def governments(
    members: Annotated[int, "how many islanders the settled government has"] = 3,
    newcomers: Annotated[int, "how many more want to be let in"] = 0,
    values: Annotated[int, "how many entries users ask for"] = 1,
    collapses: Annotated[int, "how often a timer may make someone collapse, all together"] = 1,
    rounds: Annotated[int, "how many Paxos rounds each islander may begin"] = 1,
    losses: Annotated[int, "how many messages the network may lose"] = 0,
    duplications: Annotated[int, "how many messages it may deliver twice"] = 0,
    asked: Annotated[
        int | None, "how many members users may ask, the leader first; none: all"
    ] = None,
    trims: Annotated[bool, "whether logs drop what everybody has"] = False,
    as_published: Annotated[bool, "the published protocol, without any repair"] = False,
    reach: Annotated[tuple[str, ...], "situations that must be reached; none: the usual"] = (),
    bug: Annotated[str | None, "a repair to be left out, by name"] = None,
) -> Model:
    """The government protocol: an atomic log, kept by islanders that form governments."""
    given = {
        "members": members,
        "newcomers": newcomers,
        "values": values,
        "collapses": collapses,
        "rounds": rounds,
        "losses": losses,
        "duplications": duplications,
    }
    for name, number in given.items():
        least = 1 if name == "members" else 0
        if type(number) is not int or number < least:
            raise UsageError(f"governments: {name} must be at least {least}; got {number!r}.")
    if asked is not None and not 1 <= asked <= members:
        raise UsageError(f"governments: asked must be from 1 to {members}; got {asked!r}.")
    name, rules = _rules(as_published, bug)
    islanders = settled(members, newcomers, rules)
    founders = tuple(islanders)[:members]
    actors: dict[str, Actor] = {}
    for number, (id, islander) in enumerate(islanders.items()):
        own = {one.name: getattr(islander, one.name) for one in fields(Islander)}
        embarks = founders if number >= members else ()
        actors[id] = Member(
            **own,
            rounds=rounds,
            trims=trims,
            embarks=embarks,
            notes=COMMITTED_AGAIN in reach,
            twice=duplications > 0,
        )
    for number in range(values):
        actors[f"user {number + 1}"] = User(founders[:asked], f"v{number + 1}")
    instance = ", ".join(f"{what}={number}" for what, number in given.items() if number)
    return Model(
        name=f"{name} ({instance})",
        actors=actors,
        network=Bag(keep_ignored=True),
        faults=Faults(losses=losses, duplications=duplications, timeouts=collapses, timers=TIMED),
        properties=[*PROPERTIES, *witnesses(_situations(reach, members, values, collapses))],
    )


PROPERTIES: tuple[Property, ...] = (
    logs_agree(),
    never_lost(),
    collapsed_never_commit(),
    chains_keep_the_committed(),
    greatest_chain_selection(),
    one_leader(),
    promises_never_decrease(promised_by),
    nobody_breaks(),
)
"""What must be so in every instance."""


def _rules(as_published: bool, bug: str | None) -> tuple[str, Rules]:
    """The name of the model, and the rules that its islanders follow."""
    if as_published and bug:
        raise UsageError("governments: as published there is no repair that could be left out.")
    if as_published:
        return "governments as published", PUBLISHED
    if bug is None:
        return "governments", SOUND
    rule = bug.removeprefix(LEFT_OUT).replace("-", "_")
    if not bug.startswith(LEFT_OUT) or rule not in Rules._fields:
        there = ", ".join(LEFT_OUT + rule.replace("_", "-") for rule in Rules._fields)
        raise UsageError(f"governments: there is no bug {bug!r}; there are {there}.")
    return f"governments with bug {bug}", SOUND._replace(**{rule: False})


LEFT_OUT = "no-"
"""What the names of bugs begin with: the repair that follows is left out."""


def _situations(reach: tuple[str, ...], members: int, values: int, collapses: int) -> list[str]:
    for name in reach:
        if name not in SITUATIONS:
            raise UsageError(
                f"governments: there is no situation {name!r}; there are {', '.join(SITUATIONS)}."
            )
    if reach:
        return list(reach)
    usual = {
        "a user's entry is committed": values > 0,
        "another government is formed": collapses > 0 and members > 1,
    }
    return [name for name, wanted in usual.items() if wanted]


BREAKS, CHAINS = "no assertion fails", "an accepted chain has all that is committed"
ENTRY = Entry(
    summary="The government protocol: an atomic log, kept by islanders that form governments.",
    factory=governments,
    bugs={
        "no-entries": Bug(
            "an acceptor starts from the body of the newest entry, not from the entry",
            BREAKS,
            10,
            {"asked": 1},
        ),
        "no-takes-over": Bug(
            "an acceptor forgets what it has recorded and not committed", CHAINS, 13, {"asked": 1}
        ),
        "no-keeps-promises": Bug(
            "a promise is forgotten when a lesser government is committed",
            "promises never decrease",
            8,
            {"asked": 1},
        ),
        "no-membership": Bug(
            "a government is put on top of one with another parliament",
            BREAKS,
            16,
            {"members": 1, "newcomers": 2, "values": 0, "rounds": 2},
        ),
        "no-current-writer": Bug(
            "the writer of the government before goes on writing",
            BREAKS,
            11,
            {"newcomers": 1, "values": 2, "asked": 1, "collapses": 0},
        ),
        "no-forgets-dropped": Bug(
            "an islander behind the oldest kept entry counts as one whose log is known",
            BREAKS,
            15,
            {"members": 1, "newcomers": 1, "values": 2, "collapses": 0, "trims": True},
        ),
        "no-repeats": Bug(
            "a write that is delivered twice is recorded twice",
            BREAKS,
            4,
            {"asked": 1, "collapses": 0, "duplications": 1},
        ),
    },
)
