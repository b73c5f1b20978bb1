"""From what a user typed to a model: names that ship, files of their own, and parameters."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from .asserting import made_from
from .explorer import IslanderError, Model, UsageError
from .explorer.asking import answered, asking, is_of_a_model, named, shown, told, usual_cause
from .models import CATALOGUE, Bug

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a factory; `default` is `inspect.Parameter.empty` if it has none."""

    name: str
    kind: Any
    default: Any
    summary: str = ""

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def kind_text(self) -> str:
        """Its type in words: "int", "bool", "list of str, separated by commas"."""
        return _kind_text(self.kind)


@dataclass(frozen=True)
class Target:
    """Something that makes models: a factory, with its parameters and seeded bugs."""

    name: str
    summary: str
    factory: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    bugs: Mapping[str, Bug] = field(default_factory=dict)


def file_and_factory(name: str) -> tuple[Path, str] | None:
    """The file that a target is in, and the factory, "" if there is none; None if it ships, or is
    no target."""
    path, colon, factory = name.rpartition(":")
    if name.endswith(".py") and not colon:
        path, factory = name, ""
    if name in CATALOGUE or not path.endswith(".py"):
        return None
    return Path(path), factory


def find_target(name: str) -> Target:
    """The target that `name` means: a model that ships, or `path/to/file.py:factory`.

    Raises UsageError if there is none, or the file cannot be imported.
    """
    if name in CATALOGUE:
        entry = CATALOGUE[name]
        return Target(name, entry.summary, entry.factory, _parameters(entry.factory), entry.bugs)
    found = file_and_factory(name)
    if found is None:
        raise UsageError(
            f"there is no model {name!r}{_meant(name, CATALOGUE)} Those that ship are: "
            f"{', '.join(CATALOGUE)}. A model of your own is named path/to/file.py:factory."
        )
    path, factory_name = found
    module = _import(path)
    factory = _factory(module, path, factory_name)
    summary = (inspect.getdoc(factory) or "").partition("\n")[0]
    return Target(name, summary, factory, _parameters(factory))


def make_model(target: Target, given: Mapping[str, str], bug: str | None = None) -> Model:
    """Call the target's factory with parameters as typed, and those of `bug` where not given.

    Raises UsageError for a parameter or bug that it does not have, a value of the wrong type, or
    a factory that raises or returns something else.
    """
    arguments: dict[str, Any] = {}
    if bug is not None:
        arguments = _bug_arguments(target, bug)
    for name, text in given.items():
        if name not in target.parameters:
            raise UsageError(
                f"{target.name} has no parameter {name!r}{_meant(name, target.parameters)} "
                f"It has: {', '.join(target.parameters) or 'none'}."
            )
        if name == "bug":
            raise UsageError("give a bug with --bug NAME rather than as a parameter.")
        arguments[name] = _parsed(name, text, target.parameters[name].kind)
    missing = [p.name for p in target.parameters.values() if p.required and p.name not in arguments]
    if missing:
        raise UsageError(
            f"{target.name} needs {', '.join(missing)}; give it with -p {missing[0]}=VALUE."
        )

    def blame(error: BaseException) -> BaseException:
        if isinstance(error, IslanderError):
            return error
        given = ", ".join(f"{name}={shown(value)}" for name, value in arguments.items())
        return UsageError(f"{target.name}({given}) raised {told(error)}")

    with asking(blame):
        model = target.factory(**arguments)
        if not isinstance(model, Model):
            raise UsageError(
                f"{target.name} {answered(model)}, not a Model; a factory ends with "
                f"`return Model(…)`{usual_cause(model, 'model')}"
            )
        return model


def parse_assignments(assignments: list[str]) -> dict[str, str]:
    """`["a=1", "b=x"]` as a dict. Raises UsageError for what is no assignment, or given twice."""
    given: dict[str, str] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"-p takes NAME=VALUE, as in -p proposers=3; got {text!r}.")
        if name.strip() in given:
            raise UsageError(f"the parameter {name.strip()!r} is given twice.")
        given[name.strip()] = value.strip()
    return given


def _bug_arguments(target: Target, bug: str) -> dict[str, Any]:
    if "bug" not in target.parameters:
        raise UsageError(f"{target.name} has no seeded bugs: its factory takes no parameter `bug`.")
    if target.bugs and bug not in target.bugs:
        raise UsageError(
            f"{target.name} has no bug {bug!r}{_meant(bug, target.bugs)} "
            f"It has: {', '.join(target.bugs)}."
        )
    if target.bugs:
        return {**target.bugs[bug].parameters, "bug": bug}
    return {"bug": _parsed("bug", bug, target.parameters["bug"].kind)}


