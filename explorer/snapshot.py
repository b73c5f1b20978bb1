"""Snapshots: a search between two levels, as plain data that can be written down and taken up.

The tables are not part of it. What is kept is the order in which Python decided, and on resuming it
decides again, in the same order, so that everything gets the numbers that the packed states are
written in. A digest of all that has a number tells whether the model is still the same. Properties
are asked once more about everything that was kept: what they say must be what they said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from . import kernels
from .drops import Question
from .errors import ModelError, PropertyError, SnapshotError
from .fingerprint import answers_about_steps, digest
from .freeze import show
from .judging import Finding
from .memory import Array
from .model import Model
from .packing import PackedAs, moves
from .properties import Property, Subject
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
        "fact sets by level": search.judged_by_level,
        "transitions": search.transitions,
        "terminal": search.terminal,
        "findings": {
            name: _written(finding, tabulation) for name, finding in judge.findings.items()
        },
        "answers about steps": {
            item.name: answers_about_steps(tabulation, item)
            for item in search.model.properties
            if item.subject is Subject.STEP
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

    Raises SnapshotError if the model is not the one it was taken of, or a property says something
    else than it did."""
    progress, tabulation = snapshot.progress, search.tabulation
    check_model(search.model, progress)
    _decide_again(tabulation, progress)
    _check_steps(search, progress)
    search.follow_tables()
    rows = np.concatenate([_rows(part, tabulation) for part in snapshot.parts])
    _check_initial(tabulation, rows, progress)
    sets = [row for part in snapshot.parts for row in _fact_rows(part, search.widths.facts)]
    search.take_over(rows, sets, progress)
    _judge_again(search, progress)


_DIFFERS = (
    "the checkpoint is of another version of the model: {what}, so the states found then cannot be "
    "gone on from. Begin anew without it."
)


def _decide_again(tabulation: Tabulation, progress: Json) -> None:
    """Let Python decide all that it had decided, in the same order."""
    differs = SnapshotError(_DIFFERS.format(what="its handlers do other things now"))
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
    except PropertyError as error:
        raise _says_otherwise(f"There is a mistake in it now: {error}") from error
    except ModelError as error:  # there was none when this was decided first
        raise SnapshotError(f"{differs} There is a mistake in them now: {error}") from error
    if digest(tabulation) != progress["tables"]:
        raise differs


def _check_initial(tabulation: Tabulation, rows: Array, progress: Json) -> None:
    """Raise SnapshotError unless the initial states are those that were kept."""
    begin, end = [*progress["levels"], progress["states"]][:2]
    now = [tabulation.row(state) for state in tabulation.semantics.each_initial_state()]
    if rows[begin:end].tolist() != now:
        raise SnapshotError(_DIFFERS.format(what="it has other initial states now"))


def _says_otherwise(what: str, item: Property | None = None) -> SnapshotError:
    about = f"property {item.name!r}" if item else "a property"
    return SnapshotError(
        f"the checkpoint cannot be gone on from: {about} does not say now what it said of the same "
        f"before. {what} Begin anew without the checkpoint, or change the property back."
    )


def _check_steps(search: TabulatedSearch, progress: Json) -> None:
    """Raise SnapshotError if a property of local steps says something else of one."""
    for item in search.model.properties:
        if item.subject is Subject.STEP:
            before = progress["answers about steps"][item.name]
            if answers_about_steps(search.tabulation, item) != before:
                raise _says_otherwise("It judges a step in another way.", item)


def _judge_again(search: TabulatedSearch, progress: Json) -> None:
    """Ask the properties about everything that was kept, level by level; raise SnapshotError if
    what comes of it is not what was kept."""
    judge, tabulation = search.judge, search.tabulation
    try:
        search.judge_again()
    except PropertyError as error:
        raise _says_otherwise(f"There is a mistake in it now: {error}") from error
    for item in search.model.properties:
        written = progress["findings"].get(item.name)
        kept = None if written is None else _read(written, tabulation)
        if item.subject is Subject.STEP:
            if kept is not None:
                judge.findings[item.name] = kept
            if item.name in progress["unknown"]:
                judge.unknown.add(item.name)
            continue
        if judge.findings.get(item.name) != kept:
            raise _says_otherwise(_in_words(kept, judge.findings.get(item.name), item), item)
        nearest = progress["nearest"].get(item.name)
        near = None if nearest is None else (tuple(nearest[0]), _read(nearest[1], tabulation))
        if judge.nearest.get(item.name) != near:
            raise _says_otherwise("Another state is the nearest to it.", item)


def _in_words(kept: Finding | None, now: Finding | None, item: Property) -> str:
    """How what was found before differs from what is found now."""
    done = "satisfied" if item.somewhere else "violated"
    before = f"was first {done} at depth {kept.depth}" if kept else f"was not {done}"
    after = f"is first {done} at depth {now.depth}" if now else f"is not {done}"
    if kept and now and kept.depth == now.depth:
        after += ", elsewhere"
    return f"In the states found so far it {before}, and {after} now."


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
