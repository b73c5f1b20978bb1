"""Faults: what may go wrong in a run, and how often.

A model says how many faults of each kind there may be; what is left of that is part of the state.
Every fault is a step of its own, possible whenever something is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from itertools import combinations
from typing import Any, NamedTuple, NoReturn

from .errors import ModelError
from .taking import taken

DURABLE = "islander.durable"
"""The metadata key of a field that survives a crash."""

KINDS = ("crashes", "stops", "losses", "duplications", "partitions", "timeouts")

MOST = 2**32 - 1
"""The greatest budget that is not any number."""

UP, DOWN, STOPPED = "up", "down", "stopped"
"""What an actor can be: only an actor that is up takes steps; one that is down may recover."""


def durable(default: Any = MISSING, *, default_factory: Any = MISSING, init: bool = True) -> Any:
    """A field of an actor that survives a crash: `accepted: Vote | None = durable(None)`.

    `default_factory` makes a default that is mutable, and `init` says whether `__init__` takes the
    field, as in `dataclasses.field`; without either default the field has none.
    """
    if default is not MISSING:
        return field(default=default, init=init, metadata={DURABLE: True})
    if default_factory is not MISSING:
        return field(default_factory=default_factory, init=init, metadata={DURABLE: True})
    return field(init=init, metadata={DURABLE: True})


def durable_names(kind: type) -> frozenset[str]:
    """The names of the fields, of a class of actors, that survive a crash."""
    return frozenset(one.name for one in fields(kind) if one.metadata.get(DURABLE))


@dataclass(frozen=True)
class Faults:
    """How many faults of each kind a run may have; None: any number.

    crashes       an actor goes down: its volatile fields return to their initial values, its timers
                  are gone; fields declared `durable` and messages in flight stay. It may recover.
    stops         an actor goes down for good
    losses        the network loses a message that it could deliver
    duplications  the network gets one more copy of such a message
    partitions    the links between two groups of actors are cut until they heal
    timeouts      a timer fires: any number, unless something else is said

    `actors` are the ids of those that may crash or stop, None for all. `cuts` lists, for each way
    to cut the network, the actors on one side; None for every way. `timers` are the names of the
    timers that count as timeouts, None for all.
    """

    crashes: int | None = 0
    stops: int | None = 0
    losses: int | None = 0
    duplications: int | None = 0
    partitions: int | None = 0
    actors: Collection[str] | None = None
    cuts: Sequence[Collection[str]] | None = None
    timeouts: int | None = None
    timers: Collection[str] | None = None

    def __post_init__(self) -> None:
        for kind in KINDS:
            count = getattr(self, kind)
            if count is not None and (
                not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST
            ):
                raise ModelError(
                    f"Faults: {kind} must be a number from 0 to {MOST:,}, or None for any number; "
                    f"got {count!r}."
                )
        for name in ("actors", "cuts", "timers"):
            given = getattr(self, name)
            if given is not None and (isinstance(given, str) or not isinstance(given, Iterable)):
                raise ModelError(
                    f"Faults: {name} must be a collection, or None for all; got {given!r}."
                )
            if given is not None:
                object.__setattr__(self, name, _all_of(name, given))
        for name in ("actors", "timers"):
            given = getattr(self, name)
            if given is not None:  # in one order, whatever it was
                object.__setattr__(self, name, tuple(sorted(set(given), key=repr)))

    @property
    def at_first(self) -> FaultState:
        """What is left before anything happened."""
        return FaultState(**{kind: getattr(self, kind) for kind in KINDS})

    def counts(self, timer: str) -> bool:
        """Whether the firing of timers of this name is counted."""
        return self.timeouts is not None and (self.timers is None or timer in self.timers)

    def __bool__(self) -> bool:
        return self.at_first != NO_FAULTS

    def check(self, model: str, actors: Collection[str]) -> None:
        """Raise ModelError if ids are named that the model `model` does not have, or if a cut is
        none."""
        named = [("actors", self.actors or ())] + [("cuts", cut) for cut in self.cuts or ()]
        for name, ids in named:
            strangers = [one for one in ids if one not in actors]
            if strangers:
                raise ModelError(
                    f"model {model!r}: faults: {name} names {strangers[0]!r}, but the model has no "
                    f"actor of that id; its actors are {', '.join(sorted(actors))}."
                )
        for cut in self.cuts or ():
            if not 0 < len(set(cut)) < len(actors):
                raise ModelError(
                    f"model {model!r}: faults: the cut {sorted(cut)!r} leaves nobody on one side."
                )
        if self.partitions != 0 and (len(actors) < 2 or self.cuts == ()):
            raise ModelError(f"model {model!r}: faults: there is no way to cut the network.")

    def sides(self, actors: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """For each way to cut the network, the actors on the side without the first actor; one at
        a time, as there may be many."""
        first, *others = actors
        if self.cuts is None:
            for size in range(1, len(actors)):
                yield from combinations(others, size)
            return
        found = (
            tuple(one for one in actors if (one in cut) != (first in cut)) for cut in self.cuts
        )
        yield from dict.fromkeys(found)

    def ways(self, actors: Sequence[str]) -> int:
        """How many ways to cut the network there are."""
        if self.cuts is None:
            return int(2 ** (len(actors) - 1)) - 1
        return sum(1 for _ in self.sides(actors))


def _all_of(name: str, given: Iterable[Any]) -> tuple[Any, ...]:
    def refuse(many: str) -> NoReturn:
        raise ModelError(f"Faults: {name} gave {many}")

    return tuple(taken(given, refuse))


class FaultState(NamedTuple):
    """What is left of each kind of fault (None: any number), and the side that is cut off."""

    crashes: int | None = 0
    stops: int | None = 0
    losses: int | None = 0
    duplications: int | None = 0
    partitions: int | None = 0
    timeouts: int | None = None
    cut: tuple[str, ...] = ()

    def may(self, kind: str) -> bool:
        """Whether one more of this kind may happen."""
        left: int | None = getattr(self, kind)
        return left is None or left > 0

    def spend(self, kind: str) -> FaultState:
        """What is left after one more of this kind."""
        left: int | None = getattr(self, kind)
        fewer: dict[str, Any] = {} if left is None else {kind: left - 1}
        return self._replace(**fewer)

    def parts(self, one: str, other: str) -> bool:
        """Whether the link between two actors is cut."""
        return bool(self.cut) and (one in self.cut) != (other in self.cut)


NO_FAULTS = FaultState()
