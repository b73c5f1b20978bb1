"""Situations that a check of the government protocol must reach: those its notes warn of."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import TypeVar

from ...explorer import Fact, FactSet, Witness
from ...invariants.replication import Built, Found, Governed, Holds, Leads, Logged
from .member import Again, Carried, Halted, Promised, Proposes

Kind = TypeVar("Kind", bound=Fact)


def _of(facts: FactSet, kind: type[Kind]) -> Iterable[Kind]:
    return [fact for fact in facts if isinstance(fact, kind)]


def entry_committed(facts: FactSet) -> bool:
    """Somebody has committed what a user asked for."""
    governed = {(one.member, one.promise) for one in _of(facts, Governed)}
    return any((one.member, one.promise) not in governed for one in _of(facts, Logged))


def recovered(facts: FactSet) -> bool:
    """A government of two that Paxos made stands: another than the first leader leads."""
    return any(one.member != "0" for one in _of(facts, Leads))


def committed_and_collapsed(facts: FactSet) -> bool:
    """A leader leads a government that one of its acceptors has accepted, not committed, and left
    behind for a greater promise."""
    governed = {(one.member, one.promise) for one in _of(facts, Governed)}
    return any(
        promised.round > leads.promise and (promised.member, leads.promise) not in governed
        for leads in _of(facts, Leads)
        for promised in _of(facts, Promised)
    )


def carries_anothers(facts: FactSet) -> bool:
    """A promise carries the chain of another proposer."""
    return bool(_of(facts, Carried))


def commits_again(facts: FactSet) -> bool:
    """Someone is told to commit what it has committed."""
    return bool(_of(facts, Again))


def halted(facts: FactSet) -> bool:
    """A proposer is refused by its own acceptor."""
    return bool(_of(facts, Halted))


def different_chains(facts: FactSet) -> bool:
    """Two proposers would build upon different chains."""
    return len({one.upon for one in _of(facts, Proposes)}) > 1


def interleaved(facts: FactSet) -> bool:
    """Two proposers have begun to have their chains accepted."""
    rounds = {(one.member, one.round) for one in _of(facts, Built)}
    held = {one.head for one in _of(facts, Holds)}
    return any(
        one[0] != other[0] and {one[1], other[1]} <= held for one, other in permutations(rounds, 2)
    )


def greater_of_two(facts: FactSet) -> bool:
    """A proposer is given two chains that are not in its log, and builds upon the greater."""
    for built in _of(facts, Built):
        key = (built.member, built.round)
        found = {
            one.promise
            for one in _of(facts, Found)
            if (one.member, one.round) == key and one.promise > built.base
        }
        if len(found) > 1 and built.upon == max(found):
            return True
    return False


def comes_back(facts: FactSet) -> bool:
    """A chain that one proposer passed over is built upon in a later round."""
    builds = _of(facts, Built)
    return any(
        later.round > passing.round > later.upon > later.base and passing.upon < later.upon
        for later in builds
        for passing in builds
        if later.member != passing.member
    )


COMMITTED_AGAIN = "what is committed is committed again"
"""The situation that members have to note."""

SITUATIONS = {
    "a user's entry is committed": entry_committed,
    "another government is formed": recovered,
    "a government is committed and collapsed": committed_and_collapsed,
    "a promise carries another proposer's chain": carries_anothers,
    COMMITTED_AGAIN: commits_again,
    "a proposer is halted by its own acceptor": halted,
    "two proposers have different chains": different_chains,
    "two proposers write interleaved": interleaved,
    "of two written chains the greater is built upon": greater_of_two,
    "a chain that was discarded comes back": comes_back,
}
"""The situations, by name."""


def witnesses(names: Iterable[str]) -> list[Witness]:
    """The witnesses of these names."""
    return [Witness(name, SITUATIONS[name]) for name in names]
