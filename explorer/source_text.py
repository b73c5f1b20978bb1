"""The text that a function was compiled from, if its file still says so.

A file may have been edited since it was imported, or be none. So a function counts as read only if
what its file says now compiles to the very code that runs. The same text, with a mark at the
beginning of each function and case, gives code that can tell what runs.
"""

from __future__ import annotations

import ast
import dis
import tokenize
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any, TypeAlias

Position: TypeAlias = tuple[int, int]
"""A line of a file, counted from 1, and a column, counted from 0 in bytes."""
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_MARK = "\0islander: mark at "
_MISTAKES = (OSError, SyntaxError, ValueError, RecursionError)


def mark_at(position: Position) -> str:
    """The constant that stands in marked code for what begins there: a function, or the pattern of
    a case."""
    line, column = position
    return f"{_MARK}{line}, {column}"


def is_mark(constant: str) -> bool:
    """Whether that is such a constant."""
    return constant.startswith(_MARK)


class SourceText:
    """A file as it is now; without any functions if it cannot be read or is no Python."""

    def __init__(self, file: str) -> None:
        self._file, self._text = file, ""
        self._nodes: dict[tuple[str, int], FunctionNode] = {}
        self._codes: dict[tuple[str, int], CodeType] = {}
        self._marked: dict[tuple[str, int], CodeType] | None = None
        try:
            with tokenize.open(file) as opened:
                self._text = opened.read()
            tree = ast.parse(self._text)
            module = compile(self._text, file, "exec", dont_inherit=True)
        except _MISTAKES:
            return
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                self._nodes[node.name, first] = node
        self._codes = _by_place(module)

    def function(self, code: CodeType) -> FunctionNode | None:
        """The function that `code` was compiled from; None if this text makes other code."""
        node = self._nodes.get((code.co_name, code.co_firstlineno))
        now = self._codes.get((code.co_qualname, code.co_firstlineno))
        if node is None or now is None:
            return None
        asserts = _spans(node) if _rewritten(code) else []
        same = list(_signature(code, asserts)) == list(_signature(now, asserts))
        return node if same else None

    def marked(self, code: CodeType) -> CodeType | None:
        """What `code` would be if each function and case in it began with a call of the method
        `ran` of a constant, which `mark_at` names; None if that is not known."""
        if self._marked is None:
            try:
                tree = ast.fix_missing_locations(_Marking().visit(ast.parse(self._text)))
                self._marked = _by_place(compile(tree, self._file, "exec", dont_inherit=True))
            except _MISTAKES:
                self._marked = {}
        return self._marked.get((code.co_qualname, code.co_firstlineno))

    def written(self, node: ast.AST) -> str:
        """What stands in the file, on one line."""
        return " ".join((ast.get_source_segment(self._text, node) or "").split())


class _Marking(ast.NodeTransformer):
    """Puts marks into a tree."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _mark(node.pattern, node.body[0]))
        return node

    def _function(self, node: FunctionNode) -> ast.AST:
        self.generic_visit(node)
        after = 0 if ast.get_docstring(node, clean=False) is None else 1
        node.body.insert(after, _mark(node, node.body[0]))
        return node


def _mark(of: FunctionNode | ast.pattern, before: ast.stmt) -> ast.stmt:
    constant = ast.Constant(mark_at((of.lineno, of.col_offset)))
    call = ast.Call(ast.Attribute(constant, "ran", ast.Load()), [], [])
    return ast.copy_location(ast.Expr(call), before)


def _by_place(module: CodeType) -> dict[tuple[str, int], CodeType]:
    return {(one.co_qualname, one.co_firstlineno): one for one in nested(module)}


def nested(code: CodeType) -> Iterator[CodeType]:
    """This code, and that of all functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def _signature(code: CodeType, without: Sequence[tuple[Position, Position]]) -> Iterator[Any]:
    """What `code` does and where it stands, but for these spans."""
    for one in dis.get_instructions(code):
        where = one.positions
        at = where and (where.lineno or 0, where.col_offset or 0)
        if one.opname == "EXTENDED_ARG" or any(at and a <= at < b for a, b in without):
            continue
        if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs:
            yield one.opname, at, None if without else one.arg
        elif isinstance(one.argval, CodeType):
            yield one.opname, at, list(_signature(one.argval, without))
        elif isinstance(one.argval, frozenset):
            yield one.opname, at, sorted(map(repr, one.argval))
        else:
            yield one.opname, at, repr(one.argval)


def _rewritten(code: CodeType) -> bool:
    """Whether pytest has put its own code in the place of asserts."""
    return any(name.startswith("@py_") for one in nested(code) for name in one.co_varnames)


def _spans(node: ast.AST) -> list[tuple[Position, Position]]:
    return [
        ((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0))
        for one in ast.walk(node)
        if isinstance(one, ast.Assert)
    ]
