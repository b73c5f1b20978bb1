"""Mutants: the project with one small fault in it, which its tests are to notice."""

from __future__ import annotations

import difflib
from typing import NamedTuple


class Mutant(NamedTuple):
    """`module`, a path below the checkout, whose text is `after` in place of `before`; `tests` are
    to notice. `what` says what was done."""

    module: str
    what: str
    before: str
    after: str
    tests: tuple[str, ...]

    @property
    def diff(self) -> str:
        """The lines that differ."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), lineterm="", n=0
        )
        return "\n".join(line for line in lines if not line.startswith(("---", "+++")))
