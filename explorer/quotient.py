"""The state graph seen through a view: states that look the same are one class.

A million states become a picture of twenty. Nothing is estimated: the states of the classes, and
the steps between them, add up to all that were explored. (The classes are the blocks of a
partition, and what is made is the quotient of the graph by it: a step between two states is a step
between their classes. So a path through the classes need not be a run.)
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from .errors import UsageError
from .facts import Fact, FactSet
from .freeze import Frozen, fields_of, show
from .graph import StateGraph, all_edges
from .handlers import Local, Outcome
from .model import Model
from .semantics import Semantics, State
from .trace import label

Key: TypeAlias = Hashable
"""What the states of a class have in common: a FactSet, a LocalState, or a frozen value."""


class LocalState(NamedTuple):
    """A local state by its content, whichever exploration it is from."""

    fields: Frozen
    timers: tuple[str, ...]
    history: FactSet
    status: str


@dataclass(frozen=True)
class FactsView:
    """States with equal facts look the same. `kinds`: of facts of these classes only, given by
    name; empty for all."""

    kinds: tuple[str, ...] = ()

    def kept(self, facts: Iterable[Fact]) -> FactSet:
        """Those of `facts` that are seen."""
        if not self.kinds:
            return frozenset(facts)
        return frozenset(fact for fact in facts if type(fact).__name__ in self.kinds)

    def key(self, state: State) -> Key:
        """What is seen of a state."""
        return frozenset().union(*(self.kept(local.facts) for local in state.locals))


@dataclass(frozen=True)
class ActorView:
    """States with equal local state of `actor` look the same; of one of its fields, if given."""

    actor: str
    field: str | None = None

    def key(self, state: State) -> Key:
        """What is seen of a state."""
        return self.key_of_local(next(one for one in state.locals if one.actor == self.actor))

    def key_of_local(self, local: Local) -> Key:
        """What is seen of the actor's local state."""
        if self.field is not None:
            value: Key = fields_of(local.fields)[self.field]
            return value
        return LocalState(local.fields, local.timers, local.history, local.status)


View: TypeAlias = FactsView | ActorView


class ActionKind(NamedTuple):
    """Steps of one kind: what happens, as in `trace.KINDS`, to whom ("" for the network), from
    whom ("" for nobody), and which message class, timer, or side of a cut it is about."""

    kind: str
    actor: str
    sender: str
    what: str


class StateClass(NamedTuple):
    """The states that look like `key`: how many there are, how many of them are initial, how many
    were found to have no step, and the depth of the first."""

    key: Key
    states: int
    initial: int
    terminal: int
    depth: int


class ClassEdge(NamedTuple):
    """All steps of one kind from states of one class to states of one class, by their numbers."""

    source: int
    target: int
    action: ActionKind
    steps: int


@dataclass(frozen=True)
class Quotient:
    """The classes, in the order in which the search found their first states, and what joins them.

    `fact_kinds` are the names of the classes of facts that there are.
    """

    view: View
    classes: tuple[StateClass, ...]
    edges: tuple[ClassEdge, ...]
    fact_kinds: tuple[str, ...] = field(default=(), compare=False)


def action_kind(outcome: Outcome) -> ActionKind:
    """The kind of the step that `outcome` makes."""
    kind, actor, sender, what, _ = label(outcome)
    if sender is not None:
        return ActionKind(kind, actor, sender, message_kind(what))
    said = ", ".join(what) if isinstance(what, tuple) else what
    return ActionKind(kind, actor, "", str(said or ""))


def message_kind(payload: Frozen) -> str:
    """The class of a message; of one that is not a record, the message itself if it is a name."""
    if isinstance(payload, str):
        return payload
    if not isinstance(payload, tuple):
        return type(payload).__name__
    if fields_of(payload) or len(payload) == 1:
        return str(payload[0].__name__)
    first = payload[1]
    if payload[0] is tuple and isinstance(first, str):  # ("prepare", 1): a name and what it is of
        return first
    shown = show(payload)
    return shown if shown.startswith(f"{payload[0].__name__}.") else str(payload[0].__name__)


