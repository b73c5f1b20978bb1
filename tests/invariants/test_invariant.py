"""Invariants in an exploration: judged, confirmed by z3, explained, and never guessed."""

# ruff: noqa: N803 - the language is called L, as everywhere

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import pytest

from islander import (
    Actor,
    Fact,
    FactSet,
    Invariant,
    IslanderError,
    Model,
    PropertyResult,
    Quorums,
    Result,
    Verdict,
    Voted,
    Wanted,
    Witness,
    explore,
    single_chosen_value,
    validity,
)
from islander.explorer.errors import PropertyError
from islander.invariants import Value
from islander.invariants.solver import Answer, Ruling, Solver

Level: TypeAlias = Annotated[int, "level"]


class Reached(Fact):
    """An actor came up to a level."""

    actor: str
    level: Level

    def __str__(self) -> str:
        return f"{self.actor} reached {self.level}"


class Stands(Fact):
    """An actor is at a level, now."""

    actor: str
    level: Level


@dataclass
class Climber(Actor):
    """Goes up by one with each message, up to `top`."""

    top: int
    level: int = 0

    def start(self) -> None:
        self.send(self.id, "up")

    def receive(self, message: Any, sender: str) -> None:
        self.level += 1
        self.record(Reached(self.id, self.level))
        if self.level < self.top:
            self.send(self.id, "up")

    def facts(self) -> list[Stands]:
        return [Stands(self.id, self.level)]


def climb(*properties: Any, top: int = 3, actors: str = "a") -> Model:
    return Model("climb", {name: Climber(top) for name in actors}, properties=properties)


def at_most(level: int) -> Callable[[Any], Any]:
    return lambda L: L.forall(str, Level, lambda a, k: L.Or(L.Not(Reached(a, k)), k <= level))


def step_by_step(L: Any) -> Any:
    """Whoever reached a level above 1 has reached the one below; it holds."""
    return L.forall(
        str, Level, lambda a, k: L.Implies(L.And(k > 1, Reached(a, k)), Reached(a, k - 1))
    )


# -- verdicts -------------------------------------------------------------------------------------


def test_an_invariant_that_every_state_satisfies_holds() -> None:
    result = explore(climb(Invariant("not above 3", at_most(3))))
    assert result.verdict is Verdict.HOLDS
    assert result.properties["not above 3"] == PropertyResult("not above 3", Verdict.HOLDS)


def test_a_violation_has_a_shortest_trace_and_the_facts_that_clash() -> None:
    result = explore(climb(Invariant("not above 1", at_most(1)), actors="ab"))
    found = result.properties["not above 1"]
    assert (result.verdict, found.verdict) == (Verdict.VIOLATED, Verdict.VIOLATED)
    assert found.trace is not None
    assert len(found.trace) == 2
    assert found.facts == (Reached("a", 2),)
    assert found.absent == ()
    assert found.explanation == "a reached 2"


def test_facts_that_are_missing_are_named_as_such() -> None:
    def followed(L: Any) -> Any:
        """Whoever is above 1 has been followed by b to 1."""
        return L.Implies(Reached("a", 2), Reached("b", 1))

    result = explore(climb(Invariant("followed", followed), actors="ab"))
    found = result.properties["followed"]
    assert found.facts == (Reached("a", 2),)
    assert found.absent == (Reached("b", 1),)
    assert found.explanation == "a reached 2; not: b reached 1"


def test_describe_turns_the_clashing_facts_into_words() -> None:
    def words(facts: tuple[Fact, ...]) -> str:
        return f"{len(facts)} fact(s) too many"

    result = explore(climb(Invariant("not above 1", at_most(1), describe=words)))
    assert result.properties["not above 1"].explanation == "1 fact(s) too many"


@pytest.mark.parametrize(
    ("formula", "facts"),
    [
        (lambda L: False, [Reached("a", 1)]),
        (lambda L: Reached("a", 1), []),
        (lambda L: L.exists(Level, lambda level: True), []),
    ],
    ids=["never true", "a fact that is not there", "nothing occurs"],
)
def test_a_violation_is_always_explained(formula: Callable[[Any], Any], facts: list[Fact]) -> None:
    invariant = Invariant("it", formula)
    subject = frozenset(facts)
    assert list(invariant.judge([subject])) == [False]
    assert invariant.explain(subject).text


