"""What test_checked_kernels.py runs in a process of its own, under the checked build."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Bag, Duplicating, Faults, Fifo, Model, explore
from islander.explorer import kernels, tabulated
from islander.explorer.errors import DefectError
from islander.explorer.semantics import Semantics
from islander.explorer.tables import Sizes, Tabulation
from islander.explorer.visited import Visited

from .cells import TRUE
from .random_models import faulty_models, models
from .test_tabulated import SMALL, TINY, assert_equal, however_small
from .test_widths import many, tell_the_next

__all__ = ["however_small"]

few = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def test_this_is_the_checked_build() -> None:
    assert kernels.CHECKED


@few
@given(
    checked=faulty_models((Bag, Duplicating, Fifo)) | models(),
    threads=st.integers(1, 2),
    first_sizes=st.sampled_from([TINY, SMALL, tabulated.SIZES]),
    deepest=st.integers(0, 3),
)
def test_random_models_are_explored_alike(
    checked: Model, threads: int, first_sizes: Sizes, deepest: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        assert_equal(lambda: checked, threads, keep_going=True, max_depth=deepest)


def test_states_of_many_words_are_explored() -> None:
    made = Model("many", many(257, start=tell_the_next), Bag(), (TRUE,), faults=Faults(crashes=1))
    assert explore(made, "tabulated", keep_going=True).states == 2 * 257 + 5


@pytest.mark.parametrize("first", [-1, 4, 1 << 40])
def test_a_row_before_the_first_or_after_the_last_is_noticed(first: int) -> None:
    visited = Visited(1, Sizes(rows=4))
    visited.append(np.arange(1, 5, dtype=np.uint64).reshape(-1, 1))
    owners, to = np.zeros(4, np.uint8), np.zeros((4, 1), np.uint64)
    arrays = visited.arrays._replace(owners=owners)
    widths = kernels.Widths(1, 1, 0, 0, 1, 0, 0, 0)
    kernels.gather(widths, arrays, np.zeros(1, np.int64), 0, 4, to)
    assert to[:, 0].tolist() == [1, 2, 3, 4]
    with pytest.raises(DefectError, match=r"outside its array: kernels\.py, line"):
        kernels.gather(widths, arrays, np.full(1, first, np.int64), 0, 1, to)


def test_an_array_that_is_too_short_is_noticed() -> None:
    visited = Visited(1, Sizes(rows=4))
    visited.append(np.arange(1, 5, dtype=np.uint64).reshape(-1, 1))
    widths = kernels.Widths(1, 1, 0, 0, 1, 0, 0, 0)
    arrays = visited.arrays._replace(owners=np.zeros(4, np.uint8))
    with pytest.raises(DefectError, match="outside its array"):
        kernels.gather(widths, arrays, np.zeros(1, np.int64), 0, 4, np.zeros((3, 1), np.uint64))


def test_a_line_outside_the_table_is_noticed() -> None:
    visited = Visited(1, Sizes(table=8))
    arrays = visited.arrays._replace(shifts=np.array([50], np.int64))  # as of many lines
    rows = np.arange(1, 5, dtype=np.uint64).reshape(-1, 1)
    with pytest.raises(DefectError, match="outside its array"):
        kernels.deal(rows, 4, arrays, np.zeros(1, np.int64), False)


def test_records_laid_out_for_fewer_words_are_noticed() -> None:
    made = Model("many", many(65, start=tell_the_next), Bag(), (TRUE,), faults=Faults(crashes=1))
    semantics = Semantics(made)
    tables = Tabulation(semantics, Sizes())
    for state in semantics.initial_states():
        tables.take_in(state)
    tables.settle()
    assert tables.packing.words > 1
    steps = np.array([[64, 1, 2, kernels.LAST]], np.int64)
    ends, sent = np.zeros(2, np.int32), np.zeros(1, np.int32)
    with pytest.raises(DefectError, match="outside its array"):
        kernels.encode(
            tables.widths, tables.layout, np.zeros((4, 3), np.uint64), 0, steps, ends, sent
        )
