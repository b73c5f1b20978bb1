"""How a command line would name the model of a test: its function, and its parameters.

That is needed to replay a trace, and can be told of a function that is marked `islander`, and of a
call as simple as `explore(paxos(3, bug="hidden-vote"))`.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

from .explorer import UsageError
from .models import CATALOGUE
from .reports import Source

Found = tuple[Source | None, str]
"""The source, or else why there is none."""


def source_of_test(function: pytest.Function, parameters: Mapping[str, Any]) -> Found:
    """That of the model which a marked test function returns for these parameters."""
    if function.cls is not None:
        return None, "a method cannot be named on the command line"
    return _source(function.obj, function.originalname, parameters, function.config)


class Call(NamedTuple):
    """Where a call stands: in this code, at this instruction, where these names are known."""

    code: CodeType
    instruction: int
    names: Mapping[str, Any]


def call_of(frame: FrameType | None) -> Call | None:
    """The call of the function that `frame` is of. It holds no frame, so it keeps nothing alive
    that the function has."""
    outer = frame.f_back if frame else None
    if outer is None:
        return None
    return Call(outer.f_code, outer.f_lasti, outer.f_globals | outer.f_locals)


def source_of_call(call: Call | None, config: pytest.Config) -> Found:
    """That of the model which is made by another call, in the first argument of this one."""
    made = _made(call) if call else None
    if call is None or made is None or not isinstance(made.func, ast.Name):
        return None, "the whole command is shown of explore(FUNCTION(…)) with constants"
    try:
        factory = call.names[made.func.id]
        positional = [ast.literal_eval(one) for one in made.args]
        named = {str(one.arg): ast.literal_eval(one.value) for one in made.keywords}
        given = inspect.signature(factory).bind(*positional, **named).arguments
    except (KeyError, TypeError, ValueError):
        return None, "the whole command is shown where that function is called with constants"
    return _source(factory, made.func.id, given, config)


def _made(call: Call) -> ast.Call | None:
    """The call in the first argument of this one, as written."""
    positions = list(call.code.co_positions())[call.instruction // 2]
    try:
        tree = ast.parse(Path(call.code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Call):
            at = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
            if at == positions:
                return node.args[0]
    return None


def _source(
    factory: Callable[..., Any], name: str, parameters: Mapping[str, Any], config: pytest.Config
) -> Found:
    try:
        typed = {key: _typed(factory, key, value) for key, value in parameters.items()}
    except UsageError as error:
        return None, str(error)
    for shipped, entry in CATALOGUE.items():
        if entry.factory is factory:
            return Source(shipped, typed), ""
    file = inspect.getsourcefile(inspect.unwrap(factory))  # a decorator stands elsewhere
    if file is None or getattr(factory, "__qualname__", "") != name:
        return None, f"{name} is not the name of a function at the top of a file"
    return Source(f"{os.path.relpath(file, config.invocation_params.dir)}:{name}", typed), ""


def _typed(factory: Callable[..., Any], name: str, value: Any) -> str:
    """`value` as one would type it on the command line."""
    parameter = inspect.signature(factory).parameters[name]
    kind = type(parameter.default)
    told = parameter.annotation is not parameter.empty or type(value) in (str, kind)
    if not told:
        raise UsageError(f"the parameter {name!r} has no annotation to read it by")
    text = _text(value)
    if text is None:
        raise UsageError(f"the parameter {name!r}, {value!r}, cannot be typed on a command line")
    return text


def _text(value: Any) -> str | None:
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return str(value)
    if isinstance(value, (tuple, list)):
        parts = [_text(one) for one in value]
        return None if None in parts else ",".join(map(str, parts))
    return None
