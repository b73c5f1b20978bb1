"""Evaluation in bulk, held equal to z3 and to the definition of the language."""

# ruff: noqa: N803 - the language is called L, as everywhere

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from itertools import product
from typing import Annotated, Any, NamedTuple, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Fact, FactSet, Invariant
from islander.invariants import evaluate as evaluate_module
from islander.invariants.evaluate import evaluate
from islander.invariants.formula import Formula, Formulas
from islander.invariants.language import Language, Universe
from islander.invariants.solver import Answer, Solver

Node: TypeAlias = Annotated[str, "node"]
Level: TypeAlias = Annotated[int, "level"]


class Ready(Fact):
    pass


class Edge(Fact):
    source: Node
    target: Node


class At(Fact):
    node: Node
    level: Level


NODES, LEVELS = ("m", "n"), (1, 2)
VOCABULARY: tuple[Fact, ...] = (
    Ready(),
    *(Edge(a, b) for a, b in product(NODES, repeat=2)),
    *(At(node, level) for node, level in product(NODES, LEVELS)),
)
FACT_SETS = st.frozensets(st.sampled_from(VOCABULARY))


# -- formulas as trees, and what they mean by definition ------------------------------------------


class Term(NamedTuple):
    """A variable, by its name, or a constant."""

    variable: str | None
    constant: Any = None


class Relation(NamedTuple):
    relation: type[Fact]
    terms: tuple[Term, ...]


class Comparison(NamedTuple):
    compare: Callable[[Any, Any], bool]
    one: Term
    other: Term


class Connective(NamedTuple):
    name: str
    parts: tuple[Any, ...]


class Quantifier(NamedTuple):
    """`values` is None for the values of the sort that occur, or a collection of them."""

    universal: bool
    variable: str
    sort: Any
    values: tuple[Any, ...] | None
    body: Any


Tree: TypeAlias = Relation | Comparison | Connective | Quantifier | bool
Environment: TypeAlias = Mapping[str, Any]


def by_definition(tree: Tree, facts: FactSet, values: Environment) -> bool:
    """Whether `facts` satisfies `tree`, its free variables having `values`."""
    match tree:
        case bool():
            return tree
        case Relation(relation, terms):
            return relation(*(_value(term, values) for term in terms)) in facts
        case Comparison(compare, one, other):
            return compare(_value(one, values), _value(other, values))
        case Quantifier(universal, variable, sort, listed, body):
            domain = _occurring(sort, facts) if listed is None else set(listed)
            every = (by_definition(body, facts, {**values, variable: v}) for v in domain)
            return all(every) if universal else any(every)
    parts = [by_definition(part, facts, values) for part in tree.parts]
    match tree.name:
        case "And":
            return all(parts)
        case "Or":
            return any(parts)
        case "Not":
            return not parts[0]
        case "Implies":
            return not parts[0] or parts[1]
    return parts[0] == parts[1]  # Iff


def _value(term: Term, values: Environment) -> Any:
    return term.constant if term.variable is None else values[term.variable]


def _occurring(sort: Any, facts: FactSet) -> set[Any]:
    """The nodes or levels that some fact mentions."""
    edges = [fact for fact in facts if isinstance(fact, Edge)]
    positions = [fact for fact in facts if isinstance(fact, At)]
    if sort == Level:
        return {at.level for at in positions}
    return {n for edge in edges for n in (edge.source, edge.target)} | {at.node for at in positions}


def through_the_language(L: Any, tree: Tree, values: Environment) -> Any:
    """The same tree, said to a language."""
    match tree:
        case bool():
            return tree
        case Relation(relation, terms):
            return relation(*(_value(term, values) for term in terms))
        case Comparison(compare, one, other):
            return compare(_value(one, values), _value(other, values))
        case Connective(name, parts):
            return getattr(L, name)(*(through_the_language(L, part, values) for part in parts))
    return (L.forall if tree.universal else L.exists)(
        tree.sort if tree.values is None else tree.values,
        lambda value: through_the_language(L, tree.body, {**values, tree.variable: value}),
    )


