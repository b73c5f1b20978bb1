"""`islander ci`: a project with checks, green and red."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from islander import ci_run
from islander.ci import CiOptions, run_ci
from islander.ci_config import read_configuration
from islander.ci_run import Progress, make_all, run_all
from islander.ci_verdict import Standing
from islander.explorer import UsageError

RALLY = """
import os, sys

def rally(limit: int = 9, bug: str | None = None):
    if bug not in (None, "late"):
        raise ValueError(f"no such bug: {bug}")
    return game(
        StateInvariant("short rally", lambda state: state.actors["a"].seen < limit),
        StateWitness("a sees two balls", lambda state: state.actors["a"].seen >= 2),
        b=Late("a") if bug == "late" else None,
    )

class Late(Player):
    def receive(self, message, sender):
        super().receive(message, sender)
        self.seen += 10

def unreachable():
    return game(StateWitness("a sees nine", lambda state: state.actors["a"].seen == 9))

class Fails(Player):
    def receive(self, message, sender):
        raise RuntimeError("out of balls")

def fails():
    return game(b=Fails("a"))

def ends():
    print("the roof is on fire", file=sys.stderr)
    os._exit(7)

class Killed(Player):
    def receive(self, message, sender):
        os.kill(os.getpid(), 9)

def killed():
    return game(b=Killed("a"))

class Endless(Player):
    def receive(self, message, sender):
        import pathlib, time
        pathlib.Path("exploring").write_text(f"{os.getpid()}.")
        time.sleep(600)

def endless():
    return game(b=Endless("a"))

class Loops(Player):
    def receive(self, message, sender):
        print("round and round", file=sys.stderr, flush=True)
        while True:
            pass

def loops():
    return game(b=Loops("a"))

def judging(state):
    print("round and round", file=sys.stderr, flush=True)
    while True:
        try:
            while True:
                pass
        except KeyboardInterrupt:  # so that nobody but the process can end it
            pass

def judges():
    return game(StateInvariant("judged", judging))

def never():
    while True:
        pass
"""

HOLDS = '[[tool.islander.check]]\nname = "rally"\nmodel = "rally.py:rally"\n'
BUG = """
[[tool.islander.check]]
name = "limit of two"
model = "rally.py:rally"
parameters = { limit = 2 }
violates = "short rally"
steps = 4
"""


class Told(NamedTuple):
    code: int
    out: str


Project = Callable[..., None]
Ci = Callable[..., Told]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]) -> Project:
    """A repository with these checks, and a protocol of its own."""
    monkeypatch.chdir(tmp_path)
    write("rally.py", RALLY)

    def checks(*tables: str) -> None:
        Path("pyproject.toml").write_text("".join(map(dedent, tables)), encoding="utf-8")

    return checks


@pytest.fixture
def ci(capsys: pytest.CaptureFixture[str]) -> Ci:
    """Run `islander ci`."""

    def run(*names: str, **options: object) -> Told:
        code = run_ci(CiOptions(names=names, **options))  # type: ignore[arg-type]
        return Told(code, capsys.readouterr().out)

    return run


def check(name: str, *lines: str) -> str:
    """A check of a factory, named after it."""
    return "\n".join(
        ["[[tool.islander.check]]", f'name = "{name}"', f'model = "rally.py:{name}"', *lines, ""]
    )


def row(told: Told, name: str) -> list[str]:
    """The cells of a check's row in the table."""
    (line,) = (one for one in told.out.splitlines() if one[3:].startswith(f"{name}  "))
    return [line[0], *line[3 + len(name) :].split()]


# -- green and red --------------------------------------------------------------------------------


def test_all_as_expected_is_green(project: Project, ci: Ci) -> None:
    project(HOLDS, "states = 5\ntransitions = 4\ndepth = 4\n", BUG)
    told = ci()
    assert told.code == 0
    assert row(told, "rally")[:5] == ["✓", "holds", "holds", "5", "4"]
    assert row(told, "limit of two")[:3] == ["✓", "violated", "violated"]
    assert told.out.endswith("\nAS EXPECTED  2 checks, all as expected\n")
    assert "\x1b" not in told.out


