"""The semantics: what a state is, and which steps lead from it.

This file *defines* what every engine must compute.

*State*: the local state of every actor, the network, and what is left of the faults. *Step*: from
a state, either one envelope that the network can deliver is handed to its receiver, or one armed
timer fires (one that waits, only where no delivery is a step), or an actor crashes, stops or
recovers; the actor's handler runs, and its effects take place atomically. Or the network loses or
duplicates an envelope, is cut, or heals. One event is several steps if its handler chooses. A
delivery that its handler ignores is a step only if the network says so. *Terminal*: a state without
steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, NamedTuple

from .actor import Actor
from .events import NOBODY, Crash, Cut, Deliver, Duplicate, Event, Heal, Lose, Start, Stop, Timeout
from .facts import FactSet
from .faults import NO_FAULTS, FaultState
from .handlers import Handlers, Local, Outcome
from .model import Model
from .network import Envelope, NetworkState


class State(NamedTuple):
    """A global state: the actors' local states, in declaration order, the network's, and what is
    left of the faults."""

    locals: tuple[Local, ...]
    network: NetworkState
    faults: FaultState = NO_FAULTS


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
        self._waiting = model.waiting
        self._fact_sets: dict[FactSet, FactSet] = {}

    def initial_states(self) -> list[State]:
        """The states that `start()` of every actor, in declaration order, can make, each once."""
        return list(self.each_initial_state())

    def each_initial_state(self) -> Iterator[State]:
        """The same, one at a time, as there may be many."""
        return (state for state in self.beginnings() if state is not None)

    def beginnings(self) -> Iterator[State | None]:
        """The same, with None where the actors make a state that they made before: for those who
        look at the clock in between."""
        network = self.model.network
        starts = [self._distinct(self.handlers.starts(actor)) for actor in self.model.actors]
        # A sender's envelopes are its own, so that what differs in one actor differs in all; only
        # if some are dropped, or the network is of an unknown kind, may two states be one.
        apart = network.is_multiset or network.is_set or network.is_queues
        known: set[State] | None = None if apart and not self.handlers.dropping else set()
        for outcomes in product(*starts):
            flying = network.empty()
            for outcome in outcomes:
                flying = network.send(flying, outcome.sent)
            locals_ = tuple(outcome.after for outcome in outcomes)
            state = self._with_drops(State(locals_, flying, self.model.faults.at_first))
            if known is not None:
                if state in known:
                    yield None
                    continue
                known.add(state)
            yield state

    def initial_state(self, number: int) -> State:
        """The initial state of this number, from 0 on. Raises IndexError if there is none."""
        for state in islice(self.each_initial_state(), number, None):
            return state
        raise IndexError(f"there is no initial state number {number}")

    def _distinct(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Of outcomes that differ only in what was chosen, the first."""
        network = self.model.network
        first: dict[tuple[Local, NetworkState], Outcome] = {}
        for one in outcomes:
            first.setdefault((one.after, network.send(network.empty(), one.sent)), one)
        return list(first.values())

    def steps(self, state: State) -> Iterator[Step]:
        """Every step from `state`, in a fixed order: deliveries, then timers and faults of the
        actors, then faults of the network."""
        quiet = True
        for step in self._deliveries(state):
            quiet = False
            yield step
        for local in state.locals:
            for event in self.handlers.own_events(local):
                if _is_left(state.faults, event) and (quiet or not self.waits(event)):
                    yield from self._steps_by(state, event)
        for outcome in self._network_faults(state):
            after = self.after(state, outcome)
            if after is not None:
                yield Step(outcome, after)

    def step(self, state: State, wanted: Outcome) -> Step | None:
        """The step from `state` with the event and the choices of `wanted`; None if it has none.

        It is one of `steps(state)`, of which there may be many.
        """
        event = wanted.event
        assert not isinstance(event, Start)
        if not self.is_possible(state, event):
            return None
        outcomes: Sequence[Outcome] = [wanted]
        if event.actor != NOBODY:
            outcomes = self.handlers.outcomes(self._local(state, event.actor), event)
        for outcome in outcomes:
            if _positions(outcome) == _positions(wanted):
                after = self.after(state, outcome)
                return None if after is None else Step(outcome, after)
        return None

    def is_possible(self, state: State, event: Event) -> bool:
        """Whether `event` may happen in `state`."""
        if isinstance(event, Deliver):
            return event.envelope in self._deliverable(state)
        if event.actor == NOBODY:
            return any(outcome.event is event for outcome in self._network_faults(state))
        own = self.handlers.own_events(self._local(state, event.actor))
        if event not in own or not _is_left(state.faults, event):
            return False
        return not self.waits(event) or next(self._deliveries(state), None) is None

    def waits(self, event: Event) -> bool:
        """Whether `event` can happen only while no envelope can be delivered."""
        return isinstance(event, Timeout) and event.actor in self._waiting

    def after(self, state: State, outcome: Outcome) -> State | None:
        """The state after `outcome`, of an event that is possible in `state`; None if the network
        makes no step of it."""
        event, network = outcome.event, self.model.network
        rest: NetworkState | None = state.network
        faults, locals_ = state.faults, state.locals
        if isinstance(event, Deliver):
            leave = network.ignore if outcome.ignored else network.deliver
            rest = leave(rest, event.envelope)
        elif isinstance(event, Lose):
            rest = network.lose(rest, event.envelope)
        elif isinstance(event, Duplicate):
            rest = network.duplicate(rest, event.envelope)
        elif isinstance(event, Cut):
            faults = faults.spend("partitions")._replace(cut=event.side)
        elif isinstance(event, Heal):
            faults = faults._replace(cut=())
        if rest is None:
            return None
        budget = _budget(event)
        if budget is not None:
            faults = faults.spend(budget)
        if event.actor != NOBODY:
            at = self._position[outcome.after.actor]
            locals_ = (*locals_[:at], outcome.after, *locals_[at + 1 :])
        return self._with_drops(State(locals_, network.send(rest, outcome.sent), faults))

    def _with_drops(self, state: State) -> State:
        """`state` without the messages that both their ends drop."""
        if not self.handlers.dropping:
            return state

        def gone(envelope: Envelope) -> bool:
            ends = (envelope.sender, envelope.receiver)
            return all(self.handlers.drops(self._local(state, one), envelope) for one in ends)

        return state._replace(network=self.model.network.drop(state.network, gone))

    def facts(self, state: State) -> FactSet:
        """The union of all actors' facts; equal unions are the same object."""
        facts: FactSet = frozenset().union(*(local.facts for local in state.locals))
        return self._fact_sets.setdefault(facts, facts)

    def view(self, state: State) -> StateView:
        """`state` as properties see it."""
        return StateView(self, state)

    def _deliveries(self, state: State) -> Iterator[Step]:
        for envelope in self._deliverable(state):
            yield from self._steps_by(state, self.handlers.delivery(envelope))

    def _deliverable(self, state: State) -> Iterable[Envelope]:
        """What may be delivered next, links that are cut left out; to whom is not asked."""
        may = self.model.network.deliverable(state.network)
        if not state.faults.cut:
            return may
        return [one for one in may if not state.faults.parts(one.sender, one.receiver)]

    def _network_faults(self, state: State) -> Iterator[Outcome]:
        """What the network may do by itself."""
        faults, fault = state.faults, self.handlers.network_fault
        for kind in (Lose, Duplicate):
            if faults.may(kind.budget):
                for envelope in self.model.network.deliverable(state.network):
                    yield fault(kind, envelope)
        if faults.cut:
            yield fault(Heal)
        elif faults.may("partitions"):
            for side in self.model.faults.sides(tuple(self.model.actors)):
                yield fault(Cut, side)

    def _steps_by(self, state: State, event: Event) -> Iterator[Step]:
        local = self._local(state, event.actor)
        for outcome in self.handlers.outcomes(local, event):
            after = self.after(state, outcome)
            if after is not None:
                yield Step(outcome, after)

    def _local(self, state: State, actor: str) -> Local:
        return state.locals[self._position[actor]]


def _budget(event: Event | Start) -> str | None:
    if isinstance(event, (Timeout, Crash, Stop, Lose, Duplicate)):
        return event.budget
    return None


def _is_left(faults: FaultState, event: Event) -> bool:
    budget = _budget(event)
    return budget is None or faults.may(budget)


def _positions(outcome: Outcome) -> list[int]:
    return [choice.position for choice in outcome.choices]


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
    def status(self) -> Mapping[str, str]:
        """Whether each actor is "up", "down" or "stopped", by actor id."""
        return {local.actor: local.status for local in self._state.locals}

    @property
    def faults(self) -> FaultState:
        """How many faults of each kind are left, and `cut`, the actors on the far side of a
        partition."""
        return self._state.faults

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
