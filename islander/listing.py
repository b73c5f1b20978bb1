"""The models that ship, as `islander models` lists them."""

from __future__ import annotations

import inspect
from typing import Any

from rich.text import Text

from . import reports
from .loading import Target
from .output import console_and_width


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
