"""Commands go on, and write their files, when nobody reads what they print or there is no room."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from islander.cli import app

TALKATIVE = """
class Talkative(Player):
    def receive(self, message, sender):
        print("a ball" * 10_000, flush=True)
        super().receive(message, sender)

def short():
    return game(
        StateInvariant("short", lambda state: state.actors["a"].seen < 2), b=Talkative("a")
    )

def long():
    return game(StateWitness("long", lambda state: state.actors["a"].seen == 2), b=Talkative("a"))
"""

PROJECT = """
[[tool.islander.check]]
name = "short"
model = "talk.py:short"
violates = "short"

[[tool.islander.check]]
name = "long"
model = "talk.py:long"
"""

FILES = {
    "check": ["--trace", "--html", "--junit", "--sarif", "--github", "--graph", "--checkpoint"],
    "resume": ["--trace", "--html", "--junit", "--sarif", "--github", "--graph"],
    "simulate": ["--trace"],
    "ci": ["--junit", "--sarif", "--github", "--save-baseline"],
    "governments": ["--schedule", "--trace"],
}
"""Every option of every command that names a file to be written."""

COMMANDS = {
    "check": ["check", "talk.py:short"],
    "resume": ["resume", "kept"],
    "simulate": ["simulate", "talk.py:short", "--seed", "1"],
    "ci": ["ci", "--jobs", "2"],
    "governments": ["check", "governments", "-p", "as_published=true"],
}
SUFFIXES = {"--graph": ".dot", "--trace": ".json", "--schedule": ".schedule.json"}


@contextmanager
def left() -> Iterator[int]:
    """A pipe whose reader has left, to write to."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def full() -> Iterator[int]:
    """A device without room."""
    device = os.open("/dev/full", os.O_WRONLY)
    yield device
    os.close(device)


def islander(*arguments: str, out: int, err: int = subprocess.PIPE) -> tuple[int, str]:
    """Run a command; its exit code, and what it says on standard error."""
    command = [sys.executable, "-m", "islander", *arguments]
    ran = subprocess.run(command, stdout=out, stderr=err, timeout=300, check=False)
    lines = (ran.stderr or b"").decode().splitlines(keepends=True)
    return ran.returncode, "".join(one for one in lines if not one.startswith("Compiling"))


@pytest.fixture
def project(
    compiled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    write("talk.py", TALKATIVE)
    Path("pyproject.toml").write_text(PROJECT, encoding="utf-8")


def wanted(name: str) -> tuple[list[str], list[Path]]:
    """A command with all the options of this name, and the files that it is to write."""
    paths = {option: Path(f"made{option}{SUFFIXES.get(option, '.out')}") for option in FILES[name]}
    words = [word for option, path in paths.items() for word in (option, str(path))]
    return [*COMMANDS[name], *words], list(paths.values())


def whole(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.stat().st_size > 0


@pytest.mark.parametrize("name", FILES)
def test_files_are_written_though_the_reader_leaves(project: None, name: str) -> None:
    with left() as gone:
        if name == "resume":
            islander("check", "talk.py:short", "--checkpoint", "kept", out=gone)
        command, files = wanted(name)
        code, told = islander(*command, out=gone)
    assert (code, told) == (0 if name == "ci" else 1, "")
    assert [str(path) for path in files if not (path.exists() and whole(path))] == []


def test_files_are_written_though_nobody_reads_the_errors_either(project: None) -> None:
    command, files = wanted("check")
    with left() as gone:
        code, _ = islander(*command, "--trace-format", "json", out=gone, err=gone)
    assert code == 1
    assert all(map(whole, files))


def test_a_trace_for_a_reader_that_leaves_costs_no_other_file(project: None) -> None:
    with left() as gone:
        words = ("--trace-format", "itf", "--junit", "made.xml")
        assert islander("check", "talk.py:short", *words, out=gone)[0] == 1
    assert whole(Path("made.xml"))


@pytest.mark.parametrize("name", ["check", "ci"])
def test_a_full_disk_behind_the_output_is_told_and_costs_no_file(project: None, name: str) -> None:
    command, files = wanted(name)
    with full() as device:
        code, told = islander(*command, out=device)
    assert (code, told) == (2, "error: cannot write the output: No space left on device.\n")
    assert all(map(whole, files))


@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["models", "--json"]])
def test_what_only_prints_ends_well_if_nobody_reads_and_badly_if_it_is_lost(
    arguments: list[str],
) -> None:
    with left() as gone:
        assert islander(*arguments, out=gone) == (0, "")
    with full() as device:
        code, told = islander(*arguments, out=device)
    assert (code, told) == (2, "error: cannot write the output: No space left on device.\n")


def test_every_option_that_names_a_file_is_in_the_table() -> None:
    reads = {"config", "baseline", "directory", "file"}
    tested = FILES | {"check": [*FILES["check"], *FILES["governments"]]}
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        paths = {
            one for one, kind in command.callback.__annotations__.items() if "Path" in str(kind)
        }
        options = {option[2:].replace("-", "_") for option in tested.get(name, ())}
        assert paths - reads == options, name
