"""What the explorer page shows, as JSON: verdicts and counts, the traces, and the states around.

The page decides nothing: every text that it shows, and every truth value, is made here.
"""

from __future__ import annotations

import shlex
from dataclasses import fields, is_dataclass
from typing import Any

from ..explorer import Network, PropertyResult, Result, Simulation, Trace, Verdict
from ..explorer.properties import Property
from .conclusion import conclusion
from .encoding import Json
from .neighbourhood import Neighbourhood, Way, clean_lines
from .sequence_svg import svg_trace
from .text import since
from .trace_file import Source
from .words import clean, fact_text

STATES = 2000
"""How many states around the traces a page has unless it is told otherwise."""

DRAWN = 2000
"""Sequence diagrams of longer traces are left out: nobody reads them, and a page holds them all."""


def page_data(
    result: Result | Simulation,
    source: Source | None = None,
    *,
    states: int = STATES,
    title: str = "",
    neighbourhood: Neighbourhood | None = None,
) -> Json:
    """The data of the page about `result`.

    `states` is how many states are exported besides those on the traces, the nearest first.
    `neighbourhood` is where they are put, a new one by default. `title` is by default the model's
    name.
    """
    model = result.model
    around = neighbourhood or Neighbourhood(model)
    traces: list[Json] = [_way(Way([around.initial[0]], []))]
    known: dict[tuple[int, ...], int] = {}
    properties = []
    for item in model.properties:
        found = result.properties[item.name]
        at = None
        if found.trace is not None:
            way = around.follow(found.trace)
            key = (way.states[0], *way.steps)
            if key not in known:
                known[key] = len(traces)
                drawn = svg_trace(found.trace) if len(found.trace) <= DRAWN else None
                traces.append(_way(way, drawn))
            at = known[key]
        properties.append(_property(item, found, around, at))
    around.grow(states)
    return {
        "title": clean(title or model.name),
        "model": clean(model.name),
        "command": clean(_command(source)) if source else None,
        "actors": [clean(actor) for actor in model.actors],
        "network": clean(_network(model.network)),
        "queued": model.network.is_queues,
        "verdict": result.verdict.value,
        "conclusion": clean_lines(conclusion(result)),
        "whole": result.incomplete_because is None,
        "notes": [clean(note) for note in result.notes],
        "counts": _counts(result),
        "properties": properties,
        "traces": traces,
        "initial": around.initial,
        "live": False,
        "neighbourhood": around.document(),
    }


def _way(way: Way, diagram: str | None = None) -> Json:
    return {"states": way.states, "steps": way.steps, "diagram": diagram}


def _property(
    item: Property, found: PropertyResult, around: Neighbourhood, trace: int | None
) -> Json:
    clash = [] if found.trace is None else _clash(found, found.trace, around)
    return {
        "name": clean(found.name),
        "verdict": found.verdict.value,
        "kind": type(item).__name__,
        "subject": item.subject.value,
        "witness": found.witness,
        "steps": found.steps,
        "explanation": clean_lines(found.explanation),
        "clash": clash,
        "absent": [fact_text(fact) for fact in found.absent],
        "trace": trace,
        "nearest": found.witness and found.verdict is Verdict.VIOLATED,
    }


def _clash(found: PropertyResult, trace: Trace, around: Neighbourhood) -> list[Json]:
    """The facts that clash, each with the step that made it true, in that order."""
    facts = [{"fact": around.fact(fact), "since": since(trace, fact)} for fact in found.facts]
    return sorted(facts, key=lambda one: one["since"])


def _network(network: Network) -> str:
    """A network as one would write it, without what goes without saying."""
    own: list[tuple[str, Any]] = []
    if is_dataclass(network):
        own = [(one.name, one.default) for one in fields(network)]
    values = [(name, getattr(network, name), default) for name, default in own]
    given = [f"{name}={value!r}" for name, value, default in values if value != default]
    return f"{type(network).__name__}({', '.join(given)})"


def _command(source: Source) -> str:
    words = ["islander", "check", source.target]
    for name, value in source.parameters.items():
        words += ["--bug", value] if name == "bug" else ["-p", f"{name}={value}"]
    return shlex.join(words)


def _counts(result: Result | Simulation) -> list[list[str]]:
    """What was counted, as pairs of a word and a number."""
    counts: dict[str, int | str | None]
    if isinstance(result, Simulation):
        counts = {
            "walks": result.walks,
            "steps": result.steps,
            "longest walk": result.longest,
            "ended": result.ended,
            "seed": str(result.seed),
        }
        engine = "random walks"
    else:
        whole = result.cyclic is not None
        counts = {
            "states": result.states,
            "transitions": result.transitions,
            "depth": result.depth,
            # Whether a state that was not expanded has a step, the search does not say: the page
            # does.
            f"terminal{'' if whole else ', of those expanded'}": result.terminal,
            "interleavings": "endless" if result.cyclic else result.interleavings,
        }
        engine = result.engine
    counts |= {
        "fact sets": result.fact_sets,
        "handler calls": result.handler_calls,
        "seconds": f"{result.seconds:.2f}",
        "engine": engine,
    }
    return [[name, _number(count)] for name, count in counts.items() if count is not None]


def _number(count: int | str) -> str:
    if isinstance(count, str) or count < 10**15:
        return f"{count:,}" if isinstance(count, int) else count
    digits = str(count)
    return f"{digits[0]}.{digits[1:4]} × 10^{len(digits) - 1}"
