"""The language of invariants: what each word means, and which mistakes are told apart."""

# ruff: noqa: N803 - the language is called L, as everywhere

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, NewType, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Fact, Invariant, Quorums
from islander.explorer.errors import PropertyError
from islander.invariants.language import Language, Universe, sorts_of

Node: TypeAlias = Annotated[str, "node"]
Level: TypeAlias = Annotated[int, "level"]
Token = NewType("Token", int)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Place:
    row: int


class P(Fact):
    pass


class Q(Fact):
    pass


class R(Fact):
    pass


class Edge(Fact):
    source: Node
    target: Node


class At(Fact):
    node: Node
    level: Level


class Named(Fact):
    name: str


class Holds(Fact):
    token: Token


class Painted(Fact):
    colour: Colour


class Placed(Fact):
    place: Place


class Either(Fact):
    value: int | bool


Formula: TypeAlias = Callable[[Any], Any]


def satisfies(formula: Formula, *facts: Fact) -> bool:
    """Whether the set of these facts satisfies `formula`."""
    (answer,) = Invariant("it", formula).judge([frozenset(facts)])
    assert answer is not None
    return answer


# -- connectives ----------------------------------------------------------------------------------

CONNECTIVES: dict[str, tuple[Formula, Callable[[bool, bool, bool], bool]]] = {
    "a fact": (lambda L: P(), lambda p, q, r: p),
    "true": (lambda L: True, lambda p, q, r: True),
    "false": (lambda L: False, lambda p, q, r: False),
    "And of none": (lambda L: L.And(), lambda p, q, r: True),
    "And of one": (lambda L: L.And(P()), lambda p, q, r: p),
    "And": (lambda L: L.And(P(), Q(), R()), lambda p, q, r: p and q and r),
    "Or of none": (lambda L: L.Or(), lambda p, q, r: False),
    "Or of one": (lambda L: L.Or(P()), lambda p, q, r: p),
    "Or": (lambda L: L.Or(P(), Q(), R()), lambda p, q, r: p or q or r),
    "Not": (lambda L: L.Not(P()), lambda p, q, r: not p),
    "Implies": (lambda L: L.Implies(P(), Q()), lambda p, q, r: not p or q),
    "Iff": (lambda L: L.Iff(P(), Q()), lambda p, q, r: p == q),
    "a comparison": (lambda L: L.And(P(), 1 < 2), lambda p, q, r: p),
    "nested": (
        lambda L: L.Iff(L.Or(P(), L.Not(Q())), L.Implies(R(), L.And(P(), Q()))),
        lambda p, q, r: (p or not q) == (not r or (p and q)),
    ),
}


@pytest.mark.parametrize("bits", list(product([False, True], repeat=3)))
@pytest.mark.parametrize("name", CONNECTIVES)
def test_connectives_mean_what_they_mean_in_logic(name: str, bits: tuple[bool, bool, bool]) -> None:
    formula, meaning = CONNECTIVES[name]
    facts = [fact for fact, bit in zip((P(), Q(), R()), bits, strict=True) if bit]
    assert satisfies(formula, *facts) == meaning(*bits)


# -- quantifiers ----------------------------------------------------------------------------------


def every_edge_is_answered(L: Any) -> Any:
    return L.forall(Node, Node, lambda a, b: L.Implies(Edge(a, b), Edge(b, a)))


def some_node_reaches_all(L: Any) -> Any:
    return L.exists(Node, lambda a: L.forall(Node, lambda b: Edge(a, b)))


def all_are_reached(L: Any) -> Any:
    return L.forall(Node, lambda b: L.exists(Node, lambda a: Edge(a, b)))


def levels_are_below_three(L: Any) -> Any:
    return L.forall(Level, lambda level: level < 3)


ALL_EDGES = tuple(Edge(a, b) for a, b in product("ab", repeat=2))