def test_a_violation_is_red_and_told_with_its_steps(project: Project, ci: Ci) -> None:
    project(check("rally", "parameters = { limit = 1 }", "max-states = 99"))
    told = ci()
    assert told.code == 1
    assert row(told, "rally")[:3] == ["✗", "violated", "holds"]
    lines = told.out.splitlines()
    assert "  expected to hold, but 'short rally' is violated in 2 steps" in lines
    assert "    1  a → b  Ball(0)  seen: 0 → 1; sends Ball(1) to a" in lines
    assert "    islander check rally.py:rally -p limit=1 --max-states 99" in lines
    assert lines[-1] == "NOT AS EXPECTED  1 of 1 check: rally"


def test_a_seeded_bug_that_is_not_found_is_red(project: Project, ci: Ci) -> None:
    project(check("rally", 'violates = "short rally"'))
    told = ci()
    assert told.code == 1
    assert "expected 'short rally' to be violated, but all properties hold" in told.out


def test_a_counterexample_of_another_length_is_red(project: Project, ci: Ci) -> None:
    project(BUG.replace("steps = 4", "steps = 5"))
    told = ci()
    assert told.code == 1
    assert "expected a shortest counterexample of 5 steps, but it is 4 steps long" in told.out
    assert "short rally is violated after 4 steps" in told.out


def test_another_violation_than_the_one_expected_is_red(project: Project, ci: Ci) -> None:
    project(
        BUG.replace('"short rally"', '["short rally", "a sees two balls"]'),
        BUG.replace('"short rally"', '"a sees two balls"').replace("limit of two", "other"),
    )
    told = ci()
    assert told.code == 1
    both, other = told.out.split("✗ other: not as expected\n")
    unmet = "  expected 'a sees two balls' to be violated, but it is not\n"
    assert both.endswith(
        unmet + "\n  To repeat it:\n    islander check rally.py:rally -p limit=2\n\n"
    )
    assert other.startswith(unmet + "  'short rally' is violated, which was not expected\n")


def test_other_counts_are_red(project: Project, ci: Ci) -> None:
    project(HOLDS, "states = 7\n")
    told = ci()
    assert told.code == 1
    assert "expected states = 7, found 5" in told.out


def test_an_unreachable_witness_is_red_unless_it_is_expected(project: Project, ci: Ci) -> None:
    expected = check("unreachable", 'violates = "a sees nine"')
    project(check("unreachable"), expected.replace('"unreachable"', '"expected"'))
    told = ci()
    assert told.code == 1
    assert "expected to hold, but 'a sees nine' is violated: unreachable" in told.out
    assert row(told, "expected")[:3] == ["✓", "violated", "violated"]


@pytest.mark.parametrize("expected", ["", 'violates = "short rally"'])
def test_an_incomplete_check_is_never_as_expected(project: Project, ci: Ci, expected: str) -> None:
    project(check("rally", "max-depth = 1", expected))
    told = ci()
    assert told.code == 3
    assert row(told, "rally")[:2] == ["?", "incomplete"]
    assert "the depth bound of 1 was reached (max_depth)" in told.out
    assert told.out.splitlines()[-1] == "INCOMPLETE  1 of 1 check: rally"


def test_a_bound_that_hides_other_violations_leaves_it_undecided(project: Project, ci: Ci) -> None:
    bounded = ("parameters = { limit = 1 }", "steps = 2", "keep-going = true", "max-depth = 2")
    project(
        check("rally", *bounded, 'violates = "short rally"'),
        check("rally", *bounded).replace('"rally"', '"some violation"'),
    )
    told = ci()
    assert told.code == 3
    assert row(told, "rally")[:3] == ["?", "violated", "violated"]
    assert "a bound ended the search before all there is to find was found" in told.out
    # That there is a violation of this length is established.
    assert row(told, "some violation")[:3] == ["✓", "violated", "violated"]


