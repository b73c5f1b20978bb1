"""A `Model` made of a random model's data, and what Islander found made plain data again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from islander import (
    Actor,
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Invariant,
    Model,
    Network,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Trace,
    Witness,
    durable,
)
from islander.explorer import Property
from islander.explorer.graph import StateGraph, all_edges
from islander.explorer.handlers import Local as TheirLocal
from islander.explorer.handlers import Outcome
from islander.explorer.semantics import State as TheirState
from islander.explorer.trace import KINDS

from .explorer import BUDGETS, Envelope, Label, Local, State
from .system import LAST, Claim, Node, Role, System


class Even(Fact):
    number: int


class Odd(Fact):
    number: int


def fact(number: int) -> Fact:
    """The fact with this number; there are two relations."""
    return Odd(number) if number % 2 else Even(number)


class Note(NamedTuple):
    number: int


@dataclass(frozen=True)
class Letter:
    number: int
    copies: tuple[int, ...] = ()


PAYLOADS: dict[str, tuple[Callable[[int], Any], Callable[[Any], int]]] = {
    "str": (lambda n: f"m{n}", lambda message: int(message[1:])),
    "int": (lambda n: n, lambda message: int(message)),
    "tuple": (lambda n: ("m", n), lambda message: int(message[1])),
    "record": (Note, lambda message: int(message.number)),
    "class": (lambda n: Letter(n, (n, n)), lambda message: int(message.number)),
}
"""How a message is made of its number, and the number of a message, by type."""

OFFERS: dict[str, Callable[[int], Any]] = {
    "tuple": lambda n: tuple(range(n)),
    "list": lambda n: list(range(n)),
    "range": range,
    "set": lambda n: set(range(n)),
    "dict": lambda n: dict.fromkeys(reversed(range(n))),
    "iterator": lambda n: iter(range(n)),
}
"""What `choose` is given, for n options."""


@dataclass
class TableActor(Actor):
    """Does what its class's role says."""

    system: ClassVar[System]
    role: ClassVar[Role]
    phase: int = 0
    seen: set[int] = field(default_factory=set)
    kept: int = durable(0)

    def react(self, kind: str, what: int | str | None) -> None:
        """Do what the first rule that fits says."""
        for rule in self.role.rules:
            if rule.fits(kind, what, self.phase, self.kept):
                self.follow(rule.node)
                return

    def follow(self, node: Node) -> None:
        for effect in node.effects:
            self.apply(effect)
        if node.branches:
            chosen = self.choose(OFFERS[self.system.offers](len(node.branches)))
            self.follow(node.branches[chosen])

    def apply(self, effect: tuple[Any, ...]) -> None:
        made, _ = PAYLOADS[self.system.payload]
        name, *arguments = effect
        if name == "climb":
            self.phase = min(self.phase + 1, LAST)
        elif name == "phase":
            (self.phase,) = arguments
        elif name == "keep":
            (self.kept,) = arguments
        elif name == "see":
            self.seen.add(*arguments)
        elif name == "send":
            self.send(arguments[0], made(arguments[1]))
        elif name == "broadcast":
            self.broadcast(arguments[0], made(arguments[1]))
        elif name == "arm":
            self.set_timer(*arguments)
        elif name == "cancel":
            self.cancel_timer(*arguments)
        else:
            assert name == "record"
            self.record(fact(*arguments))


def _start(self: TableActor) -> None:
    self.react("start", None)


def _receive(self: TableActor, message: Any, sender: str) -> None:
    self.react("receive", PAYLOADS[self.system.payload][1](message))


def _timeout(self: TableActor, name: str) -> None:
    self.react("timeout", name)


def _crash(self: TableActor) -> None:
    self.react("crash", None)


def _recover(self: TableActor) -> None:
    self.react("recover", None)


def _facts(self: TableActor) -> Iterable[Fact]:
    return (fact(number) for phase, number in self.role.facts if phase == self.phase)


