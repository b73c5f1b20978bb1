"""Values as JSON: different values never look alike."""

from __future__ import annotations

import json
from enum import Enum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander.explorer.freeze import freeze
from islander.reports.encoding import encode


class Colour(Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (2**64, {"#int": "0x10000000000000000"}),
        ("x", "x"),
        (b"\x00\xff", {"#bytes": "00ff"}),
        ([1, [2]], [1, [2]]),
        ((1, 2), {"#tuple": [1, 2]}),
        ({2, 1}, {"#set": [1, 2]}),
        (frozenset({1}), {"#frozenset": [1]}),
        ({"b": 1, "a": (2,)}, {"#dict": [["a", {"#tuple": [2]}], ["b", 1]]}),
        (Colour.RED, {"#enum": "Colour", "value": "RED"}),
        (Pair(1, 2), {"#record": "Pair", "left": 1, "right": 2}),
    ],
)
def test_each_kind_of_value_has_its_own_form(value: object, expected: object) -> None:
    assert encode(freeze(value)) == expected


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.frozensets(SCALARS, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_two_values_have_the_same_json_exactly_when_they_are_equal(
    one: object, two: object
) -> None:
    a, b = freeze(one), freeze(two)
    assert (json.dumps(encode(a)) == json.dumps(encode(b))) == (a == b)
