"""The language in which invariants are written, and its meaning in a finite universe.

An invariant is a Python function of a language `L`: it combines facts, whose arguments are the
variables of `L.forall` and `L.exists`, by `L.And`, `L.Or`, `L.Not`, `L.Implies`, `L.Iff`.
Variables are compared with Python's `==`, `!=`, `<`, `<=`, … The function never learns what the
variables are, so the same function can be given a language of constants, as here, or one of
symbols.

    def at_most_one_leader(L):
        return L.forall(Term, Node, Node, lambda term, a, b:
            L.Implies(L.And(Leader(a, term), Leader(b, term)), a == b))

A *sort* is the annotation of a fact's argument (`Term = Annotated[int, "term"]`, an enum, a
class, `str`). A variable of a sort ranges over the values that occur, in arguments of that sort,
in the facts of the state that is judged (the active domain), so that the verdict on a state
depends on that state alone. Any collection can stand for a sort: then the variable ranges over
its elements.

Facts are not compared with each other: `L.Iff` says that both hold or neither. Values compare as
in Python, where `True == 1`.

A statement may be given as a function without arguments, `lambda: …`. It is then built only where
the statements before it leave the matter open, which saves much where a premise names a fact that
is hardly ever true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache, partial
from types import FunctionType, MethodType
from typing import Any, NamedTuple, NewType, TypeAlias, get_origin, get_type_hints

from ..explorer.asking import asking, shown, told, usual_cause
from ..explorer.errors import PropertyError
from ..explorer.facts import Fact
from .formula import Formula, Formulas

Sort: TypeAlias = Any
"""The annotation of a fact's argument, a collection of values, or a relation, whose facts are the
values: those that hold."""

Statement: TypeAlias = Formula | Fact | bool | Callable[[], Any]
"""What the language combines: formulas, facts, comparisons of variables, and functions without
arguments that return one of these."""


class Universe:
    """The facts seen so far, and which of them mention a value of a sort."""

    def __init__(self) -> None:
        self.facts: dict[Fact, None] = {}
        self._of: dict[type[Fact], list[Fact]] = {}
        self._mentions: dict[Sort, dict[tuple[type, Any], list[Fact]]] = {}
        self._sorts: dict[type[Fact], tuple[Sort, ...]] = {}

    def add(self, facts: Iterable[Fact]) -> bool:
        """Add facts; True if some were new."""
        new = [(fact, self._sorts_of(type(fact))) for fact in facts if fact not in self.facts]
        for fact, sorts in new:
            self.facts[fact] = None
            self._of.setdefault(type(fact), []).append(fact)
            for sort, value in zip(sorts, fact, strict=True):
                mentions = self._mentions.setdefault(sort, {})
                mentions.setdefault((type(value), value), []).append(fact)
        return bool(new)

    def of(self, relation: type[Fact]) -> list[Fact]:
        """The facts of a relation."""
        return self._of.get(relation, [])

    def values(self, sort: Sort) -> list[tuple[Any, list[Fact]]]:
        """The values of `sort` that occur, each with the facts that mention it."""
        return [(key[1], facts) for key, facts in self._mentions.get(sort, {}).items()]

    def _sorts_of(self, relation: type[Fact]) -> tuple[Sort, ...]:
        if relation not in self._sorts:
            self._sorts[relation] = sorts_of(relation)
        return self._sorts[relation]


def sorts_of(relation: type[Fact]) -> tuple[Sort, ...]:
    """The sorts of a relation's arguments: their annotations, resolved.

    Raises PropertyError if an annotation names something that cannot be found.
    """

    def blame(error: BaseException) -> BaseException:
        return PropertyError(
            f"fact {relation.__name__}: an annotation cannot be resolved ({told(error)}). Define "
            f"the relation and its sorts at module level, or do without "
            f"`from __future__ import annotations` where it is defined."
        )

    with asking(blame):
        hints = get_type_hints(relation, include_extras=True)
    sorts = tuple(hints[name] for name in relation._fields)
    for name, sort in zip(relation._fields, sorts, strict=True):

        def unhashable(error: BaseException, name: str = name) -> BaseException:
            return PropertyError(
                f"fact {relation.__name__}: the annotation of {name!r} cannot be hashed "
                f"({told(error)}), so it cannot name a sort; annotate it with a string: "
                f"Annotated[int, 'ballot']."
            )

        with asking(unhashable):
            hash(sort)
    return sorts


class _Value(NamedTuple):
    """A value of a variable, and the formulas that it occurs somewhere, and nowhere."""

    value: Any
    somewhere: Formula
    nowhere: Formula


class Language:
    """Builds formulas over the constants of one universe.

    A fact that is not in the universe is false; with `name_all` it is a fact like the others, so
    that its absence can be part of an explanation.
    """

    def __init__(self, universe: Universe, *, name_all: bool = False) -> None:
        self.formulas = Formulas()
        self._universe = universe
        self._facts: dict[Fact, Formula] = {}
        self._ranges: dict[Sort, list[_Value]] = {}
        self._name_all = name_all

    def forall(self, *sorts_and_body: Any) -> Formula:
        """`forall(Sort, …, lambda x, …: statement)`: true for all values."""
        *sorts, body = split("forall", sorts_and_body)
        return self._all([self._range(sort) for sort in sorts], body, ())

    def exists(self, *sorts_and_body: Any) -> Formula:
        """`exists(Sort, …, lambda x, …: statement)`: true for some values."""
        *sorts, body = split("exists", sorts_and_body)
        return self._some([self._range(sort) for sort in sorts], body, ())

    def And(self, *statements: Statement) -> Formula:  # noqa: N802 - as in z3
        """True when all are."""
        parts = []
        for statement in statements:
            parts.append(self.formula(statement))
            if parts[-1] is self.formulas.false:
                break
        return self.formulas.conjunction(parts)

    def Or(self, *statements: Statement) -> Formula:  # noqa: N802
        """True when one is."""
        parts = []
        for statement in statements:
            parts.append(self.formula(statement))
            if parts[-1] is self.formulas.true:
                break
        return self.formulas.disjunction(parts)

    def Not(self, statement: Statement) -> Formula:  # noqa: N802
        """True when `statement` is not."""
        return self.formulas.negation(self.formula(statement))

    def Implies(self, premise: Statement, conclusion: Statement) -> Formula:  # noqa: N802
        """True unless `premise` is true and `conclusion` is not."""
        return self.Or(self.Not(premise), conclusion)

    def Iff(self, one: Statement, other: Statement) -> Formula:  # noqa: N802
        """True when both are, or neither is."""
        return self.And(self.Implies(one, other), self.Implies(other, one))

    def cached(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its answers kept: for a statement that is asked for again and again, with the
        same values."""
        return cache(function)

    def formula(self, statement: Any) -> Formula:
        """`statement` as a formula. Raises PropertyError if it is not a statement."""
        if isinstance(statement, Formula):
            return statement
        if isinstance(statement, Fact):
            return self._fact(statement)
        if isinstance(statement, bool):
            return self.formulas.true if statement else self.formulas.false
        if is_function(statement):
            return self.formula(statement())
        raise PropertyError(no_statement(statement))

    def _fact(self, fact: Fact) -> Formula:
        node = self._facts.get(fact)
        if node is None:
            known = self._name_all or fact in self._universe.facts
            node = self.formulas.fact(fact) if known else self.formulas.false
            self._facts[fact] = node
        return node

    def _all(
        self, ranges: list[list[_Value]], body: Callable[..., Any], values: tuple[Any, ...]
    ) -> Formula:
        if not ranges:
            return self.formula(body(*values))
        parts = []
        for value, _, nowhere in ranges[0]:
            part = self._all(ranges[1:], body, (*values, value))
            if part is not self.formulas.true:
                parts.append(self.formulas.disjunction((nowhere, part)))
        return self.formulas.conjunction(parts)

    def _some(
        self, ranges: list[list[_Value]], body: Callable[..., Any], values: tuple[Any, ...]
    ) -> Formula:
        if not ranges:
            return self.formula(body(*values))
        parts = []
        for value, somewhere, _ in ranges[0]:
            part = self._some(ranges[1:], body, (*values, value))
            if part is not self.formulas.false:
                parts.append(self.formulas.conjunction((somewhere, part)))
        return self.formulas.disjunction(parts)

    def _range(self, sort: Sort) -> list[_Value]:
        """The values of a sort, the elements of a collection, or the facts of a relation."""
        if isinstance(sort, Collection) and not isinstance(sort, (type, str, bytes)):
            return [_Value(value, self.formulas.true, self.formulas.false) for value in sort]
        check_sort(sort)
        if sort not in self._ranges:
            if isinstance(sort, type) and issubclass(sort, Fact):
                values = [(fact, [fact]) for fact in self._universe.of(sort)]
            else:
                values = self._universe.values(sort)
            self._ranges[sort] = [self._value(value, facts) for value, facts in values]
        return self._ranges[sort]

    def _value(self, value: Any, facts: list[Fact]) -> _Value:
        somewhere = self.formulas.disjunction(map(self.formulas.fact, facts))
        return _Value(value, somewhere, self.formulas.negation(somewhere))


