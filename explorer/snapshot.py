"""Snapshots: a search between two levels, as plain data that can be written down and taken up.

The tables are not part of it. What is kept is the order in which Python decided, and on resuming it
decides again, in the same order, so that everything gets the numbers that the packed states are
written in. A digest of all that has a number tells whether the model is still the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from . import kernels
from .drops import Question
from .errors import SnapshotError
from .freeze import show
from .judging import Finding
from .memory import Array
from .model import Model
from .packing import PackedAs, moves
from .tables import Tabulation

if TYPE_CHECKING:
    from .tabulated import TabulatedSearch

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """Some of the states and fact sets: packed rows of `words` 64-bit words, and of `fact_words`,
    little-endian. `packed` says how the rows are packed."""

    states: bytes
    fact_sets: bytes
    words: int
    fact_words: int
    packed: PackedAs


@dataclass(frozen=True)
class Snapshot:
    """A search at the end of a level: `progress` is everything but the states, as JSON."""

    progress: Json
    parts: tuple[Part, ...]


class Keeper(Protocol):
    """What keeps snapshots of a search, on disk for instance."""

    def start(self) -> Snapshot | None:
        """The snapshot to go on from; None to begin anew."""

    def wants(self) -> bool:
        """Whether it is time to keep another one."""

    def keep(self, progress: Json, part: Part) -> None:
        """Keep how far the search is, and what it has found since the last call."""


class Taker:
    """Takes snapshots of one search for a keeper, each with what is new since the one before."""

    def __init__(self, search: TabulatedSearch, keeper: Keeper) -> None:
        self._search = search
        self._keeper = keeper
        self._states = self._fact_sets = 0

    def begin(self) -> bool:
        """Go on from where the keeper says; False if the search is to begin anew."""
        start = self._keeper.start()
        if start is None:
            return False
        restore(self._search, start)
        self._states, self._fact_sets = self._search.states, self._search.fact_sets
        return True

    def take(self, last: bool) -> None:
        """Take one if it is time; at the `last` level it is, if anything is new."""
        search = self._search
        if not (self._keeper.wants() or (last and search.states > self._states)):
            return
        width = search.widths.facts
        part = Part(
            search.visited.gather(self._states, search.states).astype("<u8").tobytes(),
            b"".join(one.ljust(8 * width, b"\0") for one in search.judged_sets[self._fact_sets :]),
            search.visited.words,
            width,
            search.tabulation.packed,
        )
        self._keeper.keep(progress_of(search), part)
        self._states, self._fact_sets = search.states, search.fact_sets


def progress_of(search: TabulatedSearch) -> Json:
    """How far a search is, as JSON."""
    tabulation, judge = search.tabulation, search.judge
    return {
        "model": describe(search.model),
        "tables": digest(tabulation),
        "pairs": tabulation.pairs,
        "questions": list(tabulation.drops.questions),
        "copies": tabulation.copies,
        "queues": tabulation.queue_room,
        "levels": search.levels,
        "states": search.states,
        "fact sets": search.fact_sets,
        "transitions": search.transitions,
        "terminal": search.terminal,
        "findings": {
            name: _written(finding, tabulation) for name, finding in judge.findings.items()
        },
        "unknown": sorted(judge.unknown),
        "nearest": {
            name: [list(nearness), _written(finding, tabulation)]
            for name, (nearness, finding) in judge.nearest.items()
        },
    }


def describe(model: Model) -> Json:
    """What makes two models the same, as far as that can be told without running them."""
    return {
        "name": model.name,
        "network": repr(model.network),
        "faults": repr(model.faults),
        "timers_wait": sorted(model.waiting),
        "actors": {name: show(frozen) for name, frozen in model.frozen_actors.items()},
        "properties": [f"{type(item).__name__} {item.name!r}" for item in model.properties],
    }


def digest(tabulation: Tabulation) -> str:
    """A digest of everything that has a number, in order."""
    made = hashlib.sha256()
    for known in tabulation.locals:
        for local in known:
            made.update(f"{local.actor}|{show(local.fields)}|{local.timers}\n".encode())
    for outcome in tabulation.outcomes:
        made.update(f"{outcome.event!r}|{show(outcome.after.fields)}|{outcome.sent}\n".encode())
    for fact in tabulation.facts:
        made.update(f"{fact!r}\n".encode())
    made.update(tabulation.drops.answers)
    return made.hexdigest()


def check_model(model: Model, progress: Json) -> None:
    """Raise SnapshotError, saying what differs, if a snapshot is of another model."""
    ours, theirs = describe(model), progress["model"]
    for what in ("name", "network", "faults", "timers_wait"):
        if ours[what] != theirs[what]:
            raise SnapshotError(
                f"the checkpoint is of another model: its {what} is {theirs[what]}, "
                f"that of this one {ours[what]}."
            )
    for name in sorted({*ours["actors"], *theirs["actors"]}):
        mine, other = ours["actors"].get(name), theirs["actors"].get(name)
        if mine != other:
            raise SnapshotError(
                f"the checkpoint is of another model: actor {name!r} is {other or 'missing'} "
                f"there, and {mine or 'missing'} here."
            )
    if ours["properties"] != theirs["properties"]:
        raise SnapshotError(
            f"the checkpoint is of a model with other properties: "
            f"{', '.join(theirs['properties'])} there, {', '.join(ours['properties'])} here."
        )


def restore(search: TabulatedSearch, snapshot: Snapshot) -> None:
    """Bring a search that has begun to where the snapshot was taken.

    Raises SnapshotError if the model is not the one it was taken of."""
    progress, tabulation = snapshot.progress, search.tabulation
    check_model(search.model, progress)
    differs = SnapshotError(
        "the checkpoint is of another version of the model: its handlers do other things now, "
        "so the states found then cannot be gone on from. Begin anew without it."
    )
    try:
        for event, local in progress["pairs"]:
            tabulation.fill(event, local)
        for question in progress["questions"]:
            tabulation.ask([Question(*question)])
        for envelope, count in enumerate(progress["copies"]):
            while tabulation.copies[envelope] < count:
                tabulation.allow_copy(tabulation.delivery_of(envelope))
        for queue, room in enumerate(progress["queues"]):
            tabulation.give_queue_room(queue, room)
    except IndexError:
        raise differs from None
    if digest(tabulation) != progress["tables"]:
        raise differs
    search.follow_tables()
    rows = np.concatenate([_rows(part, tabulation) for part in snapshot.parts])
    sets = [row for part in snapshot.parts for row in _fact_rows(part, search.widths.facts)]
    search.take_over(rows, sets, progress)
    for name, written in progress["findings"].items():
        search.judge.findings[name] = _read(written, tabulation)
    search.judge.unknown.update(progress["unknown"])
    for name, (nearness, written) in progress["nearest"].items():
        search.judge.nearest[name] = tuple(nearness), _read(written, tabulation)


def _rows(part: Part, tabulation: Tabulation) -> Array:
    """The states of a part, packed as they are now."""
    old = np.frombuffer(part.states, "<u8").astype(np.uint64).reshape(-1, part.words)
    new: Array = np.zeros((len(old), tabulation.packed.words), np.uint64)
    kernels.repack(
        tabulation.lanes,
        len(part.packed.queues),
        tabulation.layout_of(part.packed),
        tabulation.layout,
        moves(part.packed, tabulation.packed),
        old,
        new,
        0,
        len(old),
    )
    return new


def _fact_rows(part: Part, width: int) -> Array:
    rows = np.frombuffer(part.fact_sets, "<u8").reshape(-1, part.fact_words)
    wider: Array = np.zeros((len(rows), width), np.uint64)
    wider[:, : part.fact_words] = rows
    return wider


def _written(finding: Finding, tabulation: Tabulation) -> Json:
    numbers = {id(outcome): number for number, outcome in enumerate(tabulation.outcomes)}
    return {
        "depth": finding.depth,
        "fact sets": sorted(tabulation.fact_words(facts) for facts in finding.fact_sets),
        "states": finding.states,
        "outcomes": [numbers[id(outcome)] for outcome in finding.outcomes],
    }


def _read(written: Mapping[str, Any], tabulation: Tabulation) -> Finding:
    return Finding(
        written["depth"],
        set(tabulation.fact_sets(written["fact sets"])),
        list(written["states"]),
        [tabulation.outcomes[number] for number in written["outcomes"]],
    )
