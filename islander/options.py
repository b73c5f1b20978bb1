"""Options that several commands take, in groups.

A command asks for a group by a parameter that is annotated with the group's class; on the command
line the fields of the group stand in its place.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from .explorer import UsageError
from .explorer.asking import shown
from .explorer.explore import MOST
from .live import available_bytes

Assignments = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter of the model."),
]
Bug = Annotated[str | None, typer.Option(help="Seed this bug into the model.")]
AsPublished = Annotated[
    bool, typer.Option("--as-published", help="Leave out all repairs, if the model has any.")
]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Explore on after a violation.")]
ModelName = Annotated[
    str, typer.Argument(help="A model that ships (see `islander models`), or FILE.py:FACTORY.")
]
Threads = Annotated[int, typer.Option(help="How many threads explore.")]
MaxSeconds = Annotated[float | None, typer.Option(help="Stop after this time.")]
CountInterleavings = Annotated[
    bool, typer.Option("--count-interleavings", help="Also when there are many states.")
]
Every = Annotated[float, typer.Option(metavar="SECONDS", help="Time between two checkpoints.")]
HtmlStates = Annotated[
    int, typer.Option(metavar="N", min=0, help="States around the traces that a page holds.")
]
ScheduleFile = Annotated[
    Path | None, typer.Option(help="Write it as a schedule of islanders, of governments only.")
]


@dataclass(frozen=True)
class Bounds:
    """What may end a search early."""

    max_states: Annotated[int | None, typer.Option(help="Keep at most this many states.")] = None
    max_depth: Annotated[int | None, typer.Option(help="Look no further than this.")] = None
    max_seconds: MaxSeconds = None
    max_bytes: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="Memory: 500M, 8G. Default: most of what is free; 'none'."
        ),
    ] = None

    def words(self) -> list[str]:
        """The words of the command line that say the same."""
        given = [(one.name, getattr(self, one.name)) for one in dataclasses.fields(self)]
        named = [(f"--{name.replace('_', '-')}", value) for name, value in given]
        return [word for name, value in named if value is not None for word in (name, str(value))]

    def arguments(self, engine: str = "") -> dict[str, Any]:
        """The arguments of `explore` that these are."""
        bytes_ = self.max_bytes
        return {
            "max_states": self.max_states,
            "max_depth": self.max_depth,
            "max_seconds": self.max_seconds,
            "max_bytes": None if engine == "reference" and bytes_ is None else _bytes(bytes_),
        }


@dataclass(frozen=True)
class TraceOptions:
    """Where the trace goes."""

    trace: Annotated[
        Path | None, typer.Option(help="Write the counterexample; the suffix says the format.")
    ] = None
    trace_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="text, json, itf, mermaid, plantuml, shiviz or svg; without --trace to stdout.",
        ),
    ] = None
    trace_of: Annotated[
        str | None, typer.Option(metavar="PROPERTY", help="Write the trace of this property.")
    ] = None


@dataclass(frozen=True)
class GraphOptions:
    """Which part of the state graph is written, and how."""

    graph: Annotated[
        Path | None,
        typer.Option(help="Write the state graph: .dot, .graphml, .json, .aut, .svg or .png."),
    ] = None
    max_graph: Annotated[
        int, typer.Option(min=1, help="Refuse to write more states than that.")
    ] = 5000
    around_trace: Annotated[
        int | None,
        typer.Option(metavar="STEPS", help="Only what is so near to the counterexample."),
    ] = None
    view: Annotated[
        str | None,
        typer.Option(
            metavar="VIEW",
            help="One node for all that look alike: facts, facts=KIND, actor=ID or actor=ID.FIELD.",
        ),
    ] = None


@dataclass(frozen=True)
class ReportOptions:
    """What else is told, and where."""

    why: Annotated[
        bool,
        typer.Option("--why", help="Tell when each property held; witnesses; what never ran."),
    ] = False
    require_coverage: Annotated[
        bool,
        typer.Option("--require-coverage", help="Exit 1 if some case of some actor never ran."),
    ] = False
    html: Annotated[Path | None, typer.Option(help="Write a page to explore, in one file.")] = None
    html_states: HtmlStates = 2000


@dataclass(frozen=True)
class SummaryFiles:
    """The files that CI reads."""

    junit: Annotated[Path | None, typer.Option(help="Write verdicts as JUnit XML.")] = None
    sarif: Annotated[Path | None, typer.Option(help="Write violations as SARIF.")] = None
    github: Annotated[Path | None, typer.Option(help="Write a summary in GitHub's Markdown.")] = (
        None
    )


def with_groups(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command`, its groups replaced by their options, for typer to read."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {
        name: kind for name, kind in hints.items() if dataclasses.is_dataclass(kind)
    }

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        for name, kind in groups.items():
            own = {one.name: given.pop(one.name) for one in dataclasses.fields(kind)}
            given[name] = kind(**own)
        return command(*args, **given)

    parameters = list(_expanded(command, hints, groups))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _expanded(
    command: Callable[..., Any], hints: dict[str, Any], groups: dict[str, Any]
) -> Iterator[inspect.Parameter]:
    by_name = inspect.Parameter.KEYWORD_ONLY
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in groups:
            yield parameter.replace(annotation=hints[name], kind=by_name)
            continue
        own = get_type_hints(groups[name], include_extras=True)
        for one in dataclasses.fields(groups[name]):
            yield inspect.Parameter(
                one.name, by_name, default=one.default, annotation=own[one.name]
            )


def _bytes(size: str | None) -> int | None:
    """How many bytes "500M" and the like are; by default most of the memory that is free."""
    if size is None:
        free = available_bytes()
        return None if free is None else free * 7 // 8
    if size.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", size.strip().lower())
    if not found or float(found[1]) <= 0:
        raise UsageError(
            f"--max-bytes {shown(size)}: it should be a size such as 500M or 8G, or none."
        )
    bytes_ = float(found[1]) * 1024 ** " kmgt".index(found[2] or " ")
    if bytes_ > MOST:
        raise UsageError(f"--max-bytes {shown(size)}: no machine has so much; 'none' is no bound.")
    return int(bytes_)
