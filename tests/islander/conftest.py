"""A command line to test with, and model files for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from islander import explore
from islander.cli import app
from islander.models.paxos import paxos

PREAMBLE = """
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from islander import Actor, Fact, Model, StateInvariant, StateWitness, Witness

class Ball(NamedTuple):
    bounces: int

@dataclass
class Player(Actor):
    other: str
    serves: bool = False
    seen: Any = 0

    def start(self):
        if self.serves:
            self.send(self.other, Ball(0))

    def receive(self, message, sender):
        self.seen += 1
        if message.bounces < 3:
            self.send(sender, Ball(message.bounces + 1))

ALWAYS = StateInvariant("always", lambda state: True)

def game(*properties, a=None, b=None):
    players = {"a": a or Player("b", serves=True), "b": b or Player("a")}
    return Model("game", players, properties=properties or [ALWAYS])
"""

GAME = (
    PREAMBLE
    + """
def seen(state):
    return sum(player.seen for player in state.actors.values())

def game(most: int = 9, goal: int = 2, names=("few bounces", "both play")):
    few, both = names
    return Model("game", {"a": Player("b", serves=True), "b": Player("a")}, properties=[
        StateInvariant(few, lambda state: seen(state) <= most),
        StateWitness(both, lambda state: seen(state) >= goal),
    ])
"""
)
"""A module to import `game` from, whose players bounce a ball until each has seen it twice."""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def compiled() -> None:
    """The kernels, compiled: that this happens is said on standard error."""
    for threads in (1, 2):
        explore(paxos(), threads=threads)


@pytest.fixture
def run(compiled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run `islander` in an empty directory: `run("check", "paxos")`."""
    monkeypatch.chdir(tmp_path)

    def islander(*arguments: str) -> Ran:
        outcome = CliRunner().invoke(app, list(arguments))
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        assert "Traceback" not in outcome.output
        return Ran(outcome.exit_code, outcome.stdout, outcome.stderr)

    return islander


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a model file into that directory: `write("file.py", source)`."""

    def model_file(name: str, source: str) -> Path:
        path = tmp_path / name
        path.write_text(PREAMBLE + dedent(source), encoding="utf-8")
        return path

    return model_file