def test_what_is_worse_decides_the_exit_code(project: Project, ci: Ci) -> None:
    project(check("rally", "max-depth = 1"), check("unreachable"))
    told = ci()
    assert told.code == 1
    assert (
        "NOT AS EXPECTED  1 of 2 checks: unreachable\nINCOMPLETE  1 of 2 checks: rally" in told.out
    )


def test_a_case_that_never_ran_is_red_if_coverage_is_required(
    project: Project, ci: Ci, write: Callable[..., Path]
) -> None:
    source = """
    class Picky(Player):
        def receive(self, message, sender):
            match message:
                case Ball(0):
                    self.seen += 1
                case Ball(7):
                    self.seen += 7

    def picky():
        return game(b=Picky("a"))
    """
    write("rally.py", source)
    required = check("picky", "require-coverage = true")
    project(check("picky"), required.replace('"picky"', '"covered"'))
    told = ci()
    assert told.code == 1
    assert [row(told, name)[0] for name in ("picky", "covered")] == ["✓", "✗"]
    assert "coverage: Picky.receive, case Ball(7): never ran" in told.out


def test_a_method_that_looks_like_a_handler_is_told_and_fails_where_coverage_is_required(
    project: Project, ci: Ci, write: Callable[..., Path]
) -> None:
    source = """
    class Misnamed(Player):
        def on_message(self, message, sender):
            pass

    def misnamed():
        return game(b=Misnamed("a"))
    """
    write("rally.py", source)
    required = check("misnamed", "require-coverage = true")
    project(check("misnamed"), required.replace('"misnamed"', '"covered"'))
    told = ci()
    assert told.code == 1
    assert [row(told, name)[0] for name in ("misnamed", "covered")] == ["✓", "✗"]
    noted = "Misnamed.on_message looks like the handler receive, and nothing calls it"
    assert f"Note on misnamed: {noted}" in told.out
    assert f"coverage: {noted}" in told.out


def test_a_coverage_that_is_not_known_leaves_a_check_undecided(
    project: Project, ci: Ci, write: Callable[..., Path]
) -> None:
    source = """
    made = {"Player": Player}
    exec(
        "class Written(Player):\\n"
        "    def receive(self, message, sender):\\n"
        "        super().receive(message, sender)",
        made,
    )

    def unread():
        return game(b=made["Written"]("a"))

    class Picky(Player):
        def receive(self, message, sender):
            match message:
                case Ball(0):
                    self.seen += 1
                case Ball(7):
                    self.seen += 7

    def both():
        return game(a=made["Written"]("b", serves=True), b=Picky("a"))
    """
    write("rally.py", source)
    project(check("unread", "require-coverage = true"))
    told = ci(junit=Path("junit"))
    assert told.code == 3
    assert row(told, "unread")[:2] == ["?", "holds"]
    assert "  coverage is not known: the source of Written cannot be read" in told.out
    (suite,) = ElementTree.parse("junit").getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    assert "the source of Written cannot be read" in Path("junit").read_text("utf-8")
    project(check("both", "require-coverage = true"))  # what never ran is known, and worse
    assert ci().code == 1


def test_names_select_checks(project: Project, ci: Ci) -> None:
    project(HOLDS, BUG, check("unreachable"))
    told = ci("limit*")
    assert told.code == 0
    assert "limit of two" in told.out
    assert "unreachable" not in told.out


# -- processes ------------------------------------------------------------------------------------


def test_what_ends_one_process_is_the_error_of_one_check(project: Project, ci: Ci) -> None:
    project(check("ends"), check("killed"), check("fails"), HOLDS)
    told = ci()
    assert told.code == 1
    assert row(told, "ends")[:3] == ["✗", "error", "holds"]
    assert "ended on its own, with exit code 7. It last said:\n    the roof is on fire" in told.out
    assert row(told, "killed")[:2] == ["✗", "error"]
    assert "was killed (SIGKILL), as the system does when memory runs out" in told.out
    assert row(told, "fails")[:2] == ["✗", "error"]
    assert "receive raised RuntimeError: out of balls" in told.out
    assert row(told, "rally")[:2] == ["✓", "holds"]


