"""The cases of `match` statements, and how each shows that it ran.

A case with lines of its own ran if one of these did. One that stands on the line of its `case` ran
if an instruction of its body did. A body like `pass` may leave none behind. Then the case ran if
its pattern and guard were tried and the next case was not; the last case, which has no next one,
shows it only if it matches whatever comes. Any other last case of that kind does nothing that
could be seen, and is no case here.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from .source_text import FunctionNode, Position, SourceText, nested, positions

LocalTrace: TypeAlias = Callable[[FrameType, str, Any], Any]

_SPEAKING = (ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Match, ast.For, ast.With)

_RETURN = dis.opmap["RETURN_VALUE"]


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


class _Span(NamedTuple):
    begin: Position
    end: Position

    def __contains__(self, position: object) -> bool:
        return isinstance(position, tuple) and self.begin <= position < self.end


class Arm(NamedTuple):
    """A case of a `match`: where its body stands, and its pattern with its guard.

    `by_line`: its body has lines of its own. `next`: the pattern and guard of the next case, if
    they leave instructions behind. `certain`: it is the last, and matches whatever comes.
    `counts`: it can be told whether it ran, and it is not there to say that it never happens.
    """

    case: Case
    body: _Span
    header: _Span
    next: _Span | None
    by_line: bool
    certain: bool
    counts: bool


def arms_of(
    function: FunctionNode, code: CodeType, text: SourceText, within: str
) -> tuple[Arm, ...]:
    """All cases in a function, and in those in it; `within` is what the function is called."""
    seen = [one for part in nested(code) for one in positions(part) if one]
    return tuple(
        arm
        for match in ast.walk(function)
        if isinstance(match, ast.Match)
        for arm in _arms(match, Place(code.co_filename, 0, within), text, seen)
    )


def _arms(
    match: ast.Match, place: Place, text: SourceText, seen: Sequence[Position]
) -> Iterator[Arm]:
    headers = [_span(case.pattern, case.guard or case.pattern) for case in match.cases]
    for case, header, later in zip(match.cases, headers, [*headers[1:], None], strict=True):
        body = _span(case.body[0], case.body[-1])
        speaks = any(one in body for one in seen)
        follows = later is not None and any(one in later for one in seen)
        certain = later is None and case.guard is None and _matches_all(case.pattern)
        # A jump may stand where `pass` does, on some of the ways there only.
        idle = later is None and all(map(_does_nothing, case.body))
        by_line = speaks and body.begin[0] > (case.guard or case.pattern).end_lineno  # type: ignore[operator]
        # What would leave instructions behind, and does not, can never run.
        dead = not speaks and any(isinstance(one, _SPEAKING) for one in case.body)
        told = by_line or (speaks and not idle) or follows or certain or dead
        words = text.written(case.pattern)
        if case.guard is not None:
            words += f" if {text.written(case.guard)}"
        yield Arm(
            Case(place._replace(line=case.pattern.lineno), words),
            body,
            header,
            later if follows else None,
            by_line,
            certain,
            told and not only_refuses(case.body),
        )


def _span(first: ast.AST, last: ast.AST) -> _Span:
    begin, end = (first.lineno, first.col_offset), (last.end_lineno, last.end_col_offset)  # type: ignore[attr-defined]
    return _Span(begin, end)


def _matches_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


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


class Marks:
    """Which instructions and lines of some code show which of these arms."""

    def __init__(self, code: CodeType, arms: Sequence[Arm]) -> None:
        counted = [arm for arm in arms if arm.counts]
        self.by_instruction = not all(arm.by_line for arm in counted)
        self._places = positions(code)
        # A function or comprehension in a guard has an end of its own, which is none of a case.
        headed = [] if code.co_name.startswith("<") else [arm for arm in arms if not arm.by_line]
        self._headers = [_in_header(at, headed) for at in self._places]
        self._bodies = [
            [arm for arm in counted if not arm.by_line and at in arm.body] for at in self._places
        ]
        self._lines: dict[int, list[Arm]] = {}
        for arm in counted:
            if arm.by_line:
                for line in range(arm.body.begin[0], arm.body.end[0] + 1):
                    self._lines.setdefault(line, []).append(arm)

    def watcher(self, ran: list[Case]) -> LocalTrace:
        """Notes the cases that one call of the code comes to."""
        noted: set[Arm] = set()
        tried: Arm | None = None  # the one whose pattern and guard are being tried

        def note(arm: Arm) -> None:
            if arm.counts and arm not in noted:
                noted.add(arm)
                ran.append(arm.case)

        def instruction(at: int) -> None:
            nonlocal tried
            place, header = self._places[at], self._headers[at]
            if place is None:
                return
            if header is not tried and _left(tried, place):
                note(tried)
            tried = header
            for arm in self._bodies[at]:
                note(arm)
            if header is not None and header.certain:
                note(header)

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal tried
            if event == "line":
                for arm in self._lines.get(frame.f_lineno, ()):
                    note(arm)
            elif event == "opcode":
                instruction(frame.f_lasti // 2)
            elif event == "exception":
                tried = None
            elif _left(tried) and frame.f_code.co_code[frame.f_lasti] == _RETURN:
                note(tried)  # the function ends with its body
            return step

        return step


def _left(tried: Arm | None, place: Position | None = None) -> TypeGuard[Arm]:
    """Whether it was this arm that matched, as what comes after it stands at `place`, if
    anything."""
    return tried is not None and tried.next is not None and place not in tried.next


def _in_header(at: Position | None, arms: Sequence[Arm]) -> Arm | None:
    return next((arm for arm in arms if at in arm.header), None)
