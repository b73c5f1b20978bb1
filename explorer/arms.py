"""The cases of `match` statements, and copies of functions that say which of theirs run.

What ran is not read off the instructions of a function: which of them a case leaves behind differs
from one version of Python to the next, and a body like `pass` may leave none. The text of the
function is compiled once more with a mark at the beginning of every function and of every case,
and this copy of the code runs in the place of the first while cases are watched.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from types import CodeType, FunctionType
from typing import NamedTuple, TypeAlias

from .source_text import FunctionNode, Position, SourceText, is_mark, mark_at


class Place(NamedTuple):
    """Where something stands in the source: a `file`, a `line` of it, counted from 1, and the
    `function` around it, as in "Acceptor.receive"."""

    file: str
    line: int
    function: str


class Case(NamedTuple):
    """A `case` of a `match`, as `text` says it; or, with the text "", a whole handler."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place.function}, case {self.text}" if self.text else self.place.function


class Arm(NamedTuple):
    """A case of a `match`, and where its pattern begins. `counts`: it is not there to say that it
    never happens."""

    case: Case
    at: Position
    counts: bool


def arms_of(function: FunctionNode, file: str, text: SourceText, within: str) -> tuple[Arm, ...]:
    """All cases in a function, and in those in it; `within` is what the function is called."""
    return tuple(
        _arm(case, Place(file, 0, within), text)
        for match in ast.walk(function)
        if isinstance(match, ast.Match)
        for case in match.cases
    )


def _arm(case: ast.match_case, place: Place, text: SourceText) -> Arm:
    words = text.written(case.pattern)
    if case.guard is not None:
        words += f" if {text.written(case.guard)}"
    at = (case.pattern.lineno, case.pattern.col_offset)
    return Arm(Case(place._replace(line=at[0]), words), at, not only_refuses(case.body))


def only_refuses(body: Sequence[ast.stmt]) -> bool:
    """Whether a case is there to say that it never happens."""
    if len(body) != 1:
        return False
    (only,) = body
    if isinstance(only, ast.Raise):
        return True
    if isinstance(only, ast.Assert):
        return isinstance(only.test, ast.Constant) and not only.test.value
    call = only.value if isinstance(only, ast.Expr) else None
    named = call.func if isinstance(call, ast.Call) else None
    return isinstance(named, ast.Name) and named.id == "assert_never"


# -- marks ----------------------------------------------------------------------------------------

Noting: TypeAlias = Callable[[object], None]
_noting: ContextVar[Noting | None] = ContextVar("noting", default=None)
_swapping = RLock()
"""Held while functions have other code than their own, of which there is one for all threads."""


class Mark:
    """Stands in the code of a copy, and says that it was come to."""

    __slots__ = ("_about",)

    def __init__(self, about: object) -> None:
        self._about = about

    def ran(self) -> None:
        """Called by the copy. Where nobody watches, as in another thread, nothing comes of it."""
        note = _noting.get()
        if note is not None:
            note(self._about)


_UNWATCHED = Mark(None)


def marked_code(
    code: CodeType, text: SourceText, about: Mapping[Position, object]
) -> CodeType | None:
    """A copy of `code`, which was compiled from `text`, that notes what `about` has for the
    positions of functions and cases; None if no copy can be made that could stand in its place."""
    copy = text.marked(code)
    if copy is None or copy.co_freevars != code.co_freevars:
        return None
    marks = {mark_at(position): Mark(one) for position, one in about.items()}
    return _with_marks(copy, marks)


def _with_marks(code: CodeType, marks: Mapping[str, Mark]) -> CodeType:
    constants: list[object] = []
    for one in code.co_consts:
        if isinstance(one, CodeType):
            constants.append(_with_marks(one, marks))
        elif isinstance(one, str) and is_mark(one):
            constants.append(marks.get(one, _UNWATCHED))
        else:
            constants.append(one)
    return code.replace(co_consts=tuple(constants))


@contextmanager
def unmarked() -> Iterator[None]:
    """While this is open, all functions have their own code."""
    with _swapping:
        yield


@contextmanager
def running(copies: Sequence[tuple[FunctionType, CodeType]], note: Noting) -> Iterator[None]:
    """While this is open each of these functions runs this copy of its code, and `note` is called
    with what a mark is about that this thread comes to."""
    with _swapping:
        before = [(function, function.__code__) for function, _ in copies]
        token = _noting.set(note)
        try:
            for function, copy in copies:
                function.__code__ = copy
            yield
        finally:
            for function, own in before:
                function.__code__ = own
            _noting.reset(token)
