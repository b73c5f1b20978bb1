"""A few hundred random models against an explorer that shares no code; and that it would notice."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from islander import Bag, Faults
from islander.explorer import tabulated

from . import __main__ as command
from .comparing import Difference
from .expected import Expected
from .explorer import Label, State, explore, facts_of
from .features import ALWAYS
from .making import MAKES, random_system
from .pool import Case, Outcome, case_of, run
from .shrinking import shrink, smaller
from .system import Claim, Node, Role, Rule, System
from .trials import TRIALS, Plan, try_system

HERE = Path(__file__).parent
MODELS = 300
TRUE = Claim("true", "FactInvariant", ("not", ("at most", -1)))


def test_random_models_are_explored_as_another_explorer_does() -> None:
    found: Counter[str] = Counter()
    for outcome in run((case_of(f"tests/{number}") for number in range(MODELS)), 1, limit=120):
        assert outcome.problem is None, told(outcome)
        found.update(outcome.features)
    sampled = {*ALWAYS, *(f"make {make}" for make in MAKES), *(f"trial {name}" for name in TRIALS)}
    assert sampled <= set(found)


def told(outcome: Outcome) -> str:
    """A difference, with the command that shows it again, smaller."""
    return f"{outcome.problem}\npython -m tests.adversary --replay {outcome.case.seed}"


# -- the other explorer ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["system", "explorer", "expected", "making"])
def test_the_other_explorer_imports_nothing_of_islander(name: str) -> None:
    tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {
        one
        for node in imported
        for one in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [f"{'.' * node.level}{node.module or ''}"]
        )
    }
    ours = {one for one in names if one.startswith(".")}
    assert ours <= {".", ".system", ".explorer", ".making"}
    assert not [one for one in names if "islander" in one]


def system(
    network: str = "bag", keep_ignored: bool = False, claims: Any = (TRUE,), **roles: Role
) -> System:
    return System(dict(roles), network, keep_ignored, {}, False, tuple(claims))


def sending(*effects: Any) -> Role:
    return Role((Rule("start", None, None, None, Node(effects)),))


SEES_FIRST = Role((Rule("receive", 0, None, None, Node((("see", 0),))),))


@pytest.mark.parametrize(
    ("network", "keep_ignored", "states", "steps", "terminal", "interleavings"),
    [
        ("bag", False, 4, 4, 1, 2),
        ("bag", True, 2, 1, 1, 1),
        ("set", False, 2, 4, 0, None),
        ("set", True, 2, 1, 1, 1),
        ("fifo", False, 3, 2, 1, 1),
        ("fifo", True, 2, 1, 1, 1),
    ],
)
def test_two_messages_of_which_one_is_ignored_are_counted_by_hand(
    network: str,
    keep_ignored: bool,
    states: int,
    steps: int,
    terminal: int,
    interleavings: int | None,
) -> None:
    sender = sending(("send", "b", 0), ("send", "b", 1))
    explored = explore(system(network, keep_ignored, a=sender, b=SEES_FIRST), 100)
    assert explored is not None
    expected = Expected(explored, None, keep_going=True)
    assert expected.counts["states"] == states
    assert expected.counts["transitions"] == steps
    assert expected.counts["terminal"] == terminal
    assert expected.interleavings == (interleavings, interleavings is None)


def test_interleavings_are_those_counted_one_by_one() -> None:
    counted: Counter[bool] = Counter()
    for seed in range(400):
        _, made = random_system(Random(f"paths/{seed}"))
        explored = explore(made, 60)
        if explored is None or explored.cut is not None:
            continue
        expected = Expected(explored, None, keep_going=True)
        try:
            paths = complete_paths(explored.steps, expected.states, most=2000)
        except OverflowError:
            continue
        counted[paths is None] += 1
        assert expected.interleavings == (paths, paths is None)
    assert min(counted[True], counted[False]) > 20


def complete_paths(
    steps: dict[State, dict[Label, State]], depths: dict[State, int], most: int
) -> int | None:
    """How many paths lead from an initial state to a terminal one, counted one by one; None if one
    comes back to a state it has been in. Raises OverflowError beyond `most`."""
    count = 0
    stack = [(state, frozenset([state])) for state, depth in depths.items() if depth == 0]
    while stack:
        state, path = stack.pop()
        for after in steps[state].values():
            if after in path:
                return None
            stack.append((after, path | {after}))
        count += not steps[state]
        if count + len(stack) > most:
            raise OverflowError(f"more than {most} paths")
    return count


# -- it would notice ---------------------------------------------------------------------------

PLAN = Plan(200, True, 1, (), ())


def nothing() -> None:
    """What to do when kernels are compiled."""


def test_a_network_that_forgets_a_copy_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = system(a=sending(("send", "b", 0), ("send", "b", 0)), b=SEES_FIRST)
    assert "equal messages" in try_system(twice, PLAN, nothing)
    monkeypatch.setattr(
        Bag, "send", lambda self, state, sent: tuple(sorted({*state, *sent}, key=id))
    )
    with pytest.raises(Difference):
        try_system(twice, PLAN, nothing)


def test_a_budget_that_is_not_spent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = system(a=sending(("send", "b", 0), ("send", "b", 1)), b=SEES_FIRST)
    lossy = lossy._replace(faults={"losses": 1})
    assert "lose happens" in try_system(lossy, PLAN, nothing)
    first = Faults().at_first
    monkeypatch.setattr(type(first), "spend", lambda self, kind: self)
    with pytest.raises(Difference):
        try_system(lossy, PLAN, nothing)


def test_an_engine_that_leaves_out_a_state_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    two = system(a=sending(("send", "b", 0), ("send", "b", 1)), b=SEES_FIRST)
    try_system(two, PLAN, nothing)
    expand = tabulated.TabulatedSearch._expand
    monkeypatch.setattr(
        tabulated.TabulatedSearch, "_expand", lambda self, begin, end: expand(self, begin, end - 1)
    )
    with pytest.raises(Exception, match=r"states|steps|transitions|depth"):
        try_system(two, PLAN, nothing)


def test_a_model_that_takes_too_long_is_told_and_the_next_one_is_tried() -> None:
    slow, fine = case_of("tests/0"), case_of("tests/1")
    (outcome,) = run([slow], 1, limit=0)
    assert outcome.kind == "hangs"
    (outcome,) = run([fine], 1, limit=120)
    assert outcome.problem is None


class Fatal:
    """Ends the process that reads it."""

    def __reduce__(self) -> Any:
        return os._exit, (3,)


def test_a_process_that_ends_is_told_and_the_next_model_is_tried() -> None:
    fatal = case_of("tests/0")._replace(plan=Fatal())
    outcomes = list(run([fatal, case_of("tests/1")], 1, limit=120))
    assert [outcome.kind for outcome in outcomes] == ["dies", ""]
    assert "code 3" in str(outcomes[0].problem)


def test_a_case_is_made_as_small_as_shows_the_difference() -> None:
    def fails(case: Case) -> bool:
        explored = explore(case.system, 300)
        return explored is not None and any(
            1 in facts_of(case.system, state) for state in explored.depths
        )

    case = next(case for n in range(99) if fails(case := case_of(f"tests/{n}")))
    smallest = shrink(case, fails, seconds=1000)
    assert fails(smallest)
    assert not any(map(fails, smaller(smallest)))
    assert len(smallest.system.claims) == 1
    assert len(repr(smallest.system)) < len(repr(case.system)) / 2


def test_a_seed_always_makes_the_same_case() -> None:
    assert case_of("tests/7") == case_of("tests/7") != case_of("tests/8")


def test_the_command_tells_a_difference_and_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--models", "1", "--seed", "tests", "--limit", "0", "--shrink", "0"]
    monkeypatch.setattr("sys.argv", ["adversary", *arguments])
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "python -m tests.adversary --replay tests/0" in said
    assert said.endswith("1 differences: 1 × hangs\n")


def test_the_command_is_content_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["adversary", "--models", "2", "--seed", "tests"])
    assert command.main() == 0
    assert capsys.readouterr().out.endswith("0 differences\n")