def is_function(statement: object) -> bool:
    """Whether a statement is given as a function without arguments."""
    return isinstance(statement, FunctionType | MethodType | partial)


def no_statement(statement: Any) -> str:
    """What to say of something that is combined and is no statement."""
    return (
        f"{shown(statement)} is not a statement; combine facts, comparisons and what L.And, L.Or, "
        f"L.Not, L.Implies, L.Iff, L.forall and L.exists return"
        f"{usual_cause(statement, 'statement')}"
    )


def check_sort(sort: Sort) -> None:
    """Raise PropertyError if something that is no collection cannot be a sort."""
    if sort in (None, Fact) or isinstance(sort, (str, bytes, int, float, Fact)):
        raise PropertyError(
            f"{sort!r} is not a sort: give the annotation of a fact's argument, a relation, "
            f"or a collection of values."
        )


def split(quantifier: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a quantifier: sorts, and then a function. Raises PropertyError if they are
    not."""
    body = arguments[-1] if len(arguments) > 1 else None
    if isinstance(body, FunctionType):
        return arguments
    if not callable(body) or isinstance(body, (type, NewType)) or get_origin(body) is not None:
        raise PropertyError(
            f"L.{quantifier} takes sorts and then a function of that many variables: "
            f"L.{quantifier}(Ballot, Value, lambda ballot, value: …); got {arguments!r}."
        )
    return arguments
