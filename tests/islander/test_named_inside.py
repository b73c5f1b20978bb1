"""Which model a trace and a checkpoint may have run that is named only in them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

MODEL = """
def f(last: int = 2) -> Model:
    return game(StateInvariant("few", lambda state: state.actors["a"].seen < last))

def g() -> Model:
    return game()
"""
RAN = 'open("ran", "w").close()\n'


@pytest.fixture
def project(write: Run, tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "out").mkdir()
    write("m.py", MODEL)
    write("sub/m2.py", MODEL)
    return tmp_path


def hint(out: str) -> list[str]:
    """The command to replay a trace that was printed, without the program."""
    (line,) = [line for line in out.splitlines() if line.startswith("  islander replay ")]
    return shlex.split(line)[1:]


@pytest.mark.parametrize(
    ("target", "trace", "named"),
    [
        ("m.py:f", "trace.json", False),
        ("./m.py:f", "./trace.json", False),
        ("sub/m2.py:f", "trace.json", False),
        ("sub/../m.py:f", "trace.json", False),
        ("m.py:f", "out/trace.json", True),
        ("sub/m2.py:f", "out/trace.json", True),
        ("sub/m2.py:f", "sub/trace.json", False),
        ("paxos", "out/trace.json", False),
    ],
)
def test_the_command_that_is_printed_replays_the_trace(
    run: Run, project: Path, target: str, trace: str, named: bool
) -> None:
    given = ["--bug", "minority-quorum"] if target == "paxos" else ["-p", "last=1"]
    told = run("check", target, *given, "--trace", trace)
    command = hint(told.out)
    assert command == ["replay", str(Path(trace)), *(["--model", target] if named else [])]
    replayed = run(*command)
    assert replayed.code == 0, replayed
    assert "steps agree with the model" in replayed.out
    file = target.partition(":")[0]
    running = "" if named or target == "paxos" else f"running {Path(file)}, which {trace[-10:]}"
    assert replayed.err.replace("./", "").startswith(running.replace("./", "")[:20])


def test_an_absolute_path_beside_or_elsewhere(run: Run, project: Path) -> None:
    elsewhere = project / "out" / "t.json"
    told = run("check", str(project / "m.py") + ":f", "--trace", str(elsewhere))
    assert run("replay", str(elsewhere)).code == 2
    assert run(*hint(told.out)).code == 0
    assert run("check", str(project / "m.py") + ":f", "--trace", "t.json").code == 1
    assert run("replay", "t.json").code == 0


def rewritten(trace: Path, target: str) -> None:
    document = json.loads(trace.read_text())
    document["model"]["target"] = target
    trace.write_text(json.dumps(document))


OUTSIDE = [
    "../evil.py:f",
    "out/../../evil.py:f",
    "link.py:f",
    "linked/evil.py:f",
    "{above}/evil.py:f",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_a_file_elsewhere_is_not_run_unless_it_is_named(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    home = project / "home"
    (home / "out").mkdir(parents=True)
    evil = project / "evil.py"
    evil.write_text((project / "m.py").read_text() + RAN)
    (home / "link.py").symlink_to(evil)
    (home / "linked").symlink_to(project)
    monkeypatch.chdir(home)
    (home / "m.py").write_text((project / "m.py").read_text())
    run("check", "m.py:f", "--trace", "t.json")
    target = target.replace("{above}", str(project))
    rewritten(home / "t.json", target)
    refused = run("replay", "t.json")
    assert refused.code == 2
    assert f"{evil.resolve()}, outside {home.resolve()}" in refused.err
    assert not (home / "ran").exists()
    command = shlex.split(refused.err.splitlines()[-1])[1:]
    assert command == ["replay", "t.json", "--model", target]
    assert run(*command).code == 0
    assert (home / "ran").exists()


def test_a_trace_that_is_a_link_lies_where_it_leads(run: Run, project: Path) -> None:
    run("check", "m.py:f", "--trace", "out/t.json")
    (project / "t.json").symlink_to(project / "out" / "t.json")
    assert run("replay", "t.json").code == 2


def test_a_trace_may_be_replayed_from_another_directory(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("check", "m.py:f", "--trace", "t.json")
    monkeypatch.chdir(project / "out")
    ran = run("replay", "../t.json")
    assert ran.code == 0, ran
    assert "m.py, which ../t.json names" in ran.err


def test_the_parameters_of_the_trace_are_those_of_its_own_model_alone(
    run: Run, project: Path
) -> None:
    run("check", "m.py:f", "-p", "last=1", "--trace", "t.json")
    assert run("replay", "t.json", "--model", "sub/../m.py:f").code == 0
    assert run("replay", "t.json", "--model", "m.py:g").code == 0  # which has no such parameter
    assert run("replay", "t.json", "--model", "sub/m2.py:f", "-p", "last=2").code == 0


@pytest.mark.parametrize(
    ("target", "kept", "named"),
    [
        ("m.py:g", "kept", False),
        ("sub/m2.py:g", "kept", False),
        ("m.py:g", "out/kept", True),
        ("sub/m2.py:g", "sub/kept", False),
        ("paxos", "out/kept", False),
    ],
)
def test_a_checkpoint_runs_what_lies_beside_it(
    run: Run, project: Path, target: str, kept: str, named: bool
) -> None:
    begun = run("check", target, "--max-depth", "2", "--checkpoint", kept)
    assert begun.code == 3, begun
    ran = run("resume", kept)
    assert ran.code == (2 if named else 0), ran
    if named:
        command = shlex.split(ran.err.splitlines()[-1])[1:]
        assert command == ["resume", kept, "--model", target]
        assert run(*command).code == 0
    elif target != "paxos":
        assert f"running {target[:-2]}, which {kept} names" in ran.err


def test_a_checkpoint_elsewhere_in_the_tree_is_resumed_from_there(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("check", "m.py:g", "--max-depth", "2", "--checkpoint", "kept")
    monkeypatch.chdir(project / "out")
    assert run("resume", "../kept").code == 0
