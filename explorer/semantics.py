"""The semantics: what a state is, and which steps lead from it.

This file *defines* what every engine must compute.

*State*: the local state of every actor, and the network. *Step*: from a state, either one
envelope that the network can deliver is handed to its receiver, or one armed timer fires; the
actor's handler runs, and its effects take place atomically. One event is several steps if its
handler chooses. A delivery that its handler ignores is a step only if the network says so.
*Terminal*: a state without steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .actor import Actor
from .facts import FactSet
from .handlers import Event, Handlers, Local, Outcome
from .model import Model
from .network import Envelope, NetworkState


class State(NamedTuple):
    """A global state: the actors' local states, in declaration order, and the network's."""

    locals: tuple[Local, ...]
    network: NetworkState


class Step(NamedTuple):
    """A transition: what an event did to its actor, and the state after it."""

    outcome: Outcome
    after: State


class Semantics:
    """The transition system of a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.handlers = Handlers(model)
        self._position = {actor: at for at, actor in enumerate(model.actors)}
        self._fact_sets: dict[FactSet, FactSet] = {}

    def initial_states(self) -> list[State]:
        """The states that `start()` of every actor, in declaration order, can make."""
        states = [State((), self.model.network.empty())]
        for actor in self.model.actors:
            outcomes = self.handlers.starts(actor)
            states = [
                State(
                    (*state.locals, outcome.after),
                    self.model.network.send(state.network, outcome.sent),
                )
                for state in states
                for outcome in outcomes
            ]
        return list(dict.fromkeys(states))

    def steps(self, state: State) -> Iterator[Step]:
        """Every step from `state`, in a fixed order: deliveries, then timers."""
        network = self.model.network
        for envelope in network.deliverable(state.network):
            event = self.handlers.delivery(envelope)
            for outcome in self._outcomes(state, event):
                rest = (
                    network.ignore(state.network, envelope)
                    if outcome.ignored
                    else network.deliver(state.network, envelope)
                )
                if rest is not None:
                    yield self._step(state, outcome, rest)
        for local in state.locals:
            for name in local.timers:
                firing = self.handlers.firing(local.actor, name)
                for outcome in self._outcomes(state, firing):
                    yield self._step(state, outcome, state.network)

    def facts(self, state: State) -> FactSet:
        """The union of all actors' facts; equal unions are the same object."""
        facts: FactSet = frozenset().union(*(local.facts for local in state.locals))
        return self._fact_sets.setdefault(facts, facts)

    def view(self, state: State) -> StateView:
        """`state` as properties see it."""
        return StateView(self, state)

    def _outcomes(self, state: State, event: Event) -> tuple[Outcome, ...]:
        return self.handlers.outcomes(state.locals[self._position[event.actor]], event)

    def _step(self, state: State, outcome: Outcome, network: NetworkState) -> Step:
        at = self._position[outcome.after.actor]
        after = (*state.locals[:at], outcome.after, *state.locals[at + 1 :])
        return Step(outcome, State(after, self.model.network.send(network, outcome.sent)))


class StateView:
    """A state as properties of whole states see it. Everything in it is a copy."""

    def __init__(self, semantics: Semantics, state: State) -> None:
        self._semantics = semantics
        self._state = state

    @property
    def actors(self) -> Mapping[str, Actor]:
        """The actors by id; each look-up makes a fresh copy."""
        return _Actors({local.actor: local for local in self._state.locals})

    @property
    def network(self) -> Counter[Envelope]:
        """The envelopes in flight (`.sender`, `.receiver`, `.message`), as a multiset."""
        return self._semantics.model.network.contents(self._state.network)

    @property
    def timers(self) -> Mapping[str, frozenset[str]]:
        """The names of the armed timers, by actor id."""
        return {local.actor: frozenset(local.timers) for local in self._state.locals}

    @property
    def facts(self) -> FactSet:
        """The fact set of the state."""
        return self._semantics.facts(self._state)

    def __repr__(self) -> str:
        actors = "; ".join(map(repr, self._state.locals))
        flying = ", ".join(
            f"{envelope!r}" + (f" ×{count}" if count > 1 else "")
            for envelope, count in self.network.items()
        )
        return f"{actors}; in flight: {flying or 'nothing'}"


class _Actors(Mapping[str, Any]):
    def __init__(self, locals_: dict[str, Local]) -> None:
        self._locals = locals_

    def __getitem__(self, actor: str) -> Actor:
        return self._locals[actor].copy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._locals)

    def __len__(self) -> int:
        return len(self._locals)
