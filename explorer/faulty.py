"""Faults as numbers: the lanes that hold what is left, and the steps that the network takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from . import kernels
from .errors import CapacityError
from .events import Crash, Cut, Event, Heal, Stop, Timeout
from .faults import KINDS, NO_FAULTS, FaultState
from .handlers import Outcome
from .memory import Array
from .model import Model
from .semantics import Semantics

MOST_WAYS = 1 << 16
"""Ways to cut the network that are laid out; each takes a row in several tables."""


class Faulty:
    """The faults of one model.

    `most` is a bound of states, None for none. Each way to cut the network leads to a state of its
    own, so a search that keeps so many ends before it comes to ways beyond that number: they are
    left out. Raises CapacityError if there are too many others.

    `counts` are the greatest numbers in the fault lanes (none if the model has no faults), `lanes`
    says in which lane what is left of each kind is, `cuts` are the outcomes of cutting the network
    in every way, and of healing.
    """

    def __init__(self, semantics: Semantics, most: int | None) -> None:
        model = semantics.model
        self._at_first = model.faults.at_first
        self._sides = _sides(model, most) if self.may("partitions") else []
        budgets = [getattr(self._at_first, kind) for kind in KINDS]
        first = len(model.actors)
        self.counts: list[int] = []
        self.cuts: list[Outcome] = []
        self.lanes: Array = np.full(len(KINDS), kernels.NONE_AT_ALL, np.int32)
        if model.faults:
            self.counts = [budget or 0 for budget in budgets] + [len(self._sides)]
            for at, budget in enumerate(budgets):
                self.lanes[at] = kernels.ANY_NUMBER if budget is None else first + at
            fault = semantics.handlers.network_fault
            self.cuts = [*(fault(Cut, side) for side in self._sides), fault(Heal)]
        self._while_cut = [FaultState(cut=side) for side in self._sides]

    def open_links(self, links: Sequence[tuple[str, str]]) -> list[list[bool]]:
        """For each way to cut the network, which of these links stay open."""
        return [[not faults.parts(*link) for link in links] for faults in self._while_cut]

    def may(self, kind: str) -> bool:
        """Whether there may be a fault of this kind at all."""
        return self._at_first.may(kind)

    def values(self, faults: FaultState) -> list[int]:
        """What is in the fault lanes."""
        if not self.counts:
            return []
        left = [getattr(faults, kind) or 0 for kind in KINDS]
        return [*left, self._sides.index(faults.cut) + 1 if faults.cut else 0]

    def state(self, values: Sequence[int]) -> FaultState:
        """What is left, by what is in the fault lanes."""
        if not self.counts:
            return NO_FAULTS
        *left, cut = values
        counted = {
            kind: None if getattr(self._at_first, kind) is None else number
            for kind, number in zip(KINDS, left, strict=True)
        }
        return FaultState(**counted, cut=self._sides[cut - 1] if cut else ())


def _sides(model: Model, most: int | None) -> list[tuple[str, ...]]:
    actors = tuple(model.actors)
    ways = model.faults.ways(actors)
    laid_out = ways if most is None else min(ways, most + 1)
    if laid_out > MOST_WAYS:
        raise CapacityError(
            f"model {model.name!r}: there are {ways:,} ways to cut the network among its "
            f"{len(actors)} actors ({_some(actors)}), and the tabulated engine lays out at most "
            f"{MOST_WAYS:,}. Name those that matter, as Faults(partitions=…, "
            f"cuts=[[{actors[-1]!r}], …]), or explore the model with engine='reference', which "
            f"goes through them one at a time."
        )
    return list(islice(model.faults.sides(actors), laid_out))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])}, …, {names[-1]}"


def kind_of(event: Event) -> int:
    """The kind of fault that an event of an actor is, -1 if it is none."""
    if isinstance(event, Crash):
        return kernels.CRASHES
    if isinstance(event, Timeout) and event.budget:
        return kernels.TIMEOUTS
    return kernels.STOPS if isinstance(event, Stop) else -1