@st.composite
def trees(draw: st.DrawFn, depth: int = 4, scope: tuple[tuple[str, Any], ...] = ()) -> Tree:
    """A formula whose free variables are those in `scope`, each with its sort."""
    kinds = ["leaf"] if depth == 0 else ["leaf", "connective", "quantifier", "quantifier"]
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        return draw(_leaves(scope))
    if kind == "connective":
        name = draw(st.sampled_from(["And", "Or", "Not", "Implies", "Iff"]))
        arity = draw(st.integers(0, 3)) if name in ("And", "Or") else 1 if name == "Not" else 2
        return Connective(name, tuple(draw(trees(depth - 1, scope)) for _ in range(arity)))
    sort, constants = draw(st.sampled_from([(Node, NODES), (Level, LEVELS)]))
    listed = draw(st.none() | st.lists(st.sampled_from(constants), unique=True).map(tuple))
    variable = f"v{len(scope)}"
    body = draw(trees(depth - 1, (*scope, (variable, sort))))
    return Quantifier(draw(st.booleans()), variable, sort, listed, body)


def _leaves(scope: tuple[tuple[str, Any], ...]) -> st.SearchStrategy[Tree]:
    def terms(sort: Any, constants: tuple[Any, ...]) -> st.SearchStrategy[Term]:
        variables = [Term(name) for name, of in scope if of == sort]
        known = [Term(None, constant) for constant in constants]
        return st.sampled_from([*variables, *variables, *known])  # rather a variable

    node, level = terms(Node, NODES), terms(Level, LEVELS)
    equal, ordered = [operator.eq, operator.ne], [operator.lt, operator.le, operator.eq]
    return st.one_of(
        st.builds(Relation, st.just(Edge), st.tuples(node, node)),
        st.builds(Relation, st.just(At), st.tuples(node, level)),
        st.just(Relation(Ready, ())),
        st.builds(Comparison, st.sampled_from(equal), node, node),
        st.builds(Comparison, st.sampled_from(ordered), level, level),
        st.booleans(),
    )


@settings(max_examples=300)
@given(tree=trees(), fact_sets=st.lists(FACT_SETS, min_size=1, max_size=6))
def test_evaluation_z3_and_the_definition_agree(tree: Tree, fact_sets: list[FactSet]) -> None:
    universe = Universe()
    universe.add(frozenset().union(*fact_sets))
    language = Language(universe)
    root = language.formula(through_the_language(language, tree, {}))
    solver = Solver(root)
    expected = [by_definition(tree, facts, {}) for facts in fact_sets]
    assert evaluate(language.formulas.nodes, root, fact_sets) == expected
    assert [solver.rule(facts).answer is Answer.TRUE for facts in fact_sets] == expected


@settings(max_examples=100)
@given(tree=trees(), batches=st.lists(st.lists(FACT_SETS, min_size=1, max_size=3), max_size=3))
def test_an_invariant_judges_batch_after_batch_by_the_definition(
    tree: Tree, batches: list[list[FactSet]]
) -> None:
    invariant = Invariant("random", lambda L: through_the_language(L, tree, {}))
    for batch in batches:
        expected = [by_definition(tree, facts, {}) for facts in batch]
        assert list(invariant.judge(batch)) == expected


# -- by hand --------------------------------------------------------------------------------------


def test_each_fact_set_has_its_own_answer_in_its_own_place() -> None:
    make = Formulas()
    ready, edge = make.fact(Ready()), make.fact(Edge("m", "n"))
    root = make.disjunction([make.negation(ready), edge])
    fact_sets: list[FactSet] = [
        frozenset(),
        frozenset({Ready()}),
        frozenset({Edge("m", "n")}),
        frozenset({Ready(), Edge("m", "n")}),
        frozenset({Ready(), Edge("n", "m")}),
    ]
    assert evaluate(make.nodes, root, fact_sets) == [True, False, True, True, False]


def test_the_answers_are_pythons_truth_values() -> None:
    make = Formulas()
    answers = evaluate(make.nodes, make.fact(Ready()), [frozenset({Ready()}), frozenset()])
    assert answers[0] is True
    assert answers[1] is False


