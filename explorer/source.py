"""The source of a model's actors: their handlers, the `case`s in them, and which of these ran.

Handlers are run once more, as copies that say what of them runs, for the questions "which case of
which actor never ran" and "where in the code was this step decided". A search runs no copies.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial, partialmethod, singledispatchmethod
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from .actor import Actor
from .arms import Arm, Case, Place, arms_of, marked_code, only_refuses, running, unmarked
from .source_text import Position, SourceText, nested

HANDLERS = ("start", "receive", "timeout", "crash", "recover")
"""The methods of an actor that a step can call."""

_OBSERVERS = ("facts", "drops", "shown")  # methods that are called, but not by steps

_DYNAMIC = {"getattr", "attrgetter", "methodcaller", "__getattribute__", "vars", "__dict__"}

_OWN = __name__.rpartition(".")[0] + "."


class _Function(NamedTuple):
    """A function as written: what it is called, and the cases in it. `refuses`: it is only there
    to say that it is never called. `copy`: its code, with marks that are about this function, by
    the id of its own code, and about the cases in it."""

    code: CodeType
    place: Place
    arms: tuple[Arm, ...]
    refuses: bool
    copy: CodeType


class _Method(NamedTuple):
    """A function as a method of a class, and the names of the module that it can say. `live`: no
    class that comes before has one of that name."""

    name: str
    function: _Function
    module: Mapping[str, object]
    live: bool


class Sources:
    """What could be read of the source of these actors; `unread` names the classes that have
    methods without source, or whose source has been changed since."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        self.unread: list[str] = []
        self._texts: dict[str, SourceText] = {}
        self._functions: dict[int, _Function] = {}  # by the id of their code
        self._entered: set[int] = set()
        self._copies: dict[int, tuple[FunctionType, CodeType]] = {}  # by the id of the function
        kinds = dict.fromkeys(map(type, actors.values()))
        with unmarked():
            self._methods = {kind: list(self._methods_of(kind)) for kind in kinds}
        self._handlers = {
            id(method.function.code)
            for methods in self._methods.values()
            for method in methods
            if method.name in HANDLERS
        }

    def cases(self, idle: Collection[str] = ()) -> list[Case]:
        """All cases and handlers that a step could come to, and those of methods that ran, in the
        order of the source. The handlers `idle` are called by no step.

        Left out are those that only refuse, by `raise` or `assert`.
        """
        wanted: dict[int, _Function] = {}
        for methods in self._methods.values():
            wanted |= {id(one.code): one for one in self._wanted(methods, idle)}
        found = [
            case
            for key, one in wanted.items()
            for case in (
                *([Case(one.place, "")] if self._is_handler(key, one) else []),
                *(arm.case for arm in one.arms if arm.counts),
            )
        ]
        return sorted(dict.fromkeys(found), key=lambda case: (case.place.file, case.place.line))

    @contextmanager
    def watch(self) -> Iterator[list[Case]]:
        """While this is open, note the cases and handlers that run in this thread, in that order;
        those that run more than once, as often."""
        ran: list[Case] = []

        def note(one: object) -> None:
            if isinstance(one, Case):
                ran.append(one)
            elif isinstance(one, int):
                self._entered.add(one)
                if self._is_handler(one, self._functions[one]):
                    ran.append(Case(self._functions[one].place, ""))

        with running(list(self._copies.values()), note):
            yield ran

    def _is_handler(self, key: int, function: _Function) -> bool:
        return key in self._handlers and not function.refuses

    # -- which functions a class has -----------------------------------------------------------

    def _methods_of(self, kind: type) -> Iterator[_Method]:
        taken: set[str] = set()
        for base in kind.__mro__:
            own = base in (Actor, object) or base.__module__.startswith(_OWN)
            for name, value in vars(base).items():
                if own or name.startswith("__"):  # @dataclass makes such, without source
                    continue
                for made_from, label in _functions_of(value):
                    function = self._read(made_from, label) if made_from else None
                    if made_from and function:
                        live = name not in taken
                        self._copies[id(made_from)] = made_from, function.copy
                        yield _Method(name, function, made_from.__globals__, live)
                    elif base.__name__ not in self.unread and _matters(name, value):
                        self.unread.append(base.__name__)
            taken |= set(vars(base))

    def _read(self, function: FunctionType, label: str) -> _Function | None:
        """What is written of a function; None if that is not known, or if it only calls another
        that is not known."""
        code = function.__code__
        if id(code) not in self._functions:
            if _wraps(function):
                return None
            text = self._texts.get(code.co_filename)
            if text is None:
                text = self._texts[code.co_filename] = SourceText(code.co_filename)
            node = text.function(code)
            if node is None:
                return None
            called = ".".join(code.co_qualname.rpartition("<locals>.")[2].split(".")[-2:]) + label
            arms = arms_of(node, code.co_filename, text, called)
            about: dict[Position, object] = {one.at: one.case for one in arms if one.counts}
            about[node.lineno, node.col_offset] = id(code)
            copy = marked_code(code, text, about)
            if copy is None:
                return None
            place = Place(code.co_filename, node.lineno, called)
            self._functions[id(code)] = _Function(code, place, arms, only_refuses(node.body), copy)
        return self._functions[id(code)]

    # -- which of them a step can call ---------------------------------------------------------

    def _wanted(self, methods: list[_Method], idle: Collection[str]) -> list[_Function]:
        """The functions that a step could call, and those that ran."""
        ran = [one for one in methods if id(one.function.code) in self._entered]
        called = [one for one in methods if one.live and one.name in HANDLERS]
        called = [one for one in called if one.name not in idle]
        known, names = _reached([*ran, *called], methods)
        if names & _DYNAMIC:  # any method may be called, but for those that only observers call
            observing = [one for one in methods if one.live and one.name in _OBSERVERS]
            apart = {*_reached(observing, methods)[0], *self._handlers}
            known |= {id(one.function.code) for one in methods if one.live} - apart
        return [one.function for one in methods if id(one.function.code) in known]


