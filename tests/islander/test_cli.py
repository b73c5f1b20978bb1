"""The command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from islander import Verdict
from islander.explorer import explore
from islander.models import CATALOGUE, paxos

Run = Callable[..., Any]
BUGS = CATALOGUE["paxos"].bugs


def test_a_check_that_holds_exits_0_and_prints_verdicts_and_counts(run: Run) -> None:
    ran = run("check", "paxos", "-p", "acceptors=2")
    assert ran.code == 0
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0] == "✓ holds      single chosen value"
    assert "248 states, 564 transitions, depth 12, 7 terminal" in lines
    assert "37,040 interleavings, all covered" in lines
    assert lines[-1] == "HOLDS  paxos: every property, in every reachable state"


def test_a_violation_exits_1_and_shows_the_trace_and_the_clash(run: Run) -> None:
    ran = run("check", "paxos", "--bug", "minority-quorum")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == "single chosen value is violated after 8 steps"
    steps = [line for line in lines if " → " in line and line[:4].strip().isdigit()]
    assert len(steps) == 8
    assert "p2 → a3  Accept(2, 'y')" in steps[-1]
    assert any(line.startswith("Why: x was chosen at ballot 1 by") for line in lines)
    assert "  step 8   a3 voted for y at ballot 2" in lines
    assert "✗ violated   single chosen value (in 8 steps)" in lines
    assert "  islander check paxos --bug minority-quorum --trace trace.json" in lines


def test_a_bound_that_cuts_the_search_exits_3_and_is_not_shown_as_holding(run: Run) -> None:
    ran = run("check", "paxos", "-p", "proposers=3", "--max-states", "500")
    assert ran.code == 3
    assert "✓ holds      single chosen value" not in ran.out
    assert "? incomplete single chosen value" in ran.out
    assert "INCOMPLETE  paxos: nothing is established; the bound of 500 states" in ran.out


def test_an_unreachable_witness_exits_1_and_says_what_came_nearest(run: Run, write: Run) -> None:
    write(
        "f.py",
        """
        def f() -> Model:
            return game(StateWitness("rain", lambda state: False))
        """,
    )
    ran = run("check", "f.py:f")
    assert ran.code == 1
    assert "✗ violated   rain: vacuous: no reachable state satisfies it" in ran.out


@pytest.mark.parametrize("bug", ["ignored-promises", "vote-is-no-promise", "duplicate-promises"])
def test_a_written_trace_replays(run: Run, bug: str, tmp_path: Path) -> None:
    ran = run("check", "paxos", "--bug", bug, "--trace", "t.json")
    assert ran.code == 1
    assert "islander replay t.json" in ran.out
    replayed = run("replay", "t.json")
    assert replayed.code == 0
    assert f"All {BUGS[bug].steps} steps agree with the model." in replayed.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.json"]


def test_a_replay_says_at_which_step_the_model_no_longer_agrees(run: Run) -> None:
    run("check", "paxos", "--bug", "ignored-promises", "--trace", "t.json")
    document = json.loads(Path("t.json").read_text())
    document["model"]["parameters"]["bug"] = "hidden-vote"
    document["model"]["name"] = "paxos with bug hidden-vote"
    Path("t.json").write_text(json.dumps(document))
    ran = run("replay", "t.json")
    assert ran.code == 1
    assert "The trace and the model part at step 7, p2 → a1" in ran.out
    assert "the trace: sent" in ran.out
    assert "the model: sent" in ran.out


def test_a_step_that_cannot_be_taken_is_told_with_those_that_can(run: Run) -> None:
    run("check", "paxos", "--bug", "ignored-promises", "--trace", "t.json")
    document = json.loads(Path("t.json").read_text())
    del document["steps"][0]
    Path("t.json").write_text(json.dumps(document))
    ran = run("replay", "t.json")
    assert ran.code == 1
    assert "cannot be taken" in ran.out
    assert "Possible here: " in ran.out


def test_what_a_trace_file_says_cannot_write_control_characters(run: Run) -> None:
    run("check", "paxos", "--bug", "ignored-promises", "--trace", "t.json")
    document = json.loads(Path("t.json").read_text())
    document["steps"][3]["actor"] = "\x1b[31m\ud800"
    Path("t.json").write_text(json.dumps(document))
    ran = run("replay", "t.json")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\\x1b[31m\\ud800" in ran.out


def test_a_witness_trace_can_be_written_by_name(run: Run) -> None:
    arguments = ("--trace", "t.json", "--trace-of", "a value is chosen")
    assert run("check", "paxos", *arguments).code == 0
    assert "All 6 steps agree" in run("replay", "t.json").out
    refused = run("check", "paxos", "--trace-of", "rain")
    assert refused.code == 2
    assert "'a value is chosen'" in refused.err


def test_without_a_violation_no_trace_file_is_written(run: Run, tmp_path: Path) -> None:
    ran = run("check", "paxos", "-p", "acceptors=2", "--trace", "t.json")
    assert ran.code == 0
    assert "t.json was not written" in ran.out
    assert list(tmp_path.iterdir()) == []


def test_a_replay_finds_a_model_file_that_lies_beside_the_trace(
    run: Run, write: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "f.py",
        """
        def f(most: int = 2) -> Model:
            return game(StateInvariant("few", lambda s: s.actors["a"].seen < most))
        """,
    )
    assert run("check", "f.py:f", "-p", "most=1", "--trace", "t.json").code == 1
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("replay", "../t.json").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check paxs", "there is no model 'paxs'; did you mean 'paxos'?"),
        ("check nowhere.py:f", "there is no file nowhere.py"),
        ("check f.py", "which factory in f.py? Name it after a colon, f.py:NAME."),
        ("check f.py:fine2", "f.py has no 'fine2'; did you mean 'fine'?"),
        ("check f.py:ALWAYS", "a factory is a function that returns a Model"),
        ("check broken.py:f", "cannot import broken.py: NameError: name 'nothing' is not defined"),
        ("check cut.py:f", "cannot import cut.py: SyntaxError"),
        ("check f.py:raises", "f.py:raises() raised KeyError: 'oops' ("),
        ("check f.py:number", "f.py:number returned 3, of type int, not a Model"),
        ("check f.py:needs", "f.py:needs needs size; give it with -p size=VALUE."),
        ("check f.py:unproven", "has no properties, so there is nothing to check"),
        ("check f.py:stranger", "send() to 'c', but the model has no actor of that id"),
        ("check f.py:unhashable", ".seen = 1.5 is a float, which cannot be part of a state"),
        ("check f.py:function", "is a function, which cannot be part of a state"),
        ("check f.py:predicate", "its predicate raised AttributeError"),
        ("check f.py:fine --bug x", "takes no parameter `bug`"),
        ("check paxos --bug lowst", "paxos has no bug 'lowst'"),
        ("check paxos -p propsers=3", "has no parameter 'propsers'; did you mean 'proposers'?"),
        ("check paxos -p proposers=many", "parameter 'proposers' must be int; got 'many'."),
        ("check paxos -p keep_ignored=maybe", "must be true or false; got 'maybe'"),
        ("check paxos -p quorum=x", "parameter 'quorum' must be int or none; got 'x'."),
        ("check paxos -p proposers", "-p takes NAME=VALUE"),
        ("check paxos -p rounds=1 -p rounds=2", "the parameter 'rounds' is given twice"),
        ("check paxos -p bug=x", "give a bug with --bug NAME"),
        ("check paxos -p proposers=0", "proposers must be at least 1; got 0"),
        ("check paxos -p quorum=9", "a quorum of 9 among 3 member(s) cannot be"),
        ("check paxos --engine warp", "there is no engine 'warp'"),
        ("check paxos --max-states 0", "max_states must be a number of at least 1"),
        ("check paxos --max-states few", "Invalid value for '--max-states'"),
        ("check paxos --trace no/t.json", "cannot write no/t.json: No such file or directory"),
        ("check paxos --trace f.py/t.json", "cannot write f.py/t.json: Not a directory"),
        ("check paxos --graph .", "it is a directory"),
        ("check paxos --graph g.pdf", "must be one of .dot, .graphml, .json"),
        ("check paxos --graph g.dot", "22,754 states, more than --max-graph 5,000"),
        ("replay nowhere.json", "cannot read nowhere.json: No such file or directory"),
        ("replay f.py", "f.py is damaged"),
        ("replay other.json", "other.json is not a trace"),
        ("bogus", "No such command 'bogus'"),
        ("check", "Missing argument"),
    ],
)
def test_bad_input_exits_2_with_a_message_and_leaves_nothing(
    run: Run, write: Run, tmp_path: Path, arguments: str, said: str
) -> None:
    write(
        "f.py",
        """
        def fine() -> Model:
            return game()

        def raises():
            raise KeyError("oops")

        def number():
            return 3

        def needs(size: int):
            return game()

        def unproven():
            return Model("m", {"a": Player("a")})

        def stranger():
            return game(a=Player("c", serves=True))

        def unhashable():
            return game(a=Player("b", seen=1.5))

        def function():
            return game(a=Player("b", seen=game))

        def predicate():
            return game(StateInvariant("p", lambda state: state.nothing))
        """,
    )
    write("broken.py", "nothing\n")
    write("cut.py", "def f(:\n")
    (tmp_path / "other.json").write_text('{"some": "thing"}')
    before = sorted(tmp_path.iterdir())
    ran = run(*arguments.split())
    assert ran.code == 2
    assert said in ran.err
    left = [path for path in sorted(tmp_path.iterdir()) if path.name != "__pycache__"]
    assert left == before


def test_a_handler_that_raises_is_shown_with_its_state_its_message_and_the_way_there(
    run: Run, write: Run
) -> None:
    write(
        "f.py",
        """
        class Clumsy(Player):
            def receive(self, message, sender):
                if message.bounces == 2:
                    raise ValueError("dropped it")
                super().receive(message, sender)

        def f():
            return game(b=Clumsy("a"))
        """,
    )
    ran = run("check", "f.py:f")
    assert ran.code == 2
    assert "actor 'b' (Clumsy): receive raised ValueError: dropped it (" in ran.err
    assert "local state: Clumsy('a', False, 1)" in ran.err
    assert "event: a → b: Ball(2)" in ran.err
    way = ran.err.partition("The steps that led there:\n")[2].splitlines()
    assert [line.split()[:4] for line in way] == [
        ["1", "a", "→", "b"],
        ["2", "b", "→", "a"],
    ]


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_trace_file_cut_short_is_refused(run: Run, keep: float) -> None:
    run("check", "paxos", "--bug", "ignored-promises", "--trace", "t.json")
    text = Path("t.json").read_text().rstrip()
    Path("t.json").write_text(text[: int(len(text) * keep)])
    ran = run("replay", "t.json")
    assert ran.code == 2
    assert "t.json is damaged" in ran.err


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["format"], "waltz", "is not a trace"),
        (["version"], 99, "has trace version 99"),
        (["steps"], 3, "'steps' should be a list"),
        (["steps", 0, "action"], None, "step 1, 'action' should be a str"),
        (["initial"], {}, "initial, 'actors' should be a dict"),
        (["model", "parameters"], {"bug": 3}, "should all be strings"),
        (["model", "name"], "raft", "is a trace of 'raft', not of 'paxos with bug"),
        (["model", "target"], "raft", "there is no model 'raft'"),
        (["model", "parameters", "acceptors"], "5", "actors that differ: a4, a5, p1, p2"),
        (["model", "target"], None, "does not say which model it is of"),
    ],
)
def test_a_trace_file_that_was_tampered_with_is_refused(
    run: Run, path: list[Any], value: Any, said: str
) -> None:
    run("check", "paxos", "--bug", "ignored-promises", "--trace", "t.json")
    document = json.loads(Path("t.json").read_text())
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    Path("t.json").write_text(json.dumps(document))
    ran = run("replay", "t.json")
    assert ran.code == 2
    assert said in ran.err


def test_debug_shows_the_traceback(run: Run, write: Run) -> None:
    write("f.py", "def f():\n    raise KeyError('oops')\n")
    from typer.testing import CliRunner

    from islander.cli import app

    outcome = CliRunner().invoke(app, ["check", "f.py:f", "--debug"])
    assert outcome.exit_code == 2
    assert "Traceback" in outcome.stderr
    assert "KeyError" in outcome.stderr


def test_models_lists_what_ships_for_people_and_for_programs(run: Run) -> None:
    listing = run("models").out
    assert "proposers=2" in listing
    assert all(bug in listing for bug in BUGS)
    entries = {entry["name"]: entry for entry in json.loads(run("models", "--json").out)}
    assert set(entries) == {"paxos", "governments"}
    entry = entries["paxos"]
    assert {p["name"]: p["default"] for p in entry["parameters"]}["acceptors"] == 3
    assert {b["name"]: b["steps"] for b in entry["bugs"]} == {n: b.steps for n, b in BUGS.items()}


def test_what_a_model_says_cannot_write_control_characters_or_markup(run: Run, write: Run) -> None:
    write(
        "f.py",
        r"""
        def f():
            hostile = "\x1b[31mred[/bold]\n\u202e"
            players = {hostile: Player("b", serves=True), "b": Player(hostile)}
            few = StateInvariant("[bold]few\x07[/]", lambda s: s.actors["b"].seen == 0)
            return Model("m\x1b]0;title\x07", players, properties=[few])
        """,
    )
    ran = run("check", "f.py:f")
    assert ran.code == 1
    assert not any(c in ran.out for c in "\x1b\x07\u202e")
    assert "[bold]few\\x07[/] is violated after 1 step" in ran.out


def test_ordinary_neighbours_of_the_same_names_do_not_clash(tmp_path: Path) -> None:
    for name in ("models", "reports", "invariants"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("MINE = True\n")
    (tmp_path / "explorer.py").write_text("MINE = True\n")
    (tmp_path / "protocol.py").write_text(
        "import explorer, invariants, models, reports\n"
        "assert explorer.MINE and invariants.MINE and models.MINE and reports.MINE\n"
        "from islander.models import paxos\n"
    )
    command = [sys.executable, "-m", "islander", "check", "protocol.py:paxos", "-p", "acceptors=2"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "HOLDS" in ran.stdout


def test_help_loads_neither_z3_nor_networkx_nor_numpy() -> None:
    code = (
        "import sys\n"
        "from islander.cli import app\n"
        "from typer.testing import CliRunner\n"
        "outcome = CliRunner().invoke(app, ['--help'])\n"
        "assert outcome.exit_code == 0\n"
        "print([name for name in ('z3', 'networkx', 'numpy') if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_interrupted_check_ends_as_incomplete(run: Run, write: Run) -> None:
    write(
        "f.py",
        """
        class Impatient(Player):
            def receive(self, message, sender):
                raise KeyboardInterrupt

        def f():
            return game(b=Impatient("a"))
        """,
    )
    ran = run("check", "f.py:f")
    assert ran.code == 3
    assert "nothing is established; interrupted" in ran.out


def test_piped_output_is_plain_and_a_step_is_a_line() -> None:
    command = [sys.executable, "-m", "islander", "check", "paxos", "--bug", "lowest-promise"]
    environment = {**os.environ, "COLUMNS": "40", "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert ran.returncode == 1
    assert b"\x1b" not in ran.stdout
    steps = [line for line in ran.stdout.splitlines() if line[:1] == b" " and b"\\u2192" in line]
    assert len(steps) == BUGS["lowest-promise"].steps


def test_the_api_and_the_command_line_give_the_same_verdict(run: Run) -> None:
    result = explore(paxos(acceptors=2))
    assert result.verdict is Verdict.HOLDS
    assert f"{result.states} states" in run("check", "paxos", "-p", "acceptors=2").out


# -- the tabulated engine --------------------------------------------------------------------------


def test_a_search_that_a_bound_ended_is_resumed(run: Run, tmp_path: Path) -> None:
    first = run("check", "paxos", "--checkpoint", "kept", "--max-depth", "9")
    assert first.code == 3
    assert "4,524 states" in first.out
    resumed = run("resume", "kept", "--threads", "2")
    assert resumed.code == 0
    assert "22,754 states, 91,782 transitions, depth 17, 23 terminal" in resumed.out
    assert "HOLDS  paxos" in resumed.out


def test_a_resumed_search_knows_the_bug_and_the_parameters(run: Run) -> None:
    given = ("paxos", "--bug", "ignored-promises", "-p", "acceptors=3")
    run("check", *given, "--checkpoint", "kept", "--max-depth", "4")
    resumed = run("resume", "kept", "--trace", "t.json")
    assert resumed.code == 1
    assert "greatest-promise selection is violated after 9 steps" in resumed.out
    assert run("replay", "t.json").code == 0


def test_a_second_search_does_not_overwrite_a_checkpoint(run: Run) -> None:
    run("check", "paxos", "--checkpoint", "kept", "--max-depth", "4")
    again = run("check", "paxos", "--checkpoint", "kept")
    assert (again.code, again.out) == (2, "")
    assert "islander resume kept" in again.err


def test_what_is_no_checkpoint_is_refused(run: Run) -> None:
    ran = run("resume", ".")
    assert (ran.code, ran.out) == (2, "")
    assert "holds no checkpoint" in ran.err


def test_interleavings_of_many_states_are_counted_when_asked_for(run: Run) -> None:
    given = ("check", "paxos", "-p", "proposers=3", "-p", "keep_ignored=true")
    assert "interleavings" not in run(*given).out
    assert "interleavings, all covered" in run(*given, "--count-interleavings").out


@pytest.mark.parametrize(
    ("size", "code"), [("1G", 0), ("none", 0), ("1.5 GiB", 0), ("100k", 3), ("x", 2), ("0", 2)]
)
def test_memory_is_bounded_by_a_size(run: Run, size: str, code: int) -> None:
    ran = run("check", "paxos", "--max-bytes", size)
    assert ran.code == code
    if code == 3:
        assert "the memory of 102,400 bytes would not suffice (max_bytes)" in ran.out
    if code == 2:
        assert f"--max-bytes {size!r}: it should be a size such as 500M or 8G" in ran.err


@pytest.mark.parametrize("threads", ["0", "257"])
def test_a_number_of_threads_that_cannot_be_is_refused(run: Run, threads: str) -> None:
    ran = run("check", "paxos", "--threads", threads)
    assert ran.code == 2
    assert "threads must be a number" in ran.err


def test_that_kernels_are_compiled_is_said_once(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "islander", "check", "paxos"]
    said = [
        subprocess.run(command, capture_output=True, text=True, env=environment).stderr
        for _ in range(2)
    ]
    assert said[0].startswith("Compiling the search kernels. They are kept")
    assert said[0].count("\n") == 1
    assert said[1] == ""


ISLANDERS = ("check", "governments", "-p", "as_published=true")


def test_a_counterexample_of_islanders_is_written_as_a_schedule_that_replays(run: Run) -> None:
    ran = run(*ISLANDERS, "--schedule", "found.json")
    assert ran.code == 1
    assert "  islander replay found.json" in ran.out.splitlines()
    assert len(json.loads(Path("found.json").read_text("utf-8"))["steps"]) > 8
    assert run("replay", "found.json").code == 0


def test_the_schedule_is_that_of_the_property_named(run: Run) -> None:
    named = "a user's entry is committed"
    run(*ISLANDERS, "--schedule", "named.json", "--trace-of", named)
    steps = json.loads(Path("named.json").read_text("utf-8"))["steps"]
    assert {"op": "enqueue", "at": "0", "body": "v1"} in steps


def test_without_a_counterexample_there_is_no_schedule(run: Run, tmp_path: Path) -> None:
    ran = run("check", "governments", "-p", "members=1", "--schedule", "none.json")
    assert ran.code == 0
    assert "none.json was not written" in ran.out
    assert not list(tmp_path.iterdir())


def test_a_schedule_of_another_model_is_refused_before_the_search(run: Run, tmp_path: Path) -> None:
    ran = run("check", "paxos", "--schedule", "paxos.json")
    assert ran.code == 2
    assert "error: model 'paxos' has no islanders" in ran.err
    assert ran.out == ""
    assert not list(tmp_path.iterdir())


def test_the_command_that_saves_a_trace_finds_the_same_one(run: Run, tmp_path: Path) -> None:
    ran = run(*ISLANDERS, "--keep-going")
    (command,) = (line for line in ran.out.splitlines() if line.endswith("--trace trace.json"))
    assert "--keep-going" in command
    assert "logs agree is violated after 15 steps" in ran.out
    run(*command.split()[1:-1], str(tmp_path / "trace.json"))
    assert json.loads((tmp_path / "trace.json").read_text())["property"] == "logs agree"


def test_leaving_out_repairs_goes_on_after_the_first_violation(run: Run) -> None:
    ran = run("check", "governments", "--as-published")
    assert ran.code == 1
    assert ran.out.count(" is violated after ") == 6
    refused = run("check", "paxos", "--as-published")
    assert refused.code == 2
    assert "paxos has no parameter 'as_published'" in refused.err
