"""What z3 says of a formula, and its explanations: minimal, and really clashing."""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Fact, FactSet
from islander.invariants.evaluate import evaluate
from islander.invariants.formula import Formula, Formulas
from islander.invariants.solver import Answer, Ruling, Solver


class Atom(Fact):
    number: int


ATOMS = tuple(map(Atom, range(6)))
ALL_FACT_SETS: list[FactSet] = [
    frozenset(some)
    for some in chain.from_iterable(combinations(ATOMS, size) for size in range(len(ATOMS) + 1))
]

# A formula as a tree: an atom, ("not", tree) or (kind, trees).
TREES = st.recursive(
    st.sampled_from(ATOMS),
    lambda trees: st.one_of(
        st.tuples(st.just("not"), trees),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(trees, min_size=2, max_size=4)),
    ),
    max_leaves=16,
)


def formula(make: Formulas, tree: Any) -> Formula:
    match tree:
        case Atom():
            return make.fact(tree)
        case "not", part:
            return make.negation(formula(make, part))
        case "and", parts:
            return make.conjunction([formula(make, part) for part in parts])
    return make.disjunction([formula(make, part) for part in tree[1]])


def falsifies(truth: dict[FactSet, bool], present: set[Fact], absent: set[Fact]) -> bool:
    """Whether no fact set with these facts, and without those, satisfies the formula."""
    return not any(true for facts, true in truth.items() if present <= facts and not absent & facts)


@settings(max_examples=50)
@given(trees=st.lists(TREES, min_size=2, max_size=4), facts=st.sampled_from(ALL_FACT_SETS))
def test_a_solver_keeps_nothing_of_an_earlier_formula(trees: list[Any], facts: FactSet) -> None:
    solver: Solver | None = None
    for tree in trees:
        make = Formulas()
        root = formula(make, tree)
        if solver is None:
            solver = Solver(root)
        else:
            solver.state(root)
        ruling = solver.rule(facts)
        (expected,) = evaluate(make.nodes, root, [facts])
        assert ruling.answer is (Answer.TRUE if expected else Answer.FALSE)
        named = {node.fact for node in make.nodes if node.fact}
        assert {*ruling.present, *ruling.absent} <= named


@settings(max_examples=200)
@given(tree=TREES, subjects=st.lists(st.sampled_from(ALL_FACT_SETS), min_size=1, max_size=5))
def test_an_explanation_is_a_minimal_set_of_facts_that_clash(
    tree: Any, subjects: list[FactSet]
) -> None:
    make = Formulas()
    root = formula(make, tree)
    truth = dict(zip(ALL_FACT_SETS, evaluate(make.nodes, root, ALL_FACT_SETS), strict=True))
    solver = Solver(root)
    for facts in subjects:
        ruling = solver.rule(facts)
        assert ruling.answer is (Answer.TRUE if truth[facts] else Answer.FALSE)
        present, absent = set(ruling.present), set(ruling.absent)
        if truth[facts]:
            assert not present | absent
            continue
        assert present <= facts
        assert not absent & facts
        assert falsifies(truth, present, absent)
        for fact in present | absent:
            assert not falsifies(truth, present - {fact}, absent - {fact})


def test_what_does_not_clash_is_not_named() -> None:
    make = Formulas()
    p, q, r = (make.fact(atom) for atom in ATOMS[:3])
    solver = Solver(make.disjunction([make.negation(make.conjunction([p, q])), r]))
    everything_but_r = frozenset(ATOMS) - {ATOMS[2]}
    assert solver.rule(everything_but_r) == Ruling(Answer.FALSE, (ATOMS[0], ATOMS[1]), (ATOMS[2],))
    assert solver.rule(frozenset(ATOMS)) == Ruling(Answer.TRUE)


def test_facts_are_listed_in_order() -> None:
    make = Formulas()
    atoms = [make.fact(atom) for atom in reversed(ATOMS)]
    assert Solver(make.disjunction(atoms)).rule(frozenset()).absent == ATOMS
    assert Solver(make.negation(make.conjunction(atoms))).rule(frozenset(ATOMS)).present == ATOMS


@pytest.mark.parametrize("truth", [True, False])
def test_a_constant_needs_no_facts(truth: bool) -> None:
    make = Formulas()
    solver = Solver(make.true if truth else make.false)
    answer = Answer.TRUE if truth else Answer.FALSE
    assert solver.rule(frozenset(ATOMS)) == Ruling(answer)


def test_a_solver_keeps_nothing_of_an_earlier_question() -> None:
    make = Formulas()
    p, q = make.fact(ATOMS[0]), make.fact(ATOMS[1])
    solver = Solver(make.conjunction([p, make.negation(q)]))
    expected = {facts: {ATOMS[0]} <= facts and ATOMS[1] not in facts for facts in ALL_FACT_SETS}
    for facts in (*ALL_FACT_SETS, *reversed(ALL_FACT_SETS)):
        assert (solver.rule(facts).answer is Answer.TRUE) is expected[facts]


def test_facts_that_differ_in_type_only_are_told_apart() -> None:
    make = Formulas()
    solver = Solver(make.conjunction([make.fact(Atom(1)), make.negation(make.fact(Atom(True)))]))
    assert solver.rule(frozenset({Atom(1)})).answer is Answer.TRUE
    assert solver.rule(frozenset({Atom(True)})).answer is Answer.FALSE


@pytest.mark.parametrize("pigeons", [3, 9])
def test_a_question_beyond_the_effort_is_unknown_with_a_reason(pigeons: int) -> None:
    """The pigeonhole principle: one pigeon more than holes, and each somewhere, alone."""

    make = Formulas()
    sits = {
        (pigeon, hole): make.fact(Atom(100 * pigeon + hole))
        for pigeon, hole in product(range(pigeons), range(pigeons - 1))
    }
    housed = [
        make.disjunction([sits[pigeon, hole] for hole in range(pigeons - 1)])
        for pigeon in range(pigeons)
    ]
    alone = [
        make.negation(make.conjunction([sits[one, hole], sits[other, hole]]))
        for one, other in combinations(range(pigeons), 2)
        for hole in range(pigeons - 1)
    ]
    bounded = Solver(make.conjunction([*housed, *alone]), effort=1).rule(frozenset())
    assert bounded.answer is Answer.UNKNOWN
    assert bounded.reason
    assert (bounded.present, bounded.absent) == ((), ())
    restated = Solver(make.true, effort=1)
    restated.state(make.conjunction([*housed, *alone]))
    assert restated.rule(frozenset()).answer is Answer.UNKNOWN
    unbounded = Solver(make.conjunction([*housed, *alone])).rule(frozenset())
    assert unbounded == Ruling(Answer.FALSE)  # it contradicts itself, whatever the facts
