"""Formulas over symbols: wrong sorts are refused, right ones judged as before, the rest is told."""

# ruff: noqa: N803 - the language is L, as in the documentation

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Actor, Fact, Invariant, Model, Verdict, explore
from islander.explorer import PropertyError, simulate
from islander.invariants import Quorums
from islander.invariants.sorts import comparable, fits, goes_with, sort_name
from islander.invariants.symbols import Symbolic, check_sorts
from islander.loading import find_target, make_model
from islander.models import CATALOGUE

Node = Annotated[str, "node"]
Term = Annotated[int, "term"]
Round = NewType("Round", int)


class Leads(Fact):
    who: Node
    term: Term


class Voted(Fact):
    who: Node
    term: Term
    for_whom: Node


class Flag(Fact):
    up: bool


def hidden(L: Any, one: Any) -> Any:
    try:
        return L.Or(one, Leads("a", "b"))
    except Exception:
        return True


# -- wrong sorts -----------------------------------------------------------------------------------

REFUSED: list[tuple[Callable[[Any], Any], list[str]]] = [
    (
        lambda L: L.forall(Term, Node, lambda t, a: L.Not(Leads(t, a))),
        ["Leads has a variable of the sort Annotated[int, 'term']", "'who'", "[str, 'node']"],
    ),
    (
        lambda L: L.forall(Node, Term, lambda a, t: L.Implies(Leads(a, t), Voted(a, t, t))),
        ["Voted has a variable of the sort Annotated[int, 'term'] in the place of 'for_whom'"],
    ),
    (
        lambda L: L.forall(Annotated[str, "nod"], Term, lambda a, t: L.Not(Leads(a, t))),
        ["the sort Annotated[str, 'nod'] in the place of 'who'", "Annotated[str, 'node']"],
    ),
    (
        lambda L: L.forall(str, lambda a: L.Not(Leads(a, 1))),
        ["the sort str in the place of 'who'"],
    ),
    (
        lambda L: L.forall(int, lambda t: L.exists(Leads, lambda one: L.Not(one.term == 1))),
        ["L.forall ranges over the sort int", "Leads.who has Annotated[str, 'node']"],
    ),
    (lambda L: L.forall(int, int, lambda a, b: a == b), ["sort int", "it names no relation"]),
    (
        lambda L: L.forall(Leads, lambda one: L.Not(Leads(one.term, one.term))),
        ["Annotated[int, 'term'] in the place of 'who'"],
    ),
    (
        lambda L: L.forall(Leads, Leads, lambda a, b: L.Or(a.who != b.term, a.term == b.term)),
        ["the sort Annotated[str, 'node'] is compared (!=) with one of the sort Annotated[int, 't"],
    ),
    (lambda L: L.forall(Term, lambda t: L.Not(Leads("a", "b"))), ["'b' in the place of 'term'"]),
    (lambda L: L.forall(Node, lambda a: L.Not(Leads(a, None))), ["None in the place of 'term'"]),
    (
        lambda L: L.forall(Node, lambda a: L.Or(a == 1, L.Not(Leads(a, 1)))),
        ["the sort Annotated[str, 'node'] is compared (==) with 1"],
    ),
    (
        lambda L: L.forall([1, 2], lambda a: L.Not(Leads(a, 1))),
        ["1 in the place of 'who'"],
    ),
    (
        lambda L: L.Or(True, L.forall(Leads, lambda one, two: True)),
        ["L.forall has 1 sort(s), and its function takes (one, two)"],
    ),
    (lambda L: L.forall(Leads, lambda one: L.exist(Node, lambda a: a)), ["L has no attribute"]),
    (lambda L: L.forall(Leads, lambda one: Leads(one.who)), ["argument 'term' is missing"]),
    (lambda L: L.forall(Leads, lambda one: Lead(one.who)), ["name 'Lead' is not defined"]),  # type: ignore[name-defined] # noqa: F821
    (lambda L: L.forall(Leads, lambda one: one.who), ["is not a statement"]),
    (lambda L: L.forall(Leads, lambda one: None), ["None is not a statement"]),
    (lambda L: L.forall(Leads, lambda one: hidden(L, one)), ["'b' in the place of 'term'"]),
]