@pytest.mark.parametrize(
    ("formula", "facts", "expected"),
    [
        (every_edge_is_answered, (), True),
        (every_edge_is_answered, (Edge("a", "a"),), True),
        (every_edge_is_answered, (Edge("a", "b"),), False),
        (every_edge_is_answered, (Edge("a", "b"), Edge("b", "a")), True),
        (some_node_reaches_all, (), False),
        (some_node_reaches_all, (Edge("a", "a"),), True),
        (some_node_reaches_all, (Edge("a", "b"), Edge("b", "a")), False),
        (some_node_reaches_all, (Edge("a", "a"), Edge("a", "b")), True),
        (all_are_reached, (), True),
        (all_are_reached, (Edge("a", "b"), Edge("b", "a")), True),
        (all_are_reached, (Edge("a", "b"),), False),
        (all_are_reached, ALL_EDGES, True),
        (levels_are_below_three, (At("a", 2),), True),
        (levels_are_below_three, (At("a", 2), At("b", 3)), False),
    ],
)
def test_quantifiers_range_over_the_values_that_occur(
    formula: Formula, facts: tuple[Fact, ...], expected: bool
) -> None:
    assert satisfies(formula, *facts) is expected


def test_nothing_occurs_in_no_facts() -> None:
    assert satisfies(lambda L: L.forall(Node, lambda node: False))
    assert not satisfies(lambda L: L.exists(Node, lambda node: True))


def test_relations_with_one_sort_share_its_values() -> None:
    """A node that is named only by an edge occurs where positions are asked for."""
    placed = lambda L: L.forall(Node, lambda node: L.exists(Level, lambda level: At(node, level)))  # noqa: E731
    assert satisfies(placed, At("a", 1), At("b", 1), Edge("a", "b"))
    assert not satisfies(placed, At("a", 1), Edge("a", "b"))


def test_sorts_of_one_type_are_kept_apart() -> None:
    named_so = lambda L: L.exists(str, lambda name: name == "a")  # noqa: E731
    assert not satisfies(named_so, Edge("a", "a"))
    assert satisfies(named_so, Named("a"))


def test_a_value_that_occurs_in_another_fact_set_only_does_not_occur() -> None:
    two_occurs = Invariant("two occurs", lambda L: L.exists(Level, lambda level: level == 2))
    below = Invariant("below three", levels_are_below_three)
    fact_sets = [frozenset({At("a", level)}) for level in (1, 2, 3)]
    assert list(two_occurs.judge(fact_sets)) == [False, True, False]
    assert list(below.judge(fact_sets)) == [True, True, False]


VOCABULARY: list[Fact] = [
    *(P(), Q(), R()),
    *(Edge(a, b) for a, b in product("abc", repeat=2)),
    *(At(node, level) for node in "ab" for level in (1, 2, 3)),
]
FACT_SETS = st.frozensets(st.sampled_from(VOCABULARY), max_size=7)
CLOSED: dict[str, Formula] = {
    "every edge is answered": every_edge_is_answered,
    "some node reaches all": some_node_reaches_all,
    "all are reached": all_are_reached,
    "levels are below three": levels_are_below_three,
    "one level a node": lambda L: L.forall(
        *(Node, Level, Level),
        lambda n, k, m: L.Implies(L.And(At(n, k), At(n, m)), k == m),
    ),
    "there is a top": lambda L: L.exists(
        Level, lambda top: L.And(P(), L.forall(Level, lambda other: other <= top))
    ),
    "a and b are joined": lambda L: L.Or(
        Edge("a", "b"), L.exists(Node, lambda n: L.And(Edge("a", n), Edge(n, "b"), n != "c"))
    ),
    "some edge leads up": lambda L: L.exists(
        *(Edge, At),
        lambda edge, at: L.And(edge.source == at.node, at.level < 3, At(edge.target, 3)),
    ),
}


