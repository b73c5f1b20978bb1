"""What `islander ci` says fits the screen, and shows what a project says as data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.text import Text

from islander import Model, Verdict, Witness, explore
from islander.ci_config import Check, Expectation
from islander.ci_report import (
    Changes,
    change_lines,
    conclusion_lines,
    detail_lines,
    progress_text,
    table_lines,
)
from islander.ci_run import Progress
from islander.ci_verdict import Outcome, unrun
from islander.models.paxos import paxos
from islander.reports.baseline import Difference
from islander.reports.summary import summarise

HOSTILE = "[bold]🏝 \x1b[31m\x07\n</script>]]> " + "name " * 40
DIFFERENCES = [Difference("states", "states: were 1, are 2 (+1)"), Difference("trace", HOSTILE)]


def check(name: str, expected: Expectation | None = None) -> Check:
    given = {"bug": "minority-quorum"}
    expected = expected or Expectation()
    return Check(name, "paxos", "paxos", given, None, expected, {}, ("--threads", "2"), False, "1")


@pytest.fixture(scope="module")
def violated() -> Outcome:
    result = explore(paxos(bug="minority-quorum"))
    own = check(HOSTILE)
    return Outcome(own, summarise(result, own.source, own.name))


@pytest.fixture(scope="module")
def died() -> Outcome:
    own = check("dies", Expectation(Verdict.VIOLATED))
    return Outcome(own, unrun(own, "dies", HOSTILE), HOSTILE, steps=(HOSTILE,))


def plain(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_everything_fits_into_80_columns(violated: Outcome, died: Outcome) -> None:
    changes = Changes(HOSTILE, {HOSTILE: DIFFERENCES, "dies": None}, (HOSTILE,))
    outcomes = [violated, died]
    lines = [*table_lines(outcomes, changes, 80), *change_lines(changes, 80)]
    lines += conclusion_lines(outcomes, changes, 80)
    for one in outcomes:
        *details, command = detail_lines(one, 80)
        lines += details
        assert command.plain == (  # which is to be copied
            "    islander check paxos --bug minority-quorum --threads 2"
        )
    assert max(cell_len(line) for line in plain(lines)) <= 80
    assert all(line.isprintable() for line in plain(lines))
    assert "[bold]" in "".join(plain(lines))


def test_piped_a_row_is_a_line_and_nothing_is_broken(violated: Outcome, died: Outcome) -> None:
    changes = Changes("b", {HOSTILE: DIFFERENCES, "dies": None}, ())
    head, first, second = plain(table_lines([violated, died], changes, None))
    assert head.split() == [
        *("check", "verdict", "expected", "states", "depth", "time", "changed"),
    ]
    assert first.startswith("✗  [bold]🏝 \\x1b[31m\\x07\\n</script>")
    assert first.endswith("states, trace")
    assert second.split()[:4] == ["✗", "dies", "error", "violated"]
    assert second.endswith("new")


def test_what_is_as_expected_has_its_mark(violated: Outcome) -> None:
    expected = Expectation(Verdict.VIOLATED, ("single chosen value",), 8)
    good = replace(violated, check=check("good", expected))
    assert plain(conclusion_lines([good], None, 80)) == ["AS EXPECTED  1 check, as expected"]
    assert plain(table_lines([good], None, None))[1].startswith("✓  ")


def test_a_part_that_was_unexpected_is_told_without_the_other(violated: Outcome) -> None:
    other = Expectation(Verdict.VIOLATED, ("validity",))
    lines = plain(detail_lines(replace(violated, check=check("x", other)), None))
    assert lines[:3] == [
        "✗ "
        + HOSTILE.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\n", "\\n")
        + ": not as expected",
        "  expected 'validity' to be violated, but it is not",
        "  'single chosen value' is violated, which was not expected",
    ]
    assert "  single chosen value is violated after 8 steps" in lines


def test_a_witness_that_is_never_reached_is_violated_as_in_the_table() -> None:
    never = Witness("two leaders", lambda facts: False)
    result = explore(Model("m", paxos(1, 1).actors, properties=[never]))
    own = check("x")
    outcome = Outcome(own, summarise(result, own.source, own.name))
    assert plain(table_lines([outcome], None, None))[1].split()[2] == "violated"
    steps = result.properties["two leaders"].steps
    title = f"  two leaders is violated: it was never reached; the nearest that was, after {steps} "
    assert any(line.startswith(title) for line in plain(detail_lines(outcome, None)))


def test_how_far_it_is_names_what_runs() -> None:
    progress = Progress(2, (("a\nb", 3.4), ("c", 0.0)), False)
    assert progress_text(progress, 5) == "2 of 5 checks done  running: a\\nb 3 s, c 0 s"
