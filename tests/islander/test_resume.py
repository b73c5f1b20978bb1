"""`islander resume` after the file of the model was edited: what differs is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MODEL = """
from dataclasses import dataclass
from islander import *

BAD = 999
STEP = 1


class Reached(Fact):
    number: int


@dataclass
class Counter(Actor):
    at: int = 0

    def start(self):
        self.set_timer("on")

    def timeout(self, name):
        self.at += STEP
        if self.at < 9:
            self.set_timer("on")

    def facts(self):
        yield Reached(self.at)


def below(facts):
    return all(fact.number != BAD for fact in facts)


def counting():
    return Model("counting", {"c": Counter()}, properties=[PROPERTY])
"""

PROPERTIES = {
    "formula": 'Invariant("below", lambda L: L.Not(Reached(BAD)))',
    "facts": 'FactInvariant("below", below)',
    "state": 'StateInvariant("below", lambda state: state.actors["c"].at != BAD)',
    "step": 'StepInvariant("below", lambda before, event, after: after.at != BAD)',
}

KEEP = (
    "counting.py:counting",
    "--max-depth",
    "5",
    "--checkpoint",
    "kept",
    "--checkpoint-every",
    "0",
)
"""A search of five levels, kept at the end of each."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `islander` there, as a process of its own: modules are loaded anew each time."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "islander", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def write(directory: Path, item: str, **edits: object) -> None:
    """Write the model with this property, its globals as given."""
    text = MODEL.replace("PROPERTY", PROPERTIES[item])
    for name, value in edits.items():
        lines = [f"{name} = {value}" if x.startswith(f"{name} = ") else x for x in text.split("\n")]
        text = "\n".join(lines)
    (directory / "counting.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("item", PROPERTIES)
def test_a_property_that_reads_an_edited_global_is_refused_by_name(
    item: str, run: Run, tmp_path: Path
) -> None:
    write(tmp_path, item)
    first = run("check", *KEEP)
    assert first.returncode == 3, first.stderr
    write(tmp_path, item, BAD=3)
    resumed = run("resume", "kept")
    assert (resumed.returncode, resumed.stdout) == (2, "")
    assert "property 'below' does not say now what it said of the same before" in resumed.stderr
    fresh = run("check", "counting.py:counting")
    assert fresh.returncode == 1
    assert "below is violated after 3 steps" in fresh.stdout


def test_an_edited_handler_is_refused_and_an_unchanged_model_is_not(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path, "facts")
    run("check", *KEEP)
    write(tmp_path, "facts", STEP=2)
    resumed = run("resume", "kept")
    assert (resumed.returncode, resumed.stdout) == (2, "")
    assert "its handlers do other things now" in resumed.stderr
    write(tmp_path, "facts")
    resumed = run("resume", "kept")
    assert resumed.returncode == 0, resumed.stderr
    assert "10 states" in resumed.stdout