def _drops(self: TableActor, message: Any, sender: str, receiver: str) -> bool:
    number, dropped = PAYLOADS[self.system.payload][1](message), self.role.drops
    assert dropped is not None
    ends = [is_sender for is_sender, end in ((True, sender), (False, receiver)) if end == self.id]
    return any((is_sender, number, self.phase) in dropped for is_sender in ends)


_HANDLERS = {
    "start": _start,
    "receive": _receive,
    "timeout": _timeout,
    "crash": _crash,
    "recover": _recover,
}


def _actor(system: System, role: Role) -> Actor:
    """An actor with the handlers that its rules are about, and no others."""
    made: dict[str, Any] = {"system": system, "role": role}
    made.update({kind: _HANDLERS[kind] for kind in {rule.kind for rule in role.rules}})
    if role.facts:
        made["facts"] = _facts
    if role.drops is not None:
        made["drops"] = _drops
    one: Actor = type("TableActor", (TableActor,), made)(phase=role.phase, kept=role.kept)
    return one


def model_of(system: System) -> Model:
    """The model, anew."""
    return Model(
        "random",
        {actor: _actor(system, role) for actor, role in system.roles.items()},
        _network(system),
        [_property(system, claim) for claim in system.claims],
        Faults(**system.faults),
        system.waits,
    )


def _network(system: System) -> Network:
    kinds: dict[str, Any] = {"bag": Bag, "set": Duplicating, "fifo": Fifo}
    network: Network = kinds[system.network](keep_ignored=system.keep_ignored)
    return network


# -- properties --------------------------------------------------------------------------------


def _property(system: System, claim: Claim) -> Property:
    name, kind, about = claim
    if kind == "Invariant":
        return Invariant(name, lambda language: _formula(language, about))
    if kind == "FactInvariant":
        return FactInvariant(name, lambda facts: _facts_are(about, facts))
    if kind == "Witness":
        return Witness(name, lambda facts: _facts_are(about, facts))
    if kind == "StateInvariant":
        return StateInvariant(name, lambda state: _state_is(about, state))
    if kind == "StateWitness":
        return StateWitness(name, lambda state: _state_is(about, state))
    assert kind == "StepInvariant"
    number_of = PAYLOADS[system.payload][1]
    return StepInvariant(name, lambda *step: _step_is(about, number_of, *step))


def _formula(language: Any, about: tuple[Any, ...]) -> Any:
    what, argument = about
    if what == "not":
        return language.Not(_formula(language, argument))
    if what == "all":
        return language.And(*map(fact, argument))
    if what == "any":
        return language.Or(*map(fact, argument))
    assert what == "evens at most"
    return language.forall(Even, lambda even: even.number <= argument)


def _facts_are(about: tuple[Any, ...], facts: Iterable[Any]) -> bool:
    what, argument = about
    numbers = {one.number for one in facts}
    if what == "not":
        return not _facts_are(argument, facts)
    if what == "all":
        return numbers.issuperset(argument)
    if what == "any":
        return not numbers.isdisjoint(argument)
    if what == "at most":
        return len(numbers) <= argument
    assert what == "evens at most"
    return max((one.number for one in facts if isinstance(one, Even)), default=0) <= argument


def _state_is(about: tuple[Any, ...], state: Any) -> bool:
    what, *arguments = about
    if what == "not":
        return not _state_is(arguments[0], state)
    if what == "facts":
        return _facts_are(arguments[0], state.facts)
    if what == "flying at most":
        return bool(state.network.total() <= arguments[0])
    if what == "copies at most":
        return max(state.network.values(), default=0) <= arguments[0]
    if what == "left":
        return bool(getattr(state.faults, arguments[0]) == arguments[1])
    actor, *rest = arguments
    looked_up: dict[str, Callable[[], bool]] = {
        "in phase": lambda: state.actors[actor].phase == rest[0],
        "armed": lambda: rest[0] in state.timers[actor],
        "is": lambda: state.status[actor] == rest[0],
        "cut off": lambda: actor in state.faults.cut,
        "saw": lambda: rest[0] in state.actors[actor].seen,
    }
    return looked_up[what]()