def test_what_does_not_come_back_is_the_error_of_its_check(
    project: Project, ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ci_run, "GRACE", 2.0)
    bound = "max-seconds = 0.5"
    project(check("never", bound), check("judges", bound), HOLDS)
    told = ci()
    assert told.code == 1
    assert row(told, "never")[:2] == row(told, "judges")[:2] == ["✗", "error"]
    assert "  making the model did not come back within 2.5 seconds, and was ended" in told.out
    assert "  exploring did not come back within 2.5 seconds, and was ended" in told.out
    assert "It last said:\n    round and round\n" in told.out
    assert row(told, "rally")[:2] == ["✓", "holds"]


def test_a_handler_that_does_not_come_back_makes_a_check_incomplete(
    project: Project, ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ci_run, "GRACE", 60.0)  # for the process; the handler has a second
    project(check("loops", "max-seconds = 0.5"), HOLDS)
    told = ci()
    assert told.code == 3
    assert row(told, "loops")[:2] == ["?", "incomplete"]
    assert "used up (max_seconds) in actor 'b' (Loops): receive" in " ".join(told.out.split())
    assert row(told, "rally")[:2] == ["✓", "holds"]


def test_only_max_seconds_bounds_how_long_a_model_may_take(
    project: Project, ci: Ci, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]
) -> None:
    monkeypatch.setattr(ci_run, "GRACE", 0.0)
    write("rally.py", "import time\n\ndef slow():\n    time.sleep(0.5)\n    return game()\n")
    project(check("slow"), check("slow", "max-seconds = 0.1").replace('"slow"', '"bound"', 1))
    told = ci()
    assert [row(told, name)[1] for name in ("slow", "bound")] == ["holds", "error"]


def test_models_of_two_directories_each_have_neighbours_of_their_own(
    project: Project, ci: Ci, write: Callable[..., Path]
) -> None:
    for folder, names in (("one", ["first"]), ("two", ["second", "third"])):
        Path(folder).mkdir()
        write(f"{folder}/neighbour.py", f"NAMES = {names}\n")
        source = """
        from neighbour import NAMES

        def lock():
            return game(*(StateInvariant(name, lambda state: False) for name in NAMES))
        """
        write(f"{folder}/lock.py", source)
    table = '[[tool.islander.check]]\nmodel = "{0}/lock.py:lock"\nviolates = {1}\n'
    project(
        table.format("one", '["first"]'),
        table.format("two", '["second", "third"]'),
        table.format("one", '"first"\nname = "again"'),
    )
    assert ci().code == 0
    made = make_all(read_configuration().checks)
    assert [one.properties for one in made] == [("first",), ("second", "third"), ("first",)]


def test_an_interrupt_leaves_what_is_done_and_ends_the_rest(project: Project) -> None:
    project(HOLDS, check("endless"), BUG)
    checks = read_configuration().checks
    made = make_all(checks)
    running: list[str] = []

    def interrupt(progress: Progress) -> None:
        running[:] = [name for name, _ in progress.running]
        if progress.done == 1 and running == ["endless"]:
            raise KeyboardInterrupt

    outcomes = run_all(checks, made, jobs=1, on_progress=interrupt)
    assert running == ["endless"]
    assert [one.standing for one in outcomes] == [
        Standing.EXPECTED,
        Standing.UNDECIDED,
        Standing.UNDECIDED,
    ]
    assert outcomes[1].deviations == ("incomplete: nothing is established; interrupted",)
    assert [p.name for p in outcomes[1].summary.properties] == ["always"]


def test_as_many_threads_explore_as_there_are_jobs(project: Project) -> None:
    project(HOLDS, BUG, check("unreachable", "threads = 2"))
    checks = read_configuration().checks
    at_once: set[tuple[str, ...]] = set()
    outcomes = run_all(
        checks,
        make_all(checks),
        jobs=2,
        on_progress=lambda progress: at_once.add(tuple(name for name, _ in progress.running)),
    )
    assert ("rally", "limit of two") in at_once
    assert ("unreachable",) in at_once
    assert not [names for names in at_once if "unreachable" in names and len(names) > 1]
    assert [one.check.name for one in outcomes] == [one.name for one in checks]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_processes_do_not_outlive_the_one_that_started_them(project: Project) -> None:
    project(check("endless"))
    program = "from islander.ci import *; run_ci(CiOptions())"
    started = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL)
    try:
        worker = _wait_for(_exploring)
        assert os.path.exists(f"/proc/{worker}")
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()
    _wait_for(lambda: not os.path.exists(f"/proc/{worker}"))