def test_a_violation_is_explained_where_the_formula_looks_up_only_what_is_so() -> None:
    """A conclusion that is a function is for the cases in which its premise can be true."""
    allowed = {("a", 1): False, ("b", 2): True}

    def formula(L: Any) -> Any:
        return L.forall(str, Level, lambda a, k: L.Implies(Reached(a, k), lambda: allowed[a, k]))

    invariant = Invariant("it", formula)
    subject = frozenset({Reached("a", 1), Reached("b", 2)})
    assert list(invariant.judge([subject])) == [False]
    assert invariant.explain(subject).facts == (Reached("a", 1),)


@pytest.mark.parametrize("describe", [None, lambda facts: "; ".join(map(str, facts))])
def test_an_explanation_that_z3_leaves_open_claims_nothing_that_is_not_so(
    describe: Callable[[tuple[Fact, ...]], str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again for an explanation, and `effort` may suffice for the verdict alone."""
    invariant = Invariant("it", at_most(1), describe=describe)
    subject = frozenset({Reached("a", 1), Reached("a", 2)})
    assert list(invariant.judge([subject])) == [False]
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: True))
    text = invariant.explain(subject).text
    assert text
    assert "whatever the facts are" not in text


def test_a_description_that_raises_is_named() -> None:
    invariant = Invariant("it", at_most(1), describe=lambda facts: facts[7].name)
    with pytest.raises(PropertyError, match=r"'it'.*describe.*IndexError"):
        explore(climb(invariant))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", at_most(1)), "needs a name"),
        ((None, at_most(1)), "needs a name.* None"),
        (("it", at_most(1), None, -1), r"'it': effort must be an int of at least 0; got -1"),
        (("it", at_most(1), None, "x"), r"'it': effort must be an int of at least 0; got 'x'"),
        (("it", None), r"'it': the formula must be a function of a language L, got None"),
        (("it", True), r"'it': the formula must be a function"),
    ],
)
def test_an_invariant_without_name_or_formula_is_refused(
    arguments: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(PropertyError, match=words):
        Invariant(*arguments)


def test_a_formula_that_raises_while_exploring_is_named_with_file_and_line() -> None:
    def formula(L: Any) -> Any:
        return L.forall(Level, lambda level: 1 // (2 - level) < 2)

    with pytest.raises(PropertyError, match=r"'it': its formula raised ZeroDiv") as refusal:
        explore(climb(Invariant("it", formula)))
    line = formula.__code__.co_firstlineno + 1
    assert f"({__file__}, line {line}, in " in str(refusal.value)


# -- what z3 leaves open --------------------------------------------------------------------------


def ruling_unknown_on(facts: Callable[[FactSet], bool]) -> Callable[[Solver, FactSet], Ruling]:
    honest = Solver.rule

    def rule(solver: Solver, subject: FactSet) -> Ruling:
        if facts(subject):
            return Ruling(Answer.UNKNOWN, reason="no patience")
        return honest(solver, subject)

    return rule


def is_incomplete(result: Result, name: str) -> None:
    found = result.properties[name]
    assert found.verdict is Verdict.INCOMPLETE
    assert found.explanation == "undecided: the solver answered unknown"
    assert found.trace is None
    assert result.verdict is Verdict.INCOMPLETE
    assert result.incomplete_because == f"{name}: {found.explanation}"


EITHER_WAY = pytest.mark.parametrize(
    ("formula", "otherwise"),
    [(step_by_step, Verdict.HOLDS), (at_most(1), Verdict.VIOLATED)],
    ids=["holds", "violated"],
)


@EITHER_WAY
def test_a_formula_beyond_the_effort_leaves_the_result_incomplete(
    formula: Callable[[Any], Any], otherwise: Verdict
) -> None:
    assert explore(climb(Invariant("it", formula))).verdict is otherwise
    is_incomplete(explore(climb(Invariant("it", formula, effort=1))), "it")


@EITHER_WAY
def test_a_solver_that_knows_nothing_leaves_the_result_incomplete(
    formula: Callable[[Any], Any], otherwise: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert explore(climb(Invariant("it", formula))).verdict is otherwise
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: True))
    is_incomplete(explore(climb(Invariant("it", formula))), "it")


def test_one_undecided_violation_is_enough_to_leave_the_result_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one state that is not as it should be is the one that z3 leaves open."""
    top = Reached("a", 3)
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: top in facts))
    result = explore(climb(Invariant("it", at_most(2))))
    is_incomplete(result, "it")
    assert result.states == 4