@pytest.mark.parametrize("name", CLOSED)
@settings(max_examples=40)
@given(fact_sets=st.lists(FACT_SETS, min_size=1, max_size=6), data=st.data())
def test_the_verdict_on_a_fact_set_never_depends_on_which_others_are_known(
    name: str, fact_sets: list[frozenset[Fact]], data: st.DataObject
) -> None:
    alone = {facts: satisfies(CLOSED[name], *facts) for facts in fact_sets}
    one = Invariant(name, CLOSED[name])
    assert list(one.judge(fact_sets)) == [alone[facts] for facts in fact_sets]
    shuffled = data.draw(st.permutations(fact_sets))
    cut = data.draw(st.integers(0, len(shuffled)))
    another = Invariant(name, CLOSED[name])
    for invariant in (one, another):
        for batch in (shuffled[cut:], shuffled[:cut], shuffled):
            assert list(invariant.judge(batch)) == [alone[facts] for facts in batch]


ONE_LEVEL: tuple[Formula, ...] = (
    CLOSED["one level a node"],
    lambda L: L.forall(
        At, At, lambda one, other: L.Implies(one.node == other.node, one.level == other.level)
    ),
    lambda L: L.Not(
        L.exists(
            At,
            lambda one: L.exists(Level, lambda m: L.And(At(one.node, m), L.Not(m == one.level))),
        )
    ),
)


@given(FACT_SETS)
def test_a_relation_stands_for_those_of_its_facts_that_hold(facts: frozenset[Fact]) -> None:
    levels = [(one.node, one.level) for one in facts if isinstance(one, At)]
    expected = len({node for node, _ in levels}) == len(levels)
    assert [satisfies(formula, *facts) for formula in ONE_LEVEL] == [expected] * 3


def test_a_fact_that_holds_in_another_fact_set_only_is_not_among_those_of_its_relation() -> None:
    fact_sets = [frozenset({P(), Edge("a", "b")}), frozenset({P()}), frozenset({Edge("a", "a")})]
    none = Invariant("none", lambda L: L.forall(Edge, lambda edge: edge.source == edge.target))
    some = Invariant("some", lambda L: L.exists(Edge, lambda edge: True))
    assert list(none.judge(fact_sets)) == [False, True, True]
    assert list(some.judge(fact_sets)) == [True, False, True]


# -- sorts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "facts", "values"),
    [
        (Node, (Edge("a", "b"), At("c", 1)), ["a", "b", "c"]),
        (Level, (At("a", 1), At("b", 1), At("a", 2)), [1, 2]),
        (Token, (Holds(Token(7)), Holds(Token(8))), [7, 8]),
        (Colour, (Painted(Colour.RED),), [Colour.RED]),
        (Place, (Placed(Place(1)), Placed(Place(2))), [Place(1), Place(2)]),
        (str, (Named("n"), Edge("a", "b")), ["n"]),
        (int | bool, (Either(1), Either(True), Either(2)), [1, True, 2]),
        (int, (Either(1), Holds(Token(7)), At("a", 1)), []),
        (("a", "z"), (Edge("a", "b"),), ["a", "z"]),
        ([1, True], (), [1, True]),
        (range(3), (), [0, 1, 2]),
        ({"k": 1}, (), ["k"]),
        (Quorums.of_size("ab", 1), (), [frozenset("a"), frozenset("b")]),
        (frozenset(), (Edge("a", "b"),), []),
        (Edge, (Edge("a", "b"), At("c", 1)), [Edge("a", "b")]),
    ],
)
def test_a_variable_takes_each_value_of_its_sort_once(
    sort: Any, facts: tuple[Fact, ...], values: list[Any]
) -> None:
    """Sorts are annotations (Annotated, NewType, enum, class, str, …) or collections."""
    taken: list[Any] = []
    satisfies(lambda L: L.forall(sort, lambda value: taken.append(value) or True), *facts)
    assert sorted(map(repr, taken)) == sorted(map(repr, values))


