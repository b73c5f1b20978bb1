"""Time and Ctrl-C end whatever a model's code does without end, wherever it does."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from islander import Model, Verdict, explore, simulate
from islander.explorer import ENGINES, faulty
from islander.explorer.errors import CapacityError
from islander.explorer.faults import Faults

from .cells import TRUE, Cell, append, cell
from .runaways import NEVER_INTERRUPTED, RUNAWAYS

MODES = ["reference", "tabulated", "default", "simulate"]
TOO_LONG = 240
"""Seconds after which what should have ended has not."""

SAID = {"time": "the time of 0.5 s was used up (max_seconds)", "interrupt": "interrupted"}

REFUSED = {
    "facts without end": "facts(): it gave facts, more than 1,000,000; has the iterable an end?",
    "options without end": "choose() got options, more than 1,000,000; has the iterable an end?",
    "receivers without end": "broadcast() got ids, more than 1,000,000; has the iterable an end?",
}
"""What is a mistake of the model before the time is used up."""

MANY_WAYS = "there are 16,777,215 ways to cut the network among its 25 actors"


@cache
def ended(mode: str, ending: str) -> dict[str, dict[str, str]]:
    """What came of each model, by its name."""
    command = [sys.executable, str(Path(__file__).with_name("runaways.py")), mode, ending]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TOO_LONG, check=False)
        lines, told = ran.stdout, ran.stderr
    except subprocess.TimeoutExpired as late:
        lines, told = (late.stdout or b"").decode(), "it did not end"
    found = {one["name"]: one for one in map(json.loads, lines.splitlines())}
    assert found, told
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", RUNAWAYS)
def test_the_time_ends_it(name: str, mode: str) -> None:
    found = ended(mode, "time")[name]
    if name in REFUSED:
        assert REFUSED[name] in found["error"]
    elif name == "ways to cut" and mode != "reference":
        assert MANY_WAYS in found["error"]
    elif name == "shown":
        assert f"shown() has not returned when {SAID['time']} (" in found["error"]
    else:
        assert found["verdict"] == ("violated" if name == "describe" else "incomplete")
        assert SAID["time"] in found["said"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [name for name in RUNAWAYS if name not in NEVER_INTERRUPTED])
def test_ctrl_c_ends_it_where_there_is_no_budget(name: str, mode: str) -> None:
    if name == "ways to cut" and mode != "reference":
        assert name not in ended(mode, "interrupt")  # it is refused at once
        return
    found = ended(mode, "interrupt")[name]
    assert found["verdict"] == ("violated" if name == "describe" else "incomplete")
    assert SAID["interrupt"] in found["said"]


@pytest.mark.parametrize("ending", SAID)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["drops", "a predicate of facts", "a formula", "a milestone"])
def test_the_place_is_named(name: str, mode: str, ending: str) -> None:
    assert "runaways.py, line " in ended(mode, ending)[name]["said"]
    assert ", in loop)" in ended(mode, ending)[name]["said"]


# -- initial states and cuts, one at a time -------------------------------------------------------


def starting(most: int, drops: bool = False) -> Model:
    """Three actors, each of which starts in so many ways; of two of them some are equal."""

    def start(self: Cell) -> None:
        self.value = self.choose(range(most)) // (1 if self.id == "a" else 2)
        if drops:
            self.send("b", self.value)

    handlers: dict[str, object] = {"start": start, "receive": append}
    if drops:
        handlers["drops"] = lambda self, message, sender, receiver: message > 0
    return Model("m", {name: cell(0, **handlers) for name in "abc"}, properties=[TRUE])  # type: ignore[arg-type]


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore what is small, and take few initial states at a time."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    monkeypatch.setattr(import_module("islander.explorer.tabulated"), "INITIAL", 7)


def counts(model: Model, engine: str, **options: int) -> tuple[object, ...]:
    found = explore(model, engine, **options)  # type: ignore[arg-type]
    states = [str(state) for state in found.graph.states]
    return found.states, found.transitions, found.depth, found.incomplete_because, states


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("most", [None, 1, 6, 7, 8, 14, 53, 54, 55])
def test_initial_states_are_alike_however_they_are_taken(most: int | None, drops: bool) -> None:
    model, options = starting(6, drops), {} if most is None else {"max_states": most}
    one, other = (counts(model, engine, **options) for engine in ENGINES)
    assert one == other
    if most is not None:
        assert one[0] == most if one[3] else one[0] == 54  # 6 · 3 · 3


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("engine", ENGINES)
def test_no_more_initial_states_are_made_than_may_be_kept(engine: str) -> None:
    found = explore(starting(1000), engine, max_states=100)
    assert (found.states, found.verdict) == (100, Verdict.INCOMPLETE)


@pytest.mark.usefixtures("kernels")
def test_initial_states_end_with_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("islander.explorer.tabulated"), "INITIAL", 1024)
    found = explore(starting(1000), max_bytes=3_000_000)
    assert found.verdict is Verdict.INCOMPLETE
    assert str(found.incomplete_because).startswith("the memory of 3,000,000 bytes would not")
    assert 1024 <= found.states < 10**6


def test_walks_begin_in_the_first_of_too_many_initial_states() -> None:
    found = simulate(starting(1000), walks=3, seed=1)
    assert (found.verdict, found.walks) == (Verdict.INCOMPLETE, 3)


def cutting(actors: int, **faults: object) -> Model:
    cells = {f"a{at}": cell("", receive=append) for at in range(actors)}
    return Model("m", dict(cells), properties=[TRUE], faults=Faults(partitions=1, **faults))  # type: ignore[arg-type]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("most", [1, 2, 9, 100])
def test_of_too_many_ways_to_cut_as_many_are_taken_as_may_be_kept(most: int) -> None:
    one, other = (counts(cutting(25), engine, max_states=most) for engine in ENGINES)
    assert one == other
    assert one[0] == most


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("most", [*range(1, 20), None])
@pytest.mark.parametrize("depth", [None, 0, 1])
def test_every_bound_cuts_alike_where_the_network_is_cut(
    most: int | None, depth: int | None
) -> None:
    def start(self: Cell) -> None:
        self.send("b", "x")

    cells = {"a": cell("", start=start), **{name: cell("", receive=append) for name in "bcd"}}
    model = Model("m", cells, properties=[TRUE], faults=Faults(partitions=1))
    options = {"max_states": most, "max_depth": depth}
    given = {name: bound for name, bound in options.items() if bound is not None}
    one, other = (counts(model, engine, **given) for engine in ENGINES)
    assert one == other


@pytest.mark.usefixtures("kernels")
def test_too_many_ways_to_cut_are_refused_by_name_where_nothing_bounds_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CapacityError, match=r"16,777,215 ways .* 25 actors .* cuts=\[\['a24'\]"):
        explore(cutting(25), max_seconds=60)
    monkeypatch.setattr(faulty, "MOST_WAYS", 7)
    assert explore(cutting(4)).verdict is Verdict.HOLDS
    with pytest.raises(CapacityError, match=r"15 ways .* 5 actors"):
        explore(cutting(5))
    assert explore(cutting(5, cuts=[["a1"], ["a2"]])).verdict is Verdict.HOLDS
