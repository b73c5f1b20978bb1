"""`islander.checks`: a test that asserts by itself, whoever runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from islander import CheckFailed, Model, StateInvariant, UsageError, checks, explore
from islander.cli import app
from islander.models.paxos import paxos

from .conftest import GAME

SOURCE = """
import unittest
import islander
import pytest
from game import game

@islander.checks
def test_holds():
    return game()

@islander.checks
def test_violated():
    return game(1)

@islander.checks()
def test_unreachable():
    return game(goal=99)

@islander.checks(max_states=2)
def test_incomplete():
    return game()

@islander.checks(violates="few bounces", steps=2)
def test_found():
    return game(1)

@islander.checks(violates="few bounces")
def test_not_found():
    return game()

@pytest.fixture
def most():
    return 1

@pytest.mark.parametrize("goal", [2, 99])
@islander.checks(engine="reference", max_seconds=600)
def test_given(goal: int):
    return game(goal=goal)

@pytest.mark.skip
@islander.checks
def test_skipped():
    return game(1)

@pytest.mark.xfail(strict=True)
@islander.checks
def test_expected():
    return game(1)

class TestIn:
    @islander.checks
    def test_method(self, most):
        return game(most)

    @staticmethod
    @islander.checks
    def test_static(most):
        return game(most)

class TestUnit(unittest.TestCase):
    @islander.checks
    def test_unit(self):
        return game(1)

    @islander.checks
    def test_unit_holds(self):
        return game()
