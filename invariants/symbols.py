"""The language over symbols: formulas whose variables know their sort, and stand for any value.

`Symbolic` offers what `Language` does, and the same formula can be given to either. Where a
`Language` puts in one value of the universe after the other, here a quantifier puts in one symbol,
so that every atom and comparison of the formula is met once, whatever the facts are. What comes of
it is a `Sentence`: a tree of quantifiers, connectives, atoms and comparisons.

It shows what no fact would: a variable in a column of another sort makes an atom that is never
true, and a variable of a sort that nothing has ranges over nothing. `check_sorts` refuses both.

A formula that does with variables what only values can do, such as `if`, arithmetic or a look-up in
a set, cannot be evaluated here; it is no mistake.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from itertools import product
from types import CodeType, FrameType
from typing import Any, NamedTuple, NoReturn

from ..explorer.asking import asking, shown, told
from ..explorer.errors import PropertyError
from ..explorer.facts import Fact, building_formula
from .language import Language, Sort, check_sort, is_function, no_statement, sorts_of, split
from .sorts import comparable, fits, goes_with, may_be_statement, sort_name

MOST_CASES = 20_000
"""Bodies of quantifiers that are looked at; a formula with more is not checked."""

MOST_ELEMENTS = 50
"""Elements of a collection that are put in for a variable; of the others, one of each type."""


class NotSymbolicError(Exception):
    """A formula did with a variable what only a value can do."""


class Symbol:
    """What stands for any value of a sort."""

    __slots__ = ("language", "name", "sort")

    def __init__(self, language: Symbolic, sort: Sort, name: str) -> None:
        self.language, self.sort, self.name = language, sort, name

    def __eq__(self, other: object) -> Any:
        return self.language.compare("==", self, other)

    def __ne__(self, other: object) -> Any:
        return self.language.compare("!=", self, other)

    def __lt__(self, other: object) -> Any:
        return self.language.compare("<", self, other)

    def __le__(self, other: object) -> Any:
        return self.language.compare("<=", self, other)

    def __gt__(self, other: object) -> Any:
        return self.language.compare(">", self, other)

    def __ge__(self, other: object) -> Any:
        return self.language.compare(">=", self, other)

    def __hash__(self) -> int:
        self.language.give_up(
            "it looks a variable up in a set or dict, or gives it to a function with a cache "
            "(L.cached keeps answers, too)"
        )

    def __bool__(self) -> bool:
        self.language.give_up("it asks whether a variable is true, by if, and, or, not or in")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.language.give_up(f"it takes the attribute {name!r} of a variable")

    def __str__(self) -> str:
        self.language.give_up("it makes a text of a variable")

    def __repr__(self) -> str:
        return self.name


class Sentence:
    """A statement over symbols: `kind` is "forall", "exists", "and", "or", "not", "fact", "value",
    or a comparison; `parts` are what it is made of. Quantifiers have their symbols, then the body.
    """

    __slots__ = ("kind", "language", "parts")

    def __init__(self, language: Symbolic, kind: str, *parts: Any) -> None:
        self.language, self.kind, self.parts = language, kind, parts

    def __bool__(self) -> bool:
        self.language.give_up("it asks whether a comparison is true, by if, and, or, not or in")

    def __hash__(self) -> int:
        self.language.give_up("it looks a comparison up in a set or dict")

    def __eq__(self, other: object) -> Any:
        return self.language.Iff(self, other)

    def __ne__(self, other: object) -> Any:
        return self.language.Not(self.language.Iff(self, other))

    def __and__(self, other: object) -> Sentence:
        return self.language.And(self, other)

    def __or__(self, other: object) -> Sentence:
        return self.language.Or(self, other)

    def __repr__(self) -> str:
        if self.kind in ("forall", "exists"):
            *symbols, body = self.parts
            named = ", ".join(f"{one!r}: {sort_name(one.sort)}" for one in symbols)
            return f"{self.kind} {named}. {body!r}"
        if self.kind in ("fact", "value"):
            return repr(self.parts[0])
        if self.kind == "not":
            return f"not {self.parts[0]!r}"
        return f"({f' {self.kind} '.join(map(repr, self.parts))})"

    __rand__, __ror__ = __and__, __or__


class Place(NamedTuple):
    """Where something stands in a user's formula."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


