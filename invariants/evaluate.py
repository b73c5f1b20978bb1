"""Evaluating a ground formula for many fact sets at once, a boolean column for each node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..explorer.facts import FactSet
from .formula import Formula

CHUNK = 4096
"""Fact sets evaluated at a time: a column of a few kilobytes stays in the cache."""


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
    columns: dict[Formula, NDArray[np.bool_]] = {}
    for node in needed:
        parts = [columns[part] for part in node.parts]
        if node.kind == "fact":
            column = np.fromiter((node.fact in facts for facts in fact_sets), np.bool_, size)
        elif node.kind == "not":
            column = ~parts[0]
        elif node.kind == "and":
            column = np.logical_and.reduce(parts)
        elif node.kind == "or":
            column = np.logical_or.reduce(parts)
        else:
            column = np.full(size, node.kind == "true")
        columns[node] = column
    answers: list[bool] = columns[root].tolist()
    return answers


def _needed(nodes: Sequence[Formula], root: Formula) -> list[Formula]:
    wanted = {root}
    for node in reversed(nodes[: root.number + 1]):
        if node in wanted:
            wanted.update(node.parts)
    return [node for node in nodes[: root.number + 1] if node in wanted]