def _reached(roots: list[_Method], methods: list[_Method]) -> tuple[set[int], set[str]]:
    """The methods whose names the code of these says, itself or in the functions of modules that
    it names, by the id of their code; and all names that are said."""
    found: set[int] = set()
    names: set[str] = set()
    waiting = [(one.function.code, one.module) for one in roots]
    while waiting:
        code, module = waiting.pop()
        if id(code) in found:
            continue
        found.add(id(code))
        said = {name for part in nested(code) for name in _names(part)}
        names |= said
        called = [one for one in methods if one.live and one.name in said]
        waiting += [(one.function.code, one.module) for one in called]
        others = [module.get(name) for name in said]
        waiting += [
            (one.__code__, one.__globals__) for one in others if isinstance(one, FunctionType)
        ]
    return found, names


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    waiting = list(code.co_consts)
    while waiting:
        constant = waiting.pop()
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, (tuple, frozenset)):
            waiting += constant


def _functions_of(value: object) -> Iterator[tuple[FunctionType | None, str]]:
    """The functions that an attribute of a class calls, None for one that is not known, each with
    what to add to its name."""
    if isinstance(value, singledispatchmethod):
        for kind, function in value.dispatcher.registry.items():
            label = "" if kind is object else f"({kind.__name__})"
            for one, _ in _functions_of(function):
                yield one, label
        return
    if isinstance(value, (staticmethod, classmethod, cached_property)):
        value = value.func if isinstance(value, cached_property) else value.__func__
    if isinstance(value, property):
        for part in (value.fget, value.fset, value.fdel):
            if part is not None:
                yield from _functions_of(part)
        return
    if isinstance(value, (partial, partialmethod)):
        yield None, ""
    elif callable(value) and not isinstance(value, type):
        inner = inspect.unwrap(value)
        yield (inner if isinstance(inner, FunctionType) else None), ""


def _matters(name: str, value: object) -> bool:
    """Whether a method that cannot be read leaves cases unknown: a handler may have any, and so
    may a function; something else that can be called is a field with its default."""
    found = [function for function, _ in _functions_of(value) if function is not None]
    has_body = any(function.__code__.co_name != "<lambda>" for function in found)
    return name in HANDLERS or has_body or isinstance(value, partialmethod)


def _wraps(function: FunctionType) -> bool:
    """Whether it was made around another, as a decorator does, and does not say which."""
    made_in_a_function = function.__code__.co_qualname.rpartition(".")[0].endswith("<locals>")
    return made_in_a_function and any(
        callable(_content(cell)) for cell in function.__closure__ or ()
    )


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None
