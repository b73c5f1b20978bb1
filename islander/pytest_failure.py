"""What a failed test says: the trace, why, what was counted, and how to replay it."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from rich.console import Console
from rich.text import Text

from . import reports
from .call_site import Found
from .explorer import IslanderError, ModelError, PropertyResult, Result, UsageError, Verdict
from .reports.conclusion import conclusion
from .reports.text import broken
from .reports.words import clean

BOUNDS = ("max_states", "max_depth", "max_seconds", "max_bytes")


class CheckError(AssertionError):
    """A model is not as a test wants it; `lines` say what was found, `headline` in one line."""

    def __init__(self, headline: str, lines: Sequence[Text]) -> None:
        super().__init__("\n".join(line.plain for line in lines))
        self.headline, self.lines = headline, lines


@dataclass(frozen=True)
class Keeping:
    """Where traces are kept: in files of `directory` that begin with `stem`. Paths are shown as
    seen from `here`. `source` finds out how a command line names the model, or why it cannot."""

    directory: Path
    stem: str
    here: Path
    source: Callable[[], Found]

    def keep(self, number: int, found: PropertyResult) -> Iterator[Text]:
        """Write the trace of the property of this number; tell how to replay it."""
        if found.trace is None:
            return
        path = self.directory / f"{self.stem}-{number}.json"
        source, why_not = self.source()
        try:
            _make(self.directory)
            reports.save_trace(path, found.trace, source, found.name, found.explanation)
        except (OSError, UsageError) as error:
            yield Text(f"The trace could not be saved to replay it: {clean(str(error))}")
            return
        command = ["islander", "replay", os.path.relpath(path, self.here)]
        if source is None:
            yield Text("To replay it, name the function that makes the model:")
            yield Text(f"  {clean(shlex.join(command))} --model FILE.py:FUNCTION")
            yield Text(f"  ({clean(why_not)})", style="dim")
        else:
            yield Text("To replay it:")
            yield Text(f"  {clean(shlex.join(command))}")


class Checked:
    """What a test keeps of an exploration; not its states, of which there may be millions."""

    def __init__(self, result: Result, keeping: Keeping) -> None:
        self._model, self._verdict = clean(result.model.name), result.verdict
        self._because = clean(result.incomplete_because or "")
        self._conclusion = clean(conclusion(result))
        self._found = {
            name: (number, found)
            for number, (name, found) in enumerate(result.properties.items(), 1)
            if found.verdict is not Verdict.HOLDS
        }
        self._counts = reports.result_lines(result, _width())
        self._keeping = keeping

    def check(self, name: str) -> None:
        """Raise CheckError unless the property of this name holds."""
        if name in self._found:
            self._fail([self._found[name]])

    def check_all(self, violates: str | None = None, steps: int | None = None) -> None:
        """Raise CheckError unless every property holds; or, if `violates` names a property, unless
        that one, and no other, is violated, after so many `steps` if they are given."""
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
        headline = surprise or "; ".join(_headline(found) for _, found in shown) or self._because
        lines: list[Text] = []
        told: list[PropertyResult] = []
        for _, found in shown:
            if trace := reports.violation_lines(found, _width(), told):
                lines += [*trace, Text()]
                told.append(found)
        if surprise or len(told) < max(len(shown), 1):  # else the traces say it
            lines[:0] = [*broken(Text(headline, style="bold red"), _width(), 2), Text()]
        lines += self._counts
        for number, found in shown:
            if kept := list(self._keeping.keep(number, found)):
                lines += [Text(), *kept]
        bounds = [name for name in BOUNDS if f"({name})" in self._because]
        if bounds and self._verdict is Verdict.INCOMPLETE:
            lines += [Text(), *_advice(bounds)]
        raise CheckError(f"{headline} ({self._model})", lines)


def _headline(found: PropertyResult) -> str:
    name = clean(found.name)
    if found.verdict is Verdict.INCOMPLETE:
        return f"{name} is not established: {clean(found.explanation)}"
    if found.witness:
        return f"{name} is unreachable"
    steps = "" if found.steps is None else f" after {found.steps} step{'s' * (found.steps != 1)}"
    return f"{name} is violated{steps}"


def _advice(names: Sequence[str]) -> Iterator[Text]:
    for name in names:
        yield Text(
            f"To look further, raise islander_{name} in the ini file, or {name} in the test."
        )


def unasserted_lines(result: Result) -> list[Text]:
    """What to show of a result beside an assertion that failed; nothing if all holds."""
    lines: list[Text] = []
    if result.verdict is Verdict.HOLDS:
        return lines
    shown: list[PropertyResult] = []
    for found in result.properties.values():
        if found.verdict is Verdict.VIOLATED and found.trace:
            lines += [*reports.violation_lines(found, _width(), shown), Text()]
            shown.append(found)
    return [*lines, *reports.result_lines(result, _width())]


def error_lines(error: IslanderError) -> list[Text]:
    """A mistake in a model or a call, with the steps that led to it, if any did."""
    lines = [Text(clean(part)) for part in f"{type(error).__name__}: {error}".split("\n")]
    return [*lines, *([Text(), *steps] if (steps := steps_lines(error)) else [])]


def steps_lines(error: IslanderError) -> list[Text]:
    """The steps that led to a mistake in a model, if it showed while exploring."""
    trace = error.trace if isinstance(error, ModelError) else None
    if trace is None:
        return []
    return [Text("The steps that led there:"), *reports.trace_lines(trace, _width())]


class Crash(NamedTuple):
    """Where a test failed, for pytest's short summary."""

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


class Shown:
    """What pytest shows of a failure: in colour on a terminal, as plain text elsewhere."""

    def __init__(self, kind: str, lines: Sequence[Text], crash: Crash) -> None:
        self.kind, self.lines, self.reprcrash = kind, lines, crash

    def __str__(self) -> str:
        return "\n".join(line.plain for line in self.lines)

    def toterminal(self, writer: Any) -> None:
        """Called by pytest, with its terminal writer."""
        for line in self.lines:
            writer.line(_coloured(line) if writer.hasmarkup else line.plain)
        writer.line("")
        writer.line(f"{os.path.relpath(self.reprcrash.path)}:{self.reprcrash.lineno}: {self.kind}")

    def plain(self) -> dict[str, Any]:
        """The same as data, without colours, for pytest-xdist to send to another process."""
        return {"kind": self.kind, "text": str(self), "crash": list(self.reprcrash)}

    @classmethod
    def of_plain(cls, data: dict[str, Any]) -> Shown:
        """What `plain` made data of."""
        return cls(data["kind"], list(map(Text, data["text"].split("\n"))), Crash(*data["crash"]))


def _coloured(line: Text) -> str:
    console = Console(
        file=StringIO(), force_terminal=True, color_system="standard", highlight=False, width=10**6
    )
    with console.capture() as captured:
        console.print(line, soft_wrap=True, end="")
    return captured.get()


def _width() -> int:
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def _make(directory: Path) -> None:
    """Make the directory, with all in it ignored by git, as pytest does with its own."""
    if not directory.is_dir():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ".gitignore").write_text("*\n", encoding="utf-8")
