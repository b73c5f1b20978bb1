"""What every replicated log must keep, ready made, whoever writes to it.

Members keep logs of entries; each entry has a promise, a number that grows along the log, and is
either a *government*, which says who may write from then on, or a user's. After a government
collapses a proposer collects registers (chains that are written and not committed), builds upon
one of them and has the result accepted.

Promises are values that `<` orders. All facts here are of the present state: yield them from
`facts()`.
"""

from __future__ import annotations

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
        def one_body(a: Any, p: Any, x: Any) -> Any:
            return L.forall(MemberId, Body, lambda b, y: L.Implies(Logged(b, p, y), x == y))

        def one_successor(a: Any, p: Any, q: Any) -> Any:
            return L.forall(MemberId, Number, lambda b, r: L.Implies(Follows(b, r, q), p == r))

        return L.And(
            L.forall(
                *(MemberId, Number, Body),
                lambda a, p, x: L.Implies(Logged(a, p, x), lambda: one_body(a, p, x)),
            ),
            L.forall(
                *(MemberId, Number, Number),
                lambda a, p, q: L.Implies(Follows(a, p, q), lambda: one_successor(a, p, q)),
            ),
        )

    return Invariant(name, formula, describe=_forked)


def never_lost(name: str = "a committed entry is never lost") -> Invariant:
    """What anyone has committed is in the log of whoever has committed a later government, unless
    that log begins later. Needs `Logged`, `Governed` and `Begins`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(
            *(MemberId, Number, Body),
            lambda a, p, x: L.Implies(Logged(a, p, x), lambda: _in_later_logs(L, p, x)),
        )

    return Invariant(name, formula)


def chains_keep_the_committed(name: str = "an accepted chain has all that is committed") -> Any:
    """Of what a leader has committed in office an accepted chain has all that lies between its foot
    and its head. (What a later round recovered and committed need not be on chains that rounds
    before it wrote.) Needs `Logged`, `Leads`, `Holds` and `Stands`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def in_office(a: Any, p: Any) -> Any:
            return L.exists(Number, lambda g: L.And(g < p, lambda: Leads(a, g)))

        def kept(b: Any, h: Any, f: Any) -> Any:
            return L.forall(
                *(MemberId, Number, Body),
                lambda a, p, x: L.Implies(
                    L.And(f < p, p < h, lambda: Logged(a, p, x), lambda: in_office(a, p)),
                    lambda: L.exists(Number, lambda q: Holds(b, h, p, q)),
                ),
            )

        return L.forall(
            *(MemberId, Number, Number),
            lambda b, h, f: L.Implies(Stands(b, h, f), lambda: kept(b, h, f)),
        )

    return Invariant(name, formula)


def greatest_chain_selection(name: str = "greatest-promise chain selection") -> Invariant:
    """Of the chains that a proposer was given, it builds upon the one that was written in the
    greatest round, and of those of one round the one of the greatest promise, unless it is in the
    log already; and promises decrease along chains. Needs `Built`, `Found` and `Holds`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def greatest(m: Any, r: Any, w: Any, u: Any, base: Any) -> Any:
            return L.forall(
                *(MemberId, Number, Number),
                lambda a, v, f: L.Implies(
                    Found(m, r, a, v, f), L.Or(f <= base, v < w, L.And(v == w, f <= u))
                ),
            )

        return L.And(
            L.forall(
                *(MemberId, Number, Number, Number, Number),
                lambda m, r, w, u, base: L.Implies(
                    Built(m, r, w, u, base), lambda: greatest(m, r, w, u, base)
                ),
            ),
            L.forall(
                *(MemberId, Number, Number, Number),
                lambda m, h, p, q: L.Implies(Holds(m, h, p, q), q < p),
            ),
        )

    return Invariant(name, formula)


def one_leader(name: str = "one leader a government") -> Invariant:
    """No two members lead the same government. Needs `Leads`."""

    def formula(L: Any) -> Any:  # noqa: N803
        def alone(a: Any, g: Any) -> Any:
            return L.forall(MemberId, lambda b: L.Implies(Leads(b, g), a == b))

        return L.forall(MemberId, Number, lambda a, g: L.Implies(Leads(a, g), lambda: alone(a, g)))

    return Invariant(name, formula)


def collapsed_never_commit(name: str = "a collapsed government commits nothing new") -> Invariant:
    """An entry of a government that has been replaced is in the log of whoever knows that it has
    been. Needs `Logged`, `Governed` and `Begins`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(
            *(MemberId, Number, Body),
            lambda a, p, x: L.Implies(
                L.And(Logged(a, p, x), lambda: L.Not(Governed(a, p))),
                lambda: _in_later_logs(L, p, x),
            ),
        )

    return Invariant(name, formula)


def nobody_breaks(name: str = "no assertion fails") -> Invariant:
    """No member meets what by the protocol cannot be. Needs `Broke`."""

    def formula(L: Any) -> Any:  # noqa: N803
        return L.forall(MemberId, Body, lambda m, why: L.Not(Broke(m, why)))

    return Invariant(name, formula, describe=lambda facts: "; ".join(map(str, facts)))


def _in_later_logs(L: Any, promise: Any, body: Any) -> Any:  # noqa: N803
    return L.forall(
        *(MemberId, Number),
        lambda b, g: L.Implies(
            L.And(g > promise, lambda: Governed(b, g)),
            lambda: L.Or(Logged(b, promise, body), lambda: _begins_after(L, b, promise)),
        ),
    )


def _begins_after(L: Any, member: Any, promise: Any) -> Any:  # noqa: N803
    return L.exists(Number, lambda q: L.And(q > promise, lambda: Begins(member, q)))


def _forked(facts: tuple[Fact, ...]) -> str:
    return " and ".join(map(str, facts))