def quotient_of(
    graph: StateGraph, semantics: Semantics, view: View, most: int | None = None
) -> Quotient:
    """The quotient of an explored graph of plain objects.

    Raises UsageError if there would be more than `most` classes.
    """
    numbers: dict[Key, int] = {}
    class_of: list[int] = []
    counts: list[list[int]] = []  # states, initial, terminal, depth
    for depth in range(len(graph.levels)):
        for state in graph.level(depth):
            key = view.key(graph.states[state])
            number = numbers.setdefault(key, len(numbers))
            if number == len(counts):
                check_classes(len(numbers), most)
                counts.append([0, 0, 0, depth])
            class_of.append(number)
            counts[number][0] += 1
            counts[number][1] += depth == 0
            counts[number][2] += _is_terminal(graph, semantics, state)
    steps: dict[tuple[int, int, ActionKind], int] = {}
    kinds: dict[int, ActionKind] = {}
    for source, edge, target in all_edges(graph):
        outcome = graph.outcomes[edge]
        kind = kinds.setdefault(id(outcome), action_kind(outcome))
        joined = class_of[source], class_of[target], kind
        steps[joined] = steps.get(joined, 0) + 1
    classes = [StateClass(key, *counts[number]) for key, number in numbers.items()]
    edges = [ClassEdge(*joined, count) for joined, count in sorted(steps.items())]
    facts = {fact for state in graph.states for local in state.locals for fact in local.facts}
    return Quotient(view, tuple(classes), tuple(edges), fact_kinds(facts))


def _is_terminal(graph: StateGraph, semantics: Semantics, state: int) -> bool:
    """Whether a state was found to have no step; steps beyond a bound are not in the graph."""
    if state >= graph.expanded or graph.steps(state):
        return False
    return next(semantics.steps(graph.states[state]), None) is None


def fact_kinds(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The names of the classes of these facts."""
    return tuple(sorted({type(fact).__name__ for fact in facts}))


def check_classes(count: int, most: int | None) -> None:
    """Raise UsageError if there are more than `most` classes."""
    if most is not None and count > most:
        raise UsageError(
            f"the view has more than {most:,} classes of states; choose a coarser one "
            f"(actor=ID, actor=ID.FIELD, or facts=KIND for facts of one class), "
            f"or raise --max-graph to write it all the same."
        )


def view_named(text: str, model: Model) -> View:
    """The view that is written `facts`, `facts=KIND,KIND`, `actor=ID` or `actor=ID.FIELD`.

    Raises UsageError, with what may have been meant, if there is no such view of `model`.
    """
    name, equals, argument = text.partition("=")
    if name == "facts" and (argument or not equals):
        return FactsView(tuple(filter(None, argument.split(","))))
    if name != "actor" or not argument:
        raise UsageError(
            f"there is no view {text!r}; there is: facts, facts=KIND, actor=ID and actor=ID.FIELD."
        )
    if argument in model.actors:
        return ActorView(argument)
    actor, dot, wanted = argument.rpartition(".")
    if not dot or actor not in model.actors:
        one = actor if dot and meant(actor, tuple(model.actors)) else argument
        raise UsageError(
            f"--view {text}: model {model.name!r} has no actor {one!r}."
            + meant(one, tuple(model.actors))
        )
    names = tuple(_field_names(model, actor))
    if wanted not in names:
        raise UsageError(
            f"--view {text}: actor {actor!r} has no field {wanted!r}." + meant(wanted, names)
        )
    return ActorView(actor, wanted)


def _field_names(model: Model, actor: str) -> Iterable[str]:
    return fields_of(Semantics(model).handlers.starts(actor)[0].after.fields)


def meant(wanted: str, known: Sequence[str]) -> str:
    """What may have been meant, and else what there is."""
    near = difflib.get_close_matches(wanted, known, 1)
    if near:
        return f" Did you mean {near[0]!r}?"
    shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return f" There is: {shown or 'none'}."
