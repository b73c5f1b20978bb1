"""Aldebaran files, read by the rules of mCRL2's reader, and strong bisimilarity."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

HEADER = re.compile(r"des \((\d+),(\d+),(\d+)\)")
TRANSITION = re.compile(r'\((\d+),"([^"]*)",(\d+)\)')  # a quote ends a label; nothing is an escape


class TransitionSystem(NamedTuple):
    initial: int
    states: int
    transitions: list[tuple[int, str, int]]


def read_aldebaran(text: str) -> TransitionSystem:
    first, *lines = text.removesuffix("\n").split("\n")
    header = HEADER.fullmatch(first)
    assert header, first
    initial, count, states = map(int, header.groups())
    found = [TRANSITION.fullmatch(line) for line in lines]
    assert all(found), [line for line, one in zip(lines, found, strict=True) if not one]
    assert len(found) == count
    transitions = [(int(one[1]), one[2], int(one[3])) for one in found if one]
    assert all(0 <= end < states for source, _, target in transitions for end in (source, target))
    for _, label, _ in transitions:
        depths = list(accumulate((c == "(") - (c == ")") for c in label))
        assert min(depths) >= 0, f"not a proper multiaction: {label}"
    return TransitionSystem(initial, states, transitions)


def bisimilar(one: TransitionSystem, other: TransitionSystem) -> bool:
    """Whether the initial states are strongly bisimilar, by refining a partition of all states."""
    steps: list[list[tuple[str, int]]] = [[] for _ in range(one.states + other.states)]
    for shift, system in ((0, one), (one.states, other)):
        for source, label, target in system.transitions:
            steps[shift + source].append((label, shift + target))
    block, blocks = [0] * len(steps), 1
    while True:
        known: dict[object, int] = {}
        block = [
            known.setdefault(
                (block[state], frozenset((label, block[target]) for label, target in out)),
                len(known),
            )
            for state, out in enumerate(steps)
        ]
        if len(known) == blocks:
            return block[one.initial] == block[one.states + other.initial]
        blocks = len(known)
