"""How pytest shows a test that failed, and how to replay its trace; `checked` says the rest."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.text import Text

from . import reports
from .call_site import Found
from .checked import width
from .explorer import IslanderError, ModelError, PropertyResult, Result, UsageError, Verdict
from .named_inside import following
from .reports.words import clean

HOW = "raise islander_{0} in the ini file, or {0} in the test"
"""What to do about a bound, `{0}`, in a test that the plugin runs."""


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
        shown = Path(os.path.relpath(path, self.here))
        if source is None:
            yield Text("To replay it, name the function that makes the model:")
            command = shlex.join(["islander", "replay", str(shown)])
            yield Text(f"  {clean(command)} --model FILE.py:FUNCTION")
            yield Text(f"  ({clean(why_not)})", style="dim")
        else:
            yield Text("To replay it:")
            yield Text(f"  {clean(shlex.join(following('replay', shown, source, self.here)))}")


def unasserted_lines(result: Result) -> list[Text]:
    """What to show of a result beside an assertion that failed; nothing if all holds."""
    lines: list[Text] = []
    if result.verdict is Verdict.HOLDS:
        return lines
    shown: list[PropertyResult] = []
    for found in result.properties.values():
        if found.verdict is Verdict.VIOLATED and found.trace:
            lines += [*reports.violation_lines(found, width(), shown), Text()]
            shown.append(found)
    return [*lines, *reports.result_lines(result, width())]


def error_lines(error: IslanderError) -> list[Text]:
    """A mistake in a model or a call, with the steps that led to it, if any did."""
    lines = [Text(clean(part)) for part in f"{type(error).__name__}: {error}".split("\n")]
    return [*lines, *([Text(), *steps] if (steps := steps_lines(error)) else [])]


def steps_lines(error: IslanderError) -> list[Text]:
    """The steps that led to a mistake in a model, if it showed while exploring."""
    trace = error.trace if isinstance(error, ModelError) else None
    if trace is None:
        return []
    return [Text("The steps that led there:"), *reports.trace_lines(trace, width())]


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


def _make(directory: Path) -> None:
    """Make the directory, with all in it ignored by git, as pytest does with its own."""
    if not directory.is_dir():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ".gitignore").write_text("*\n", encoding="utf-8")
