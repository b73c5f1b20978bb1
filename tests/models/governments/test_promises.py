"""Promises: how they are written, read and ordered."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander.models.governments.promises import (
    FIRST,
    MOST_DIGITS,
    NULL,
    Promise,
    PromiseError,
)

HUGE = 10**30
parts = st.integers(0, HUGE)
promises = st.builds(Promise, parts, parts)


@given(promises)
def test_a_promise_is_read_as_it_was_written(promise: Promise) -> None:
    assert Promise.parse(str(promise)) == promise


def test_promises_are_ordered_by_government_and_then_by_entry() -> None:
    texts = ["0/0", "1/0", "1/2", "1/10", "2/0", "10/0", f"{HUGE - 1}/0", f"{HUGE}/0", f"{HUGE}/1"]
    in_order = [Promise.parse(text) for text in texts]
    assert all(one < other for one, other in combinations(in_order, 2))
    assert in_order[:2] == [NULL, FIRST]


@given(promises)
def test_what_follows_is_greater(promise: Promise) -> None:
    assert promise < promise.next_entry() < promise.next_government()
    assert promise < promise.next_government_as_published()


def test_a_part_of_31_digits_is_counted_exactly() -> None:
    promise = Promise.parse(f"{HUGE}/{HUGE}")
    assert len(str(promise.government)) == 31
    assert str(promise.next_entry()) == f"{HUGE}/1000000000000000000000000000001"
    assert str(promise.next_government()) == "1000000000000000000000000000001/0"


def test_only_the_published_protocol_leaves_the_entry_as_it_is() -> None:
    assert str(Promise(7, 3).next_government()) == "8/0"
    assert str(Promise(7, 3).next_government_as_published()) == "8/3"


def test_a_government_is_what_ends_in_0() -> None:
    assert Promise(4, 0).is_government
    assert not Promise(4, 10).is_government


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "7", "a/b", "1/0/0", "-1/0", "1/-0", "01/0", "1/00", "1/0\n", " 1/0", "1 /0", "1/"),
        *("/", "1.0/0", "1e3/0", "+1/0", "٣/0", "1/0x", "1_0/0"),
        *(None, 7, 1.5, True, ["1/0"], {}),
    ],
)
def test_what_is_no_promise_is_refused_by_name(wrong: Any) -> None:
    with pytest.raises(PromiseError) as refused:
        Promise.parse(wrong)
    assert str(refused.value).startswith(f"{wrong!r} is not a promise; a promise is two whole")


def test_the_text_of_an_error_is_short_even_if_what_is_wrong_is_long() -> None:
    with pytest.raises(PromiseError) as refused:
        Promise.parse("x" * 10_000)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["{}/0", "0/{}"])
def test_a_part_has_a_greatest_number_of_digits(text: str) -> None:
    assert str(Promise.parse(text.format("9" * MOST_DIGITS))) == text.format("9" * MOST_DIGITS)
    with pytest.raises(PromiseError, match="digits is not read; a part may have 4,000"):
        Promise.parse(text.format("9" * (MOST_DIGITS + 1)))
