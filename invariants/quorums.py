"""Quorum systems: which sets of members can decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from ..explorer.errors import UsageError


@dataclass(frozen=True)
class Quorums:
    """A family of quorums over `members`, kept as its minimal sets.

    Iterating gives the quorums, each a frozenset of members; `is_quorum(some)` says whether
    `some` includes one. Families need not intersect pairwise: whether they do (`intersecting`)
    is a question one may want to ask of a protocol's broken configuration.
    """

    members: tuple[str, ...]
    quorums: tuple[frozenset[str], ...]

    @staticmethod
    def majorities(members: Iterable[str]) -> Quorums:
        """All sets of more than half of the members."""
        members = tuple(members)
        return Quorums.of_size(members, len(members) // 2 + 1)

    @staticmethod
    def of_size(members: Iterable[str], size: int) -> Quorums:
        """All sets of `size` members."""
        members = tuple(members)
        if not 1 <= size <= len(members):
            raise UsageError(
                f"a quorum of {size} among {len(members)} member(s) cannot be; "
                f"its size must be from 1 to {len(members)}."
            )
        return Quorums.family(members, map(frozenset, combinations(members, size)))

    @staticmethod
    def family(members: Iterable[str], quorums: Iterable[Collection[str]]) -> Quorums:
        """An explicit family. Raises UsageError if it is empty, has an empty quorum, or names
        someone who is not a member."""
        members = tuple(members)
        repeated = sorted({member for member in members if members.count(member) > 1})
        if repeated:
            raise UsageError(f"the member {repeated[0]!r} is named twice among {members!r}.")
        family = [frozenset(quorum) for quorum in quorums]
        if not family:
            raise UsageError("a family of quorums needs at least one quorum; got none.")
        for quorum in family:
            strangers = sorted(quorum - set(members))
            if not quorum:
                raise UsageError("an empty set cannot be a quorum: it would decide everything.")
            if strangers:
                raise UsageError(
                    f"the quorum {sorted(quorum)} names {', '.join(map(repr, strangers))}, "
                    f"who is not among the members {', '.join(members)}."
                )
        minimal = {q for q in family if not any(other < q for other in family)}
        return Quorums(members, tuple(sorted(minimal, key=sorted)))

    def __iter__(self) -> Iterator[frozenset[str]]:
        return iter(self.quorums)

    def __len__(self) -> int:
        return len(self.quorums)

    def __contains__(self, some: object) -> bool:
        return some in self.quorums

    def is_quorum(self, some: Collection[str]) -> bool:
        """Whether `some` includes a quorum."""
        return any(quorum <= set(some) for quorum in self.quorums)

    @property
    def intersecting(self) -> bool:
        """Whether every two quorums have a member in common."""
        return all(one & other for one, other in combinations(self.quorums, 2))