def test_an_enum_as_a_sort_means_its_members_that_occur() -> None:
    all_blue = lambda L: L.forall(Colour, lambda colour: colour is Colour.BLUE)  # noqa: E731
    assert satisfies(all_blue, Painted(Colour.BLUE))
    assert not satisfies(all_blue, Painted(Colour.BLUE), Painted(Colour.RED))
    every = lambda L: L.forall(list(Colour), lambda colour: Painted(colour))  # noqa: E731
    assert not satisfies(every, Painted(Colour.BLUE))
    assert satisfies(every, Painted(Colour.BLUE), Painted(Colour.RED))


def test_a_collection_stands_for_itself_whatever_occurs() -> None:
    somewhere = lambda L: L.forall(("a", "b"), lambda n: L.exists(Level, lambda k: At(n, k)))  # noqa: E731
    assert satisfies(somewhere, At("a", 1), At("b", 2))
    assert not satisfies(somewhere, At("a", 1))
    assert not satisfies(somewhere)


def test_a_variable_may_range_over_the_elements_of_another() -> None:
    quorums = Quorums.majorities("abc")
    a_quorum_at = lambda L: L.exists(  # noqa: E731
        quorums, lambda quorum: L.forall(quorum, lambda node: At(node, 1))
    )
    assert satisfies(a_quorum_at, At("a", 1), At("c", 1))
    assert not satisfies(a_quorum_at, At("a", 1), At("c", 2))


COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda k, m: k == m,
    "!=": lambda k, m: k != m,
    "<": lambda k, m: k < m,
    "<=": lambda k, m: k <= m,
    ">": lambda k, m: k > m,
    ">=": lambda k, m: k >= m,
    "chained": lambda k, m: 0 < k < m + 1,
    "arithmetic": lambda k, m: k + 1 == 2 * m,
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_variables_are_compared_as_in_python(name: str) -> None:
    compare = COMPARISONS[name]
    for levels in product((1, 2, 3), repeat=2):
        facts = [At("a", levels[0]), At("b", levels[1])]
        formula: Formula = lambda L: L.forall(  # noqa: E731
            Level, Level, lambda k, m: L.Implies(L.And(At("a", k), At("b", m)), compare(k, m))
        )
        assert satisfies(formula, *facts) == compare(*levels)


def test_true_and_one_are_different_values() -> None:
    only_bools = Invariant("bools", lambda L: L.forall(int | bool, lambda v: type(v) is bool))
    one, true = frozenset({Either(1)}), frozenset({Either(True)})
    assert list(only_bools.judge([one | true, true, one])) == [False, True, False]
    is_one = Invariant("one", lambda L: Either(1))
    assert list(is_one.judge([one, true, one | true])) == [True, False, True]
    assert is_one.explain(true).absent == (Either(1),)


# -- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operand", [P(), "formula"])
@pytest.mark.parametrize(
    "use",
    [
        lambda L, one: one and Q(),
        lambda L, one: one or Q(),
        lambda L, one: not one,
        lambda L, one: Q() if one else P(),
        lambda L, one: L.And(P(), all([one])),
        lambda L, one: L.exists(Node, lambda node: L.Not(one and Edge(node, node))),
    ],
    ids=["and", "or", "not", "if", "all", "and, deep inside"],
)
def test_pythons_own_connectives_are_refused_with_advice(
    use: Callable[[Any, Any], Any], operand: Any
) -> None:
    def formula(L: Any) -> Any:
        return use(L, L.Not(P()) if operand == "formula" else operand)

    with pytest.raises(PropertyError, match=r"'it': .*no truth value.*use L\.And, L\.Or, L\.Not"):
        satisfies(formula, P(), Edge("a", "b"))


def test_a_fact_has_its_truth_value_back_once_the_formula_is_built() -> None:
    with pytest.raises(PropertyError):
        satisfies(lambda L: not P(), P())
    assert bool(P()) is True
    assert satisfies(lambda L: P(), P())
    assert bool(P()) is True


