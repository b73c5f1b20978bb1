"""Texts that fit into so many columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from islander.reports.fitting import elided, wrapped

TEXTS = st.text("ab x漢😀…", max_size=60)


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("漢字漢字", 4, "漢…"),
        ("", 3, ""),
    ],
)
def test_what_does_not_fit_is_cut_short(text: str, columns: int, shown: str) -> None:
    assert elided(text, columns) == shown


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a b cd", ["a b", "cd"]),
        ("abcdefg h", ["abcd", "efg", "h"]),
        ("漢字漢 字", ["漢字", "漢", "字"]),
        ("  a", ["  a"]),
        ("", [""]),
    ],
)
def test_lines_are_broken_at_spaces_or_else_anywhere(text: str, lines: list[str]) -> None:
    assert wrapped(text, 4) == lines


def test_of_too_many_lines_the_last_says_that_there_are_more() -> None:
    assert wrapped("a b c d e f", 4, 2) == ["a b", "c d…"]
    assert wrapped("a b c d e f", 5, 2) == ["a b c", "d e f"]


@given(TEXTS, st.integers(2, 12), st.none() | st.integers(1, 3))
def test_lines_fit_and_nothing_but_spaces_is_lost(
    text: str, columns: int, most: int | None
) -> None:
    lines = wrapped(text, columns, most)
    assert all(cell_len(line) <= columns for line in lines)
    assert cell_len(elided(text, columns)) <= columns
    whole = "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert whole if most is None else len(lines) <= most
    assert whole or lines[-1].endswith("…")
