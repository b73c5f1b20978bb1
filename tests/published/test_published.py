"""Counts that other checkers publish of protocols that are written anew here, as users would.

Where a number stands is said in the module of its protocol, and what had to be written differently.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from islander import Bag, Fifo, Model, Result, Verdict, explore

from .countdown import countdown
from .linearizable_register import linearizable_register
from .mc_paxos import paxos
from .mc_voting import voting
from .ping_pong import lossless, lossless_and_duplicating, lossy_and_duplicating
from .register_paxos import register_paxos
from .single_copy_register import single_copy_register
from .tla_transaction_commit import transaction_commit
from .tla_two_phase import two_phase
from .two_phase_commit import two_phase_commit


@cache
def explored(make: Callable[..., Model], *arguments: Any, engine: str = "reference") -> Result:
    return explore(make(*arguments), engine=engine, keep_going=True)


# -- stateright: distinct states, and how soon it finds what it looks for -------------------------

STATERIGHT = [
    (lossless, (5,), 11),
    (lossless_and_duplicating, (5,), 11),
    (lossy_and_duplicating, (1,), 14),
    (lossy_and_duplicating, (5,), 4_094),
    (countdown, (Bag(),), 5),
    (countdown, (Fifo(),), 3),
    (single_copy_register, (2, 1), 93),
    (linearizable_register, (2, 2), 544),
    (register_paxos, (1,), 265),  # the example's test asserts the count for two clients only
    (register_paxos, (2,), 16_668),
    (two_phase_commit, (3,), 288),
    (two_phase_commit, (5,), 8_832),
]


@pytest.mark.parametrize(("make", "arguments", "states"), STATERIGHT)
def test_as_many_states_as_stateright_finds(
    make: Callable[..., Model], arguments: tuple[Any, ...], states: int
) -> None:
    result = explored(make, *arguments)
    assert result.verdict is Verdict.HOLDS
    assert result.states == states


@pytest.mark.parametrize(
    ("make", "arguments", "steps"),
    [
        (single_copy_register, (2, 1), 3),
        (single_copy_register, (2, 2), 4),
        (linearizable_register, (2, 2), 11),
        (register_paxos, (2,), 8),
    ],
)
def test_a_value_is_chosen_as_soon_as_stateright_finds(
    make: Callable[..., Model], arguments: tuple[Any, ...], steps: int
) -> None:
    assert explored(make, *arguments).properties["value chosen"].steps == steps


def test_two_single_copies_are_not_linearizable_after_as_many_steps_as_stateright_finds() -> None:
    found = explored(single_copy_register, 2, 2).properties["linearizable"]
    assert (found.verdict, found.steps) == (Verdict.VIOLATED, 4)


# -- TLC: distinct states, all states it generated, depth -----------------------------------------


@pytest.mark.parametrize(
    ("make", "arguments", "distinct", "total", "depth"),
    [
        (transaction_commit, (3,), 34, 94, 7),
        (two_phase, (3,), 288, 1_146, 11),
        (paxos, (3, 2), 3_921, 23_563, 17),
        (voting, (3, 3), 6_752, 41_017, 16),
    ],
)
def test_as_many_states_and_steps_as_tlc_finds(
    make: Callable[..., Model], arguments: tuple[int, ...], distinct: int, total: int, depth: int
) -> None:
    result = explored(make, *arguments)
    assert result.verdict is Verdict.HOLDS
    assert (result.states, 1 + result.transitions, 1 + result.depth) == (distinct, total, depth)


# -- two-phase commit, which can be counted by hand -----------------------------------------------


@pytest.mark.parametrize("managers", [1, 2, 4])
def test_as_many_states_as_two_phase_commit_is_known_to_have(managers: int) -> None:
    result = explored(two_phase_commit, managers)
    assert result.states == 4**managers + 2**managers + 6**managers


@pytest.mark.parametrize(
    ("managers", "states"),
    [
        (6, 50_816),  # TwoPhase.tla says so
        (7, 296_448),  # the default of the first versions of examples/2pc.rs, whose test stops at 5
    ],
)
def test_as_many_states_where_the_reference_engine_is_slow(managers: int, states: int) -> None:
    result = explored(two_phase_commit, managers, engine="tabulated")
    assert result.verdict is Verdict.HOLDS
    assert result.states == states == 4**managers + 2**managers + 6**managers


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(two_phase_commit, (5,)), (register_paxos, (2,)), (linearizable_register, (2, 2))],
)
def test_the_engines_agree(make: Callable[..., Model], arguments: tuple[Any, ...]) -> None:
    one, other = (explored(make, *arguments, engine=name) for name in ("reference", "tabulated"))
    for count in ("states", "transitions", "depth", "terminal", "fact_sets", "handler_calls"):
        assert getattr(one, count) == getattr(other, count), count
