"""What every consensus protocol must keep, ready made.

A protocol states what happened in the facts below, and these properties say what must never
follow from it. The terms are those of Lamport's "Paxos Made Simple" (2001): a value is *chosen*
when all acceptors of some quorum have voted for it at the same ballot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from ..explorer.facts import Fact
from ..explorer.properties import StepInvariant
from .invariant import Invariant
from .quorums import Quorums

AcceptorId: TypeAlias = Annotated[str, "acceptor"]
ProposerId: TypeAlias = Annotated[str, "proposer"]
Ballot: TypeAlias = Annotated[int, "ballot"]
Value: TypeAlias = Annotated[str, "value"]


class Wanted(Fact):
    """Somebody wants this value to be chosen."""

    value: Value

    def __str__(self) -> str:
        return f"{self.value} is wanted"


class Voted(Fact):
    """An acceptor accepted a value at a ballot. Record it: a vote is never taken back."""

    acceptor: AcceptorId
    ballot: Ballot
    value: Value

    def __str__(self) -> str:
        return f"{self.acceptor} voted for {self.value} at ballot {self.ballot}"


class Proposed(Fact):
    """A proposer asked acceptors to accept a value at a ballot."""

    proposer: ProposerId
    ballot: Ballot
    value: Value

    def __str__(self) -> str:
        return f"{self.proposer} proposed {self.value} at ballot {self.ballot}"


class Reported(Fact):
    """Of the promises that a proposer counted for a ballot, one, from `acceptor`, carried the
    vote for `value` at ballot `voted`. Record it when the proposer proposes."""

    proposer: ProposerId
    ballot: Ballot
    acceptor: AcceptorId
    voted: Ballot
    value: Value

    def __str__(self) -> str:
        return (
            f"{self.proposer} counted, for ballot {self.ballot}, a promise of {self.acceptor} "
            f"that reports {self.value} at ballot {self.voted}"
        )


def chosen(L: Any, quorums: Quorums, ballot: Any, value: Any) -> Any:  # noqa: N803
    """The formula: all acceptors of some quorum voted for `value` at `ballot`."""
    return L.exists(
        quorums, lambda quorum: L.forall(quorum, lambda acceptor: Voted(acceptor, ballot, value))
    )


def single_chosen_value(quorums: Quorums, name: str = "single chosen value") -> Invariant:
    """At most one value is ever chosen, at whatever ballots. Needs `Voted`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(
            *(Ballot, Value, Ballot, Value),
            lambda b, v, c, w: L.Or(
                v == w,
                lambda: L.Not(L.And(chosen(L, quorums, b, v), lambda: chosen(L, quorums, c, w))),
            ),
        )

    return Invariant(name, formula, describe=_both_chosen)


def greatest_promise_selection(name: str = "greatest-promise selection") -> Invariant:
    """What is proposed at a ballot is the value of the greatest ballot among the votes that the
    counted promises report; if they report none it is free. Needs `Proposed` and `Reported`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def greater_report(p: Any, b: Any, c: Any, v: Any) -> Any:
            return L.exists(
                *(AcceptorId, Ballot), lambda a, d: L.And(d > c, Reported(p, b, a, d, v))
            )

        def selected(p: Any, b: Any, v: Any) -> Any:
            return L.forall(
                *(AcceptorId, Ballot, Value),
                lambda a, c, w: L.Implies(
                    Reported(p, b, a, c, w), lambda: L.Or(v == w, greater_report(p, b, c, v))
                ),
            )

        return L.forall(
            *(ProposerId, Ballot, Value),
            lambda p, b, v: L.Implies(Proposed(p, b, v), lambda: selected(p, b, v)),
        )

    return Invariant(name, formula, describe=_selected_otherwise)


def validity(quorums: Quorums, name: str = "validity") -> Invariant:
    """Only a value that somebody wanted is chosen. Needs `Voted` and `Wanted`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(
            *(Ballot, Value), lambda b, v: L.Implies(chosen(L, quorums, b, v), Wanted(v))
        )

    return Invariant(name, formula)


def promises_never_decrease(
    promise: Callable[[Any], Any], name: str = "promises never decrease"
) -> StepInvariant:
    """No local step makes an actor's promise smaller.

    `promise(actor)` gives what the actor has promised, by its word or by a vote, in values that
    `<=` orders; None for an actor that makes no promises.
    """

    def holds(before: Any, event: Any, after: Any) -> bool:
        earlier, later = promise(before), promise(after)
        return earlier is None or bool(earlier <= later)

    def describe(before: Any, event: Any, after: Any) -> str:
        return f"the promise of {after.id} fell from {promise(before)} to {promise(after)}"

    return StepInvariant(name, holds, describe)


def _selected_otherwise(facts: tuple[Fact, ...]) -> str:
    proposals = [str(fact) for fact in facts if isinstance(fact, Proposed)]
    reports = [fact for fact in facts if isinstance(fact, Reported)]
    reported = " and ".join(f"{r.value} at ballot {r.voted} by {r.acceptor}" for r in reports)
    return f"{'; '.join(proposals)} although the promises it counted report {reported}"


def _both_chosen(facts: tuple[Fact, ...]) -> str:
    voters: dict[tuple[str, int], list[str]] = {}
    for fact in facts:
        assert isinstance(fact, Voted)
        voters.setdefault((fact.value, fact.ballot), []).append(fact.acceptor)
    return "; ".join(
        f"{value} was chosen at ballot {ballot} by {', '.join(sorted(by))}"
        for (value, ballot), by in sorted(voters.items(), key=lambda item: item[0][1])
    )
