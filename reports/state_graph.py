"""The explored state graph as a networkx graph and as files; no other module knows networkx."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..explorer import Deliver, Result, Trace, UsageError
from ..explorer.freeze import show
from ..explorer.graph import StateGraph, all_edges
from ..explorer.semantics import State
from ..explorer.trace import label
from .encoding import encode_state
from .files import write_whole
from .words import clean, event_parts

if TYPE_CHECKING:
    import networkx

SUFFIXES = (".dot", ".graphml", ".json")


def check_suffix(path: Path) -> None:
    """Raise UsageError unless the suffix names a format that graphs can be written in."""
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"cannot write a graph to {path}: the suffix says the format, "
            f"and it must be one of {', '.join(SUFFIXES)}."
        )


def check_size(result: Result, limit: int) -> None:
    """Raise UsageError if the explored graph has more than `limit` states."""
    if result.states > limit:
        raise UsageError(
            f"the state graph has {result.states:,} states, more than --max-graph {limit:,}; no "
            f"tool draws that well. Explore a smaller instance or bound it (--max-depth), or raise "
            f"--max-graph to write it all the same."
        )


def to_networkx(result: Result, trace: Trace | None = None) -> networkx.MultiDiGraph[int]:
    """The explored states and steps as a networkx MultiDiGraph.

    Nodes are the states' numbers in breadth-first order, with `label`, `depth`, `initial`,
    `terminal`, an attribute for each actor's local state, and `in_flight`; edges have `label`,
    `actor`, `sender`, `what` (the message or timer) and `choices`. Nodes and edges on `trace` have
    `counterexample` true. All attributes are strings, ints or bools.
    """
    import networkx

    graph = result.graph
    nodes, edges = _path(graph, trace) if trace else (set(), set())
    drawn: networkx.MultiDiGraph[int] = networkx.MultiDiGraph(name=clean(result.model.name))
    for depth in range(len(graph.levels)):
        for number in graph.level(depth):
            drawn.add_node(number, **_node(result, number, depth, number in nodes))
    for source, edge, target in all_edges(graph):
        drawn.add_edge(source, target, **_edge(graph, edge, edge in edges))
    return drawn


def save_graph(path: Path, result: Result, trace: Trace | None, limit: int) -> None:
    """Write the explored graph, with `trace` marked, in the format that the suffix names.

    Raises UsageError if the graph has more than `limit` states, or the file cannot be written.
    """
    check_suffix(path)
    check_size(result, limit)
    write_whole(path, _written(path.suffix, to_networkx(result, trace)))


def _written(suffix: str, drawn: networkx.MultiDiGraph[int]) -> str:
    import networkx

    if suffix == ".dot":
        return _dot(drawn)
    if suffix == ".graphml":
        buffer = BytesIO()
        networkx.write_graphml(drawn, buffer)
        return buffer.getvalue().decode("utf-8")
    return json.dumps(networkx.node_link_data(drawn, edges="edges"), indent=1) + "\n"


def _node(result: Result, number: int, depth: int, on_trace: bool) -> dict[str, Any]:
    graph = result.graph
    state: State = graph.states[number]
    actors = {f"actor {clean(one.actor)}": clean(_local(one)) for one in state.locals}
    flying = result.model.network.contents(state.network)
    return {
        "label": "\n".join(f"{name[6:]}: {text}" for name, text in actors.items()),
        "depth": depth,
        "initial": depth == 0,
        "terminal": number < graph.expanded and not graph.steps(number),
        "counterexample": on_trace,
        **actors,
        "in_flight": "; ".join(
            clean(f"{envelope!r}") + (f" ×{count}" if count > 1 else "")
            for envelope, count in flying.items()
        ),
    }


def _local(local: Any) -> str:
    timers = f", timers {', '.join(local.timers)}" if local.timers else ""
    return show(local.fields) + timers


def _edge(graph: StateGraph, edge: int, on_trace: bool) -> dict[str, Any]:
    outcome = graph.outcomes[edge]
    event = outcome.event
    who, what = event_parts(event)  # type: ignore[arg-type]
    choices = clean(", ".join(choice.shown for choice in outcome.choices))
    return {
        "label": f"{who}: {what}" + (f", chooses {choices}" if choices else ""),
        "actor": clean(event.actor),
        "sender": clean(event.sender) if isinstance(event, Deliver) else "",
        "what": what,
        "choices": choices,
        "counterexample": on_trace,
    }


def _path(graph: StateGraph, trace: Trace) -> tuple[set[int], set[int]]:
    """The numbers of the states and steps of `trace` in `graph`."""
    beginning = encode_state(trace.model, trace.initial)
    for start in graph.initial:
        if encode_state(trace.model, graph.states[start]) != beginning:
            continue
        state, nodes, edges = start, {start}, set()
        for wanted in trace.labels:
            edge = next((e for e in graph.steps(state) if label(graph.outcomes[e]) == wanted), None)
            if edge is None:
                break
            state = graph.targets[edge]
            nodes.add(state)
            edges.add(edge)
        if len(edges) == len(trace):
            return nodes, edges
    return set(), set()


def _dot(drawn: networkx.MultiDiGraph[int]) -> str:
    lines = ["digraph {", '  node [shape=box, fontname="monospace", fontsize=10];']
    lines.append('  edge [fontname="monospace", fontsize=9];')
    for number, data in drawn.nodes(data=True):
        style = _styles(data, initial="penwidth=2", terminal="peripheries=2")
        lines.append(f"  {number} [label={_quoted(data['label'])}{style}];")
    for source, target, data in drawn.edges(data=True):
        lines.append(f"  {source} -> {target} [label={_quoted(data['label'])}{_styles(data)}];")
    return "\n".join([*lines, "}", ""])


def _styles(data: dict[str, Any], **styles: str) -> str:
    styles["counterexample"] = "color=red, fontcolor=red"
    return "".join(f", {style}" for name, style in styles.items() if data[name])


def _quoted(text: str) -> str:
    """A DOT string; within it a backslash begins an escape and \\l ends a line at the left."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(line + "\\l" for line in escaped.split("\n")) + '"'