def test_a_violation_counts_although_something_else_is_undecided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = frozenset({Stands("a", 0)})
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: facts == start))
    result = explore(climb(Invariant("it", at_most(2)), Witness("up", lambda facts: True)))
    assert result.verdict is Verdict.VIOLATED
    assert result.properties["it"].verdict is Verdict.VIOLATED
    assert result.properties["it"].explanation == "a reached 3"


def test_only_the_undecided_property_is_incomplete() -> None:
    decided = Invariant("easy", step_by_step)
    undecided = Invariant("hard", step_by_step, effort=1)
    result = explore(climb(decided, undecided))
    is_incomplete(result, "hard")
    assert result.properties["easy"].verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("level", "lie", "said"),
    [
        (3, Answer.FALSE, "evaluation says True and z3 says unsat"),
        (2, Answer.TRUE, "evaluation says False and z3 says sat"),
    ],
)
def test_evaluators_that_disagree_are_a_defect_and_no_verdict(
    level: int, lie: Answer, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """z3 confirms every violation, and a sample of what passes: here the first, second and fourth
    fact set, the fourth being the one with level 3."""
    honest = Solver.rule

    def rule(solver: Solver, facts: FactSet) -> Ruling:
        return Ruling(lie) if Reached("a", 3) in facts else honest(solver, facts)

    monkeypatch.setattr(Solver, "rule", rule)
    with pytest.raises(IslanderError, match=said) as disagreement:
        explore(climb(Invariant("it", at_most(level))))
    assert "property 'it'" in str(disagreement.value)
    assert "Reached(actor='a', level=3)" in str(disagreement.value)


def test_evaluators_that_disagree_do_so_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect that was met once is not passed over when the same is judged again."""
    monkeypatch.setattr(Solver, "rule", lambda solver, facts: Ruling(Answer.FALSE))
    invariant = Invariant("it", at_most(3))
    for _ in range(3):
        with pytest.raises(IslanderError, match="evaluation says True and z3 says unsat"):
            explore(climb(invariant))


def test_every_violation_and_a_sample_of_the_rest_is_put_to_z3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[FactSet] = []
    honest = Solver.rule

    def rule(solver: Solver, facts: FactSet) -> Ruling:
        asked.append(facts)
        return honest(solver, facts)

    monkeypatch.setattr(Solver, "rule", rule)
    fact_sets = [frozenset({Reached("a", level)}) for level in range(20)]
    answers = Invariant("it", at_most(15)).judge(fact_sets)
    assert list(answers) == [level <= 15 for level in range(20)]
    assert set(fact_sets[16:]) <= set(asked)
    assert set(fact_sets[:16]) & set(asked)


def asked_of(batches: Iterable[list[FactSet]], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions z3 is asked about each batch, by an invariant that all satisfy."""
    asked: list[FactSet] = []
    honest = Solver.rule

    def rule(solver: Solver, facts: FactSet) -> Ruling:
        asked.append(facts)
        return honest(solver, facts)

    monkeypatch.setattr(Solver, "rule", rule)
    invariant, counts = Invariant("it", at_most(1000)), []
    for batch in batches:
        before = len(asked)
        assert list(invariant.judge(batch)) == [True] * len(batch)
        counts.append(len(asked) - before)
    return counts


def test_what_passes_is_sampled_whenever_twice_as_much_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first and the last of a batch; a batch of one is both."""
    sizes = [0, 1, 1, 1, 0, 3, 5, 1, 1, 10, 2]
    levels = iter(range(sum(sizes)))
    batches = [[frozenset({Reached("a", next(levels))}) for _ in range(size)] for size in sizes]
    assert asked_of(batches, monkeypatch) == [0, 1, 1, 0, 0, 2, 0, 1, 0, 0, 2]


def test_z3_is_asked_seldom_however_many_batches_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [[frozenset({Reached("a", level)})] for level in range(300)]
    counts = asked_of(batches, monkeypatch)
    passed = [at + 1 for at, count in enumerate(counts) if count]
    assert passed == [1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_a_violation_is_put_to_z3_at_once_whatever_was_sampled_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The solver has heard of none of the facts of the violation when it is asked of it."""
    invariant = Invariant("it", at_most(5))
    for level in (1, 2, 3):  # the third is not sampled
        assert list(invariant.judge([frozenset({Reached("a", level)})])) == [True]
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: True))
    assert list(invariant.judge([frozenset({Reached("b", 6)})])) == [None]
    monkeypatch.undo()
    assert list(invariant.judge([frozenset({Reached("b", 7)})])) == [False]
    assert list(invariant.judge([frozenset({Reached("a", 3), Reached("b", 7)})])) == [False]


