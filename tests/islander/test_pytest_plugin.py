"""The pytest plugin: what a test that checks a model shows, and that it is green only if all holds.

Each test runs pytest in an empty directory, mostly in this process.
"""

from __future__ import annotations

import re
import shlex
import tomllib
import weakref
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest
from typer.testing import CliRunner

# pytest forgets what a run in this process imported, and neither numpy nor z3 can come twice.
from islander import Result, asserting
from islander import explore as explore_model
from islander.cli import app
from islander.explorer import tabulated as _tabulated  # noqa: F401
from islander.invariants import solver as _solver  # noqa: F401

from .conftest import GAME

ROOT = Path(__file__).resolve().parents[2]
PREAMBLE = """
import pytest
from game import game
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def check(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on a test file with this source: `check(source, "-q")`."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def run(source: str, *arguments: str, processes: bool = False) -> pytest.RunResult:
        pytester.makepyfile(game=GAME, test_game=PREAMBLE + dedent(source))
        given = ("-p", "pytest_islander", "-p", "no:cacheprovider", *arguments)
        if processes:
            return pytester.runpytest_subprocess(*given)
        known = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # this process has it already
        return pytester.runpytest_inprocess(*given, *known, no_reraise_ctrlc=True)

    return run


def indented(source: str) -> str:
    return indent(source, "    ")


def printed(ran: pytest.RunResult) -> str:
    return "\n".join(ran.outlines)


# -- the fixture ----------------------------------------------------------------------------------


def test_explore_is_green_where_every_property_holds(check: Run) -> None:
    ran = check(
        """
        def test_holds(explore):
            assert explore(game()).states > 1
        """
    )
    ran.assert_outcomes(passed=1)
    assert not Path(".islander").exists()


def test_the_failure_of_explore_is_the_trace_and_why(check: Run) -> None:
    ran = check(
        """
        def test_violated(explore):
            explore(game(most=1))
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(
        [
            "few bounces is violated after 2 steps",
            "*1  a → b  Ball(0)*seen: 0 → 1*",
            "*2  b → a  Ball(1)*seen: 0 → 1*",
            "Why: *",
            "✗ violated   few bounces (in 2 steps)",
            "*states*transitions*",
            "VIOLATED  game: few bounces",
            "  islander replay .islander/traces/*.json --model game.py:game",
            "test_game.py:5: CheckFailed",
            "FAILED test_game.py::test_violated - few bounces is violated after 2 steps*",
        ]
    )
    ran.stdout.no_fnmatch_line("*explore(game(most=1))*")


