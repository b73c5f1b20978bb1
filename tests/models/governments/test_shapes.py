"""Governments and their changes, worked out by hand."""

from __future__ import annotations

import pytest

from islander.models.governments.promises import FIRST, Promise
from islander.models.governments.records import Government, Promoted
from islander.models.governments.shapes import (
    Arriving,
    Shape,
    change_of,
    changed,
    constituency,
    founding,
    is_full,
)


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def government(majority: str, minority: str = "", constituents: str = "") -> Government:
    """A government whose n-th islander arrived at n/0 and is acclimated."""
    everyone = names(f"{majority} {minority} {constituents}")
    return Government(
        republic="r",
        promise=Promise(9, 0),
        majority=names(majority),
        minority=names(minority),
        constituents=names(constituents),
        acclimated=everyone,
        properties=tuple((one, one.upper()) for one in everyone),
        arrived=tuple((one, Promise(n, 0)) for n, one in enumerate(everyone, 1)),
    )


def after(shape: Shape, before: Government) -> Government:
    return changed(before, change_of(shape, before, Promise(10, 0)))


def test_a_republic_is_founded_by_one_who_leads_it() -> None:
    entry = founding("r", "a", "A")
    founded = changed(Government("r"), entry.body)
    assert (entry.promise, entry.previous) == (FIRST, Promise(0, 0))
    assert (founded.leader, founded.population, founded.acclimated) == ("a", ("a",), ("a",))
    assert founded.arrival("a") == FIRST


def test_who_arrives_is_a_constituent_and_known_by_the_promise_of_that_government() -> None:
    arriving = Arriving("b", "B", cookie=7, acclimated=True)
    shape = Shape(("a",), ("a",), (), arrive=arriving, acclimate="b")
    came = after(shape, government("a"))
    assert (came.majority, came.constituents) == (("a",), ("b",))
    assert (came.arrival("b"), came.arrived_at(Promise(10, 0))) == (Promise(10, 0), "b")
    assert (came.properties_of("b"), came.acclimated) == ("B", ("a", "b"))


@pytest.mark.parametrize(
    ("gone", "minority", "constituents"), [("c", "", "d e"), ("d", "c", "e"), ("e", "c", "d")]
)
def test_who_departs_leaves_every_list(gone: str, minority: str, constituents: str) -> None:
    before = government("a b", "c", "d e")
    shape = Shape(before.majority, before.majority, names(minority), depart=gone)
    left = after(shape, before)
    assert (left.minority, left.constituents) == (names(minority), names(constituents))
    assert gone not in left.acclimated
    assert left.arrival(gone) is None
    assert not left.knows(gone)


def test_a_departure_says_where_the_departed_stood() -> None:
    before = government("a b", "c", "d e")
    shape = Shape(before.majority, before.majority, before.minority, depart="e")
    depart = change_of(shape, before, Promise(10, 0)).depart
    assert depart == ("e", Promise(5, 0), "E", 1, 4)


def test_the_promoted_are_listed_from_the_last_position_to_the_first() -> None:
    before = government("a", "", "b c d")
    shape = Shape(names("a b"), names("a b"), ("d",), promote=("b", "d"))
    change = change_of(shape, before, Promise(10, 0))
    assert change.promote == (Promoted("d", 2), Promoted("b", 0))
    assert changed(before, change).constituents == ("c",)


def test_the_demoted_are_the_first_constituents() -> None:
    before = government("a b", "c d", "e")
    demoted = after(Shape(names("a b"), names("a"), names("b c"), demote="d"), before)
    assert (demoted.minority, demoted.constituents) == (names("b c"), names("d e"))


@pytest.mark.parametrize(
    ("majority", "minority", "full"),
    [("a", "", True), ("a b", "c", True), ("a b", "", False), ("a b", "c d", False)],
)
def test_a_full_parliament_has_one_member_less_than_twice_the_majority(
    majority: str, minority: str, full: bool
) -> None:
    assert is_full(government(majority, minority)) is full


@pytest.mark.parametrize(
    ("me", "served"),
    [("a", "b c"), ("b", "d"), ("c", "e"), ("d", "f h"), ("e", "g"), ("f", ""), ("z", "")],
)
def test_the_log_goes_from_the_leader_to_majority_minority_and_constituents(
    me: str, served: str
) -> None:
    assert constituency(government("a b c", "d e", "f g h"), me) == names(served)


def test_without_a_minority_the_majority_serves_the_constituents() -> None:
    assert constituency(government("a b c", "", "d e f"), "b") == names("d f")


def test_a_dictator_serves_everyone() -> None:
    assert constituency(government("a", "", "b c"), "a") == names("b c")
    assert constituency(government("a", "", "b c"), "b") == ()
