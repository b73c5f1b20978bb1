"""`islander replay` with schedules: the trace and nothing else, or an error and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from islander.cli import app

from . import golden_traces

FOUND = '{"steps": [\n{"op": "new", "id": "a"},\n{"op": "bootstrap", "id": "a"}'


class Ran(NamedTuple):
    code: int
    out: bytes
    err: str


def replay(path: Path, *arguments: str) -> Ran:
    outcome = CliRunner().invoke(app, ["replay", str(path), *arguments])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return Ran(outcome.exit_code, outcome.stdout_bytes, outcome.stderr)


@pytest.mark.parametrize("name", golden_traces.NAMES)
def test_a_golden_schedule_prints_what_the_published_protocol_did(name: str) -> None:
    ran = replay(golden_traces.path_of(name))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == golden_traces.trace(name)


def test_a_schedule_is_known_by_what_is_in_it_whatever_its_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "anything"
    path.write_text(golden_traces.schedule("nominal"))
    assert replay(path).out == golden_traces.trace("nominal")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FOUND, ", line 3: this is not whole JSON; was it cut off?"),
        ("", ", line 1: this is not whole JSON"),
        ("{}", ', line 1: a schedule is a JSON object with "steps", a list.'),
        (FOUND + ',\n{"op": "fly"}]}', ", line 4, step 2: there is no op 'fly'"),
        (FOUND + ',\n{"op": "check", "at": "z"}]}', ", line 4, step 2: there is no islander 'z'"),
        (FOUND + ',\n\n{"op": "respond", "msg": "a#9"}]}', ", line 5, step 2: there never was a"),
        (FOUND + ',\n{"op": "check", "at": "a", "now": 5}, {"op": "clock", "now": 4}]}', "go back"),
        (FOUND + ',\n{"op": "check", "at": 3}]}', "'at' of check must be a string; got 3"),
        ('{"steps": [], "options": {"ping": "x"}}', ", line 1: the option ping must be a number"),
    ],
)
def test_a_bad_schedule_exits_2_with_file_line_and_reason_and_prints_nothing(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "bad.schedule.json"
    path.write_text(text)
    ran = replay(path)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith(f"error: {path}, line ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_file_that_is_no_text_or_not_there_exits_2(tmp_path: Path) -> None:
    path = tmp_path / "x.schedule.json"
    assert replay(path)[:2] == (2, b"")
    assert f"cannot read {path}: No such file or directory" in replay(path).err
    path.write_bytes(b'{"steps":\n[\xff]}')
    assert replay(path) == (2, b"", f"error: {path}, line 2: this is not UTF-8 text.\n")
    assert "Is a directory" in replay(tmp_path).err


def test_a_schedule_takes_none_of_the_options_of_traces(tmp_path: Path) -> None:
    options = ["--model", "paxos"], ["-p", "rounds=1"], ["--bug", "x"], ["--trace-format", "svg"]
    for option in options:
        ran = replay(golden_traces.path_of("nominal"), *option)
        assert (ran.code, ran.out) == (2, b"")
        assert "it takes no --model, no -p, no --bug and no --trace-format" in ran.err


def test_names_and_bodies_come_out_as_they_are_and_what_is_half_a_character_escaped(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.schedule.json"
    id = "é[bold]\x1b\ud800"
    steps = [{"op": "new", "id": id}, {"op": "bootstrap", "id": id}]
    path.write_text(json.dumps({"steps": steps}))
    ran = replay(path)
    assert ran.code == 0
    first, _ = map(json.loads, ran.out.splitlines())
    assert first["op"] == steps[0]
    assert 'é[bold]\\u001b\\ud800"'.encode() in ran.out


def test_nothing_is_told_to_a_reader_who_left() -> None:
    command = [sys.executable, "-m", "islander", "replay"]
    path = golden_traces.path_of("five-5047")
    with subprocess.Popen([*command, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        assert ran.stderr.read() == b""


def test_replaying_a_schedule_loads_no_engine() -> None:
    path = str(golden_traces.path_of("nominal"))
    code = (
        "import sys\n"
        "from islander.cli import app\n"
        "from typer.testing import CliRunner\n"
        f"outcome = CliRunner().invoke(app, ['replay', {path!r}])\n"
        "assert outcome.exit_code == 0\n"
        "print([name for name in ('z3', 'networkx', 'numpy', 'numba') if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
