"""What the command line prints and writes: results, errors, models, traces and graphs."""

from __future__ import annotations

import inspect
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from . import reports
from .explorer import (
    IslanderError,
    Model,
    ModelError,
    PropertyResult,
    Result,
    Simulation,
    Trace,
    UsageError,
    Verdict,
)
from .loading import Target
from .reports.words import clean


@dataclass(frozen=True)
class Output:
    """What is to be written, checked before any work is put into it."""

    model: Model
    trace: Path | None
    trace_of: str | None
    graph: Path | None
    max_graph: int

    def __post_init__(self) -> None:
        names = [p.name for p in self.model.properties]
        if self.trace_of is not None and self.trace_of not in names:
            raise UsageError(
                f"--trace-of {self.trace_of!r}: there is no such property; "
                f"there are {', '.join(map(repr, names))}."
            )
        for path in filter(None, (self.trace, self.graph)):
            reports.check_writable(path)
        if self.graph:
            reports.check_suffix(self.graph)

    def show(
        self,
        result: Result | Simulation,
        source: reports.Source,
        again: Sequence[str] = (),
    ) -> None:
        """Print the result, and write what was asked for. `again` are the options without which
        the same search would find something else."""
        _show(result)
        shown = to_save(result, self.trace_of)
        if self.trace:
            _save_trace(self.trace, shown, source)
        elif shown and shown.verdict is Verdict.VIOLATED and shown.trace:
            verb = "check" if isinstance(result, Result) else "simulate"
            command = shlex.join([*_command(verb, source), *again, "--trace", "trace.json"])
            say(f"To save this trace and replay it:\n  {command}\n  islander replay trace.json")
        if self.graph and isinstance(result, Result):
            reports.save_graph(self.graph, result, shown.trace if shown else None, self.max_graph)
            say(f"state graph written to {self.graph}")


def console_and_width() -> tuple[Console, int | None]:
    """A console, and the width to break lines at; None when piped, a line being a line there."""
    console = Console(highlight=False)
    return console, console.width if console.is_terminal else None


def say(text: str, style: str = "") -> None:
    console, _ = console_and_width()
    console.print(Text(_clean_lines(text), style=style), soft_wrap=True)


def _clean_lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def _show(result: Result | Simulation) -> None:
    console, width = console_and_width()
    lines: list[Text] = []
    shown: list[PropertyResult] = []
    for found in result.properties.values():
        if found.verdict is Verdict.VIOLATED and found.trace:
            lines += [*reports.violation_lines(found, width, shown), Text()]
            shown.append(found)
    if isinstance(result, Simulation):
        lines += reports.text.simulation_lines(result, width)
    else:
        lines += reports.result_lines(result, width)
    for line in lines:
        console.print(line, soft_wrap=True)


def tell(error: IslanderError, debug: bool) -> None:
    console = Console(stderr=True, highlight=False)
    if debug:
        traceback.print_exception(error)
    text = Text("error: ", style="bold red")
    text.append(_clean_lines(str(error)), style="default")
    console.print(text, soft_wrap=True)
    trace = error.trace if isinstance(error, ModelError) else None
    if trace is not None:
        console.print("\nThe steps that led there:", soft_wrap=True)
        for line in reports.trace_lines(trace, console.width if console.is_terminal else None):
            console.print(line, soft_wrap=True)


def tell_defect(error: Exception) -> None:
    print(
        f"error: {type(error).__name__}: {error}\n"
        "This is a defect of Islander, not of your model. Please report it with what --debug "
        "shows.",
        file=sys.stderr,
    )


def show_target(target: Target) -> None:
    console, width = console_and_width()
    console.print(Text(target.name, style="bold"), soft_wrap=True)
    for line in [*reports.text.broken(Text(f"  {target.summary}"), width, 2), Text()]:
        console.print(line, soft_wrap=True)
    console.print("  parameters (-p NAME=VALUE)", soft_wrap=True)
    rows = [
        (f"{p.name}={_default(p.default)}", p.summary)
        for p in target.parameters.values()
        if p.name != "bug"
    ]
    rows.append(("", ""))
    rows.append(("bugs (--bug NAME)", ""))
    start = len(rows)
    rows += [
        (name, f"{b.summary} → {b.violates}, {b.steps} steps") for name, b in target.bugs.items()
    ]
    for at, (name, summary) in enumerate(rows):
        indent = "  " if name.startswith("bugs (") and at == start - 1 else "    "
        for line in reports.text.broken(Text(f"{indent}{name:<24}{summary}".rstrip()), width, 28):
            console.print(line, soft_wrap=True)


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "…"
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value)) or "none"
    return (
        {True: "true", False: "false", None: "none"}.get(value, str(value))
        if (value is None or isinstance(value, bool))
        else str(value)
    )


def described(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "summary": target.summary,
        "parameters": [
            {"name": p.name, "type": p.kind_text, "default": p.default, "summary": p.summary}
            for p in target.parameters.values()
            if p.name != "bug"
        ],
        "bugs": [
            {
                "name": name,
                "summary": bug.summary,
                "violates": bug.violates,
                "steps": bug.steps,
                "parameters": dict(bug.parameters),
            }
            for name, bug in target.bugs.items()
        ],
    }


def to_save(result: Result | Simulation, trace_of: str | None) -> PropertyResult | None:
    """The property whose trace is wanted: the one named, else the first that is violated."""
    if trace_of is not None:
        return result.properties[trace_of]
    violated = [p for p in result.properties.values() if p.verdict is Verdict.VIOLATED]
    return next((found for found in violated if found.trace), None)


def _save_trace(path: Path, found: PropertyResult | None, source: reports.Source) -> None:
    trace: Trace | None = found.trace if found else None
    if found is None or trace is None:
        say(f"there is no such trace, so {path} was not written")
        return
    reports.save_trace(path, trace, source, found.name, found.explanation)
    say(
        f"trace written to {path}; to replay it:\n  {shlex.join(['islander', 'replay', str(path)])}"
    )


def _command(verb: str, source: reports.Source) -> list[str]:
    command = ["islander", verb, source.target]
    for name, value in source.parameters.items():
        command += ["--bug", value] if name == "bug" else ["-p", f"{name}={value}"]
    return command
