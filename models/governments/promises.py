"""Promises: numbers that show the change of government in them.

A promise is `government/entry`, each part a whole number without bound: `4/0` is the fourth
government, `4/1` the first entry that it wrote. Promises are ordered by government first, and only
ever grow.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ...explorer.errors import UsageError

_FORM = re.compile(r"(0|[1-9][0-9]*)/(0|[1-9][0-9]*)")

MOST_DIGITS = 4000
"""Digits that a part may have in text; Python refuses to read numbers that are little longer."""


class PromiseError(UsageError):
    """Something was taken for a promise that is none."""


class Promise(NamedTuple):
    """A promise, `government/entry`."""

    government: int
    entry: int

    @classmethod
    def parse(cls, text: Any) -> Promise:
        """The promise that `text` writes. Raises PromiseError if it writes none."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            shown = repr(text) if len(repr(text)) <= 40 else repr(text)[:37] + "..."
            raise PromiseError(
                f"{shown} is not a promise; a promise is two whole numbers, government/entry, "
                f"as in 4/1."
            )
        if max(map(len, match.groups())) > MOST_DIGITS:
            raise PromiseError(
                f"a promise of {len(text):,} digits is not read; a part may have {MOST_DIGITS:,}."
            )
        return cls(int(match[1]), int(match[2]))

    @property
    def is_government(self) -> bool:
        """Whether it names a government, and not an entry that one wrote."""
        return self.entry == 0

    def next_entry(self) -> Promise:
        """The promise of the next entry of the same government."""
        return Promise(self.government, self.entry + 1)

    def next_government(self) -> Promise:
        """The promise of the next government."""
        return Promise(self.government + 1, 0)

    def next_government_as_published(self) -> Promise:
        """The same with the entry left as it is: after 7/3 comes 8/3, which is no government."""
        return Promise(self.government + 1, self.entry)

    def __str__(self) -> str:
        return f"{self.government}/{self.entry}"

    def __repr__(self) -> str:
        return str(self)


NULL = Promise(0, 0)
"""The null government, which every islander starts from."""

FIRST = Promise(1, 0)
"""The first government of a republic."""