def _meant(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


# -- files --------------------------------------------------------------------------------------


def _import(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"there is no file {path}; a model of your own is named FILE.py:FACTORY.")
    name = f"islander_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # As `python file.py` would, so that the file can import its neighbours.
    sys.path.insert(0, str(path.resolve().parent))

    def blame(error: BaseException) -> BaseException:
        return UsageError(f"cannot import {path}: {named(error)} {_where(error, path)}")

    with asking(blame):
        spec.loader.exec_module(module)
    return module


def _factory(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    with asking(lambda error: _cannot_read(path, error)):
        return _found_factory(module, path, name)


def _cannot_read(what: object, error: BaseException) -> BaseException:
    if isinstance(error, IslanderError) or not is_of_a_model(error):
        return error
    return UsageError(f"cannot read {what}: it raised {told(error)}")


def _found_factory(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    own = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }
    candidates = [key for key in own if not key.startswith("_")]
    listed = f"Functions in it: {', '.join(candidates) or 'none'}."
    if not name:
        raise UsageError(f"which factory in {path}? Name it after a colon, {path}:NAME. {listed}")
    factory = getattr(module, name, None)
    if factory is None:
        raise UsageError(f"{path} has no {name!r}{_meant(name, own)} {listed}")
    if not callable(factory):
        raise UsageError(
            f"{name!r} in {path} is {shown(factory)}; a factory is a function that returns a Model."
        )
    result: Callable[..., Any] = made_from(factory)
    return result


def _where(error: BaseException, path: Path) -> str:
    """Where in the user's code an error arose."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"({error.filename}, line {error.lineno})"
    frames = traceback.StackSummary.from_list(
        [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).resolve() == path.resolve()
        ]
    )
    if not frames:
        return ""
    return f"({frames[-1].filename}, line {frames[-1].lineno}, in {frames[-1].name})"


# -- parameters ---------------------------------------------------------------------------------


def _parameters(factory: Callable[..., Any]) -> dict[str, Parameter]:
    name = getattr(factory, "__name__", None) or shown(factory)

    def blame(error: BaseException) -> BaseException:
        return UsageError(f"cannot read the parameters of {name}: {told(error)}.")

    with asking(blame):
        hints = get_type_hints(factory, include_extras=True)
        signature = inspect.signature(factory)
    with asking(lambda error: _cannot_read(f"the parameters of {name}", error)):
        return _read_parameters(factory, hints, signature)


def _read_parameters(
    factory: Callable[..., Any], hints: Mapping[str, Any], signature: inspect.Signature
) -> dict[str, Parameter]:
    parameters = {}
    for name, one in signature.parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        if one.kind is one.POSITIONAL_ONLY:
            raise UsageError(
                f"parameter {name!r} of {getattr(factory, '__name__', factory)} is "
                f"positional-only; parameters are passed by name."
            )
        kind, summary = hints.get(name, _kind_of_default(one.default)), ""
        if get_origin(kind) is Annotated:
            kind, *notes = get_args(kind)
            summary = next((note for note in notes if isinstance(note, str)), "")
        parameters[name] = Parameter(name, kind, one.default, summary)
    return parameters


def _kind_of_default(default: Any) -> Any:
    return str if default is inspect.Parameter.empty or default is None else type(default)


def _parsed(name: str, text: str, kind: Any) -> Any:
    """`text` as a value of type `kind`; raises UsageError if it is not one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = [part for part in arguments if part is not NoneType]
        if NoneType in arguments and text.lower() == "none":
            return None
        return _parsed_as_one_of(name, text, inner, kind)
    if origin is Literal:
        for value in arguments:
            if str(value) == text:
                return value
        raise _wrong(name, text, kind)
    if origin in (tuple, list) or kind in (tuple, list):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        item = arguments[0] if arguments else str
        return (origin or kind)(_parsed(name, part, item) for part in parts)
    if isinstance(kind, type) and issubclass(kind, Enum):
        if text in kind.__members__:
            return kind[text]
        raise _wrong(name, text, kind)
    if kind is bool:
        if text.lower() not in _WORDS:
            raise _wrong(name, text, kind)
        return _WORDS[text.lower()]
    if kind in (str, Any):
        return text
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise _wrong(name, text, kind) from None
    raise UsageError(
        f"parameter {name!r} is a {_kind_text(kind)}, which cannot be given on the command line."
    )


def _parsed_as_one_of(name: str, text: str, kinds: list[Any], whole: Any) -> Any:
    for kind in kinds:
        try:
            return _parsed(name, text, kind)
        except UsageError:
            continue
    raise _wrong(name, text, whole)


def _wrong(name: str, text: str, kind: Any) -> UsageError:
    return UsageError(f"parameter {name!r} must be {_kind_text(kind)}; got {text!r}.")


def _kind_text(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(_kind_text(part) for part in arguments)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (tuple, list) or kind in (tuple, list):
        item = arguments[0] if arguments else str
        return f"list of {_kind_text(item)}, separated by commas"
    if kind is NoneType:
        return "none"
    if kind is bool:
        return "true or false"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(kind.__members__)
    return {int: "int", str: "str", float: "float"}.get(kind, getattr(kind, "__name__", str(kind)))
