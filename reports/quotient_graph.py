"""The explored graph as seen through a view, as a drawing: a node for each class of states."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..explorer import Result, Trace, UsageError
from ..explorer.freeze import fields_of, show
from ..explorer.quotient import (
    ActionKind,
    ActorView,
    FactsView,
    Key,
    LocalState,
    Quotient,
    StateClass,
    action_kind,
    meant,
    view_named,
)
from .drawing import Arrow, Attributes, Drawing, fact_texts, violated
from .words import clean

VERBS = {
    "crash": "crashes",
    "stop": "stops",
    "recover": "recovers",
    "lose": "is lost",
    "duplicate": "is duplicated",
    "heal": "heals",
}


def quotient_graph(result: Result, view: str, trace: Trace | None, limit: int) -> Drawing:
    """The classes of states that look the same through `view`, with what `trace` passes marked.

    Nodes have `states` (how many), `inside` (steps between states of the class), `depth` (of the
    first state), `initial` and `terminal` (whether some state is) with `initial_states` and
    `terminal_states`, and what the states have in common. Edges have `steps`.

    Raises UsageError if there are more than `limit` classes, or `view` asks for facts that there
    are not.
    """
    quotient = result.quotient_by(view_named(view, result.model), limit)
    _check_kinds(quotient)
    name = clean(result.model.name)
    drawing = Drawing(
        name,
        f"{name} by {clean(view)}: {result.states:,} states in {len(quotient.classes):,} classes, "
        f"{result.transitions:,} steps",
        counted=True,
    )
    passed, taken = _passed(quotient, trace) if trace else (set(), set())
    inside = [0] * len(quotient.classes)
    for edge in quotient.edges:
        if edge.source == edge.target:
            inside[edge.source] += edge.steps
    for number, one in enumerate(quotient.classes):
        counts = {"inside": inside[number], "counterexample": number in passed}
        drawing.nodes.append(counts | _node(result, quotient, one))
    _shorten(drawing, [_in_common(quotient, one.key) for one in quotient.classes])
    for edge in quotient.edges:
        marked = (edge.source, edge.action, edge.target) in taken
        about = {"steps": edge.steps, "counterexample": marked} | _edge(edge.action)
        drawing.arrows.append(Arrow(edge.source, edge.target, about))
    return drawing


def _check_kinds(quotient: Quotient) -> None:
    """Raise UsageError if the view is of a class of facts that no state has."""
    for kind in quotient.view.kinds if isinstance(quotient.view, FactsView) else ():
        if kind not in quotient.fact_kinds:
            raise UsageError(
                f"--view facts={kind}: no state has a fact of class {kind!r}."
                + meant(kind, quotient.fact_kinds)
            )


def _node(result: Result, quotient: Quotient, one: StateClass) -> Attributes:
    view = quotient.view
    told: Attributes = {
        "label": "\n".join(_in_common(quotient, one.key)),
        "states": one.states,
        "depth": one.depth,
        "initial": one.initial > 0,
        "initial_states": one.initial,
        "terminal": one.terminal > 0,
        "terminal_states": one.terminal,
    }
    if isinstance(view, FactsView) and not view.kinds:  # else this cannot be told of a class
        assert isinstance(one.key, frozenset)
        told["violates"] = "; ".join(violated(result.model, one.key))
    return told


def _in_common(quotient: Quotient, key: Key) -> Sequence[str]:
    """What the states of a class have in common, a line for each part of it."""
    view = quotient.view
    if isinstance(view, FactsView):
        assert isinstance(key, frozenset)
        return fact_texts(key) or ["no facts"]
    assert isinstance(view, ActorView)
    if not isinstance(key, LocalState):
        return [clean(f"{view.actor}.{view.field}: {show(key)}")]
    fields = [clean(f"{name}: {show(value)}") for name, value in fields_of(key.fields).items()]
    timers = [clean(f"timers: {', '.join(key.timers)}")] if key.timers else []
    status = [key.status] if key.status != "up" else []
    recorded = [f"recorded: {fact}" for fact in fact_texts(key.history)]
    return [clean(view.actor), *fields, *timers, *status, *recorded]


def _shorten(drawing: Drawing, told: Sequence[Sequence[str]]) -> None:
    """Let drawings say once, in the caption, what is so in every class."""
    everywhere = set(told[0]).intersection(*told) if len(told) > 1 else set()
    drawing.short = [
        "\n".join(line for line in lines if line not in everywhere) or "nothing else"
        for lines in told
    ]
    if everywhere:
        said = "; ".join(line for line in told[0] if line in everywhere)
        drawing.caption += f"\nin every class: {said}"


def _edge(action: ActionKind) -> Attributes:
    kind, actor, sender, what = map(clean, action)
    who = f"{sender} → {actor}" if sender else actor or "network"
    if kind == "timeout":
        said = f"timer {what!r} fires"
    elif kind == "cut":
        said = f"cuts {what} off"
    else:
        said = f"{what} {VERBS.get(kind, '')}".strip()
    return {
        "label": f"{who}: {said}",
        "kind": kind,
        "actor": actor,
        "sender": sender,
        "what": what,
    }


def _passed(quotient: Quotient, trace: Trace) -> tuple[set[int], set[tuple[int, ActionKind, int]]]:
    """The classes that `trace` passes, and the edges."""
    numbers = {one.key: number for number, one in enumerate(quotient.classes)}
    keys = [quotient.view.key(state) for state in trace.states]
    path = [numbers[key] for key in keys if key in numbers]
    steps = zip(pairwise(path), trace.steps, strict=False)
    return set(path), {(a, action_kind(step.outcome), b) for (a, b), step in steps}