@pytest.mark.parametrize(("formula", "told"), REFUSED)
def test_what_is_of_another_sort_is_refused_and_named_with_its_place(
    formula: Any, told: list[str]
) -> None:
    with pytest.raises(PropertyError) as refused:
        explore(model([], formula))
    text = str(refused.value)
    assert text.startswith("property 'p': ")
    for part in (*told, "test_symbols.py, line "):
        assert part in text
    with pytest.raises(PropertyError):
        simulate(model([], formula), walks=1)


def test_the_place_is_the_line_of_the_function_that_says_it() -> None:
    def formula(L: Any) -> Any:
        return L.forall(
            Node,
            Term,
            lambda a, t: L.Implies(
                Leads(a, t),
                lambda: Leads(t, a),
            ),
        )

    with pytest.raises(PropertyError, match=f"line {formula.__code__.co_firstlineno + 6}"):
        check_sorts(formula)


def model(facts: list[Fact], formula: Any) -> Model:
    @dataclass
    class Knows(Actor):
        def facts(self) -> list[Fact]:
            return facts

    return Model("m", {"a": Knows()}, properties=[Invariant("p", formula)])


# -- right sorts -----------------------------------------------------------------------------------

MAJORITIES = Quorums.majorities(["a", "b", "c"])

ACCEPTED: list[Callable[[Any], Any]] = [
    lambda L: L.forall(
        *(Term, Node, Node),
        lambda t, a, b: L.Implies(L.And(Leads(a, t), lambda: Leads(b, t)), a == b),
    ),
    lambda L: L.forall(Leads, lambda one: L.And(one, Leads(one.who, one.term), one.term < 9)),
    lambda L: L.forall(Leads, lambda one: L.Iff(one.who == "a", one.term == 1.0)),
    lambda L: L.exists(
        MAJORITIES, lambda q: L.forall(q, lambda a: L.Not(L.exists(Term, lambda t: Leads(a, t))))
    ),
    lambda L: L.forall([Leads, Voted], lambda kind: L.forall(kind, lambda one: one.term >= 0)),
    lambda L: L.forall(Flag, lambda flag: L.Or(flag.up, L.Not(flag.up))),
    lambda L: L.forall(bool, lambda up: L.Implies(up, Flag(up))),
    lambda L: L.forall(Leads, lambda one: (one.term > 0) & (one.who != "b")),
    lambda L: L.forall(Node, lambda a: L.Implies(False, lambda: Leads(a, 1))),
    lambda L: L.And(*[L.Not(Leads(a, t)) for a in "abc" for t in range(3)]),
    lambda L: True,
]


@pytest.mark.parametrize("formula", ACCEPTED)
def test_a_formula_that_is_well_sorted_has_no_note(formula: Any) -> None:
    result = explore(model([Leads("a", 1), Flag(True)], formula))
    assert result.notes == ()
    assert result.verdict is not Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("name", "bug"), [(name, bug) for name, one in CATALOGUE.items() for bug in (None, *one.bugs)]
)
def test_all_formulas_that_ship_are_checked(name: str, bug: str | None) -> None:
    for item in make_model(find_target(name), {}, bug).properties:
        item.check()
        assert item.notes == ()


def test_a_sentence_is_what_the_formula_says() -> None:
    language = Symbolic()
    said = language.forall(
        Node, Term, lambda a, t: language.Implies(Leads(a, t), language.Or(a == "x", t < 3))
    )
    assert repr(said) == (
        "forall x1: Annotated[str, 'node'], x2: Annotated[int, 'term']. "
        "(not Leads(who=x1, term=x2) or (x1 == 'x' or x2 < 3))"
    ).replace("x1 == 'x'", "(x1 == 'x')").replace("x2 < 3", "(x2 < 3)")


# -- what cannot be evaluated over symbols ---------------------------------------------------------


def swallowed(L: Any) -> Any:
    def body(one: Any) -> Any:
        try:
            return L.Not(one.term == 1) if one.term > 0 else True
        except Exception:
            return True

    return L.forall(Leads, body)


