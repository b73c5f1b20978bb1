"""How commands end: exit code 1 means violated, so no mistake ends with it or with a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

RAISES = {
    "ValueError": "raise ValueError('no such ballot')",
    "SystemExit": "raise SystemExit(1)",
    "CancelledError": "import asyncio; raise asyncio.CancelledError",
    "GeneratorExit": "raise GeneratorExit",
    "Own": "raise Own('mine')",
    "Failed": "import pytest; pytest.fail('not this')",
    "MemoryError": "raise MemoryError",
    "RecursionError": "def g(): g()\n    g()",
}

HEAD = """
class Own(BaseException):
    pass
def fail(*arguments):
    {raises}
def f() -> Model:
    return game()
"""

PLACES = {
    "the module": "fail()",
    "the factory": "def f() -> Model:\n    fail()",
    "an annotation of the factory": "def f(a: 'fail()' = 3) -> Model:\n    return game()",
    "a handler": (
        "class Failing(Player):\n    receive = fail\n"
        "def f():\n    return game(a=Failing('b', True), b=Failing('a'))"
    ),
    "a predicate": "def f():\n    return game(StateInvariant('p', fail))",
    "a formula": "from islander import Invariant\ndef f():\n    return game(Invariant('p', fail))",
    "an annotation of a fact": (
        "from islander import Invariant\n"
        "class Seen(Fact):\n    what: 'fail()'\n"
        "class Failing(Player):\n    def facts(self):\n        yield Seen(self.seen)\n"
        "def f():\n    return game(Invariant('p', lambda L: True), a=Failing('b', True))"
    ),
    "a comparison of facts": (
        "class Seen(Fact):\n"
        "    what: int\n"
        "    def __hash__(self):\n        return 1\n"
        "    def __eq__(self, other):\n        return self.what == other.what or fail()\n"
        "class Failing(Player):\n    def facts(self):\n        yield Seen(self.seen)\n"
        "def f():\n    return game(a=Failing('b', True))"
    ),
    "the words of a model": ("class Odd:\n    __repr__ = fail\ndef f():\n    return Odd()"),
    "the words of an actor": (
        "class Odd:\n    __repr__ = fail\ndef f():\n    return Model('m', {'a': Odd()})"
    ),
    "a metaclass": (
        "class Meta(type):\n    __instancecheck__ = fail\n    __hash__ = fail\n"
        "class Odd(metaclass=Meta):\n    pass\n"
        "def f():\n    return game(a=Player('b', True, seen=Odd()))"
    ),
}


@pytest.mark.parametrize("kind", RAISES)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_a_model_raises_a_check_exits_2_and_says_so(
    run: Run, write: Run, place: str, kind: str
) -> None:
    write("f.py", HEAD.replace("{raises}", RAISES[kind]) + PLACES[place])
    ran = run("check", "f.py:f")
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert "defect" not in ran.err
    assert kind in ran.err


@pytest.mark.parametrize("kind", RAISES)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_a_model_raises_walks_exit_2(run: Run, write: Run, place: str, kind: str) -> None:
    write("f.py", HEAD.replace("{raises}", RAISES[kind]) + PLACES[place])
    ran = run("simulate", "f.py:f", "--walks", "5", "--seed", "1")
    assert ran.code == 2, ran
    assert "defect" not in ran.err
    assert kind in ran.err


@pytest.mark.parametrize("place", ["the module", "the factory", "a handler"])
def test_checks_of_a_project_tell_what_a_model_raises(run: Run, write: Run, place: str) -> None:
    write("f.py", HEAD.replace("{raises}", RAISES["Own"]) + PLACES[place])
    Path("pyproject.toml").write_text('[[tool.islander.check]]\nmodel = "f.py:f"\n')
    ran = run("ci")
    assert ran.code == (1 if place == "a handler" else 2), ran  # 1: a check is not as expected
    assert "Own: mine" in ran.out + ran.err
    assert "defect" not in ran.out + ran.err


MANY = "9" * 30
NUMBERS = [
    ("check", "paxos", "--max-states", MANY),
    ("check", "paxos", "--max-depth", MANY),
    ("check", "paxos", "--threads", MANY),
    ("check", "paxos", "--max-bytes", MANY),
    ("check", "paxos", "--max-bytes", "9" * 400 + "G"),
    ("check", "paxos", "--max-states", "9" * 5000),
    ("check", "paxos", "--checkpoint", "kept", "--max-states", MANY),
    ("simulate", "paxos", "--walks", MANY),
    ("simulate", "paxos", "--depth", MANY),
    ("serve", "paxos", "--port", MANY),
    ("serve", "paxos", "--max-states", MANY),
]


@pytest.mark.parametrize("words", NUMBERS, ids=lambda words: " ".join(words)[:60])
def test_a_number_that_is_too_great_is_refused(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.code == 2, ran
    assert "defect" not in ran.err
    assert words[-2].strip("-").replace("-", "_") in ran.err.replace("-", "_")


@pytest.mark.parametrize(
    "words",
    [
        ("--max-seconds", "1e300"),
        ("--max-seconds", "inf"),
        ("--checkpoint", "kept", "--checkpoint-every", "1e300"),
        ("--html", "page.html", "--html-states", MANY),
        ("--graph", "graph.dot", "--max-graph", MANY),
    ],
    ids=" ".join,
)
def test_a_number_that_is_great_and_means_no_bound_is_taken(
    run: Run, words: tuple[str, ...]
) -> None:
    ran = run("check", "paxos", *words)
    assert ran.code == 0, ran


# -- streams ---------------------------------------------------------------------------------------

CLOSING = {
    "stdout": ("sys.stdout.close()", 2, "error: the model closed sys.stdout"),
    "no stdout": ("sys.stdout = None", 2, "error: the model closed sys.stdout"),
    "stderr": ("sys.stderr.close()", 0, ""),
    "both": ("sys.stderr.close(); sys.stdout.close()", 2, ""),
    "file 1": ("os.close(1)", 2, "error: cannot write the output"),
    "file 2": ("os.close(2)", 0, ""),
    "stderr, and raises": ("sys.stderr.close(); raise ValueError", 2, ""),
    "file 2, and raises": ("os.close(2); raise ValueError", 2, ""),
}


@pytest.mark.parametrize("closing", CLOSING)
def test_a_model_that_closes_a_stream(write: Run, tmp_path: Path, closing: str) -> None:
    what, code, told = CLOSING[closing]
    write(
        "f.py",
        f"import os, sys\ndone = []\ndef close(message):\n    if not done:\n"
        f"        done.append(1)\n        {what}\n    return True\n"
        "def f():\n    return game(StateInvariant('p', close))\n",
    )
    command = [sys.executable, "-m", "islander", "check", "f.py:f"]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == code, ran
    assert ran.stderr.startswith(told)
    assert ("HOLDS" in ran.stdout) is (code == 0)
    if closing == "stderr, and raises":
        assert "error: property 'p'" in ran.stdout
