"""Quorum systems, against the plain definitions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander import IslanderError, Quorums
from islander.explorer.errors import UsageError

MEMBERS = ("a", "b", "c", "d")
SUBSETS = tuple(map(frozenset, chain.from_iterable(combinations(MEMBERS, n) for n in range(1, 5))))


def sets(*texts: str) -> set[frozenset[str]]:
    """`sets("ab", "c")` is {{a, b}, {c}}."""
    return set(map(frozenset, texts))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("a", sets("a")),
        ("ab", sets("ab")),
        ("abc", sets("ab", "ac", "bc")),
        ("abcd", sets("abc", "abd", "acd", "bcd")),
    ],
)
def test_majorities_are_the_smallest_sets_of_more_than_half(
    members: str, expected: set[frozenset[str]]
) -> None:
    quorums = Quorums.majorities(members)
    assert set(quorums) == expected
    assert len(quorums) == len(expected)
    assert quorums.members == tuple(members)
    assert quorums.intersecting


@pytest.mark.parametrize(
    ("size", "expected", "intersecting"),
    [
        (1, sets("a", "b", "c"), False),
        (2, sets("ab", "ac", "bc"), True),
        (3, sets("abc"), True),
    ],
)
def test_quorums_of_a_size_are_all_sets_of_that_size(
    size: int, expected: set[frozenset[str]], intersecting: bool
) -> None:
    quorums = Quorums.of_size("abc", size)
    assert set(quorums) == expected
    assert quorums.intersecting is intersecting


def test_a_family_keeps_only_its_minimal_sets_each_once() -> None:
    quorums = Quorums.family(MEMBERS, ["abc", "ab", "ba", ("c", "d"), {"c", "d", "a"}])
    assert list(quorums) == [frozenset("ab"), frozenset("cd")]
    assert quorums == Quorums.family(MEMBERS, ["cd", "ab"])


def test_a_set_that_includes_a_quorum_is_one_and_no_other_is() -> None:
    quorums = Quorums.family(MEMBERS, ["ab", "c"])
    wanted = {some for some in SUBSETS if some >= {"a", "b"} or "c" in some}
    assert {some for some in SUBSETS if quorums.is_quorum(some)} == wanted
    assert not quorums.is_quorum(())
    assert quorums.is_quorum(["a", "d", "b"])


def test_membership_is_that_of_the_minimal_sets() -> None:
    quorums = Quorums.majorities("abc")
    assert frozenset("ab") in quorums
    assert frozenset("abc") not in quorums
    assert "ab" not in quorums


@given(st.sets(st.sampled_from(SUBSETS), min_size=1))
def test_a_family_decides_like_all_the_sets_it_was_given(family: set[frozenset[str]]) -> None:
    quorums = Quorums.family(MEMBERS, family)
    for some in SUBSETS:
        assert quorums.is_quorum(some) == any(given <= some for given in family)
    assert quorums.intersecting == all(one & other for one in family for other in family)
    assert not any(one < other for one in quorums for other in quorums)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Quorums.family("abc", []), "at least one quorum"),
        (lambda: Quorums.family("abc", ["ab", ""]), "empty set cannot be a quorum"),
        (lambda: Quorums.family("abc", ["ax"]), r"names 'x', who is not among the members a, b, c"),
        (lambda: Quorums.family("abc", ["yax"]), r"'x', 'y'"),
        (lambda: Quorums.of_size("abc", 0), "a quorum of 0 among 3 member.* from 1 to 3"),
        (lambda: Quorums.of_size("abc", 4), "a quorum of 4 among 3 member.* from 1 to 3"),
        (lambda: Quorums.of_size("abc", -1), "a quorum of -1 among 3 member"),
        (lambda: Quorums.majorities(""), "among 0 member"),
    ],
    ids=["none", "empty", "stranger", "strangers", "size 0", "too large", "negative", "nobody"],
)
def test_what_cannot_be_a_quorum_system_is_refused_by_name(
    make: Callable[[], Quorums], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        make()
    assert isinstance(refusal.value, IslanderError)


@pytest.mark.parametrize("make", [Quorums.majorities, lambda m: Quorums.family(m, ["a"])])
def test_a_member_named_twice_is_refused(make: Callable[[str], Quorums]) -> None:
    """Two of "a", "a", "b" would be a majority that consists of a alone."""
    with pytest.raises(UsageError, match="'a'"):
        make("aab")