def _exploring() -> str:
    """The process that explores, once it has said so."""
    said = Path("exploring").read_text() if Path("exploring").exists() else ""
    return said[:-1] if said.endswith(".") else ""


def _wait_for(ask: Callable[[], object]) -> object:
    for _ in range(1_000):
        if answer := ask():
            return answer
        time.sleep(0.02)
    raise AssertionError("it never came")


# -- files ----------------------------------------------------------------------------------------


def test_formats_pass_what_was_expected_and_fail_what_was_not(project: Project, ci: Ci) -> None:
    wrong = check("rally", "parameters = { limit = 1 }").replace('"rally"', '"wrong"')
    project(BUG, check("rally", "states = 7"), wrong, check("ends"))
    files = {name: Path(name) for name in ("junit", "sarif", "github")}
    assert ci(**files).code == 1
    suites = ElementTree.parse("junit").getroot()
    failed = {
        suite.get("name"): [
            case.get("name") for case in suite.iter("testcase") if case.findall("failure")
        ]
        for suite in suites
    }
    assert failed == {
        "limit of two": [],
        "rally": ["expectation"],
        "wrong": ["short rally"],
        "ends": ["expectation"],
    }
    assert "expected states = 7, found 5" in Path("junit").read_text("utf-8")
    assert "short rally: violated, as expected" in Path("junit").read_text("utf-8")
    assert '"version": "2.1.0"' in Path("sarif").read_text("utf-8")
    assert Path("github").read_text("utf-8").count("```mermaid") == 1
    assert "expected states = 7, found 5" in Path("github").read_text("utf-8")


def test_an_unchanged_project_has_an_unchanged_baseline(project: Project, ci: Ci) -> None:
    project(HOLDS, BUG)
    first = ci(save_baseline=Path("base.json"))
    assert first.code == 0
    assert first.out.endswith("baseline written to base.json\n")
    before = Path("base.json").read_bytes()
    again = ci(baseline=Path("base.json"), save_baseline=Path("base.json"), jobs=1)
    assert "nothing changed since base.json" in again.out
    assert Path("base.json").read_bytes() == before
    assert str(Path.cwd()) not in before.decode()


def test_changes_since_a_baseline_are_shown_and_fail_if_they_should(
    project: Project, ci: Ci, write: Callable[..., Path]
) -> None:
    project(HOLDS, BUG, check("unreachable"))
    ci(save_baseline=Path("base.json"))
    write("rally.py", RALLY.replace("if bug ==", "if limit < 9 or bug =="))
    project(HOLDS, BUG, HOLDS.replace('"rally"', '"renamed"'))
    told = ci(baseline=Path("base.json"))
    assert told.code == 0
    assert row(told, "rally")[1:3] == ["holds", "holds"]
    assert row(told, "limit of two")[-1] == "trace"
    assert row(told, "renamed")[-1] == "new"
    lines = told.out.splitlines()
    assert "renamed is new: it is not in base.json" in lines
    assert "unreachable is gone: it is in base.json only" in lines
    assert "    ~   1   1  a → b  Ball(0)" in lines
    assert lines[-1] == "3 checks changed since base.json"
    assert ci(baseline=Path("base.json"), fail_on_change=True).code == 1


# -- what is refused before anything runs ---------------------------------------------------------


def refusal(ci: Ci, *names: str, **options: object) -> str:
    with pytest.raises(UsageError) as refused:
        ci(*names, **options)
    return str(refused.value)


