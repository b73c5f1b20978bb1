"""Graphs of what was explored, as files in the format that the suffix names, and as networkx
graphs; no other module knows networkx.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ..explorer import Model, Result, Trace, UsageError
from ..explorer.quotient import view_named
from .drawing import Drawing
from .files import write_whole
from .graph_formats import aldebaran, check_graphviz, dot, picture
from .quotient_graph import quotient_graph
from .whole_graph import around_trace, whole_graph

if TYPE_CHECKING:
    import networkx

SUFFIXES = (".dot", ".graphml", ".json", ".aut", ".svg", ".png")
PICTURES = (".svg", ".png")


def check_suffix(path: Path) -> None:
    """Raise UsageError unless the suffix names a format that graphs can be written in."""
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"cannot write a graph to {path}: the suffix says the format, "
            f"and it must be one of {', '.join(SUFFIXES)}."
        )
    if path.suffix in PICTURES:
        check_graphviz(path.suffix)


def check_size(result: Result, limit: int) -> None:
    """Raise UsageError if the explored graph has more than `limit` states."""
    if result.states > limit:
        raise UsageError(
            f"the state graph has {result.states:,} states, more than --max-graph {limit:,}; no "
            f"tool draws that well. Explore a smaller instance or bound it (--max-depth), draw the "
            f"states around the trace (--around-trace 1) or classes of states (--view facts), or "
            f"raise --max-graph to write it all the same."
        )


def check_graph(
    path: Path | None, model: Model, around: int | None = None, view: str | None = None
) -> None:
    """Raise UsageError, before any work is put into it, if `save_graph` could not write a graph
    that is asked for so."""
    options = [
        name for name, value in (("--around-trace", around), ("--view", view)) if value is not None
    ]
    if path is None:
        if options:
            raise UsageError(
                f"{options[0]} says which graph to write; name the file, too: --graph FILE."
            )
        return
    check_suffix(path)
    if len(options) > 1:
        raise UsageError(
            "--around-trace draws states and --view classes of states; choose one of them."
        )
    if around is not None and around < 0:
        raise UsageError(f"--around-trace must be a number of steps, 0 or more; got {around}.")
    if view is not None:
        view_named(view, model)


def save_graph(
    path: Path,
    result: Result,
    trace: Trace | None,
    limit: int,
    *,
    around: int | None = None,
    view: str | None = None,
) -> None:
    """Write a graph of what was explored, with `trace` marked, in the format that the suffix names.

    around  only the states to which at most so many steps lead from a state of `trace`
    view    classes of states that look the same: see `explorer.quotient.view_named`

    Raises UsageError if there are more than `limit` nodes, there is no trace to draw states around,
    `view` is not one, or the file cannot be written.
    """
    check_graph(path, result.model, around, view)
    if view is not None:
        drawing = quotient_graph(result, view, trace, limit)
    elif around is not None:
        if trace is None:
            raise UsageError(
                "--around-trace: there is no trace to draw the states around; every property that "
                "was decided holds, or --trace-of names one without a trace."
            )
        drawing = around_trace(trace, around, limit)
    else:
        check_size(result, limit)
        drawing = whole_graph(result, trace)
    if path.suffix == ".png":
        write_whole(path, picture(drawing, path.suffix))
    else:
        write_whole(path, _written(path.suffix, drawing))


def to_networkx(result: Result, trace: Trace | None = None) -> networkx.MultiDiGraph[int]:
    """The explored states and steps as a networkx MultiDiGraph, with what is on `trace` marked.

    Nodes are the states' numbers in breadth-first order, with `label`, `depth`, `initial`,
    `terminal`, `unexpanded`, an attribute for each actor's local state, `in_flight`, `facts`,
    `violates`. Edges have `label`, `kind`, `actor`, `what` (the message or timer), `choices`; of a
    message `sender`, `receiver`, `message` (its class) and an attribute for each field; `timer` or
    `side`; `violates`; and `action`, which is JSON. Nodes and edges on `trace` have
    `counterexample` true. All attributes are strings, ints or bools.
    """
    return _networkx(whole_graph(result, trace))


def _networkx(drawing: Drawing) -> networkx.MultiDiGraph[int]:
    import networkx

    drawn: networkx.MultiDiGraph[int] = networkx.MultiDiGraph(name=drawing.name)
    for number, node in enumerate(drawing.nodes):
        drawn.add_node(number, **node)
    for source, target, about in drawing.arrows:
        key = drawn.add_edge(source, target)
        drawn.edges[source, target, key].update(about)  # as keywords, "key" would be no attribute
    return drawn


def _written(suffix: str, drawing: Drawing) -> str:
    if suffix == ".dot":
        return dot(drawing)
    if suffix == ".aut":
        return aldebaran(drawing)
    if suffix == ".svg":
        return picture(drawing, suffix).decode("utf-8")
    import networkx

    drawn = _networkx(drawing)
    if suffix == ".graphml":
        buffer = BytesIO()
        networkx.write_graphml(drawn, buffer)
        return buffer.getvalue().decode("utf-8")
    return json.dumps(networkx.node_link_data(drawn, edges="edges"), indent=1) + "\n"
