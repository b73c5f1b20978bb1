"""What there is to say of a check that fails: the trace, why, and what was counted.

`Result.check`, `islander.checks` and the pytest plugin all say it, and differ in what they add.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from rich.text import Text

from . import reports
from .explorer import CheckFailed, PropertyResult, Result, Verdict
from .explorer.result import headline
from .reports.conclusion import conclusion
from .reports.text import broken
from .reports.words import clean

BOUNDS = ("max_states", "max_depth", "max_seconds", "max_bytes")


def _nothing(number: int, found: PropertyResult) -> Iterator[Text]:
    return iter(())


@dataclass(frozen=True)
class Adding:
    """What a failure says beside what was found: `of` a property of this number, below all else,
    and `how` to raise a bound."""

    of: Callable[[int, PropertyResult], Iterator[Text]] = _nothing
    how: str = "raise {0}"


class Checked:
    """What a test keeps of an exploration; not its states, of which there may be millions."""

    def __init__(self, result: Result, adding: Adding) -> None:
        self._model, self._verdict = clean(result.model.name), result.verdict
        self._because = clean(result.incomplete_because or "")
        self._conclusion = clean(conclusion(result))
        self._found = {
            name: (number, found)
            for number, (name, found) in enumerate(result.properties.items(), 1)
            if found.verdict is not Verdict.HOLDS
        }
        self._counts = reports.result_lines(result, width())
        self._adding = adding

    def check(self, name: str) -> None:
        """Raise CheckFailed unless the property of this name holds."""
        __tracebackhide__ = True
        if name in self._found:
            self._fail([self._found[name]])

    def check_all(self, violates: str | None = None, steps: int | None = None) -> None:
        """Raise CheckFailed unless every property holds; or, if `violates` names a property, unless
        that one, and no other, is violated, after so many `steps` if they are given."""
        __tracebackhide__ = True
        violated = [one for one in self._found.values() if one[1].verdict is Verdict.VIOLATED]
        names = [found.name for _, found in violated]
        if violates is None:
            if self._verdict is not Verdict.HOLDS:
                self._fail(violated)
            return
        wanted = f"{clean(violates)} was to be violated"
        if not violated:
            held = self._verdict is Verdict.HOLDS and not self._because
            self._fail([], f"{wanted}, but {'every property holds' if held else self._conclusion}")
        if names != [violates]:
            others = clean(", ".join(name for name in names if name != violates))
            self._fail(violated, f"{wanted} alone, but found violated: {others}")
        if steps is not None and steps != violated[0][1].steps:
            found = violated[0][1].steps
            self._fail(violated, f"{wanted} after {steps} steps, but was after {found}")

    def _fail(self, shown: Sequence[tuple[int, PropertyResult]], surprise: str = "") -> NoReturn:
        """Fail for these properties, each with its number; or for what is no mistake of theirs."""
        __tracebackhide__ = True
        each = "; ".join(clean(headline(found)) for _, found in shown)
        first = surprise or each or self._because
        lines: list[Text] = []
        told: list[PropertyResult] = []
        for _, found in shown:
            if trace := reports.violation_lines(found, width(), told):
                lines += [*trace, Text()]
                told.append(found)
        if surprise or len(told) < max(len(shown), 1):  # else the traces say it
            lines[:0] = [*broken(Text(first, style="bold red"), width(), 2), Text()]
        lines += self._counts
        for number, found in shown:
            if more := list(self._adding.of(number, found)):
                lines += [Text(), *more]
        bounds = [name for name in BOUNDS if f"({name})" in self._because]
        if bounds and self._verdict is Verdict.INCOMPLETE:
            lines.append(Text())
            lines += [Text(f"To look further, {self._adding.how.format(one)}.") for one in bounds]
        raise CheckFailed(f"{first} ({self._model})", lines)


def failure(result: Result) -> CheckFailed:
    """What `Result.check` raises of a result that does not hold."""
    try:
        Checked(result, Adding()).check_all()
    except CheckFailed as error:
        return error.with_traceback(None)
    raise AssertionError(f"{result!r} holds")


def width() -> int:
    """How many columns there are to say it in."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)