def test_unknown_models_parameters_and_properties_are_found_in_all_checks(
    project: Project, ci: Ci
) -> None:
    project(
        '[[tool.islander.check]]\nmodel = "paxo"\n',
        check("rally", "parameters = { limits = 3 }"),
        check("nowhere"),
        BUG.replace("short rally", "short raly"),
        check("rally", 'bug = "early"').replace('"rally"', '"bug"'),
        check("killed"),
        '[[tool.islander.check]]\nmodel = "no.py:x"\n',
    )
    told = refusal(ci).splitlines()
    assert len(told) == 6
    assert "pyproject.toml, [[tool.islander.check]] 1: there is no model 'paxo'" in told[0]
    assert "2 ('rally'): rally.py:rally has no parameter 'limits'; did you mean" in told[1]
    assert "3 ('nowhere'): rally.py has no 'nowhere'" in told[2]
    assert "'game' has no property 'short raly'; did you mean 'short rally'?" in told[3]
    assert "ValueError: no such bug: early" in told[4]
    assert "7: there is no file no.py" in told[5]


def test_a_baseline_of_another_model_is_refused(project: Project, ci: Ci) -> None:
    project(BUG)
    ci(save_baseline=Path("base.json"))
    before = Path("base.json").read_bytes()
    project(BUG.replace("limit = 2", "limit = 1"))
    told = refusal(ci, baseline=Path("base.json"), save_baseline=Path("base.json"))
    assert (
        "check 'limit of two' was of model 'game' (rally.py:rally) with parameters limit=2; now it "
        "is of model 'game' (rally.py:rally) with parameters limit=1."
    ) in told
    assert Path("base.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"jobs": 0}, "--jobs must be a number of at least 1"),
        ({"fail_on_change": True}, "--fail-on-change needs a --baseline"),
        ({"baseline": Path("none.json")}, "cannot read none.json: No such file"),
        ({"junit": Path("no/x.xml")}, "cannot write no/x.xml"),
        ({"junit": Path("x"), "sarif": Path("x")}, "--junit and --sarif both name x"),
        ({"github": Path("pyproject.toml")}, "the configuration and --github both name pyproj"),
        ({"save_baseline": Path("rally.py")}, "would overwrite what is no baseline"),
        ({"config": Path("other.toml")}, "cannot read other.toml"),
    ],
)
def test_options_that_cannot_be_are_refused_and_nothing_is_written(
    project: Project, ci: Ci, options: dict[str, object], said: str
) -> None:
    project(HOLDS)
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    assert said in refusal(ci, **options)
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_a_baseline_of_a_part_would_lose_the_rest(project: Project, ci: Ci) -> None:
    project(HOLDS, BUG)
    assert "those of the others would be lost" in refusal(
        ci, "rally", save_baseline=Path("base.json")
    )


def test_an_incomplete_run_saves_no_baseline(
    project: Project, ci: Ci, capsys: pytest.CaptureFixture[str]
) -> None:
    project(HOLDS, "max-depth = 1\n")
    assert run_ci(CiOptions(save_baseline=Path("base.json"))) == 3
    assert "base.json was not written" in capsys.readouterr().err
    assert not Path("base.json").exists()


# -- the documentation ----------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ci.md"
BLOCK = re.compile(
    r"^```(?:python|toml)\n(# (?P<name>\S+)\n.*?)^```$"
    r"|^```text\n\$ islander ci(?P<words>.*?)\n(?P<shown>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def test_the_page_shows_what_one_gets_who_follows_it(
    ci: Ci, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    codes = []
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["name"]:
            Path(block["name"]).write_text(block[1], encoding="utf-8")
            continue
        names, options = [], {}
        words = iter(block["words"].split())
        for word in words:
            if word.startswith("--"):
                options[word[2:].replace("-", "_")] = Path(next(words))
            else:
                names.append(word)
        told = ci(*names, **options)
        assert timeless(told.out).rstrip() == timeless(block["shown"]).rstrip()
        codes.append(told.code)
    assert codes == [0, 0, 1, 0]


def timeless(text: str) -> str:
    """`text` without the seconds that a check took."""
    return re.sub(r"\d+\.\d\d ?s", "… s", text)