@pytest.mark.parametrize("truth", [True, False])
def test_a_constant_is_the_same_of_every_fact_set(truth: bool) -> None:
    make = Formulas()
    root = make.true if truth else make.false
    fact_sets = [frozenset(), frozenset({Ready()})]
    assert evaluate(make.nodes, root, fact_sets) == [truth, truth]
    assert evaluate(make.nodes, root, []) == []


def test_nodes_that_the_root_is_not_built_of_do_not_matter() -> None:
    make = Formulas()
    ready = make.fact(Ready())
    other = make.negation(make.fact(Edge("m", "m")))
    root = make.negation(ready)
    make.conjunction([root, other])
    fact_sets = [frozenset({Ready()}), frozenset({Edge("m", "m")})]
    assert evaluate(make.nodes, root, fact_sets) == [False, True]
    assert evaluate(make.nodes, other, fact_sets) == [True, False]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 6, 7])
def test_a_batch_may_be_larger_than_what_is_evaluated_at_a_time(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_module, "CHUNK", 3)
    make = Formulas()
    root = make.conjunction([make.fact(Ready()), make.negation(make.fact(At("m", 1)))])
    some: list[FactSet] = [frozenset({Ready()}), frozenset({Ready(), At("m", 1)}), frozenset()]
    fact_sets = [some[n * n % 3 if n % 2 else n % 3] for n in range(size)]
    expected = [facts == some[0] for facts in fact_sets]
    assert evaluate(make.nodes, root, fact_sets) == expected


@pytest.mark.parametrize("size", [1, 7, 8, 9, 63, 64, 65, 1000])
def test_a_batch_may_have_any_size(size: int) -> None:
    make = Formulas()
    root = make.disjunction([make.fact(Ready()), make.negation(make.fact(At("m", 1)))])
    fact_sets: list[FactSet] = [
        frozenset({At("m", 1)} if n % 3 else {Ready(), At("m", n)}) for n in range(size)
    ]
    assert evaluate(make.nodes, root, fact_sets) == [n % 3 == 0 for n in range(size)]
    assert evaluate(make.nodes, make.negation(root), fact_sets) == [n % 3 > 0 for n in range(size)]


def test_a_list_that_has_changed_since_is_another_batch() -> None:
    make = Formulas()
    root = make.fact(Ready())
    fact_sets: list[FactSet] = [frozenset(), frozenset({Ready()})]
    assert evaluate(make.nodes, root, fact_sets) == [False, True]
    fact_sets.reverse()
    assert evaluate(make.nodes, root, fact_sets) == [True, False]
    fact_sets[0] = frozenset({Edge("m", "n")})
    assert evaluate(make.nodes, root, fact_sets) == [False, False]


def test_equal_facts_of_several_fact_sets_need_not_be_one_object() -> None:
    make = Formulas()
    root = make.conjunction([make.fact(At("m", 1)), make.negation(make.fact(At("m", True)))])
    fact_sets: list[FactSet] = [
        *(frozenset({At("m", 1)}) for _ in range(3)),
        frozenset({At("m", True)}),
        frozenset({At("m", 1), At("m", True)}),
    ]
    assert evaluate(make.nodes, root, fact_sets) == [True, True, True, False, False]


def test_batches_that_are_equal_but_for_the_type_of_a_value_are_told_apart() -> None:
    make = Formulas()
    root = make.fact(At("m", 1))
    assert evaluate(make.nodes, root, [frozenset({At("m", 1)})]) == [True]
    assert evaluate(make.nodes, root, [frozenset({At("m", True)})]) == [False]


def test_a_formula_may_be_deeper_than_pythons_stack() -> None:
    make = Formulas()
    facts = [At("m", level) for level in range(3000)]
    root: Formula = make.fact(facts[0])
    for fact in facts[1:]:
        root = make.negation(make.conjunction([root, make.fact(fact)]))
    everything, truth = frozenset(facts), True
    for _ in facts[1:]:
        truth = not truth
    assert evaluate(make.nodes, root, [everything]) == [truth]
    assert (Solver(root).rule(everything).answer is Answer.TRUE) is truth
