"""Taking what an iterable of a model gives, one at a time: it may have no end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

T = TypeVar("T")

MOST = 1_000_000
"""More than that nobody means to give."""


def taken(given: Iterable[T], refuse: Callable[[str], NoReturn]) -> list[T]:
    """All that `given` gives. If that is more than MOST, `refuse` is called, and says so."""
    found: list[T] = []
    for one in given:
        if len(found) == MOST:
            refuse(f"more than {MOST:,}; has the iterable an end?")
        found.append(one)
    return found