def test_an_unreachable_witness_is_red(check: Run) -> None:
    ran = check(
        """
        def test_unreachable(explore):
            explore(game(goal=99))
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["✗ violated   both play: vacuous*", "FAILED * - both play is unrea*"])


@pytest.mark.parametrize(
    "test",
    [
        "def test_some(explore):\n    explore(game(), max_states=2)",
        "@pytest.mark.islander(max_states=2)\ndef test_some():\n    return game()",
    ],
)
def test_what_a_bound_ended_is_red_and_says_which_to_raise(check: Run, test: str) -> None:
    ran = check(test)
    assert ran.parseoutcomes().keys() == {"failed"}
    ran.stdout.fnmatch_lines(
        [
            "*the bound of 2 states was*",
            "INCOMPLETE  game: nothing is established; *",
            "To look further, raise islander_max_states in the ini file, or max_states in *",
        ]
    )


def test_traces_of_two_calls_in_one_test_are_two_files(check: Run) -> None:
    check(
        """
        def test_twice(explore):
            for most in (1, 2):
                with pytest.raises(AssertionError, match="few bounces is violated"):
                    explore(game(most))
        """
    ).assert_outcomes(passed=1)
    assert len(list(Path(".islander/traces").glob("*.json"))) == 2


def test_a_trace_has_the_same_name_wherever_the_tests_are(
    check: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(MARKED)
    elsewhere = pytester.mkdir("elsewhere")
    for path in Path().glob("*.py"):
        path.rename(elsewhere / path)
    monkeypatch.chdir(elsewhere)
    pytester.runpytest_inprocess("-p", "pytest_islander", "-p", "no:cacheprovider", "--rootdir=.")
    names = [
        [path.name for path in one.glob(".islander/traces/*.json")] for one in (Path(".."), Path())
    ]
    assert len(names[0]) == 1
    assert names[0] == names[1]


def test_a_trace_that_cannot_be_written_is_said_and_the_failure_still_shown(check: Run) -> None:
    Path("taken").write_text("a file")
    ran = check(
        "def test_violated(explore):\n    explore(game(most=1))", "--islander-traces", "taken/here"
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["few bounces is violated after 2 steps", "*could not be saved*"])


# -- replaying ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "test",
    [
        "def test_violated(explore):\n    explore(game(1, goal=2))",
        "@pytest.mark.islander\ndef test_violated():\n    return game(1)",
        "@pytest.mark.islander\n@pytest.mark.parametrize('most', [1])\n"
        "def test_violated(most: int):\n    return game(most)",
        "from islander.models import paxos\n"
        "def test_violated(explore):\n    explore(paxos(2, bug='ignored-promises'))",
    ],
)
def test_the_command_that_a_failure_shows_replays_its_trace(check: Run, test: str) -> None:
    ran = check(test)
    (command,) = re.findall(r"^  (islander replay .*)$", printed(ran), re.MULTILINE)
    replayed = CliRunner().invoke(app, shlex.split(command)[1:])
    assert replayed.exit_code == 0, replayed.output
    assert "steps agree with the model" in replayed.output


def test_where_the_model_has_no_name_the_failure_says_how_to_give_it(check: Run) -> None:
    ran = check(
        """
        def test_violated(explore):
            model = game(most=1)
            explore(model)
        """
    )
    ran.stdout.fnmatch_lines(["  islander replay *.json --model FILE.py:FUNCTION"])
    (trace,) = Path(".islander/traces").glob("*.json")
    command = ["replay", str(trace), "--model", "game.py:game", "-p", "most=1"]
    assert CliRunner().invoke(app, command).exit_code == 0


# -- the marker -----------------------------------------------------------------------------------

MARKED = """
@pytest.mark.islander
@pytest.mark.parametrize("most", [1, 9])
def test_it(most: int):
    return game(most)
"""


def test_a_marked_function_is_one_test_for_each_property(check: Run) -> None:
    ran = check(MARKED, "-v")
    ran.assert_outcomes(passed=3, failed=1)
    outcomes = re.findall(r"^test_game.py::(.*) (PASSED|FAILED)", printed(ran), re.MULTILINE)
    assert outcomes == [
        ("test_it[1-few bounces]", "FAILED"),
        ("test_it[1-both play]", "PASSED"),
        ("test_it[9-few bounces]", "PASSED"),
        ("test_it[9-both play]", "PASSED"),
    ]


def test_a_note_is_a_warning_of_a_test_that_passes(check: Run) -> None:
    ran = check(
        """
        from game import *

        class Deaf(Player):
            def recieve(self, message, sender): ...

        def test_it(explore):
            explore(Model("deaf", {"a": Deaf("a")}, properties=[StateInvariant("true", bool)]))
        """
    )
    ran.assert_outcomes(passed=1, warnings=1)
    ran.stdout.fnmatch_lines("*NoteWarning: deaf: Deaf.recieve looks like the handler receive*")


def test_one_property_can_be_asked_for(check: Run) -> None:
    check(MARKED, "test_game.py::test_it[1-both play]").assert_outcomes(passed=1)
    check(MARKED, "test_game.py::test_it").assert_outcomes(passed=3, failed=1)
    check(MARKED, "-k", "few and 9").assert_outcomes(passed=1, deselected=3)
    check(MARKED, "-m", "not islander").assert_outcomes(deselected=4)


CALLED = """
@pytest.mark.parametrize("most", [1, 9])
def test_it(most, explore):
    explore(game(most))
"""


@pytest.mark.parametrize(("source", "passed"), [(MARKED, 3), (CALLED, 1)])
def test_a_model_is_explored_once_and_little_is_kept_of_it(
    check: Run, monkeypatch: pytest.MonkeyPatch, source: str, passed: int
) -> None:
    results: list[weakref.ref[Result]] = []

    def counting(*given: object, **options: object) -> Result:
        assert not [one for one in results if one() is not None]
        result = explore_model(*given, **options)  # type: ignore[arg-type]
        results.append(weakref.ref(result))
        return result

    monkeypatch.setattr(asserting, "explore", counting)
    check(source).assert_outcomes(passed=passed, failed=1)
    assert len(results) == 2
    assert results[-1]() is None


@pytest.mark.parametrize(("options", "passed"), [("", 1), ("keep_going=False", 0)])
def test_one_violation_does_not_hide_what_comes_of_the_other_properties(
    check: Run, options: str, passed: int
) -> None:
    """The witness is reached two steps after the violation."""
    ran = check(f"@pytest.mark.islander({options})\ndef test_it():\n    return game(1, goal=4)")
    ran.assert_outcomes(passed=passed, failed=2 - passed)


def test_collecting_explores_nothing(check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asserting, "explore", None)
    assert "4 tests collected" in printed(check(MARKED, "--collect-only", "-q"))


def test_marks_of_skipping_and_of_expected_failure_work(check: Run) -> None:
    check(
        """
        @pytest.mark.skip
        @pytest.mark.islander
        def test_skipped():
            return game(1)

        @pytest.mark.xfail(strict=True)
        @pytest.mark.islander(violates="few bounces", steps=99)
        def test_expected():
            return game(1)
        """
    ).assert_outcomes(skipped=2, xfailed=1)


HOSTILE = r"""
NAMES = ["a\nb::[c]@d\x1b[31m", "🚣 </script> ]]> \ud800", "x" * 10_000, "x" * 9_999 + "y"]

@pytest.mark.islander
@pytest.mark.parametrize("at", [0, 2])
def test_it(at: int):
    return game(1, 2, NAMES[at : at + 2])
"""


def test_any_name_makes_an_id_that_is_plain_and_finds_its_test(check: Run) -> None:
    ids = [
        line
        for line in check(HOSTILE, "--collect-only", "-q").outlines
        if line.startswith("test_game.py::")
    ]
    assert len(set(ids)) == 4
    assert all(one.isascii() and one.isprintable() and len(one) < 200 for one in ids)
    assert r"test_it[0-a\nb::[c]@d\x1b[31m]" in ids[0]
    for one in ids:
        assert sum(check(HOSTILE, one).parseoutcomes().values()) == 1


@pytest.mark.parametrize(("option", "passed"), [("--lf", 0), ("--ff", 4)])
def test_what_failed_last_is_run_again_whatever_its_name(
    check: Run, pytester: pytest.Pytester, option: str, passed: int
) -> None:
    cached = ("-v", "-p", "cacheprovider")
    source = f"{HOSTILE}\ndef test_before(): pass\n\nclass TestIn:\n{indented(METHOD)}"
    first = check(source, *cached)
    first.assert_outcomes(failed=3, passed=4)
    again = check(source, *cached, option)
    again.assert_outcomes(failed=3, passed=passed)
    outcomes = [re.findall(r"^(test_game.py::.*) FAILED", printed(r), re.M) for r in (first, again)]
    assert len(outcomes[0]) == 3
    assert outcomes[0] == outcomes[1]
    if passed:  # those that failed came first
        order = re.findall(r"^test_game.py::.* (PASSED|FAILED)", printed(again), re.M)
        assert order == ["FAILED"] * 3 + ["PASSED"] * 4


METHOD = """
@pytest.mark.islander
def test_method(self):
    return game(1)
"""


def test_what_a_hostile_name_shows_is_escaped(check: Run) -> None:
    ran = check(HOSTILE)
    ran.assert_outcomes(failed=2, passed=2)
    assert "\x1b" not in printed(ran)
    assert r"a\nb::[c]@d\x1b[31m is violated" in printed(ran)


# -- seeded bugs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "model", "says"),
    [
        ("violates='few bounces', steps=2", "game(1)", None),
        ("violates='few bounces'", "game(1)", None),
        ("violates='both play'", "game(9, 99)", None),
        ("violates='few bounces', steps=3", "game(1)", "*after 3 steps, but was after 2*"),
        ("violates='few bounces'", "game(9)", "*to be violated, but every property holds*"),
        ("violates='few bounces'", "game(9, 99)", "*alone, but found violated: both play*"),
        ("violates='few bounces', max_states=2", "game(1)", "*but nothing is established; the*"),
    ],
)
def test_a_bug_that_is_to_be_found_is_found_as_said(
    check: Run, marker: str, model: str, says: str | None
) -> None:
    ran = check(
        f"""
        @pytest.mark.islander({marker})
        def test_marked():
            return {model}

        def test_fixture(explore):
            explore({model}, {marker})
        """
    )
    ran.assert_outcomes(**{"failed" if says else "passed": 2})
    if says:
        ran.stdout.fnmatch_lines([says])


# -- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("@pytest.mark.islander(max_state=1)\ndef test_it(): return game()", "no option"),
        ("@pytest.mark.islander(9)\ndef test_it(): return game()", "arguments have names"),
        ("@pytest.mark.islander(steps=1)\ndef test_it(): return game()", "goes with violates"),
        ("@pytest.mark.islander(violates='few')\ndef test_it(): return game()", "'few bounces'"),
        ("@pytest.mark.islander\ndef test_it(): game()", "returned None"),
        ("@pytest.mark.islander\ndef test_it(): raise SystemExit(3)", "raised SystemExit(3)"),
        ("@pytest.mark.islander\ndef test_it(tmp_path): return game()", "no fixtures"),
        (
            "import dataclasses\n@pytest.mark.islander\n"
            "def test_it(): return dataclasses.replace(game(), properties=())",
            "no properties",
        ),
    ],
)
def test_a_marker_that_makes_no_sense_is_an_error_that_says_why(
    check: Run, test: str, says: str
) -> None:
    ran = check(test)
    ran.assert_outcomes(errors=1)
    assert says in printed(ran)
    assert "test_game.py::test_it is marked islander" in printed(ran)


@pytest.mark.parametrize("option", ["max_state=1", "max_states=0", "engine='fast'", "threads='x'"])
def test_an_option_that_explore_does_not_have_fails_the_test(check: Run, option: str) -> None:
    ran = check(f"def test_it(explore):\n    explore(game(), {option})")
    ran.assert_outcomes(failed=1)
    assert "UsageError" in printed(ran)


def test_what_is_no_model_fails_the_test_that_explores_it(check: Run) -> None:
    ran = check("def test_it(explore):\n    explore('paxos')")
    ran.assert_outcomes(failed=1)
    assert "UsageError: explore() takes a Model; got 'paxos'." in printed(ran)


def test_a_mistake_in_a_handler_is_told_with_the_steps_that_led_there(check: Run) -> None:
    ran = check(
        """
        from dataclasses import replace
        from game import Player

        class Drops(Player):
            def receive(self, message, sender):
                raise RuntimeError("dropped it")

        def dropping():
            return replace(game(), actors={"a": Player("b", serves=True), "b": Drops("a")})

        @pytest.mark.islander
        def test_marked():
            return dropping()

        def test_fixture(explore):
            explore(dropping())
        """
    )
    ran.assert_outcomes(failed=3)
    assert printed(ran).count("The steps that led there:") == 3
    assert "dropped it" in printed(ran)


# -- budgets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ini", "because"),
    [
        ("islander_max_states = 2", "(max_states)"),
        ("islander_max_depth = 1", "(max_depth)"),
        ("islander_max_seconds = 0", "(max_seconds)"),
    ],
)
def test_budgets_come_from_the_ini_file(
    check: Run, pytester: pytest.Pytester, ini: str, because: str
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    ran = check(
        """
        def test_ini(explore):
            explore(game())

        def test_own(explore):
            explore(game(), max_states=100, max_depth=100, max_seconds=100)
        """
    )
    ran.assert_outcomes(failed=1, passed=1)
    assert because in printed(ran)


def test_the_command_line_goes_before_the_ini_file(check: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nislander_max_seconds = 0\nislander_traces = there\n")
    test = "def test_it(explore):\n    explore(game(1))"
    check(test, "--islander-max-seconds=60", "--islander-traces=here").assert_outcomes(failed=1)
    assert Path("here").is_dir()
    assert not Path("there").exists()


@pytest.mark.parametrize(
    ("ini", "arguments", "says"),
    [
        (
            "islander_max_states = many",
            (),
            "islander_max_states must be a whole number; got 'many'",
        ),
        ("", ("--islander-max-seconds", "x"), "--islander-max-seconds must be a number; got 'x'"),
    ],
)
def test_a_budget_that_is_no_number_is_a_usage_error(
    check: Run, pytester: pytest.Pytester, ini: str, arguments: tuple[str, ...], says: str
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    ran = check("def test_it(explore):\n    explore(game())", *arguments)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert says in "\n".join(ran.errlines)


def test_a_size_that_is_none_fails_the_test(check: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nislander_max_bytes = 5 parrots\n")
    ran = check("def test_it(explore):\n    explore(game())")
    ran.assert_outcomes(failed=1)
    assert "max_bytes '5 parrots'" in printed(ran)


# -- plain assertions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["assert explore(game(1)).verdict is Verdict.HOLDS"],
        ["result = explore(game(1))", "assert result.verdict == Verdict.HOLDS"],
    ],
)
def test_a_plain_assertion_shows_the_trace_of_what_it_was_about(
    check: Run, lines: list[str]
) -> None:
    body = "\n    ".join(lines)
    ran = check(f"from islander import Verdict, explore\n\ndef test_it():\n    {body}\n")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["few bounces is violated after 2 steps", "*VIOLATED  game: few*"])


# -- running --------------------------------------------------------------------------------------

INTERRUPTED = """
from dataclasses import replace
from islander import StateInvariant, Verdict
from islander import explore as plain

def interrupt(state):
    raise KeyboardInterrupt

def interrupted():
    return replace(game(), properties=[StateInvariant("Ctrl-C", interrupt)])
"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(explore): explore(interrupted())",
        "@pytest.mark.islander\ndef test_it(): return interrupted()",
        "def test_it(): assert plain(interrupted()).verdict is Verdict.HOLDS",
    ],
)
def test_ctrl_c_ends_the_run_rather_than_one_test(check: Run, test: str) -> None:
    ran = check(f"{INTERRUPTED}\n{test}\n\ndef test_next(): raise AssertionError('came to it')\n")
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    assert "came to it" not in printed(ran)


