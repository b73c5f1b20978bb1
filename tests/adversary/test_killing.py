"""A few of the moments that `python -m tests.adversary.killing` goes through in numbers."""

from __future__ import annotations

import pytest

from .killing import CHECKS, moments


@pytest.mark.parametrize("check", [CHECKS[2], CHECKS[5]], ids=" ".join)
def test_a_killed_search_is_resumed_to_the_end_it_would_have_had(check: tuple[str, ...]) -> None:
    *_, tally = moments(2, seed=0, checks=[check])
    assert tally.happened["kills"] == 2
    assert tally.happened["searches that came to the same end"]
