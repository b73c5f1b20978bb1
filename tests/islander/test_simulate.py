"""`islander simulate`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_violation_exits_1_and_shows_the_trace_the_clash_and_the_seed(run: Run) -> None:
    ran = run("simulate", "paxos", "--bug", "hidden-vote", "--seed", "7")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == "single chosen value is violated after 12 steps"
    steps = [line for line in lines if " → " in line and line[:4].strip().isdigit()]
    assert len(steps) == 12
    assert any(line.startswith("Why: x was chosen at ballot 1 by") for line in lines)
    assert "✗ violated   single chosen value (in 12 steps)" in lines
    assert "? incomplete validity" in lines
    assert "✓ holds      a value is chosen (reached in 6 steps)" in lines
    assert "VIOLATED  paxos with bug hidden-vote: single chosen value" in lines
    (counts,) = [line for line in lines if line.startswith("seed ")]
    assert re.fullmatch(
        r"seed 7: \d+ walks, \d+ steps, longest \d+, \d+ ended in a terminal state", counts
    )


def test_walks_without_a_violation_exit_3_and_hold_nothing(run: Run) -> None:
    ran = run("simulate", "paxos", "-p", "acceptors=2", "--walks", "1000", "--seed", "0")
    assert ran.code == 3
    assert "? incomplete single chosen value" in ran.out
    assert "seed 0: 1,000 walks, " in ran.out
    assert ", longest 12, 1,000 ended in a terminal state" in ran.out
    assert "s (random walks)" in ran.out
    assert ran.out.splitlines()[-1] == (
        "INCOMPLETE  paxos: nothing is established; random walks do not cover every interleaving"
    )


def test_a_seed_that_is_drawn_is_shown_and_repeats_the_run(run: Run) -> None:
    arguments = ("simulate", "paxos", "--bug", "hidden-vote", "--walks", "500")
    first = run(*arguments)
    seed = re.search(r"^seed (\d+): ", first.out, re.MULTILINE)
    assert seed
    again = run(*arguments, "--seed", seed[1])
    assert _timeless(again.out) == _timeless(first.out)
    other = run(*arguments)
    assert f"seed {seed[1]}:" not in other.out


def _timeless(text: str) -> str:
    return re.sub(r"\d+\.\d\d s", "… s", text)


def test_the_command_that_is_shown_writes_the_trace_and_it_replays(run: Run) -> None:
    ran = run("simulate", "paxos", "--bug", "ignored-promises", "-p", "acceptors=3", "--seed", "5")
    (shown,) = [line for line in ran.out.splitlines() if line.startswith("  islander simulate")]
    assert shown == (
        "  islander simulate paxos -p acceptors=3 --bug ignored-promises "
        "--walks 1000 --depth 200 --seed 5 --trace trace.json"
    )
    wrote = run(*shown.split()[1:])
    assert wrote.code == 1
    assert "trace written to trace.json" in wrote.out
    replayed = run("replay", "trace.json")
    assert replayed.code == 0
    length = re.search(r"is violated after (\d+) steps", ran.out)
    assert length
    assert f"All {length[1]} steps agree with the model." in replayed.out


def test_a_witness_trace_can_be_written_by_name(run: Run) -> None:
    arguments = ("--seed", "1", "--trace", "t.json", "--trace-of", "a value is chosen")
    assert run("simulate", "paxos", *arguments).code == 3
    assert "All 6 steps agree" in run("replay", "t.json").out


def test_a_trace_that_was_not_found_is_not_written(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", "paxos", "--walks", "2", "--trace", "t.json")
    assert ran.code == 3
    assert "There is no counterexample: t.json was not written" in ran.out
    assert list(tmp_path.iterdir()) == []


def test_reaching_every_witness_exits_0_if_there_is_nothing_else(run: Run, write: Run) -> None:
    write(
        "f.py",
        """
        def f() -> Model:
            return game(StateWitness("two seen", lambda state: state.actors["b"].seen == 2))
        """,
    )
    ran = run("simulate", "f.py:f", "--seed", "3")
    assert ran.code == 0
    assert "seed 3: 1 walk, 4 steps, longest 4, 1 ended in a terminal state" in ran.out
    assert ran.out.splitlines()[-1] == "HOLDS  game: every witness was reached"


def test_depth_and_time_bound_the_walks(run: Run) -> None:
    ran = run("simulate", "paxos", "--depth", "5", "--walks", "10")
    assert ": 10 walks, 50 steps, longest 5, 0 ended in a terminal state" in ran.out
    ran = run("simulate", "paxos", "--max-seconds", "0")
    assert ran.code == 3
    assert "the time of 0 s was used up (max_seconds)" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("simulate", "Missing argument"),
        ("simulate raft", "there is no model 'raft'"),
        ("simulate paxos --walks 0", "walks must be a number of at least 1; got 0."),
        ("simulate paxos --depth 0", "depth must be a number of at least 1; got 0."),
        ("simulate paxos --seed -1", "seed must be a number of at least 0; got -1."),
        ("simulate paxos --seed x", "Invalid value for '--seed'"),
        ("simulate paxos --max-seconds -1", "max_seconds must be a number of at least 0"),
        ("simulate paxos --bug lowst", "paxos has no bug 'lowst'"),
        ("simulate paxos -p propsers=3", "has no parameter 'propsers'"),
        ("simulate paxos --trace no/t.json", "cannot write no/t.json: No such file"),
        ("simulate paxos --trace-of rain", "--trace-of 'rain': there is no such property"),
        ("simulate f.py:unproven", "has no properties, so there is nothing to check"),
    ],
)
def test_bad_input_exits_2_with_a_line_that_says_what_is_wrong(
    run: Run, write: Run, arguments: str, said: str
) -> None:
    write(
        "f.py",
        """
        def unproven():
            return Model("m", {"a": Player("a")})
        """,
    )
    ran = run(*arguments.split())
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_a_handler_that_raises_is_shown_with_the_way_there(run: Run, write: Run) -> None:
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
    ran = run("simulate", "f.py:f")
    assert ran.code == 2
    assert "actor 'b' (Clumsy): receive raised ValueError: dropped it (" in ran.err
    way = ran.err.partition("The steps that led there:\n")[2].splitlines()
    assert [line.split()[:4] for line in way] == [["1", "a", "→", "b"], ["2", "b", "→", "a"]]


def test_piped_output_is_plain() -> None:
    command = [sys.executable, "-m", "islander", "simulate", "paxos", "--walks", "5"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert "\x1b" not in ran.stdout + ran.stderr


def test_naming_simulate_imports_nothing_slow() -> None:
    program = (
        "import sys; from islander import simulate; import islander.cli; "
        "print(*sorted({'z3', 'networkx', 'numpy', 'numba'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