def test_while_z3_leaves_a_sample_open_it_is_asked_about_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that an exploration is incomplete although an earlier one has used up the sample."""
    invariant = Invariant("it", at_most(5))
    monkeypatch.setattr(Solver, "rule", ruling_unknown_on(lambda facts: True))
    for _ in range(4):
        assert list(invariant.judge([frozenset({Reached("a", 1)})])) == [None]
    for _ in range(2):
        is_incomplete(explore(climb(invariant)), "it")
    monkeypatch.undo()
    assert list(invariant.judge([frozenset({Reached("a", 1)})])) == [True]


# -- one invariant, several explorations ----------------------------------------------------------


@dataclass
class Script(Actor):
    """Makes one fact after the other true, and at last does away with `given`."""

    steps: tuple[Fact, ...]
    given: Fact | None = None
    done: int = 0

    def start(self) -> None:
        self.send(self.id, "next")

    def receive(self, message: Any, sender: str) -> None:
        if self.done < len(self.steps):
            self.record(self.steps[self.done])
            self.send(self.id, "next")
        self.done += 1

    def facts(self) -> list[Fact]:
        return [self.given] if self.given and self.done <= len(self.steps) else []


QUORUMS = Quorums.of_size(("a1", "a2"), 2)
X, Y = (
    tuple(Voted(acceptor, ballot, value) for acceptor in QUORUMS.members)
    for ballot, value in ((1, "x"), (2, "y"))
)


def scripts(invariant: Invariant) -> list[Model]:
    """Different models that share a property."""
    return [
        Model(name, {"s": Script(tuple(steps), given)}, properties=[invariant])
        for name, steps, given in (
            ("wanted first", [Wanted("x"), *X], None),
            ("never wanted", X, None),
            ("wanted at last", [*X, Wanted("x")], None),
            ("wanted no more", X, Wanted("x")),
            ("two chosen", [Wanted("x"), Wanted("y"), *X, *Y], None),
            ("two wanted, one chosen", [Wanted("x"), Wanted("y"), *Y, X[0]], None),
        )
    ]


def found(models: Iterable[Model]) -> dict[str, tuple[Any, ...]]:
    outcomes = {}
    for model in models:
        result = explore(model, keep_going=True)
        (one,) = result.properties.values()
        steps = one.trace and one.trace.labels
        shown = (one.verdict, one.explanation, one.facts, one.absent, steps)
        outcomes[model.name] = (*shown, result.verdict, result.states, result.fact_sets)
    return outcomes


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "in reverse"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: validity(QUORUMS),
        lambda: single_chosen_value(QUORUMS),
        lambda: Invariant("wanted", lambda L: L.exists(Value, lambda value: Wanted(value))),
    ],
    ids=["validity", "single chosen value", "something is wanted"],
)
def test_one_invariant_in_many_explorations_finds_what_a_new_one_would(
    make: Callable[[], Invariant], order: int
) -> None:
    """Verdicts, traces and explanations owe nothing to what was explored before."""
    alone = {}
    for number in range(len(scripts(make()))):
        alone.update(found([scripts(make())[number]]))
    assert found(scripts(make())[::order]) == alone


def test_the_explorations_above_differ_in_their_verdicts() -> None:
    verdicts = {
        name: outcome[0] is Verdict.HOLDS
        for name, outcome in found(scripts(validity(QUORUMS))).items()
    }
    assert verdicts == {
        "wanted first": True,
        "never wanted": False,
        "wanted at last": False,
        "wanted no more": False,
        "two chosen": True,
        "two wanted, one chosen": True,
    }


def test_exploring_twice_gives_equal_results() -> None:
    model = climb(Invariant("it", at_most(2)), actors="ab")
    first, again = found([model]), found([model])
    assert first == again
    assert first["climb"][0] is Verdict.VIOLATED