@pytest.mark.parametrize(
    "statement",
    [None, 1, 0, "P", [P()], (P(), Q()), P],
    ids=["None", "1", "0", "text", "list", "tuple", "a relation"],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda L, it: it,
        lambda L, it: L.And(P(), it),
        lambda L, it: L.Or(it, P()),
        lambda L, it: L.Not(it),
        lambda L, it: L.Implies(P(), it),
        lambda L, it: L.Iff(it, P()),
        lambda L, it: L.forall(Node, lambda node: it),
        lambda L, it: L.exists(Node, lambda node: it),
    ],
    ids=["alone", "And", "Or", "Not", "Implies", "Iff", "forall", "exists"],
)
def test_what_is_no_statement_is_refused(use: Callable[[Any, Any], Any], statement: Any) -> None:
    with pytest.raises(PropertyError, match=r"'it': .* is not a statement; combine facts"):
        satisfies(lambda L: use(L, statement), P(), Edge("a", "b"))


@pytest.mark.parametrize(
    ("use", "built"),
    [
        (lambda L, later: L.Implies(P(), later), True),
        (lambda L, later: L.Implies(Q(), later), False),  # no state has Q
        (lambda L, later: L.And(P(), later), True),
        (lambda L, later: L.And(Q(), later), False),
        (lambda L, later: L.Or(P(), later), True),
        (lambda L, later: L.Or(1 == 1, later), False),
        (lambda L, later: L.Not(later), True),
        (lambda L, later: later, True),
    ],
)
def test_a_statement_given_as_a_function_is_built_only_where_the_matter_is_open(
    use: Callable[[Any, Any], Any], built: bool
) -> None:
    calls: list[str] = []

    def later() -> Fact:
        calls.append("built")
        return P()

    assert satisfies(lambda L: use(L, later), P()) is satisfies(lambda L: use(L, P()), P())
    assert bool(calls) is built
    assert satisfies(lambda L: use(L, later)) is satisfies(lambda L: use(L, P()))


def test_a_function_of_variables_is_no_statement() -> None:
    with pytest.raises(PropertyError, match=r"'it': .*missing 1 required positional argument"):
        satisfies(lambda L: L.And(P(), lambda node: True), P())


@pytest.mark.parametrize("quantifier", ["forall", "exists"])
@pytest.mark.parametrize(
    "arguments",
    [(), (Node,), (lambda node: True,), (Node, Level), (Node, True), (Node, Edge("a", "b"))],
    ids=["nothing", "no function", "no sort", "two sorts", "a truth value", "a fact"],
)
def test_a_quantifier_without_sorts_or_function_is_refused(
    quantifier: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(PropertyError, match=rf"'it': L\.{quantifier} takes sorts and then a func"):
        satisfies(lambda L: getattr(L, quantifier)(*arguments), Edge("a", "b"))


@pytest.mark.parametrize("sort", ["node", 3, None, 1.5, Edge("a", "b"), Fact], ids=repr)
@pytest.mark.parametrize("quantifier", ["forall", "exists"])
def test_what_cannot_be_a_sort_is_refused(quantifier: str, sort: Any) -> None:
    """It has no values, so that `forall` over it would hold of everything, unnoticed."""
    with pytest.raises(PropertyError, match="sort"):
        satisfies(lambda L: getattr(L, quantifier)(sort, lambda node: False), Edge("a", "b"))


def here(function: Callable[..., Any], offset: int) -> str:
    """How a message names the line `offset` lines below the first line of `function`."""
    return f"{__file__}, line {inspect.getsourcelines(function)[1] + offset},"


def test_a_formula_that_raises_is_named_with_file_and_line() -> None:
    def formula(L: Any) -> Any:
        return L.forall(Level, divide)

    def divide(level: int) -> bool:
        return 1 // (level - 1) > 0

    with pytest.raises(PropertyError) as refusal:
        satisfies(formula, At("a", 1))
    text = str(refusal.value)
    assert "property 'it': its formula raised ZeroDivisionError" in text
    assert here(divide, 1) in text
    assert isinstance(refusal.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (lambda one: True, "takes 1 positional argument but 2 were given"),
        (lambda one, two, three: True, "missing 1 required positional argument: 'three'"),
    ],
    ids=["too few", "too many"],
)
def test_a_body_with_another_number_of_variables_is_named_with_file_and_line(
    body: Callable[..., Any], problem: str
) -> None:
    def formula(L: Any) -> Any:
        return L.forall(Node, Level, body)

    with pytest.raises(PropertyError, match=problem) as refusal:
        satisfies(formula, At("a", 1))
    assert here(formula, 1) in str(refusal.value)