@pytest.mark.parametrize("in_ci", [False, True])
def test_it_works_under_xdist_whatever_the_names(
    check: Run, monkeypatch: pytest.MonkeyPatch, in_ci: bool
) -> None:
    for variable in ("CI", "BUILD_NUMBER"):  # in CI pytest's summary has messages in full
        monkeypatch.delenv(variable, raising=False)
    if in_ci:
        monkeypatch.setenv("CI", "true")
    ran = check(HOSTILE, "-p", "xdist.plugin", "-n", "2", processes=True)
    ran.assert_outcomes(failed=2, passed=2)
    text, summary = printed(ran).split("short test summary info")
    assert text.count("islander replay ") == 2
    assert text.count(": CheckFailed") == 2
    assert "islander replay " not in summary
    assert len(re.findall(r"^FAILED test_game.py::", summary, re.M)) == 2
    assert summary.count(r" - a\nb::[c]@d\x1b[31m is ") == 1


def test_for_xdist_the_properties_of_a_model_are_a_group(
    check: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        """
        from pathlib import Path
        def pytest_collection_finish(session):
            for item in session.items:
                (group,) = item.get_closest_marker("xdist_group").args
                with Path("groups").open("a") as file:
                    print(item.name.partition("-")[0], group, file=file)
        """
    )
    ran = check(MARKED, "-p", "xdist.plugin", "-n", "2", "--dist", "loadgroup", processes=True)
    ran.assert_outcomes(failed=1, passed=3)
    lines = Path("groups").read_text().splitlines()
    assert len(lines) == 8
    groups = [line.split() for line in sorted(set(lines))]
    assert [name for name, _ in groups] == ["test_it[1", "test_it[9"]
    assert groups[0][1] != groups[1][1]


def test_a_run_that_does_not_use_it_imports_nothing_of_it(
    check: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        """
        import sys
        def pytest_unconfigure():
            slow = {"islander", "numpy", "numba", "z3", "rich", "typer", "networkx"}
            print("imported:", *sorted(slow & set(sys.modules)))
        """
    )
    pytester.makepyfile(test_other="def test_red(): raise AssertionError")
    ran = pytester.runpytest_subprocess("-p", "pytest_islander", "test_other.py")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["imported:"])


def test_the_plugin_is_announced_to_pytest() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"islander": "pytest_islander"}
