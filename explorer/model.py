"""Models: actors, a network and the properties they are to have."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import NoReturn

from .actor import RESERVED, Actor
from .asking import shown
from .errors import ModelError
from .faults import Faults
from .freeze import Frozen, freeze, mutable_parts
from .handler_form import check_handlers
from .network import Bag, Network
from .properties import Property
from .taking import taken


@dataclass(frozen=True)
class Model:
    """A protocol instance to explore.

    `actors` maps ids to actors, in the order in which their `start()` runs; `network` carries
    their messages; `properties` are what to check; `faults` are what may go wrong, nothing unless
    it is given. An armed timer may fire at any time, unless its actor is among `timers_wait` (True:
    all are): then it fires only while no message can be delivered to anyone.

    `frozen_actors` is what the model keeps of the actors: what is done to them, or to the dict,
    afterwards does not change it. Raises ModelError if a part is not what it should be, FreezeError
    if an actor's field cannot be part of a state.
    """

    name: str
    actors: Mapping[str, Actor]
    network: Network = field(default_factory=Bag)
    properties: Sequence[Property] = ()
    faults: Faults = field(default_factory=Faults)
    timers_wait: bool | Collection[str] = False
    frozen_actors: Mapping[str, Frozen] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ModelError(
                f"a model needs a name, a string that is not empty; got {self.name!r}."
            )
        if not isinstance(self.actors, Mapping) or not self.actors:
            raise ModelError(
                f"model {self.name!r}: actors must be a dict from ids to actors with at least one "
                f"entry; got {shown(self.actors)}."
            )
        object.__setattr__(self, "actors", MappingProxyType(dict(self.actors)))
        for actor_id, actor in self.actors.items():
            self._check_actor(actor_id, actor)
        for kind, actor_id in {type(one): name for name, one in self.actors.items()}.items():
            check_handlers(kind, f"model {self.name!r}, actor {actor_id!r}")
        self._check_sharing()
        frozen = {name: freeze(one, actor_path(name, one)) for name, one in self.actors.items()}
        object.__setattr__(self, "frozen_actors", frozen)
        if not isinstance(self.network, Network):
            raise ModelError(
                f"model {self.name!r}: network must be a network such as Bag(); "
                f"got {shown(self.network)}."
            )
        if not isinstance(self.faults, Faults):
            raise ModelError(
                f"model {self.name!r}: faults must be a Faults(…); got {shown(self.faults)}."
            )
        self.faults.check(self.name, self.actors.keys())
        self._check_timers()
        self._check_properties()

    @property
    def waiting(self) -> frozenset[str]:
        """The actors whose timers wait."""
        if isinstance(self.timers_wait, bool):
            return frozenset(self.actors if self.timers_wait else ())
        return frozenset(self.timers_wait)

    def _check_actor(self, actor_id: object, actor: object) -> None:
        if not isinstance(actor_id, str) or not actor_id:
            raise ModelError(
                f"model {self.name!r}: an actor's id must be a string that is not empty; "
                f"got {shown(actor_id)}."
            )
        where = f"model {self.name!r}, actor {actor_id!r}"
        if isinstance(actor, type):
            raise ModelError(
                f"{where}: got the class {actor.__name__}; pass an instance, {actor.__name__}(…)."
            )
        if not isinstance(actor, Actor):
            raise ModelError(
                f"{where}: {shown(actor)} is not an Actor; derive its class from Actor."
            )
        kind = type(actor)
        for base in kind.__mro__:
            if "__dataclass_fields__" not in base.__dict__ and _annotates_fields(base):
                raise ModelError(
                    f"{where}: the class {base.__name__} annotates fields but is not a dataclass; "
                    f"put @dataclass above it."
                )
        for name in (f.name for f in fields(kind) if f.name in RESERVED):
            raise ModelError(f"{where}: a field cannot be called {name!r}; that name is taken.")

    def _check_sharing(self) -> None:
        owners: dict[int, str] = {}
        for actor_id, actor in self.actors.items():
            for identity, (path, part) in mutable_parts(actor, actor_path(actor_id, actor)).items():
                if identity in owners:
                    raise ModelError(
                        f"model {self.name!r}: {owners[identity]} and {path} are one and the same "
                        f"{type(part).__name__} object. Actors share nothing but messages; "
                        f"give each its own."
                    )
                owners[identity] = path

    def _check_timers(self) -> None:
        given = self.timers_wait
        if given and self.faults.timeouts is not None:
            raise ModelError(
                f"model {self.name!r}: timers that wait (timers_wait) cannot be counted "
                f"(Faults(timeouts=…)); leave one of the two out."
            )
        if isinstance(given, bool):
            return
        if isinstance(given, str) or not isinstance(given, Collection):
            raise ModelError(
                f"model {self.name!r}: timers_wait must be True, False or a collection of the ids "
                f"of actors; got {shown(given)}."
            )
        for one in given:
            if not isinstance(one, str) or one not in self.actors:
                raise ModelError(
                    f"model {self.name!r}: timers_wait names {one!r}, but the model has no actor "
                    f"of that id; its actors are {', '.join(sorted(self.actors))}."
                )
        object.__setattr__(self, "timers_wait", frozenset(given))

    def _check_properties(self) -> None:
        if isinstance(self.properties, Property) or not isinstance(self.properties, Iterable):
            raise ModelError(
                f"model {self.name!r}: properties must be a list of properties; "
                f"got {shown(self.properties)}."
            )

        def refuse(many: str) -> NoReturn:
            raise ModelError(f"model {self.name!r} got properties, {many}")

        object.__setattr__(self, "properties", tuple(taken(self.properties, refuse)))
        names: set[str] = set()
        for item in self.properties:
            if not isinstance(item, Property):
                raise ModelError(
                    f"model {self.name!r}: {shown(item)} is not a property; use Invariant, "
                    f"FactInvariant, StateInvariant, StepInvariant, Witness or StateWitness."
                )
            if item.name in names:
                raise ModelError(
                    f"model {self.name!r}: two properties are called {item.name!r}; "
                    f"results are looked up by name, so give each its own."
                )
            names.add(item.name)


def _annotates_fields(kind: type) -> bool:
    kinds = map(str, inspect.get_annotations(kind).values())
    return not all(one.startswith(("typing.ClassVar", "ClassVar")) for one in kinds)


def actor_path(actor_id: str, actor: object) -> str:
    """How errors name an actor: "actor 'a1' (Acceptor)"."""
    return f"actor {actor_id!r} ({type(actor).__name__})"