"""

FOUND = {
    "test_holds": "PASSED",
    "test_violated": "FAILED",
    "test_unreachable": "FAILED",
    "test_incomplete": "FAILED",
    "test_found": "PASSED",
    "test_not_found": "FAILED",
    "test_given[2]": "PASSED",
    "test_given[99]": "FAILED",
    "test_skipped": "SKIPPED",
    "test_expected": "XFAIL",
    "TestIn::test_method": "FAILED",
    "TestIn::test_static": "FAILED",
    "TestUnit::test_unit": "FAILED",
    "TestUnit::test_unit_holds": "PASSED",
}

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
WAYS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "plugin": ({}, ()),
    "plugin, in parallel": ({}, ("-n", "2")),
    "plugin, by name": (ALONE, ("-p", "pytest_islander")),
    "switched off": ({}, ("-p", "no:islander")),
    "switched off, in parallel": ({}, ("-p", "no:islander", "-n", "2")),
    "no plugin is loaded": (ALONE, ()),
}


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What pytest prints of a test file with this source: `run(source, variables, arguments)`."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def ran(source: str, variables: dict[str, str], arguments: tuple[str, ...]) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(game=GAME, test_game=source)
        return "\n".join(pytester.runpytest_subprocess("-v", *arguments).outlines)

    return ran


def outcomes(printed: str) -> list[tuple[str, str]]:
    """The outcome of each test, as often as there is one."""
    told = printed.partition("short test summary info")[0]
    first = re.findall(r"^test_game\.py::(\S+) ([A-Z]+)\b", told, re.M)
    parallel = re.findall(r"^\[gw\d\] .* ([A-Z]+) test_game\.py::(\S+)", told, re.M)
    return [*first, *((name, outcome) for outcome, name in parallel)]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_one_test_that_fails_unless_all_is_as_it_should_be(
    run: Callable[..., str], way: str
) -> None:
    printed = run(SOURCE, *WAYS[way])
    found = outcomes(printed)
    assert len(found) == len(FOUND)
    assert dict(found) == FOUND
    # The trace is there, whoever shows it; the plugin tells also how to replay it.
    assert len(re.findall(r"1  a → b  Ball\(0\) +seen: 0 → 1", printed)) >= 4
    assert "VIOLATED  game: few bounces" in printed
    assert "INCOMPLETE  game: nothing is established" in printed
    assert "few bounces was to be violated, but every property holds" in printed
    assert ("islander replay .islander/traces/" in printed) == way.startswith("plugin")
    assert "PytestReturnNotNone" not in printed


def test_unittest_runs_it(tmp_path: Path) -> None:
    (tmp_path / "game.py").write_text(GAME, encoding="utf-8")
    source = SOURCE.replace("import pytest", "").partition("@pytest.fixture")[0]
    unit = SOURCE[SOURCE.index("class TestUnit") :]
    (tmp_path / "test_game.py").write_text(source + unit, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", "test_game"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"^test_unit .*FAIL$", done.stderr, re.M)
    assert re.search(r"^test_unit_holds .*ok$", done.stderr, re.M)
    assert "few bounces is violated after 2 steps" in done.stderr
    assert "FAILED (failures=1)" in done.stderr


# -- called --------------------------------------------------------------------------------------


def test_called_it_passes_arguments_on_and_returns_nothing() -> None:
    given: list[Any] = []

    @checks(max_states=100_000)
    def test_it(proposers: int, *rest: Any, acceptors: int = 3) -> Model:
        """A test."""
        given.append((proposers, rest, acceptors))
        return paxos(proposers, acceptors)

    assert test_it(1, 2, acceptors=1) is None  # type: ignore[func-returns-value]
    assert given == [(1, (2,), 1)]
    assert (test_it.__name__, test_it.__doc__) == ("test_it", "A test.")


def test_called_it_raises_an_assertion_error_with_the_trace() -> None:
    with pytest.raises(CheckFailed) as raised:
        checks(lambda: paxos(bug="minority-quorum"))()
    with pytest.raises(CheckFailed) as checked:
        explore(paxos(bug="minority-quorum")).check()
    same = [re.sub(r"[\d.]+ s \(", "", str(one.value)) for one in (raised, checked)]
    assert same[0] == same[1]


def test_a_bound_that_ends_it_is_named() -> None:
    with pytest.raises(CheckFailed, match="To look further, raise max_states"):
        checks(max_states=5)(paxos)()


def test_ctrl_c_ends_more_than_the_one_test() -> None:
    def interrupt(state: Any) -> bool:
        raise KeyboardInterrupt

    stops = [StateInvariant("Ctrl-C", interrupt)]
    with pytest.raises(KeyboardInterrupt):
        checks(lambda: replace(paxos(), properties=stops))()


async def late() -> Model:
    return paxos()


async def later() -> Any:
    yield paxos()


def each() -> Any:
    yield paxos()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: checks(late), "late is async"),
        (lambda: checks()(later), "later is async"),
        (lambda: checks(each), "each is a generator"),
        (lambda: checks(paxos()), "before a function that returns a Model; got Model"),
        (lambda: checks(Model), "before a function"),
        (lambda: checks("few"), "before a function"),
        (lambda: checks(staticmethod(paxos)), "below @staticmethod"),
        (lambda: checks(classmethod(paxos)), "below @classmethod"),
        (lambda: checks(max_state=1), "no option 'max_state'; it has: violates"),
        (lambda: checks(lambda: None)(), "returned None, not a Model"),
        (lambda: checks(lambda: [paxos()])(), "not a Model"),
        (lambda: checks(lambda: explore(paxos(1)))(), r"returned Result\(.*, not a Model"),
        (lambda: checks(checks(paxos))(), "paxos returned None, not a Model"),
        (lambda: checks(violates="few")(paxos)(), "no such property"),
        (lambda: checks(steps=3)(paxos)(), "goes with violates"),
        (lambda: checks(max_states=0)(paxos)(), "max_states must be"),
        (lambda: checks(max_bytes="5 parrots")(paxos)(), "max_bytes '5 parrots'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make()


def test_a_model_without_properties_is_a_mistake() -> None:
    with pytest.raises(Exception, match="no properties"):
        checks(lambda: replace(paxos(), properties=[]))()


# -- beside the plugin ---------------------------------------------------------------------------


def test_the_settings_of_pytest_count_and_options_go_before_them(
    run: Callable[..., str], pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nislander_max_states = 2\n")
    printed = run(
        """
        import islander
        from game import game

        @islander.checks
        def test_cut():
            return game()

        @islander.checks(max_states=100)
        def test_whole():
            return game()
        """,
        *WAYS["plugin, by name"],
    )
    assert outcomes(printed) == [("test_cut", "FAILED"), ("test_whole", "PASSED")]
    assert "To look further, raise islander_max_states in the ini file" in printed


@pytest.mark.parametrize("marker_first", [True, False])
def test_the_marker_beside_it_is_refused(run: Callable[..., str], marker_first: bool) -> None:
    decorators = ["@pytest.mark.islander", "@islander.checks"]
    lines = "\n".join(decorators if marker_first else decorators[::-1])
    source = f"import islander, pytest\n{lines}\ndef test_it():\n    return 1\n"
    printed = run(source, *WAYS["plugin, by name"])
    assert "islander.checks makes a test of it already" in printed
    assert "1 error" in printed


MARKED = """
import pytest
from game import game

@pytest.mark.islander
def test_it():
    return game(1)
"""


@pytest.mark.parametrize(
    "ini",
    ["addopts = --strict-markers", "filterwarnings = error::pytest.PytestReturnNotNoneWarning"],
)
def test_a_marked_test_is_not_green_without_the_plugin_where_pytest_is_strict(
    run: Callable[..., str], pytester: pytest.Pytester, ini: str
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    printed = run(MARKED, *WAYS["no plugin is loaded"])
    assert re.search(r"1 (failed|error)", printed)
    assert "passed" not in printed


def test_its_trace_replays_and_the_command_line_checks_it(run: Callable[..., str]) -> None:
    printed = run(SOURCE, *WAYS["plugin, by name"])
    named = r"^  islander (replay \.islander/traces/\S+ --model (?!FILE)\S+)$"
    commands = re.findall(named, printed, re.M)
    assert commands
    for command in commands:
        replayed = CliRunner().invoke(app, command.split())
        assert "Traceback" not in replayed.stderr
        assert replayed.exit_code == 0
        assert "agree with the model" in replayed.stdout
    assert "the fixture 'most' cannot be named on the command line" in printed
    checked = CliRunner().invoke(app, ["check", "test_game.py:test_violated"])
    assert checked.exit_code == 1
    assert "few bounces is violated after 2 steps" in checked.stdout
