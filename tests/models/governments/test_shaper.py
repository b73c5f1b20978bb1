"""What government a leader makes next, case by case."""

from __future__ import annotations

import pytest

from islander.models.governments.errors import ProtocolError
from islander.models.governments.promises import Promise
from islander.models.governments.records import Government
from islander.models.governments.shaper import IDLE, shaper_of
from islander.models.governments.shapes import Arriving

BOB = Arriving("b", "B", 0, acclimated=True)


def government(majority: str, minority: str = "", constituents: str = "") -> Government:
    everyone = (majority + minority + constituents).replace(" ", "")
    return Government(
        republic="r",
        promise=Promise(9, 0),
        majority=tuple(majority),
        minority=tuple(minority),
        constituents=tuple(constituents),
        acclimated=tuple(majority + minority),
        arrived=tuple((one, Promise(n, 0)) for n, one in enumerate(everyone, 1)),
    )


def test_who_embarks_arrives_at_once_if_nothing_was_decided() -> None:
    shaper, shape = shaper_of(5, government("a"), False).embark(BOB)
    assert shape is not None
    assert (shape.arrive, shape.acclimate, shape.quorum) == (BOB, "b", ("a",))
    assert shaper.arriving == (BOB,)


def test_who_is_not_acclimated_arrives_without_a_wish_to_serve() -> None:
    _, shape = shaper_of(5, government("a"), False).embark(BOB._replace(acclimated=False))
    assert shape is not None
    assert shape.acclimate is None


def test_only_the_first_who_waits_arrives() -> None:
    shaper, _ = shaper_of(5, government("a"), False).embark(BOB)
    shaper, shape = shaper.embark(Arriving("c", "C", 0))
    assert shape is not None
    assert shape.arrive == BOB
    assert [one.id for one in shaper.arriving] == ["b", "c"]


def test_embarking_again_replaces_what_was_said_before() -> None:
    shaper, _ = shaper_of(5, government("a"), False).embark(BOB)
    shaper, _ = shaper.embark(BOB._replace(cookie=1))
    assert [one.cookie for one in shaper.arriving] == [1]


def test_once_decided_there_is_nothing_more_but_arrivals_wait() -> None:
    decided = shaper_of(5, government("ab", "c"), True)._replace(decided=True)
    assert decided.unreachable(Promise(3, 0)) == (decided, None)
    assert decided.acclimate(Promise(3, 0)) == (decided, None)
    assert decided.acclimated("c") == (decided, None)
    shaper, shape = decided.embark(BOB)
    assert (shape, shaper.arriving) == (None, (BOB,))


def test_who_does_not_lead_decides_nothing() -> None:
    assert IDLE.embark(BOB) == (IDLE, None)
    assert IDLE.unreachable(Promise(3, 0)) == (IDLE, None)
    assert IDLE.acclimated("a") == (IDLE, None)


def test_who_is_unreachable_departs_from_the_minority() -> None:
    _, shape = shaper_of(3, government("ab", "c", "d"), False).unreachable(Promise(3, 0))
    assert shape is not None
    assert (shape.depart, shape.majority, shape.minority) == ("c", ("a", "b"), ())


def test_nobody_departs_twice() -> None:
    with pytest.raises(ProtocolError, match="nobody of government 9/0 is unreachable"):
        shaper_of(3, government("ab", "c"), False).unreachable(Promise(7, 0))


def test_nobody_acclimates_twice() -> None:
    with pytest.raises(ProtocolError, match="c is acclimated already"):
        shaper_of(3, government("ab", "c"), False).acclimate(Promise(3, 0))


def test_two_who_are_acclimated_are_promoted_and_the_new_majority_writes_it() -> None:
    shaper, shape = shaper_of(5, government("a", "", "bcd"), False).acclimated("d")
    assert shape is None
    _, shape = shaper.acclimated("b")
    assert shape is not None
    assert (shape.majority, shape.minority, shape.promote) == (("a", "d"), ("b",), ("d", "b"))
    assert shape.quorum == ("a", "d")


def test_a_parliament_of_the_wanted_size_promotes_nobody() -> None:
    shaper, _ = shaper_of(3, government("ab", "c", "de"), False).acclimated("d")
    assert shaper.acclimated("e") == (shaper, None)


def test_after_a_recovery_the_same_government_comes_first() -> None:
    recovered = shaper_of(5, government("ab", "c", "d"), True)
    shaper, shape = recovered.acclimated("a")
    assert shape is not None
    assert (shape.majority, shape.minority, shape[3:]) == (
        ("a", "b"),
        ("c",),
        recovered.queue[0][3:],
    )
    assert (shape.arrive, shape.depart, shape.promote) == (None, None, ())
    assert shaper.queue == ()


def test_a_parliament_that_lost_a_member_contracts() -> None:
    _, shape = shaper_of(5, government("abc", "d"), False).acclimated("a")
    assert shape is not None
    assert (shape.majority, shape.minority, shape.demote) == (("a", "b"), ("c",), "d")
    assert shape.quorum == ("a", "b", "c")
