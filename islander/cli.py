"""The command line: `islander check`, `islander models`, `islander replay`.

Exit codes: 0 all properties hold (or the trace replays), 1 violated (or the trace and the model
part), 2 a mistake in usage or model, 3 incomplete, 130 interrupted outside a search.
"""

from __future__ import annotations

import functools
import inspect
import json
import shlex
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from . import __version__, reports
from .explorer import (
    ENGINES,
    IslanderError,
    ModelError,
    PropertyResult,
    Result,
    Trace,
    UsageError,
    Verdict,
    explore,
)
from .live import live_line
from .loading import Target, find_target, make_model, parse_assignments
from .models import CATALOGUE
from .reports.words import clean


class Exit(IntEnum):
    HOLDS = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


_EXITS = {
    Verdict.HOLDS: Exit.HOLDS,
    Verdict.VIOLATED: Exit.VIOLATED,
    Verdict.INCOMPLETE: Exit.INCOMPLETE,
}

app = typer.Typer(
    name="islander",
    help="Checks consensus protocols by walking every order in which their messages can arrive.",
    epilog="Exit codes: 0 holds, 1 violated, 2 usage or model error, 3 incomplete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback behind an error.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter of the model."),
]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show an arrow still gets a text
            stream.reconfigure(errors="backslashreplace")
    app()


def _reported(command: Callable[..., Exit]) -> Callable[..., NoReturn]:
    """`command`, its errors told on stderr without our traceback, its answer the exit code."""

    @functools.wraps(command)
    def run(*args: Any, debug: bool = False, **kwargs: Any) -> NoReturn:
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        except BrokenPipeError:
            sys.stderr.close()  # the reader has left; there is nobody to tell
            code = Exit.USAGE
        except IslanderError as error:
            _tell(error, debug)
            code = Exit.USAGE
        except Exception as error:
            traceback.print_exc() if debug else _tell_defect(error)
            code = Exit.USAGE
        raise typer.Exit(code)

    signature = inspect.signature(command, eval_str=True)
    debug_option = inspect.Parameter(
        "debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug
    )
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), debug_option], return_annotation=None
    )
    run.__annotations__ = {p.name: p.annotation for p in run.__signature__.parameters.values()}  # type: ignore[attr-defined]
    return run


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        print(f"islander {__version__}")
        raise typer.Exit(Exit.HOLDS)


@app.command()
@_reported
def check(
    model: Annotated[
        str, typer.Argument(help="A model that ships (see `islander models`), or FILE.py:FACTORY.")
    ],
    parameter: Assignments = None,
    bug: Annotated[str | None, typer.Option(help="Seed this bug into the model.")] = None,
    engine: Annotated[str, typer.Option(help="The engine that explores.")] = ENGINES[0],
    max_states: Annotated[int | None, typer.Option(help="Keep at most this many states.")] = None,
    max_depth: Annotated[int | None, typer.Option(help="Look no further than this.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Explore on after a violation.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write the counterexample, as JSON to replay.")
    ] = None,
    trace_of: Annotated[
        str | None, typer.Option(metavar="PROPERTY", help="Write the trace of this property.")
    ] = None,
    graph: Annotated[
        Path | None, typer.Option(help="Write the state graph: .dot, .graphml or .json.")
    ] = None,
    max_graph: Annotated[int, typer.Option(help="Refuse to write more states than that.")] = 5000,
) -> Exit:
    """Explore every interleaving of a model and judge its properties."""
    given = parse_assignments(parameter or [])
    target = find_target(model)
    checked = make_model(target, given, bug)
    if trace_of is not None and trace_of not in {p.name for p in checked.properties}:
        names = ", ".join(repr(p.name) for p in checked.properties)
        raise UsageError(f"--trace-of {trace_of!r}: there is no such property; there are {names}.")
    for path in filter(None, (trace, graph)):
        reports.check_writable(path)
    if graph:
        reports.check_suffix(graph)
    with live_line(Console(stderr=True)) as on_progress:
        result = explore(
            checked,
            engine,
            max_states=max_states,
            max_depth=max_depth,
            max_seconds=max_seconds,
            keep_going=keep_going,
            on_progress=on_progress,
        )
    _show(result)
    source = reports.Source(model, given | ({"bug": bug} if bug else {}))
    shown = _to_save(result, trace_of)
    if trace:
        _save_trace(trace, result, shown, source)
    elif shown and shown.verdict is Verdict.VIOLATED and shown.trace:
        again = shlex.join([*_command(source), "--trace", "trace.json"])
        _say(f"To save this trace and replay it:\n  {again}\n  islander replay trace.json")
    if graph:
        reports.save_graph(graph, result, shown.trace if shown else None, max_graph)
        _say(f"state graph written to {graph}")
    return _EXITS[result.verdict]


