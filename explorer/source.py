"""The source of a model's actors: their handlers, the `case`s in them, and which of these ran.

Handlers are run once more, watched line by line, for the questions "which case of which actor never
ran" and "where in the code was this step decided". A search is never watched.
"""

from __future__ import annotations

import ast
import inspect
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from .actor import Actor

HANDLERS = ("start", "receive", "timeout", "crash", "recover")
"""The methods of an actor that a step can call."""

_OWN = __name__.rpartition(".")[0] + "."

Position: TypeAlias = tuple[int, int]
_Trace: TypeAlias = Callable[[FrameType, str, Any], Any]


class Place(NamedTuple):
    """Where something stands in the source: a `file`, a `line` of it, counted from 1, and the
    `function` around it, as in "Acceptor.receive"."""

    file: str
    line: int
    function: str

    @property
    def method(self) -> str:
        """The function's name without that of its class."""
        return self.function.rpartition(".")[2]


class Case(NamedTuple):
    """A `case` of a `match`, as `text` says it; or, with the text "", a whole handler."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place.function}, case {self.text}" if self.text else self.place.function


class _Arm(NamedTuple):
    """A case, where its body begins and ends, the lines of the `case`s that come after it, and
    whether it stands on one line with its body."""

    case: Case
    begin: Position
    end: Position
    later: frozenset[int]
    brief: bool
    silent: bool  # leaves no instruction behind: `pass` on the line of its case


class _Function(NamedTuple):
    """A method as written, and what it and the functions in it were compiled to."""

    name: str
    place: Place
    codes: frozenset[CodeType]
    arms: tuple[_Arm, ...]


class Sources:
    """What could be read of the source of these actors; `unread` names the classes that have
    methods without source."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        self.unread: list[str] = []
        self._functions: dict[type, list[_Function]] = {}
        for kind in dict.fromkeys(map(type, actors.values())):
            self._functions[kind] = list(self._methods(kind))
        self._watched = {
            code: one for some in self._functions.values() for one in some for code in one.codes
        }

    @property
    def cases(self) -> list[Case]:
        """All cases and handlers, in the order of the source; not those that only refuse, by
        `raise` or `assert`."""
        found = [
            case
            for functions in self._functions.values()
            for one in functions
            for case in (
                *([Case(one.place, "")] if one.name in HANDLERS else []),
                *(arm.case for arm in one.arms),
            )
        ]
        return sorted(dict.fromkeys(found), key=lambda case: (case.place.file, case.place.line))

    @contextmanager
    def watch(self) -> Iterator[list[Case]]:
        """While this is open, note the cases and handlers that run, in that order. Whatever
        watched before, a measurement of coverage say, watches again afterwards."""
        ran: list[Case] = []
        before = sys.gettrace()
        sys.settrace(self._tracer(ran))
        try:
            yield ran
        finally:
            sys.settrace(before)

    def handler(self, kind: type, name: str) -> Place | None:
        """Where the handler `name` of a class of actors stands; None if it has none that could be
        read."""
        found = [one.place for one in self._functions.get(kind, ()) if one.name == name]
        return found[0] if found else None

    def _methods(self, kind: type) -> Iterator[_Function]:
        for base in kind.__mro__:
            if base is Actor or base.__module__.startswith(_OWN) or base is object:
                continue
            for name, value in vars(base).items():
                code = _code(value)
                if code is None or name.startswith("__"):  # @dataclass makes such, without source
                    continue
                node = _function_node(code)
                if node is not None:
                    yield _function(base.__name__, name, code, node)
                elif base.__name__ not in self.unread:
                    self.unread.append(base.__name__)

    def _tracer(self, ran: list[Case]) -> _Trace:
        def enter(frame: FrameType, event: str, argument: Any) -> Any:
            function = self._watched.get(frame.f_code)
            if function is None:
                return None
            if function.name in HANDLERS and frame.f_code.co_name == function.name:
                ran.append(Case(function.place, ""))
            if not function.arms:
                return None
            frame.f_trace_opcodes = any(arm.brief for arm in function.arms)
            frame.f_trace_lines = True
            return _watcher(function, ran)

        return enter


