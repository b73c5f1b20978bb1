"""What every replicated log must keep, ready made, whoever writes to it.

Members keep logs of entries; each entry has a promise, a number that grows along the log, and is
either a *government*, which says who may write from then on, or a user's. After a government
collapses a proposer collects registers (chains that are written and not committed), builds upon
one of them and has the result accepted.

Promises are values that `<` orders. All facts here are of the present state: yield them from
`facts()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from ..explorer.facts import Fact
from .invariant import Invariant

MemberId: TypeAlias = Annotated[str, "member"]
Number: TypeAlias = Annotated[Any, "promise"]
Body: TypeAlias = Annotated[str, "body"]


class Logged(Fact):
    """A member has an entry in its log."""

    member: MemberId
    promise: Number
    body: Body

    def __str__(self) -> str:
        return f"{self.member} has committed {self.promise} {self.body}"


class Follows(Fact):
    """In a member's log `promise` comes right after `previous`."""

    member: MemberId
    promise: Number
    previous: Number

    def __str__(self) -> str:
        return f"{self.promise} follows {self.previous} in the log of {self.member}"


class Begins(Fact):
    """The log of a member goes back to this entry and no further."""

    member: MemberId
    promise: Number

    def __str__(self) -> str:
        return f"the log of {self.member} begins with {self.promise}"


class Governed(Fact):
    """A member has committed a government."""

    member: MemberId
    promise: Number

    def __str__(self) -> str:
        return f"{self.member} has committed the government {self.promise}"


class Leads(Fact):
    """A member leads a government, and does not know it to have collapsed."""

    member: MemberId
    promise: Number

    def __str__(self) -> str:
        return f"{self.member} leads {self.promise}"


class Holds(Fact):
    """A member has accepted a chain that ends in `head`, with `promise` on it after `previous`."""

    member: MemberId
    head: Number
    promise: Number
    previous: Number

    def __str__(self) -> str:
        return f"{self.member} holds {self.promise} after {self.previous} on the way to {self.head}"


class Stands(Fact):
    """The chain that a member has accepted, and that ends in `head`, stands on `foot`."""

    member: MemberId
    head: Number
    foot: Number

    def __str__(self) -> str:
        return f"the chain of {self.member} to {self.head} stands on {self.foot}"


class Built(Fact):
    """In round `round` a proposer builds upon the chain that ends in `upon` and was written in
    round `written`; its log ends in `base`."""

    member: MemberId
    round: Number
    written: Number
    upon: Number
    base: Number

    def __str__(self) -> str:
        return f"{self.member} builds upon {self.upon} in round {self.round}"


class Found(Fact):
    """For round `round` a proposer was given, by `acceptor`, a chain that ends in `promise` and was
    written in round `written`."""

    member: MemberId
    round: Number
    acceptor: MemberId
    written: Number
    promise: Number

    def __str__(self) -> str:
        return (
            f"{self.member} was given {self.promise}, written in {self.written}, by "
            f"{self.acceptor} for round {self.round}"
        )


class Broke(Fact):
    """A member met what by the protocol cannot be."""

    member: MemberId
    why: Body

    def __str__(self) -> str:
        return f"{self.member} broke: {self.why}"


def logs_agree(name: str = "logs agree") -> Invariant:
    """One promise has one body and one entry one successor, so of two logs one is a part of the
    other. Needs `Logged` and `Follows`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.And(
            L.forall(
                *(Logged, Logged),
                lambda one, two: L.Implies(one.promise == two.promise, one.body == two.body),
            ),
            L.forall(
                *(Follows, Follows),
                lambda one, two: L.Implies(
                    one.previous == two.previous, one.promise == two.promise
                ),
            ),
        )

    return Invariant(name, formula, describe=_forked)


def never_lost(name: str = "a committed entry is never lost") -> Invariant:
    """What anyone has committed is in the log of whoever has committed a later government, unless
    that log begins later. Needs `Logged`, `Governed` and `Begins`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(Logged, _in_later_logs(L))

    return Invariant(name, formula)


def chains_keep_the_committed(name: str = "an accepted chain has all that is committed") -> Any:
    """Of what a leader has committed in office an accepted chain has all that lies between its foot
    and its head. (What a later round recovered and committed need not be on chains that rounds
    before it wrote.) Needs `Logged`, `Leads`, `Holds` and `Stands`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def in_office(entry: Any) -> Any:
            return L.exists(
                Leads,
                lambda one: L.And(one.member == entry.member, one.promise < entry.promise),
            )

        def kept(entry: Any, chain: Any) -> Any:
            return L.Implies(
                L.And(
                    chain.foot < entry.promise, entry.promise < chain.head, lambda: in_office(entry)
                ),
                lambda: L.exists(
                    Number, lambda q: Holds(chain.member, chain.head, entry.promise, q)
                ),
            )

        return L.forall(*(Stands, Logged), lambda chain, entry: kept(entry, chain))

    return Invariant(name, formula)


def greatest_chain_selection(name: str = "greatest-promise chain selection") -> Invariant:
    """Of the chains that a proposer was given, it builds upon the one that was written in the
    greatest round, and of those of one round the one of the greatest promise, unless it is in the
    log already; and promises decrease along chains. Needs `Built`, `Found` and `Holds`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def not_greater(found: Any, built: Any) -> Any:
            return L.Implies(
                L.And(found.member == built.member, found.round == built.round),
                L.Or(
                    found.promise <= built.base,
                    found.written < built.written,
                    L.And(found.written == built.written, found.promise <= built.upon),
                ),
            )

        return L.And(
            L.forall(*(Built, Found), lambda built, found: not_greater(found, built)),
            L.forall(Holds, lambda held: held.previous < held.promise),
        )

    return Invariant(name, formula)


def one_leader(name: str = "one leader a government") -> Invariant:
    """No two members lead the same government. Needs `Leads`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(
            *(Leads, Leads),
            lambda one, two: L.Implies(one.promise == two.promise, one.member == two.member),
        )

    return Invariant(name, formula)


def collapsed_never_commit(name: str = "a collapsed government commits nothing new") -> Invariant:
    """An entry of a government that has been replaced is in the log of whoever knows that it has
    been. Needs `Logged`, `Governed` and `Begins`."""

    def formula(L: Any) -> Any:  # noqa: N803
        in_later_logs = _in_later_logs(L)
        return L.forall(
            Logged,
            lambda entry: L.Or(Governed(entry.member, entry.promise), lambda: in_later_logs(entry)),
        )

    return Invariant(name, formula)


def nobody_breaks(name: str = "no assertion fails") -> Invariant:
    """No member meets what by the protocol cannot be. Needs `Broke`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(Broke, lambda broke: False)

    return Invariant(name, formula, describe=lambda facts: "; ".join(map(str, facts)))


def _in_later_logs(L: Any) -> Callable[[Any], Any]:  # noqa: N803
    """Whether an entry is in the log of whoever has committed a later government, if that does not
    begin after it."""

    def is_there(member: Any, promise: Any, body: Any) -> Any:
        begins_after = L.exists(Number, lambda q: L.And(q > promise, lambda: Begins(member, q)))
        return L.Or(Logged(member, promise, body), begins_after)

    there = L.cached(is_there)  # for many entries and governments the same is asked

    return lambda entry: L.forall(
        Governed,
        lambda later: L.Implies(
            later.promise > entry.promise,
            lambda: there(later.member, entry.promise, entry.body),
        ),
    )


def _forked(facts: tuple[Fact, ...]) -> str:
    return " and ".join(map(str, facts))
