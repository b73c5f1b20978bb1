"""Small actors made in a line, and states as text, so that expectations can be listed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from islander import Actor, Bag, FactInvariant, Model, Network, Result, explore
from islander.explorer import Property, StateView
from islander.explorer.graph import all_edges
from islander.explorer.semantics import Semantics

TRUE = FactInvariant("true", lambda facts: True)
"""A property for models of which only the states matter."""


@dataclass
class Cell(Actor):
    """An actor with one field; `cell` gives it handlers."""

    value: Any = None


def cell(value: Any = None, **handlers: Callable[..., Any]) -> Cell:
    """A Cell that holds `value`, of a class of its own that has these handlers."""
    made: Cell = type("Cell", (Cell,), handlers)(value)
    return made


def model(
    *, properties: Sequence[Property] = (TRUE,), network: Network | None = None, **actors: Actor
) -> Model:
    """A model of these actors."""
    return Model("cells", actors, network or Bag(), properties)


def run(*, properties: Sequence[Property] = (TRUE,), **actors: Actor) -> Result:
    """Explore the model of these actors, to the end."""
    return explore(model(properties=properties, **actors), "reference", keep_going=True)


def append(self: Cell, message: Any, sender: str) -> None:
    """A `receive` that keeps what arrived, in order."""
    self.value += message


def text(view: StateView) -> str:
    """A state of cells: "a=1 b=2 | a→b:x a→b:y | a.timer"; parts that are empty are left out."""
    values = " ".join(f"{actor}={cell.value}" for actor, cell in view.actors.items())
    flying = sorted(
        f"{envelope.sender}→{envelope.receiver}:{envelope.message}"
        for envelope in view.network.elements()
    )
    timers = sorted(f"{actor}.{name}" for actor, names in view.timers.items() for name in names)
    return " | ".join(filter(None, (values, " ".join(flying), " ".join(timers))))


def state_texts(result: Result) -> list[str]:
    """Every state of `result` as text, in the order in which it was found."""
    semantics = Semantics(result.model)
    return [text(semantics.view(state)) for state in result.graph.states]


def step_texts(result: Result) -> list[tuple[str, str, str]]:
    """Every step of `result` as (state, event, state after), sorted."""
    texts = state_texts(result)
    return sorted(
        (texts[state], repr(result.graph.outcomes[edge].event), texts[after])
        for state, edge, after in all_edges(result.graph)
    )
