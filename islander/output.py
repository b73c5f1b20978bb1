"""What the command line prints and writes: results, errors, traces, graphs and reports."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
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
    UsageError,
    Verdict,
)
from .named_inside import following
from .options import GraphOptions, ReportOptions, SummaryFiles, TraceOptions
from .report_files import diagrams_of, write_reports
from .reports.summary import check_command, summarise
from .reports.words import clean


@dataclass(frozen=True)
class Output:
    """What is to be told and written of one model, checked before any work is put into it."""

    model: Model
    source: reports.Source
    traces: TraceOptions = field(default_factory=TraceOptions)
    graphs: GraphOptions = field(default_factory=GraphOptions)
    files: ReportOptions = field(default_factory=ReportOptions)
    summaries: SummaryFiles = field(default_factory=SummaryFiles)
    beside: tuple[Path, ...] = ()  # what else is written, by others

    def __post_init__(self) -> None:
        traces, graphs, files = self.traces, self.graphs, self.files
        names = [p.name for p in self.model.properties]
        if traces.trace_of is not None and traces.trace_of not in names:
            raise UsageError(
                f"--trace-of {traces.trace_of!r}: there is no such property; "
                f"there are {', '.join(map(repr, names))}."
            )
        reports.trace_format(traces.trace, traces.trace_format)
        written = (traces.trace, graphs.graph, files.html, *vars(self.summaries).values())
        paths = [path for path in written if path is not None]
        for path in paths:
            reports.check_writable(path)
            if sum(path.resolve() == other.resolve() for other in (*paths, *self.beside)) > 1:
                raise UsageError(f"{path} is to hold two things; name another file for one.")
        if (graphs.graph, graphs.around_trace, graphs.view) != (None, None, None):
            reports.check_graph(graphs.graph, self.model, graphs.around_trace, graphs.view)

    @property
    def aside(self) -> bool:
        """Whether standard output is for the trace alone, and all else is told beside it."""
        return self.traces.trace is None and self.traces.trace_format is not None

    def show(self, result: Result | Simulation, again: Sequence[str] = ()) -> None:
        """Tell the result, and write what was asked for. `again` are the options without which
        the same search would find something else."""
        show_lines(_told(result, self.files.why, self.aside), self.aside)
        shown = to_save(result, self.traces.trace_of)
        if self.traces.trace or self.aside:
            self._write_trace(shown)
        elif shown is not None and shown.verdict is Verdict.VIOLATED and shown.trace:
            verb = "check" if isinstance(result, Result) else "simulate"
            command = [*check_command(self.source, verb), *again, "--trace", "trace.json"]
            replay = following("replay", Path("trace.json"), self.source)
            say(
                f"To save this trace and replay it:\n  {shlex.join(command)}\n"
                f"  {shlex.join(replay)}"
            )
        if isinstance(result, Result):
            self._write_reports(result, again)
            self._write_graph(result, shown)  # last, as it may be refused

    def _write_trace(self, found: PropertyResult | None) -> None:
        path, kind = self.traces.trace, self.traces.trace_format
        if found is None or found.trace is None:
            of = f"trace of {found.name!r}" if found is not None else "counterexample"
            say(f"There is no {of}{f': {path} was not written' if path else ''}.", aside=self.aside)
            return
        kind = reports.trace_format(path, kind)
        told = reports.Telling(found.trace, self.source, found.name, found.explanation)
        text = reports.written(told, kind)
        if path is None:
            print_trace(text, kind)
            return
        reports.write_whole(path, text)
        replay = f"; to replay it:\n  {shlex.join(following('replay', path, self.source))}"
        say(f"trace written to {path}{replay if kind == 'json' else ''}")

    def _write_graph(self, result: Result, shown: PropertyResult | None) -> None:
        if self.graphs.graph is None:
            return
        graphs, trace = self.graphs, shown.trace if shown is not None else None
        if graphs.around_trace is not None and trace is None:
            say(
                f"There is no trace to draw states around: {graphs.graph} was not written.",
                aside=self.aside,
            )
            return
        reports.save_graph(
            self.graphs.graph,
            result,
            trace,
            graphs.max_graph,
            around=graphs.around_trace,
            view=graphs.view,
        )
        say(f"state graph written to {graphs.graph}", aside=self.aside)

    def _write_reports(self, result: Result, again: Sequence[str]) -> None:
        files, wanted = self.files, vars(self.summaries)
        gaps = result.coverage.gaps if files.require_coverage else None
        for gap in gaps or ():
            say(f"not covered: {gap}", style="yellow", aside=self.aside)
        if files.html:
            from .reports.page import page_html
            from .reports.page_data import page_data

            data = page_data(result, self.source, states=files.html_states)
            reports.write_whole(files.html, page_html(data))
            say(f"page written to {files.html}; open it in a browser", aside=self.aside)
        if any(wanted.values()):
            unread = result.coverage.unread if files.require_coverage else ()
            summary = summarise(result, self.source, gaps=gaps, options=again, unread=unread)
            diagrams = diagrams_of(summary.name, result) if self.summaries.github else {}
            for path in write_reports([summary], diagrams, **wanted):
                say(f"report written to {path}", aside=self.aside)


def print_trace(text: str, kind: str) -> None:
    """Print a trace in the format `kind`: as UTF-8, but for text, which is for the terminal."""
    typer.echo(text if kind == "text" else text.encode("utf-8"), nl=False)


def console_and_width(aside: bool = False) -> tuple[Console, int | None]:
    """A console, and the width to break lines at; None when piped, a line being a line there.
    `aside`: on standard error."""
    console = Console(highlight=False, stderr=aside)
    return console, console.width if console.is_terminal else None


def say(text: str, style: str = "", aside: bool = False) -> None:
    console, _ = console_and_width(aside)
    console.print(Text(_clean_lines(text), style=style), soft_wrap=True)


def show_lines(lines: Sequence[Text], aside: bool = False) -> None:
    console, _ = console_and_width(aside)
    for line in lines:
        console.print(line, soft_wrap=True)


def _clean_lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def _told(result: Result | Simulation, why: bool, aside: bool) -> list[Text]:
    """The violations, with the traces that lead there, and then the verdicts and counts."""
    _, width = console_and_width(aside)
    lines: list[Text] = []
    shown: list[PropertyResult] = []
    for found in result.properties.values():
        if found.verdict is Verdict.VIOLATED and found.trace:
            lines += [*reports.violation_lines(found, width, shown), Text()]
            if why:
                lines += [*reports.truth_lines(found.trace, width), Text()]
            shown.append(found)
    if isinstance(result, Simulation):
        return lines + reports.text.simulation_lines(result, width)
    if why:
        lines += reports.witness_lines(result, width)
        lines += [*reports.coverage_lines(result, width), Text()]
    return lines + reports.result_lines(result, width)


def tell(error: IslanderError, debug: bool) -> None:
    aside = sys.stderr is not None and not sys.stderr.closed  # as a model may have done
    console = Console(stderr=aside, highlight=False)
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


def tell_defect(error: BaseException) -> None:
    print(
        f"error: {type(error).__name__}: {error}\n"
        "This is a defect of Islander, not of your model. Please report it with what --debug "
        "shows.",
        file=sys.stderr,
    )


def to_save(result: Result | Simulation, trace_of: str | None) -> PropertyResult | None:
    """The property whose trace is wanted: the one named, else the first that is violated."""
    if trace_of is not None:
        return result.properties[trace_of]
    violated = [p for p in result.properties.values() if p.verdict is Verdict.VIOLATED]
    return next((found for found in violated if found.trace), None)