def _step_is(
    about: tuple[Any, ...], number_of: Callable[[Any], int], before: Any, event: Any, after: Any
) -> bool:
    what, *arguments = about
    if what == "not":
        return not _step_is(arguments[0], number_of, before, event, after)
    if what == "both":
        return all(_step_is(one, number_of, before, event, after) for one in arguments)
    if what == "from to":
        return [before.phase, after.phase] == arguments
    if what == "keeps":
        return bool(before.kept == after.kept)
    kind = KINDS[type(event)]
    if what == "kind":
        return kind == arguments[0]
    assert what == "about"
    if kind == "deliver":
        return number_of(event.message) == arguments[0]
    return kind == "timeout" and event.name == arguments[0]


# -- back to plain data ------------------------------------------------------------------------


class Plain:
    """Makes what Islander found plain data."""

    def __init__(self, system: System) -> None:
        self._number_of = PAYLOADS[system.payload][1]
        self._locals: dict[int, tuple[TheirLocal, Local]] = {}
        self._envelopes: dict[int, tuple[Any, Envelope]] = {}
        self._is_fifo = system.network == "fifo"

    def local(self, theirs: TheirLocal) -> Local:
        if id(theirs) not in self._locals:
            actor: Any = theirs.copy()
            self._locals[id(theirs)] = (
                theirs,
                Local(
                    theirs.status,
                    actor.phase,
                    actor.kept,
                    frozenset(actor.seen),
                    frozenset(theirs.timers),
                    frozenset(one.number for one in theirs.history),  # type: ignore[attr-defined]
                ),
            )
        return self._locals[id(theirs)][1]

    def envelope(self, theirs: Any) -> Envelope:
        if id(theirs) not in self._envelopes:
            number = self._number_of(theirs.message)
            plain = theirs.sender, theirs.receiver, number
            self._envelopes[id(theirs)] = theirs, plain
        return self._envelopes[id(theirs)][1]

    def state(self, theirs: TheirState) -> State:
        network: Any = theirs.network
        listed = [one for queue in network for one in queue] if self._is_fifo else list(network)
        flying = [self.envelope(one) for one in listed]
        return State(
            tuple(map(self.local, theirs.locals)),
            tuple(flying if self._is_fifo else sorted(flying)),
            tuple(getattr(theirs.faults, name) for name in BUDGETS),
            theirs.faults.cut,
        )

    def label(self, outcome: Outcome) -> Label:
        event: Any = outcome.event
        kind = KINDS[type(event)]
        what: Any = None
        if kind == "deliver":
            what = event.sender, self._number_of(event.message)
        elif kind in ("lose", "duplicate"):
            what = self.envelope(event.envelope)
        elif kind == "timeout":
            what = event.name
        elif kind == "cut":
            what = event.side
        positions = tuple(choice.position for choice in outcome.choices)
        return Label(kind, event.actor, what, positions)

    def graph(self, graph: StateGraph) -> tuple[list[State], dict[State, dict[Label, State]]]:
        """The states in their order, and the steps from each that was expanded."""
        states = [self.state(state) for state in graph.states]
        steps: dict[State, dict[Label, State]] = {
            states[number]: {} for number in range(graph.expanded)
        }
        for source, edge, target in all_edges(graph):
            label = self.label(graph.outcomes[edge])
            known = steps[states[source]]
            assert label not in known, f"the step {label} is there twice"
            known[label] = states[target]
        return states, steps

    def trace(self, trace: Trace) -> tuple[list[State], list[Label]]:
        """The states of a trace, and the labels of its steps."""
        labels = [self.label(step.outcome) for step in trace.steps]
        return [self.state(state) for state in trace.states], labels
