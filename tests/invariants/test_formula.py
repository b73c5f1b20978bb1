"""Ground formulas: simplified while they are made, and never changed in meaning by it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Fact
from islander.explorer.errors import PropertyError
from islander.invariants.formula import Formula, Formulas


class Atom(Fact):
    number: int


P, Q, R = Atom(1), Atom(2), Atom(3)


def test_equal_formulas_are_one_node() -> None:
    make = Formulas()
    p, q = make.fact(P), make.fact(Q)
    assert make.fact(Atom(1)) is p
    assert make.conjunction([p, q]) is make.conjunction([q, p, q])
    assert make.disjunction([p, q]) is make.disjunction([q, p])
    assert make.conjunction([p, q]) is not make.disjunction([p, q])
    assert make.negation(p) is make.negation(p)


def test_facts_that_differ_in_type_only_are_two_nodes() -> None:
    make = Formulas()
    assert make.fact(Atom(1)) is not make.fact(Atom(True))


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda m, p, q: m.conjunction([]), "true"),
        (lambda m, p, q: m.disjunction([]), "false"),
        (lambda m, p, q: m.conjunction([p]), "p"),
        (lambda m, p, q: m.disjunction([q]), "q"),
        (lambda m, p, q: m.conjunction([p, m.true]), "p"),
        (lambda m, p, q: m.conjunction([p, m.false]), "false"),
        (lambda m, p, q: m.disjunction([p, m.false]), "p"),
        (lambda m, p, q: m.disjunction([p, m.true]), "true"),
        (lambda m, p, q: m.negation(m.true), "false"),
        (lambda m, p, q: m.negation(m.false), "true"),
        (lambda m, p, q: m.negation(m.negation(p)), "p"),
        (lambda m, p, q: m.conjunction([p, q, m.negation(p)]), "false"),
        (lambda m, p, q: m.disjunction([m.negation(q), p, q]), "true"),
        (lambda m, p, q: m.conjunction([p, m.conjunction([q, m.negation(p)])]), "false"),
    ],
)
def test_what_is_plain_already_is_simplified(
    build: Callable[[Formulas, Formula, Formula], Formula], expected: str
) -> None:
    make = Formulas()
    p, q = make.fact(P), make.fact(Q)
    nodes = {"true": make.true, "false": make.false, "p": p, "q": q}
    assert build(make, p, q) is nodes[expected]


def test_operands_come_before_what_is_built_of_them() -> None:
    make = Formulas()
    p, q, r = map(make.fact, (P, Q, R))
    make.disjunction([make.negation(make.conjunction([p, make.negation(q)])), r])
    assert [node.number for node in make.nodes] == list(range(len(make.nodes)))
    assert all(part.number < node.number for node in make.nodes for part in node.parts)


@pytest.mark.parametrize(
    "use",
    [
        lambda p, q: p and q,
        lambda p, q: p or q,
        lambda p, q: not p,
        lambda p, q: 1 if p else 0,
        lambda p, q: bool(p),
        lambda p, q: all([p, q]),
    ],
    ids=["and", "or", "not", "if", "bool", "all"],
)
def test_a_formula_refuses_to_be_a_truth_value(use: Callable[[Formula, Formula], object]) -> None:
    make = Formulas()
    with pytest.raises(PropertyError, match=r"no truth value.*L\.And, L\.Or, L\.Not"):
        use(make.fact(P), make.fact(Q))


def test_a_formula_shows_what_it_is_built_of() -> None:
    make = Formulas()
    p, q = make.fact(P), make.fact(Q)
    shown = repr(make.disjunction([make.negation(make.conjunction([p, q])), make.fact(R)]))
    parts = "not(and(Atom(number=1), Atom(number=2)))", "Atom(number=3)"
    assert shown in (f"or({parts[0]}, {parts[1]})", f"or({parts[1]}, {parts[0]})")
    assert (repr(make.true), repr(make.false)) == ("true", "false")


# A formula as a tree: a fact's number, a truth value, ("not", tree) or (kind, trees).
TREES = st.recursive(
    st.one_of(st.sampled_from([1, 2, 3]).map(Atom), st.booleans()),
    lambda trees: st.one_of(
        st.tuples(st.just("not"), trees),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(trees, max_size=4)),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(TREES)
def test_simplifying_never_changes_the_meaning(tree: Any) -> None:
    make = Formulas()
    root = _formula(make, tree)
    for bits in product([False, True], repeat=3):
        truth = dict(zip((P, Q, R), bits, strict=True))
        assert _value(root, truth) == _meaning(tree, truth)


def _formula(make: Formulas, tree: Any) -> Formula:
    match tree:
        case Atom():
            return make.fact(tree)
        case bool():
            return make.true if tree else make.false
        case "not", part:
            return make.negation(_formula(make, part))
        case "and", parts:
            return make.conjunction([_formula(make, part) for part in parts])
    return make.disjunction([_formula(make, part) for part in tree[1]])


def _meaning(tree: Any, truth: dict[Atom, bool]) -> bool:
    match tree:
        case Atom():
            return truth[tree]
        case bool():
            return tree
        case "not", part:
            return not _meaning(part, truth)
        case "and", parts:
            return all(_meaning(part, truth) for part in parts)
    return any(_meaning(part, truth) for part in tree[1])


def _value(node: Formula, truth: dict[Atom, bool]) -> bool:
    """What the simplified formula says."""
    parts = [_value(part, truth) for part in node.parts]
    if isinstance(node.fact, Atom):
        return truth[node.fact]
    values = {"true": True, "false": False, "and": all(parts), "or": any(parts)}
    return not parts[0] if node.kind == "not" else values[node.kind]
