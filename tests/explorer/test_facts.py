"""Facts: rows of relations, compared by relation and values."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from islander import Fact
from islander.explorer import PropertyError
from islander.explorer.facts import building_formula


class Voted(Fact):
    who: str
    ballot: int
    value: str = "none"


class Sealed(Voted):
    kind: ClassVar[str] = "a vote"
    seal: int = 0


class Stop(Fact):
    pass


class Done(Fact):
    what: Any


def test_facts_of_one_relation_with_equal_arguments_are_equal() -> None:
    assert Voted("a", 1, "x") == Voted(value="x", ballot=1, who="a")
    assert hash(Voted("a", 1, "x")) == hash(Voted("a", 1, "x"))
    assert Stop() == Stop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Voted("a", 1, "x"), Voted("a", 2, "x")),
        (Voted("a", 1, "x"), Sealed("a", 1, "x")),
        (Voted("a", 1, "x"), ("a", 1, "x")),
        (Stop(), Done(0)),
        (Done(1), Done(True)),
        (Done(0), Done(False)),
        (Done((1,)), Done([1])),
    ],
    ids=repr,
)
def test_facts_that_differ_in_relation_value_or_type_are_different(one: Any, other: Any) -> None:
    assert one != other
    assert not one == other  # noqa: SIM201 - __eq__ and __ne__ could disagree


def test_a_set_keeps_facts_that_differ_in_type_only_apart() -> None:
    assert len({Done(1), Done(True), Done(1)}) == 2


def test_columns_are_the_annotations_in_order_and_inherited_ones_come_first() -> None:
    assert tuple(Sealed("a", 1, "x", 5)) == ("a", 1, "x", 5)
    assert repr(Sealed("a", 1)) == "Sealed(who='a', ballot=1, value='none', seal=0)"


def test_a_fact_unpacks_and_matches_by_position() -> None:
    who, ballot, value = Voted("a", 1, "x")
    assert (who, ballot, value) == ("a", 1, "x")
    match Voted("a", 1, "x"):
        case Voted("a", number, "x"):
            assert number == 1
        case _:
            pytest.fail("did not match")


@pytest.mark.parametrize(
    ("arguments", "named", "problem"),
    [
        (("a",), {}, "argument 'ballot' is missing"),
        (("a", 1, "x", "y"), {}, r"3 argument\(s\) \(who, ballot, value\), 4 given"),
        (("a", 1), {"who": "b"}, "argument 'who' is given twice"),
        (("a", 1), {"vote": "b"}, "argument 'vote' is not one of who, ballot, value"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: tuple[Any, ...], named: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TypeError, match=f"^Voted.*{problem}"):
        Voted(*arguments, **named)


def test_facts_cannot_be_changed() -> None:
    fact = Voted("a", 1, "x")
    with pytest.raises(AttributeError, match="Voted is a fact and cannot be changed"):
        fact.ballot = 2
    with pytest.raises(AttributeError, match="Voted is a fact and cannot be changed"):
        del fact.ballot
    assert fact == Voted("a", 1, "x")


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))]
)
def test_copies_of_a_fact_are_equal_to_it(duplicate: Any) -> None:
    assert duplicate(Sealed("a", 1, "x", 2)) == Sealed("a", 1, "x", 2)


def test_a_fact_has_no_truth_value_while_a_formula_is_built() -> None:
    assert bool(Stop())
    with building_formula(), pytest.raises(PropertyError, match=r"Stop\(\) has no truth value"):
        bool(Stop())
    assert bool(Stop())


def test_a_relation_may_be_decorated_as_a_frozen_dataclass_all_the_same() -> None:
    @dataclass(frozen=True)
    class Done(Fact):
        who: str
        when: int = 3

    assert Done("a") == Done("a", 3) != Done("a", 4)
    assert {Done("a"), Done("a", 3)} == {Done("a")}
    assert tuple(Done("a")) == ("a", 3)
    assert repr(Done("a", 1)).endswith("Done(who='a', when=1)")


@pytest.mark.parametrize(
    ("one", "other"),
    [((1,), (True,)), (((0,),), ((False,),)), (frozenset({1}), frozenset({True})), (1, True)],
)
def test_arguments_of_other_types_make_other_facts_however_deep(one: Any, other: Any) -> None:
    assert Voted("a", one) != Voted("a", other)
    assert len({Voted("a", one), Voted("a", other)}) == 2
    assert Voted("a", one) == Voted("a", copy.deepcopy(one))
