"""The live line fits a terminal of 80 columns, and stays away from pipes."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from islander import Progress
from islander.live import brief, live_line, progress_text, size_text


def test_it_shows_all_counts_within_80_columns_for_tens_of_millions_of_states() -> None:
    text = progress_text(Progress(21_705_426, 163_317_265, 33, 1_234_567, 600.0))
    assert text.startswith(
        "21.71M states  36.18k/s  depth 33  frontier 1.235M  163.3M transitions  "
    )
    assert len(text) <= 80


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9999, "9,999"), (12345, "12.35k"), (999_999, "1000k"), (2.5e9, "2.5G")],
)
def test_a_number_is_brief(number: float, text: str) -> None:
    assert brief(number) == text


@pytest.mark.parametrize(
    ("mebibytes", "text"),
    [(7, "7 MiB"), (999, "999 MiB"), (1019, "1.0 GiB"), (23_800, "23.2 GiB")],
)
def test_an_amount_of_memory_takes_eight_columns_at_most(mebibytes: int, text: str) -> None:
    assert size_text(mebibytes * 2**20) == text
    assert len(text) <= 8


def test_nobody_watching_means_no_callback() -> None:
    with live_line(Console(file=StringIO())) as on_progress:
        assert on_progress is None


def test_a_terminal_gets_a_line_that_is_gone_afterwards() -> None:
    out = StringIO()
    with live_line(Console(file=out, force_terminal=True, width=80)) as on_progress:
        assert on_progress is not None
        on_progress(Progress(5, 7, 2, 1, 0.5))
    assert "5 states" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")
