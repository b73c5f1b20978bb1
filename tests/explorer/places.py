"""Every place where the code of a model is asked, each as a small model that asks `act` there."""

# ruff: noqa: N803 - a language is called L
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from islander import (
    Actor,
    Fact,
    FactInvariant,
    Faults,
    Invariant,
    Model,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Witness,
)
from islander.explorer import Property

Act = Callable[[], Any]
"""What is done in the place; what it returns is what the place answers."""


@dataclass
class Node(Actor):
    """Counts to two by a timer, and tells the other node each number."""

    other: str
    count: int = 0
    heard: tuple[int, ...] = ()

    def start(self) -> None:
        self.set_timer("tick")

    def timeout(self, name: str) -> None:
        self.count += 1
        self.send(self.other, self.count)
        if self.count < 2:
            self.set_timer("tick")

    def receive(self, message: Any, sender: str) -> None:
        self.heard += (message,)


class Counted(Fact):
    number: int


@dataclass
class Telling(Node):
    """One that tells its count as a fact."""

    def facts(self) -> Iterator[Fact]:
        yield Counted(self.count)


TRUE = FactInvariant("true", lambda facts: True)


def model_of(
    node: type[Node] = Telling, properties: tuple[Property, ...] = (TRUE,), **options: Any
) -> Model:
    """Two nodes of this class."""
    return Model("places", {"a": node("b"), "b": node("a")}, properties=properties, **options)


def of_handler(name: str, act: Act) -> Model:
    """A model of nodes with this handler."""
    own = {name: lambda self, *arguments: act()}
    faults = Faults(crashes=1, actors=["a"]) if name in ("crash", "recover") else Faults()
    return model_of(dataclass(type("Node", (Node,), own)), faults=faults)


def of_property(kind: Callable[..., Property], act: Act, **options: Any) -> Model:
    """A model with this kind of property."""
    return model_of(properties=(kind("p", lambda *subject: act(), **options),))


def of_fact(method: str, act: Act) -> Model:
    """A model with facts that have this method."""
    own = {"__hash__": Fact.__hash__, method: lambda self, *other: act()}
    relation: Any = type("Odd", (Fact,), own)

    @dataclass
    class Recording(Node):
        def timeout(self, name: str) -> None:
            self.record(relation())

    return model_of(Recording)


def of_annotation(act: Act) -> Model:
    """A model with a relation whose annotation is an expression that calls `act`."""
    relation: Any = type(
        "Odd", (Fact,), {"__annotations__": {"number": "act()"}, "__module__": __name__}
    )
    globals()["act"] = act

    @dataclass
    class Recording(Node):
        def facts(self) -> Iterator[Fact]:
            yield relation(self.count)

    return model_of(Recording, properties=(Invariant("p", lambda L: True),))


def of_options(act: Act) -> Model:
    """A model that chooses from a generator."""

    def options() -> Iterator[int]:
        yield 1
        act()

    @dataclass
    class Choosing(Node):
        def timeout(self, name: str) -> None:
            self.count = self.choose(options())

    return model_of(Choosing)


def of_element(method: str, act: Act) -> Model:
    """A model with a state that holds a set of two values that have this method."""

    @dataclass(frozen=True, eq=False)
    class Element:
        number: int

        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Element) and self.number == other.number

    setattr(Element, method, lambda self, *other: act())

    @dataclass
    class Holding(Node):
        held: frozenset[Any] = field(default_factory=frozenset)

        def timeout(self, name: str) -> None:
            self.held = frozenset({Element(1), Element(2)})

    return model_of(Holding)


def of_field(act: Act) -> Model:
    """A model with a field that is read through a property."""

    @dataclass
    class Guarded(Node):
        level: int = 0

    def read(self: Any) -> Any:
        act()
        return 0

    def write(self: Any, value: Any) -> None:
        pass

    made = model_of(Guarded)
    Guarded.level = property(read, write)  # type: ignore[assignment]
    return made


def of_shown(act: Act) -> Model:
    """A model whose violation has a trace, of nodes that say how they are shown."""
    kind: Any = dataclass(type("Node", (Telling,), {"shown": lambda self: act()}))
    return model_of(kind, properties=(FactInvariant("p", lambda facts: Counted(1) not in facts),))


ASKED: dict[str, Callable[[Act], Model]] = {
    "FactInvariant": lambda act: of_property(FactInvariant, act),
    "StateInvariant": lambda act: of_property(StateInvariant, act),
    "StepInvariant": lambda act: of_property(StepInvariant, act),
    "Witness": lambda act: of_property(Witness, act),
    "StateWitness": lambda act: of_property(StateWitness, act),
    "milestone": lambda act: model_of(
        properties=(Witness("p", lambda facts: False, milestones={"m": lambda facts: act()}),)
    ),
    "drops": lambda act: of_handler("drops", act),
}
"""Places that answer True or False."""

WORDS: dict[str, Callable[[Act], Model]] = {
    "describe of a step": lambda act: model_of(
        properties=(StepInvariant("p", lambda *step: False, describe=lambda *step: act()),)
    ),
    "describe of a formula": lambda act: model_of(
        properties=(Invariant("p", lambda L: L.Not(Counted(1)), lambda facts: act()),)
    ),
}
"""Places that answer a text."""

FORMULAS: dict[str, Callable[[Act], Model]] = {
    "formula": lambda act: model_of(properties=(Invariant("p", lambda L: act()),)),
    "body of a formula": lambda act: model_of(
        properties=(Invariant("p", lambda L: L.forall(Counted, lambda fact: act())),)
    ),
    "thunk in a formula": lambda act: model_of(
        properties=(Invariant("p", lambda L: L.Or(lambda: act())),)
    ),
}
"""Places that answer a statement."""

OTHERS: dict[str, Callable[[Act], Model]] = {
    **{
        name: (lambda act, name=name: of_handler(name, act))
        for name in ("start", "receive", "timeout", "crash", "recover", "facts")
    },
    **{
        f"{name} of a fact": (lambda act, name=name: of_fact(name, act))
        for name in ("__str__", "__repr__", "__eq__", "__hash__")
    },
    **{
        f"{name} of an element": (lambda act, name=name: of_element(name, act))
        for name in ("__eq__", "__hash__")
    },
    "annotation": of_annotation,
    "options": of_options,
    "field": of_field,
}

PLACES = ASKED | WORDS | FORMULAS | OTHERS