def _watcher(function: _Function, ran: list[Case]) -> _Trace:
    """Notes the cases that one call of `function` comes to."""
    lines: list[int] = []  # those of the cases that were tried
    noted: set[_Arm] = set()

    def note(arm: _Arm) -> None:
        if arm not in noted:
            noted.add(arm)
            ran.append(arm.case)

    def step(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            lines.append(frame.f_lineno)
            for arm in function.arms:
                if not arm.brief and arm.begin[0] <= frame.f_lineno <= arm.end[0]:
                    note(arm)
        elif event == "opcode":
            at = _position(frame.f_code, frame.f_lasti)
            for arm in function.arms:
                if arm.brief and at is not None and arm.begin <= at < arm.end:
                    note(arm)
        elif event == "return":
            for arm in function.arms:
                tried = arm.silent and arm.case.place.line in lines
                if tried and not arm.later & set(lines) and not _other_ran(arm, function, noted):
                    note(arm)
        return step

    return step


def _other_ran(arm: _Arm, function: _Function, noted: set[_Arm]) -> bool:
    """Whether another case of the same `match` ran; they share the last of their lines."""
    last = max((*arm.later, arm.case.place.line))
    return any(max((*one.later, one.case.place.line)) == last for one in noted if one != arm)


@cache
def _positions(code: CodeType) -> list[Position | None]:
    return [
        None if line is None or column is None else (line, column)
        for line, _, column, _ in code.co_positions()
    ]


def _position(code: CodeType, instruction: int) -> Position | None:
    return _positions(code)[instruction // 2]


def _code(value: object) -> CodeType | None:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    if not callable(value):
        return None
    code = getattr(inspect.unwrap(value), "__code__", None)
    return code if isinstance(code, CodeType) else None


def _function_node(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in _parsed(code.co_filename)[1]:
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        if node.name == code.co_name and first == code.co_firstlineno:
            return node
    return None


@cache
def _parsed(file: str) -> tuple[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The text of a file, and the functions in it; nothing if it cannot be read."""
    try:
        with tokenize.open(file) as opened:
            text = opened.read()
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return "", []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return text, [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _function(
    owner: str, name: str, code: CodeType, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> _Function:
    within = f"{owner}.{name}"
    codes = frozenset(_nested(code))
    seen = [position for one in codes for position in _positions(one) if position]
    arms = [
        arm
        for match in ast.walk(node)
        if isinstance(match, ast.Match)
        for arm in _arms(match, code.co_filename, within, seen)
    ]
    return _Function(name, Place(code.co_filename, node.lineno, within), codes, tuple(arms))


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _arms(match: ast.Match, file: str, within: str, seen: list[Position]) -> Iterator[_Arm]:
    lines = [case.pattern.lineno for case in match.cases]
    for at, case in enumerate(match.cases):
        if _only_refuses(case.body):
            continue
        text = _written(file, case.pattern)
        if case.guard is not None:
            text += f" if {_written(file, case.guard)}"
        first, last = case.body[0], case.body[-1]
        begin = first.lineno, first.col_offset
        end = (last.end_lineno or last.lineno), (last.end_col_offset or 0)
        brief = first.lineno <= (case.guard or case.pattern).end_lineno  # type: ignore[operator]
        silent = brief and not any(begin <= position < end for position in seen)
        place = Place(file, case.pattern.lineno, within)
        yield _Arm(Case(place, text), begin, end, frozenset(lines[at + 1 :]), brief, silent)


def _written(file: str, node: ast.AST) -> str:
    """What stands in the file, on one line."""
    return " ".join((ast.get_source_segment(_parsed(file)[0], node) or "").split())


def _only_refuses(body: list[ast.stmt]) -> bool:
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