UNCHECKED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda L: L.forall(Leads, lambda one: True if one.term > 0 else False), "is true, by if"),  # noqa: SIM210
    (lambda L: L.forall(Leads, lambda one: not one.term == 1), "is true, by if"),  # noqa: SIM201
    (lambda L: L.forall(Leads, lambda one: 0 < one.term < 3), "is true, by if"),
    (lambda L: L.forall(Leads, lambda one: one.term in (0, 1)), "is true, by if"),
    (lambda L: L.forall(Leads, lambda one: one.term in {0, 1}), "looks a variable up in a set"),
    (lambda L: L.forall(Leads, lambda one: one.term + 1 > 1), "it raises TypeError"),
    (lambda L: L.forall(Leads, lambda one: one.who.upper() == "A"), "takes the attribute 'upper'"),
    (lambda L: L.forall(Leads, lambda one: f"{one.who}" == "a"), "makes a text of a variable"),
    (lambda L: L.forall(Leads, lambda one: (one.who, 1) < ("b", 1)), "is true, by if"),
    (swallowed, "is true, by if"),
]


@pytest.mark.parametrize(("formula", "why"), UNCHECKED)
def test_a_formula_that_wants_values_runs_as_before_and_has_a_note(formula: Any, why: str) -> None:
    for facts in ([], [Leads("a", 1)], [Leads("b", 2)], [Leads("a", 0)]):
        result = explore(model(facts, formula))
        (note,) = result.notes
        assert note.startswith("the sorts of 'p' were not checked: ")
        assert why in note
        assert "test_symbols.py, line" in note
        unlooked = Invariant("p", formula)
        assert [result.verdict is Verdict.HOLDS] == unlooked.judge([frozenset(facts)])


def test_sorts_are_checked_once_and_not_before_the_model_is() -> None:
    calls: list[str] = []

    def formula(L: Any) -> Any:
        calls.append(type(L).__name__)
        return L.forall(Leads, lambda one: one.term > 0)

    checked = model([Leads("a", 1)], formula)
    assert calls == []
    explore(checked)
    explore(checked)
    assert calls.count("Symbolic") == 1


# -- which sorts go together -----------------------------------------------------------------------


class Base: ...


class Derived(Base): ...


class Colour(enum.Enum):
    RED = "red"


ALIKE = [
    (Node, Annotated[str, "node"], True),
    (Node, Term, False),
    (Node, str, False),
    (Round, int, False),
    (Round, Round, True),
    (Optional[Node], Node, True),  # noqa: UP045
    (Node | None, Term, False),
    (Union[int, str], str, True),  # noqa: UP007
    (Any, Node, True),
    (Annotated[Any, "x"], Annotated[Any, "y"], False),
    (object, Colour, True),
    (Base, Derived, True),
    (Base, Colour, False),
    (int, bool, False),
    (int, str, False),
    (tuple, tuple[int, int], True),
    (tuple[int, str], tuple[int, int], False),
    (Literal["a", "b"], str, True),
    (Literal["a", "b"], Literal["b"], True),
    (Literal["a"], int, False),
]


@pytest.mark.parametrize(("one", "other", "alike"), ALIKE)
def test_which_sorts_go_with_each_other(one: Any, other: Any, alike: bool) -> None:
    assert goes_with(one, other) is goes_with(other, one) is alike
    assert sort_name(one)


def test_which_values_fit_a_sort() -> None:
    good = [("a", Node), (1, Round), (None, Node | None), ("b", Literal["b"]), (1, float), (1, Any)]
    good += [(Derived(), Base), ((1, 2), tuple[int, int]), (True, int), (None, None)]
    bad = [(1, Node), ("a", Round), (None, Node), ("a", Literal["b"]), (Base(), Derived)]
    bad += [(1, Colour), ([1], tuple[int, int]), (0, None)]
    assert all(fits(value, sort) for value, sort in good)
    assert not any(fits(value, sort) for value, sort in bad)
    assert comparable(1.0, Term)
    assert not comparable("1", Term)


# -- random relations and formulas -----------------------------------------------------------------