class _Quantified(NamedTuple):
    quantifier: str
    sort: Sort
    place: Place


class Symbolic:
    """Builds sentences over symbols, and refuses what is of the wrong sort.

    `relations` are those that the formula names; `given_up` says why it cannot be evaluated over
    symbols, "" if it can. Raises PropertyError for what is a mistake whatever the facts are.
    """

    def __init__(self) -> None:
        self.relations: dict[type[Fact], tuple[Sort, ...]] = {}
        self.given_up = ""
        self.refused: PropertyError | None = None
        self._quantified: list[_Quantified] = []
        self._partly = False  # whether some part of the formula was not looked at
        self._symbols = 0
        self._cases = 0

    def forall(self, *sorts_and_body: Any) -> Sentence:
        return self._quantify("forall", sorts_and_body)

    def exists(self, *sorts_and_body: Any) -> Sentence:
        return self._quantify("exists", sorts_and_body)

    def And(self, *statements: Any) -> Sentence:  # noqa: N802
        return self._combine("and", False, statements)

    def Or(self, *statements: Any) -> Sentence:  # noqa: N802
        return self._combine("or", True, statements)

    def Not(self, statement: Any) -> Sentence:  # noqa: N802
        if isinstance(statement, bool):
            return self._value(not statement)
        made = self.formula(statement)
        if made.kind == "value" and isinstance(made.parts[0], bool):
            return self._value(not made.parts[0])
        return Sentence(self, "not", made)

    def Implies(self, premise: Any, conclusion: Any) -> Sentence:  # noqa: N802
        return self.Or(self.Not(premise), conclusion)

    def Iff(self, one: Any, other: Any) -> Sentence:  # noqa: N802
        return Sentence(self, "==", self.formula(one), self.formula(other))

    def cached(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def formula(self, statement: Any, place: Place | None = None) -> Sentence:
        """`statement` as a sentence; `place` is where it stands, if it is known better than by who
        calls."""
        if isinstance(statement, Sentence):
            return statement
        if isinstance(statement, Fact):
            return self._fact(statement, place or _place())
        if isinstance(statement, bool):
            return self._value(statement)
        if isinstance(statement, Symbol) and may_be_statement(statement.sort):
            return self._value(statement)
        if not is_function(statement):
            self.refuse(f"{no_statement(statement)} ({place or _place()})")
        return self.formula(statement(), _place_of(statement))

    def compare(self, operator: str, one: Symbol, other: object) -> Sentence:
        """The comparison of a symbol with another, or with a value."""
        if isinstance(other, Symbol):
            if not goes_with(one.sort, other.sort):
                self.refuse(
                    f"a variable of the sort {sort_name(one.sort)} is compared ({operator}) with "
                    f"one of the sort {sort_name(other.sort)} ({_place()})."
                )
        elif _holds_symbols(other) or isinstance(other, (Sentence, Fact)):
            self.give_up("it compares a variable with something that is made of variables")
        elif not comparable(other, one.sort):
            self.refuse(
                f"a variable of the sort {sort_name(one.sort)} is compared ({operator}) with "
                f"{other!r}, which is no value of it ({_place()})."
            )
        return Sentence(self, operator, one, other)

    def give_up(self, why: str) -> NoReturn:
        """Note, and raise, that the formula cannot be evaluated here: a formula's own `except` does
        not hide it."""
        self.given_up = self.given_up or f"{why} ({_place()})"
        raise NotSymbolicError(why)

    def refuse(self, problem: str) -> NoReturn:
        """Note, and raise, that the formula is wrong, whatever it makes of that."""
        self.refused = self.refused or PropertyError(problem)
        raise self.refused

    def refuse_absent(self) -> None:
        """Raise PropertyError if a quantifier ranges over a sort that no relation of the formula
        has."""
        if self._partly:
            return
        columns = {sort: None for sorts in self.relations.values() for sort in sorts}
        for quantifier, sort, place in self._quantified:
            if sort not in columns:
                there = [
                    f"{relation.__name__}.{column} has {sort_name(own)}"
                    for relation, sorts in self.relations.items()
                    for column, own in zip(relation._fields, sorts, strict=True)
                ]
                told = ", ".join(there) or "it names no relation"
                self.refuse(
                    f"L.{quantifier} ranges over the sort {sort_name(sort)}, but no relation in "
                    f"the formula has a column of that sort ({place}): {told}. Give the "
                    f"annotation of a column, or a relation: L.{quantifier}(Relation, …)."
                )

    def _value(self, value: Any) -> Sentence:
        return Sentence(self, "value", value)

    def _combine(self, kind: str, ends: bool, statements: tuple[Any, ...]) -> Sentence:
        """All statements, up to one that settles it whatever the facts are, as in `Language`."""
        parts: list[Sentence] = []
        for at, statement in enumerate(statements):
            parts.append(self.formula(statement))
            if parts[-1].kind == "value" and parts[-1].parts[0] is ends:
                self._partly |= at + 1 < len(statements)
                return parts[-1]
        return Sentence(self, kind, *parts)

    def _quantify(self, kind: str, arguments: tuple[Any, ...]) -> Sentence:
        *sorts, body = split(kind, arguments)
        place = _place()
        _check_arity(kind, len(sorts), body, place)
        ranges = [self._range(kind, sort, place) for sort in sorts]
        cases = []
        for chosen in product(*ranges):
            self._cases += 1
            if self._cases > MOST_CASES:
                self.give_up(f"its quantifiers over collections make more than {MOST_CASES} cases")
            statement = self.formula(body(*(one.value for one in chosen)), _place_of(body))
            cases.append(self._guarded(kind, [one for one in chosen if one.guarded], statement))
        symbols = [symbol for some in ranges for symbol in (some[0].symbols if some else ())]
        inner = cases[0] if len(cases) == 1 else Sentence(self, _JOINED[kind], *cases)
        return Sentence(self, kind, *symbols, inner) if symbols else inner

    def _range(self, quantifier: str, sort: Sort, place: Place) -> list[_Candidate]:
        """What is put in for a variable: the elements of a collection, a fact of symbols, or a
        symbol."""
        if isinstance(sort, Collection) and not isinstance(sort, (type, str, bytes)):
            return [_Candidate(element) for element in self._elements(sort)]
        check_sort(sort)
        if isinstance(sort, type) and issubclass(sort, Fact):
            columns = self._columns(sort)
            symbols = [self._symbol(own) for own in columns]
            return [_Candidate(sort(*symbols), tuple(symbols), guarded=True)]
        self._quantified.append(_Quantified(quantifier, sort, place))
        symbol = self._symbol(sort)
        return [_Candidate(symbol, (symbol,))]

    def _guarded(self, kind: str, facts: list[_Candidate], statement: Sentence) -> Sentence:
        """`statement`, of facts that hold."""
        if not facts:
            return statement
        guards = [Sentence(self, "fact", one.value) for one in facts]
        if kind == "exists":
            return Sentence(self, "and", *guards, statement)
        return Sentence(self, "or", *(Sentence(self, "not", one) for one in guards), statement)

    def _elements(self, collection: Collection[Any]) -> list[Any]:
        elements = list(collection)
        first, rest = elements[:MOST_ELEMENTS], elements[MOST_ELEMENTS:]
        known = {type(one) for one in first}
        for one in rest:
            if type(one) not in known or isinstance(one, type) or callable(one):
                known.add(type(one))
                first.append(one)
        return first

    def _symbol(self, sort: Sort) -> Symbol:
        self._symbols += 1
        return Symbol(self, sort, f"x{self._symbols}")

    def _columns(self, relation: type[Fact]) -> tuple[Sort, ...]:
        if relation not in self.relations:
            self.relations[relation] = sorts_of(relation)
        return self.relations[relation]

    def _fact(self, fact: Fact, place: Place) -> Sentence:
        relation = type(fact).__name__
        for column, sort, value in zip(fact._fields, self._columns(type(fact)), fact, strict=True):
            if isinstance(value, Symbol):
                if not goes_with(value.sort, sort):
                    self.refuse(
                        f"{relation} has a variable of the sort {sort_name(value.sort)} in the "
                        f"place of {column!r}, which is of the sort {sort_name(sort)} ({place}). "
                        f"Its columns are {', '.join(fact._fields)}, in this order."
                    )
            elif isinstance(value, Sentence) or _holds_symbols(value):
                self.give_up("it makes a value of variables")
            elif not fits(value, sort):
                self.refuse(
                    f"{relation} has {shown(value)} in the place of {column!r}, which is of the "
                    f"sort {sort_name(sort)} ({place}). "
                    f"Its columns are {', '.join(fact._fields)}, in this order."
                )
        return Sentence(self, "fact", fact)


_JOINED = {"forall": "and", "exists": "or"}


class _Candidate(NamedTuple):
    """What is put in for a variable, the symbols in it, and whether it is a fact that holds."""

    value: Any
    symbols: tuple[Symbol, ...] = ()
    guarded: bool = False


def check_sorts(formula: Callable[[Any], Any]) -> str:
    """Evaluate a formula over symbols: "" if its sorts are right, else why they are not known.

    Raises PropertyError if something in it is of the wrong sort, or is a mistake whatever the facts
    are: a name that does not exist, a fact with the wrong number of arguments.
    """
    language = Symbolic()
    try:
        with asking(_passed_on), building_formula():
            language.formula(formula(language))
        if language.refused:
            raise language.refused
        if not language.given_up:
            language.refuse_absent()
    except NotSymbolicError:
        pass
    except PropertyError:
        if language.refused or not language.given_up:  # else it comes of having gone on
            raise
    except _RaisedError as raised:
        what = told(raised.error).replace("'Symbolic' object", "L")
        if not language.given_up and _is_mistake(raised.error):
            raise PropertyError(f"its formula raised {what}") from raised.error
        language.given_up = language.given_up or f"over symbols it raises {what}"
    return language.given_up


class _RaisedError(Exception):
    """That a formula raised something, `error`."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _passed_on(error: BaseException) -> BaseException:
    return error if isinstance(error, (NotSymbolicError, PropertyError)) else _RaisedError(error)


def _is_mistake(error: BaseException) -> bool:
    """Whether an error has nothing to do with symbols."""
    if isinstance(error, AttributeError):
        return isinstance(error.obj, Symbolic) and not hasattr(Language, error.name or "")
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    of_facts = at is not None and at.tb_frame.f_code is Fact.__init__.__code__
    return isinstance(error, NameError) or (isinstance(error, TypeError) and of_facts)


def _check_arity(quantifier: str, variables: int, body: Callable[..., Any], place: Place) -> None:
    try:
        signature = inspect.signature(body)
    except (TypeError, ValueError):  # it does not tell
        return
    try:
        signature.bind(*range(variables))
    except TypeError as error:
        raise PropertyError(
            f"L.{quantifier} has {variables} sort(s), and its function takes {signature}: {error} "
            f"({place})."
        ) from error


def _holds_symbols(value: object) -> bool:
    """Whether a value is made of symbols, which then are no values."""
    if isinstance(value, (Symbol, Sentence)):
        return True
    if isinstance(value, (tuple, list, frozenset)):
        return any(map(_holds_symbols, value))
    if is_dataclass(value) and not isinstance(value, type):
        return any(_holds_symbols(getattr(value, one.name, None)) for one in fields(value))
    return False


_HERE = frozenset({__name__, Language.__module__, Fact.__module__})


def _place() -> Place:
    """Where the formula is that called."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in _HERE:
        frame = frame.f_back
    if frame is None:
        return Place("?", 0)
    return Place(frame.f_code.co_filename, frame.f_lineno)


def _place_of(body: Callable[..., Any]) -> Place | None:
    """Where a function of a formula begins, whose answer is looked at when it is over."""
    code = getattr(body, "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else None