def test_a_fact_with_another_number_of_arguments_is_named_with_file_and_line() -> None:
    def formula(L: Any) -> Any:
        return L.forall(Node, misuse)

    def misuse(node: str) -> At:
        return At(node)  # type: ignore[call-arg]

    with pytest.raises(PropertyError, match=r"'it': .*At: argument 'level' is missing") as refusal:
        satisfies(formula, At("a", 1))
    assert here(misuse, 1) in str(refusal.value)


def test_a_formula_that_raised_raises_again_whatever_was_judged_before() -> None:
    """What was grounded before the mistake must not answer for facts that it does not know."""

    def no_two(L: Any) -> Any:
        def body(level: int) -> bool:
            if level == 2:
                raise ValueError("two")
            return level < 2

        return L.forall(Level, body)

    invariant = Invariant("it", no_two)
    assert list(invariant.judge([frozenset({At("a", 1)})])) == [True]
    for _ in range(2):
        with pytest.raises(PropertyError, match="ValueError: two"):
            invariant.judge([frozenset({At("a", 2)})])


def relation_of_a_local_class() -> Fact:
    class Local:
        pass

    class Owns(Fact):
        item: Local

    return Owns("the same every time")


def relation_of_a_local_sort() -> Fact:
    local: TypeAlias = Annotated[int, "local"]

    class Counts(Fact):
        number: local

    return Counts(1)


class Garbled(Fact):
    number: "int ||"  # type: ignore[syntax]  # noqa: F722


class Misspelt(Fact):
    number: enum.Enumm  # type: ignore[name-defined]


class Unhashable(Fact):
    number: Annotated[int, {"unit": "s"}]


@pytest.mark.parametrize(
    ("fact", "relation"),
    [
        (relation_of_a_local_class(), "Owns"),
        (relation_of_a_local_sort(), "Counts"),
        (Garbled(1), "Garbled"),
        (Misspelt(1), "Misspelt"),
        (Unhashable(1), "Unhashable"),
    ],
    ids=["local class", "local sort", "no expression", "no such name", "unhashable"],
)
def test_an_annotation_that_cannot_be_a_sort_is_refused_every_time(
    fact: Fact, relation: str
) -> None:
    invariant = Invariant("it", lambda L: L.forall(int, lambda number: False))
    for _ in range(2):
        with pytest.raises(PropertyError, match=f"fact {relation}: ") as refusal:
            invariant.judge([frozenset({fact})])
        assert "annotation" in str(refusal.value)


def test_the_sorts_of_a_relation_are_its_resolved_annotations() -> None:
    assert sorts_of(At) == (Node, Level)
    assert sorts_of(Holds) == (Token,)
    assert sorts_of(P) == ()


def test_one_function_builds_formulas_in_any_language() -> None:
    """The same invariant, put to two universes directly."""

    def grounded(facts: Collection[Fact]) -> str:
        universe = Universe()
        assert universe.add(facts) is bool(facts)
        assert universe.add(facts) is False
        return repr(Language(universe).formula(P()))

    assert grounded([]) == "false"
    assert grounded([P()]) == "P()"
