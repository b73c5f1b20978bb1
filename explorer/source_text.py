"""The text that a function was compiled from, if its file still says so.

A file may have been edited since it was imported, or be none. So a function counts as read only if
what its file says now compiles to the very code that runs.
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


class SourceText:
    """A file as it is now; without any functions if it cannot be read or is no Python."""

    def __init__(self, file: str) -> None:
        self._text = ""
        self._nodes: dict[tuple[str, int], FunctionNode] = {}
        self._codes: dict[tuple[str, int], CodeType] = {}
        try:
            with tokenize.open(file) as opened:
                self._text = opened.read()
            tree = ast.parse(self._text)
            module = compile(self._text, file, "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError):
            return
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                self._nodes[node.name, first] = node
        self._codes = {(one.co_qualname, one.co_firstlineno): one for one in nested(module)}

    def function(self, code: CodeType) -> FunctionNode | None:
        """The function that `code` was compiled from; None if this text makes other code."""
        node = self._nodes.get((code.co_name, code.co_firstlineno))
        now = self._codes.get((code.co_qualname, code.co_firstlineno))
        if node is None or now is None:
            return None
        asserts = _spans(node) if _rewritten(code) else []
        same = list(_signature(code, asserts)) == list(_signature(now, asserts))
        return node if same else None

    def written(self, node: ast.AST) -> str:
        """What stands in the file, on one line."""
        return " ".join((ast.get_source_segment(self._text, node) or "").split())


def nested(code: CodeType) -> Iterator[CodeType]:
    """This code, and that of all functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def positions(code: CodeType) -> list[Position | None]:
    """Where the instructions of `code` stand."""
    return [
        None if line is None or column is None else (line, column)
        for line, _, column, _ in code.co_positions()
    ]


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