NAMES = ("node", "term", "value", "round")
SORTS = [Annotated[int, name] for name in NAMES]  # all of one type: only their names differ


@st.composite
def _relations(draw: Any) -> list[type[Fact]]:
    columns = st.lists(st.sampled_from(SORTS), min_size=1, max_size=3)
    return [
        type(f"R{n}", (Fact,), {"__annotations__": {f"c{i}": sort for i, sort in enumerate(own)}})
        for n, own in enumerate(draw(st.lists(columns, min_size=1, max_size=3)))
    ]


@dataclass
class _Atom:
    """A relation, with the numbers of the variables in its columns."""

    relation: type[Fact]
    variables: list[int]


@st.composite
def _formulas(draw: Any) -> tuple[list[Any], list[_Atom], list[str]]:
    """The sorts of variables, atoms that are well sorted, and how each is joined with the next."""
    sorts: list[Any] = []
    atoms = []
    for relation in draw(_relations()):
        variables = []
        for sort in relation.__annotations__.values():
            known = [n for n, own in enumerate(sorts) if own == sort]
            if not known or (len(sorts) < 4 and draw(st.booleans())):
                sorts.append(sort)
                known.append(len(sorts) - 1)
            variables.append(draw(st.sampled_from(known)))
        atoms.append(_Atom(relation, variables))
    joined = [draw(st.sampled_from(["And", "Or", "Implies", "Iff"])) for _ in atoms]
    return sorts, atoms, joined


def _formula(sorts: list[Any], atoms: list[_Atom], joined: list[str], every: bool) -> Any:
    def formula(L: Any) -> Any:
        def body(values: tuple[Any, ...]) -> Any:
            made = [one.relation(*(values[n] for n in one.variables)) for one in atoms]
            whole = made[0]
            for how, part in zip(joined, made[1:], strict=False):
                whole = getattr(L, how)(whole, part)
            return whole

        def quantified(rest: list[Any], values: tuple[Any, ...]) -> Any:
            if not rest:
                return body(values)
            quantifier = L.forall if every else L.exists
            return quantifier(rest[0], lambda x: quantified(rest[1:], (*values, x)))

        return quantified(sorts, ())

    return formula


def _facts(draw: Any, atoms: list[_Atom]) -> list[Fact]:
    numbers = st.integers(0, 2)
    return [
        one.relation(*(draw(numbers) for _ in one.variables))
        for one in atoms
        for _ in range(draw(st.integers(0, 2)))
    ]


@settings(deadline=None, max_examples=60)
@given(st.data(), _formulas(), st.booleans())
def test_random_formulas_are_judged_as_before_and_refused_with_one_slip(
    data: st.DataObject, made: tuple[list[Any], list[_Atom], list[str]], every: bool
) -> None:
    sorts, atoms, joined = made
    facts = _facts(data.draw, atoms)
    right = _formula(sorts, atoms, joined, every)
    result = explore(model(facts, right), "reference")
    assert result.notes == ()
    before = Invariant("p", right).judge([frozenset(facts)])
    assert [result.verdict is Verdict.HOLDS] == before

    at = data.draw(st.integers(0, len(sorts) - 1), label="the variable that is misspelt")
    misspelt = [*sorts[:at], Annotated[int, "misspelt"], *sorts[at + 1 :]]
    with pytest.raises(PropertyError, match="Annotated\\[int, 'misspelt'\\]"):
        explore(model(facts, _formula(misspelt, atoms, joined, every)), "reference")

    swaps = [
        (one, i, j)
        for one in atoms
        for i in range(len(one.variables))
        for j in range(i)
        if sorts[one.variables[i]] != sorts[one.variables[j]]
    ]
    if swaps:
        one, i, j = data.draw(st.sampled_from(swaps), label="the columns that are swapped")
        variables = list(one.variables)
        variables[i], variables[j] = variables[j], variables[i]
        wrong = [_Atom(one.relation, variables) if other is one else other for other in atoms]
        with pytest.raises(PropertyError, match=f"{one.relation.__name__} has a variable of"):
            explore(model(facts, _formula(sorts, wrong, joined, every)), "reference")