@app.command()
@_reported
def models(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> Exit:
    """List the models that ship, with their parameters and seeded bugs."""
    targets = [find_target(name) for name in CATALOGUE]
    if as_json:
        print(json.dumps([_described(target) for target in targets], indent=1))
        return Exit.HOLDS
    for target in targets:
        _show_target(target)
    return Exit.HOLDS


@app.command()
@_reported
def replay(
    trace: Annotated[Path, typer.Argument(help="A file that `islander check --trace` wrote.")],
    model: Annotated[
        str | None, typer.Option(help="Replay on this model instead of the one it names.")
    ] = None,
    parameter: Assignments = None,
    bug: Annotated[str | None, typer.Option(help="Seed this bug into the model.")] = None,
) -> Exit:
    """Take the steps of a saved trace again, and say where it stops agreeing with the model."""
    saved = reports.read_trace(trace)
    source = saved.source
    given = dict(source.parameters) if source and model is None else {}
    given |= parse_assignments(parameter or [])
    seeded = given.pop("bug", None)
    target = find_target(model or _beside(source, trace))
    replayed = reports.replay(make_model(target, given, bug or seeded), saved)
    console, width = _console()
    for line in reports.trace_lines(replayed.trace, width):
        console.print(line, soft_wrap=True)
    console.print()
    if replayed.disagreement:
        _say(f"The trace and the model part at {replayed.disagreement}", style="red")
        return Exit.VIOLATED
    _say(f"All {len(saved.steps)} steps agree with the model.")
    if saved.property:
        _say(f"The trace was saved for {saved.property!r}. {saved.explanation}")
    return Exit.HOLDS


# -- showing ------------------------------------------------------------------------------------


def _console() -> tuple[Console, int | None]:
    """A console, and the width to break lines at; None when piped, a line being a line there."""
    console = Console(highlight=False)
    return console, console.width if console.is_terminal else None


def _say(text: str, style: str = "") -> None:
    console, _ = _console()
    console.print(Text(_clean_lines(text), style=style), soft_wrap=True)


def _clean_lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def _show(result: Result) -> None:
    console, width = _console()
    lines = []
    for found in result.properties.values():
        if found.verdict is Verdict.VIOLATED and found.trace:
            lines += [*reports.violation_lines(found, width), Text()]
    lines += reports.result_lines(result, width)
    for line in lines:
        console.print(line, soft_wrap=True)


def _tell(error: IslanderError, debug: bool) -> None:
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


def _tell_defect(error: Exception) -> None:
    print(
        f"error: {type(error).__name__}: {error}\n"
        "This is a defect of Islander, not of your model. Please report it with what --debug "
        "shows.",
        file=sys.stderr,
    )


def _show_target(target: Target) -> None:
    console, width = _console()
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


def _described(target: Target) -> dict[str, Any]:
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


# -- saving -------------------------------------------------------------------------------------


def _to_save(result: Result, trace_of: str | None) -> PropertyResult | None:
    """The property whose trace is wanted: the one named, else the first that is violated."""
    if trace_of is not None:
        return result.properties[trace_of]
    violated = [p for p in result.properties.values() if p.verdict is Verdict.VIOLATED]
    return next((found for found in violated if found.trace), None)


def _save_trace(
    path: Path, result: Result, found: PropertyResult | None, source: reports.Source
) -> None:
    trace: Trace | None = found.trace if found else None
    if found is None or trace is None:
        _say(f"there is no such trace, so {path} was not written")
        return
    reports.save_trace(path, trace, source, found.name, found.explanation)
    _say(
        f"trace written to {path}; to replay it:\n  {shlex.join(['islander', 'replay', str(path)])}"
    )


def _beside(source: reports.Source | None, trace: Path) -> str:
    """The target that a trace names; a file that is not here may lie beside the trace."""
    if source is None:
        raise UsageError(f"{trace} does not say which model it is of; name it with --model.")
    path, colon, factory = source.target.rpartition(":")
    beside = trace.parent / path
    if colon and not Path(path).exists() and beside.exists():
        return f"{beside}:{factory}"
    return source.target


def _command(source: reports.Source) -> list[str]:
    command = ["islander", "check", source.target]
    for name, value in source.parameters.items():
        command += ["--bug", value] if name == "bug" else ["-p", f"{name}={value}"]
    return command
