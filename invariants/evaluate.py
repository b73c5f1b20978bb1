"""Evaluating a ground formula for many fact sets at once, a boolean column for each node.

A column is an int: bit *n* is what the node is of fact set *n*. Python combines such ints faster
than numpy does arrays, at the lengths that occur here; numpy writes the columns of facts and reads
the column of the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import chain
from operator import and_, or_

import numpy as np

from ..explorer.facts import Fact, FactSet
from .formula import Formula

CHUNK = 4096
"""Fact sets evaluated at a time: the table of all their facts stays small."""


def evaluate(nodes: Sequence[Formula], root: Formula, fact_sets: Sequence[FactSet]) -> list[bool]:
    """For each fact set, whether `root` is true of it.

    `nodes` holds `root` and all that it is built of, operands first.
    """
    needed = _needed(nodes, root)
    answers: list[bool] = []
    for first in range(0, len(fact_sets), CHUNK):
        answers += _chunk(needed, root, fact_sets[first : first + CHUNK])
    return answers


def _chunk(needed: list[Formula], root: Formula, fact_sets: Sequence[FactSet]) -> list[bool]:
    size = len(fact_sets)
    everywhere = (1 << size) - 1
    facts = _fact_columns(tuple(fact_sets))
    columns: dict[Formula, int] = {}
    for node in needed:
        parts = [columns[part] for part in node.parts]
        if node.fact is not None:
            column = facts.get(node.fact, 0)
        elif node.kind == "not":
            column = everywhere ^ parts[0]
        elif node.kind == "and":
            column = reduce(and_, parts)
        elif node.kind == "or":
            column = reduce(or_, parts)
        else:
            column = everywhere if node.kind == "true" else 0
        columns[node] = column
    packed = np.frombuffer(columns[root].to_bytes(size // 8 + 1, "little"), np.uint8)
    answers: list[bool] = np.unpackbits(packed, count=size, bitorder="little").astype(bool).tolist()
    return answers


# One entry, because a search puts each batch to all its invariants, one after the other. It is
# found by the value of the fact sets, whose hashes are known by then.
@lru_cache(maxsize=1)
def _fact_columns(fact_sets: tuple[FactSet, ...]) -> dict[Fact, int]:
    """For each fact that is in some fact set, which have it."""
    # Fact sets share their facts, and to hash a fact takes longer than all else here: each object
    # is looked up once. The ids are good while the fact sets are.
    members = list(chain.from_iterable(fact_sets))
    ids = list(map(id, members))
    rows: dict[Fact, int] = {}
    row_of = {
        at: rows.setdefault(fact, len(rows))
        for at, fact in dict(zip(ids, members, strict=True)).items()
    }
    sizes = np.fromiter(map(len, fact_sets), np.intp, len(fact_sets))
    table = np.zeros((len(rows), len(fact_sets)), np.bool_)
    table[
        np.fromiter(map(row_of.__getitem__, ids), np.intp, len(ids)),
        np.repeat(np.arange(len(fact_sets)), sizes),
    ] = True
    packed = np.packbits(table, axis=1, bitorder="little")
    return {fact: int.from_bytes(packed[row].tobytes(), "little") for fact, row in rows.items()}


def _needed(nodes: Sequence[Formula], root: Formula) -> list[Formula]:
    wanted = {root}
    for node in reversed(nodes[: root.number + 1]):
        if node in wanted:
            wanted.update(node.parts)
    return [node for node in nodes[: root.number + 1] if node in wanted]
