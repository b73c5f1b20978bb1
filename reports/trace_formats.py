"""The formats that a trace can be written in, by name and by suffix."""

from __future__ import annotations

import json
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from ..explorer import Trace, UsageError
from .text import trace_lines
from .trace_file import Source, trace_document
from .words import clean


class Telling(NamedTuple):
    """A trace, and what is told with it: which property it is of, and why."""

    trace: Trace
    source: Source | None = None
    property_name: str = ""
    explanation: str = ""


def _json(told: Telling) -> str:
    return json.dumps(trace_document(*told), indent=1, ensure_ascii=True) + "\n"


def _text(told: Telling) -> str:
    steps = f"{len(told.trace)} step{'' if len(told.trace) == 1 else 's'}"
    title = f"{told.property_name or told.trace.model.name}: {steps}"
    lines = [clean(title), "", *(line.plain for line in trace_lines(told.trace, None))]
    if told.explanation:
        lines += ["", f"Why: {clean(told.explanation)}"]
    return "\n".join(lines) + "\n"


def _itf(told: Telling) -> str:
    from .itf import itf_trace

    return itf_trace(*told)


def _shiviz(told: Telling) -> str:
    from .shiviz import shiviz_trace

    return shiviz_trace(told.trace)


def _mermaid(told: Telling) -> str:
    from .mermaid import mermaid_trace

    return mermaid_trace(told.trace, told.property_name, told.explanation)


def _plantuml(told: Telling) -> str:
    from .plantuml import plantuml_trace

    return plantuml_trace(told.trace, told.property_name, told.explanation)


def _svg(told: Telling) -> str:
    from .sequence_svg import svg_trace

    return svg_trace(told.trace, told.property_name, told.explanation)


_WRITERS: dict[str, Callable[[Telling], str]] = {
    "text": _text,
    "json": _json,
    "itf": _itf,
    "mermaid": _mermaid,
    "plantuml": _plantuml,
    "shiviz": _shiviz,
    "svg": _svg,
}

FORMATS = tuple(_WRITERS)
"""The names of the formats; "json" is the one that replays."""

SUFFIXES = {
    ".itf.json": "itf",
    ".json": "json",
    ".txt": "text",
    ".mmd": "mermaid",
    ".puml": "plantuml",
    ".shiviz": "shiviz",
    ".svg": "svg",
}
"""The format of a file by its suffix; the first that fits counts."""


def trace_format(path: Path | None, name: str | None) -> str:
    """The format called `name`, or else the one of `path`'s suffix; JSON if it has none.

    Raises UsageError if there is no such format, or no format with such a suffix.
    """
    if name is not None:
        if name in _WRITERS:
            return name
        close = get_close_matches(name, FORMATS, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        raise UsageError(
            f"there is no trace format {name!r}{meant} There are: {', '.join(FORMATS)}."
        )
    if path is None or not path.suffix:
        return "json"
    for suffix, known in SUFFIXES.items():
        if path.name.endswith(suffix):
            return known
    raise UsageError(
        f"cannot tell the format of {path} by its suffix: it should be one of "
        f"{', '.join(SUFFIXES)}; or name the format with --trace-format."
    )


def written(told: Telling, name: str) -> str:
    """The trace in the format called `name`."""
    return _WRITERS[name](told)
