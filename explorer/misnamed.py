"""Methods that look like handlers and are none: `recieve`, `on_timeout`, `fact`.

Nothing calls them, so the protocol that they hold never runs, and whatever is claimed of it holds.
A name looks like a handler's if it is one but for a slip of the keyboard, another case or an
ending, or if it is what other frameworks call it. A method that somebody calls is none of these:
the code that handlers, properties and the functions of its module come to is searched for its name.
"""

from __future__ import annotations

import ast
import dis
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property, partial, partialmethod, singledispatchmethod
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from .actor import RESERVED, Actor
from .asking import OURS
from .handler_form import PARAMETERS
from .model import Model
from .source_text import SourceText

_PREFIXES = ("on", "handle", "process", "do", "when", "got", "at")
_SUFFIXES = ("handler", "message", "msg", "event", "callback")
_ENDINGS = ("s", "es", "d", "ed", "ped", "r", "er", "y", "ing", "ping")

_OTHER_NAMES = {
    "receive": ("message", "msg", "messages", "recv", "delivery", "deliver", "delivered"),
    "timeout": ("timer", "timers", "timeoutexpired", "timerexpired", "timerfired"),
    "start": ("startup", "init", "setup", "initialize", "initialise"),
    "recover": ("recovery", "restart", "restarted", "reboot"),
}
"""What frameworks call a handler, after a prefix such as `on_`, beyond its own name."""

_ALONE = {
    "receive": ("recv",),
    "timeout": ("timer",),
    "start": ("startup",),
    "recover": ("restart",),
}
"""Those of them that say it without a prefix."""

_LOOK_UP = frozenset(
    {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "LOAD_GLOBAL", "LOAD_NAME", "IMPORT_FROM"}
)

_DYNAMIC = frozenset({"attrgetter", "methodcaller", "__getattribute__", "vars", "__dict__"})


class Misnamed(NamedTuple):
    """A method `name` of the class `kind` that nothing calls, and the handler that it looks like;
    `file` and `line` are where it begins."""

    kind: str
    name: str
    handler: str
    file: str
    line: int

    def __str__(self) -> str:
        return (
            f"{self.kind}.{self.name} looks like the handler {self.handler}, and nothing calls it: "
            f"rename it, or begin its name with _ ({self.file}, line {self.line})"
        )


def misnamed(model: Model) -> tuple[Misnamed, ...]:
    """The methods of a model's actors that look like handlers and are none."""
    found: dict[Misnamed, None] = {}
    for kind in dict.fromkeys(map(type, model.actors.values())):
        suspects = list(_suspects(kind))
        called = _Called(kind, model) if suspects else None  # which takes time, and is hardly ever
        for base, function, handler in suspects:
            if called and not called.may_come_to(function) and not _is_decorated(function):
                code = function.__code__
                place = code.co_filename, code.co_firstlineno
                found[Misnamed(base.__name__, function.__name__, handler, *place)] = None
    return tuple(found)


def _suspects(kind: type[Actor]) -> Iterator[tuple[type, FunctionType, str]]:
    """The methods whose names look like a handler's, with their classes and the handlers."""
    taken: set[str] = set()
    for base in _own(kind):
        for name, value in vars(base).items():
            if name in taken or not isinstance(value, FunctionType) or value.__name__ != name:
                continue
            handler = looks_like(name)
            if handler:
                yield base, value, handler
        taken |= set(vars(base))


def looks_like(name: str) -> str:
    """The handler that a method of this name seems to be meant for; "" if it looks like none."""
    if name.startswith("_") or name in RESERVED:
        return ""
    plain = name.lower().replace("_", "")
    stems = [plain, *_stems(name)]
    for handler in PARAMETERS:
        alone = (*_ALONE.get(handler, ()), handler)
        if any(_nearly(stem, handler) for stem in stems) or plain in alone:
            return handler
    for handler, others in _OTHER_NAMES.items():
        if any(stem in others for stem in stems[1:]):
            return handler
    return ""


def _stems(name: str) -> Iterator[str]:
    """What is left of a name without a prefix or suffix that says that it is a handler: of
    `on_timeout`, `onTimeout` and `timeout_handler` `timeout`."""
    spaced = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    words = [word for word in spaced.split("_") if word]
    if words[0] in _PREFIXES and len(words) > 1:
        yield "".join(words[1:])
    if words[-1] in _SUFFIXES and len(words) > 1:
        yield "".join(words[:-1])
        if words[0] in _PREFIXES and len(words) > 2:
            yield "".join(words[1:-1])
    for prefix in ("on", "handle"):
        if words[0].startswith(prefix) and len(words) == 1 and len(words[0]) > len(prefix):
            yield words[0][len(prefix) :]


def _nearly(stem: str, handler: str) -> bool:
    """Whether a name is a handler's, but for an ending or a slip."""
    bases = handler, handler.removesuffix("e"), handler.removesuffix("s")
    if stem == handler or any(stem == base + ending for base in bases for ending in _ENDINGS):
        return True
    begins = stem[:1] == handler[0] or sorted(stem) == sorted(handler)
    slips = 2 if min(len(stem), len(handler)) >= 7 else 1
    return begins and len(stem) > 3 and _distance(stem, handler) <= slips


def _distance(one: str, other: str) -> int:
    """How many letters are left out, put in, changed, or swapped with the next (the optimal string
    alignment distance: G. Navarro, "A guided tour to approximate string matching", 2001)."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


class _Called:
    """What the code of one class of actors comes to, from its handlers, from what Python calls by
    itself, and from the properties of its model; and what the functions of its modules name."""

    def __init__(self, kind: type[Actor], model: Model) -> None:
        self._kind = kind
        self._codes: set[int] = set()
        self._names: set[str] = set()
        self._by_name = False  # whether a method is called by a name that is made while it runs
        self._texts: dict[str, SourceText] = {}
        for root in (*_methods_that_run(kind), *_functions_of_properties(model)):
            self._follow(root)
        for base in _own(kind):
            for value in list(vars(sys.modules.get(base.__module__, sys)).values()):
                if isinstance(value, FunctionType) and value.__module__ == base.__module__:
                    codes = _within(value.__code__)
                    self._names |= {name for code in codes for name in _looked_up(code)}

    def may_come_to(self, function: FunctionType) -> bool:
        """Whether some of that code may call this method."""
        known = id(function.__code__) in self._codes or function.__name__ in self._names
        return known or self._by_name

    def _follow(self, root: object) -> None:
        waiting = list(_functions(root))
        while waiting:
            function = waiting.pop()
            where = function.__module__ or ""  # none where @dataclass made it
            if id(function.__code__) in self._codes or _is_standard(where):
                continue
            self._codes.add(id(function.__code__))
            names = {name for code in _within(function.__code__) for name in _said(code)}
            self._names |= names
            if where.startswith(OURS):  # it calls only what it says
                waiting += self._named(names, {})
                continue
            self._by_name |= bool(names & _DYNAMIC)
            self._by_name |= "getattr" in names and self._gets_any(function.__code__)
            waiting += self._named(names, function.__globals__)

    def _named(self, names: set[str], module: Mapping[str, object]) -> Iterator[FunctionType]:
        """The functions that these names stand for: methods, and what the module has, also in
        other modules that it has imported."""
        for name in names:
            for base in _own(self._kind):
                yield from _functions(vars(base).get(name))
            value = module.get(name)
            if isinstance(value, ModuleType):
                if not _is_standard(value.__name__):
                    for other in names:
                        yield from _functions(vars(value).get(other))
            elif isinstance(value, type):
                if not issubclass(value, Actor) and not _is_standard(value.__module__):
                    for own in list(vars(value).values()):
                        yield from _functions(own)
            else:
                yield from _functions(value)

    def _gets_any(self, code: CodeType) -> bool:
        """Whether a function calls `getattr` with a name that does not stand there."""
        text = self._texts.setdefault(code.co_filename, SourceText(code.co_filename))
        node = text.function(code)
        return node is None or any(
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Name)
            and one.func.id == "getattr"
            and not (len(one.args) > 1 and isinstance(one.args[1], ast.Constant))
            for one in ast.walk(node)
        )


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _own(kind: type[Actor]) -> list[type]:
    """The classes of an actor but for those that every actor has."""
    return [base for base in kind.__mro__ if base not in (Actor, object)]


def _methods_that_run(kind: type[Actor]) -> Iterator[object]:
    for base in _own(kind):
        for name, value in vars(base).items():
            if name in PARAMETERS or (name.startswith("__") and name.endswith("__")):
                yield value
    for one in fields(kind):
        yield one.default_factory


def _functions_of_properties(model: Model) -> Iterator[object]:
    for item in model.properties:
        yield from getattr(item, "__dict__", {}).values()
        if not type(item).__module__.startswith(OURS):
            yield from vars(type(item)).values()


def _functions(value: object) -> Iterator[FunctionType]:
    """The functions that a value calls, or holds."""
    if isinstance(value, FunctionType):
        yield value
        inner = [_content(cell) for cell in value.__closure__ or ()]
        parts: Iterable[object] = [*inner, getattr(value, "__wrapped__", None)]
        parts = [one for one in parts if one is not value]
    elif isinstance(value, (staticmethod, classmethod, MethodType)):
        parts = [value.__func__]
    elif isinstance(value, property):
        parts = [value.fget, value.fset, value.fdel]
    elif isinstance(value, (partial, partialmethod, cached_property)):
        parts = [value.func]
    elif isinstance(value, singledispatchmethod):
        parts = value.dispatcher.registry.values()
    elif isinstance(value, Mapping):
        parts = [one for one in value.values() if isinstance(one, FunctionType)]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [one for one in value if isinstance(one, FunctionType)]
    else:
        return
    for part in parts:
        yield from _functions(part)


def _within(code: CodeType) -> Iterator[CodeType]:
    """This code, and that of the functions in it, but for those of classes: what methods of a class
    that is made within a function say, they say for themselves."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType) and one.co_flags & inspect.CO_OPTIMIZED:
            yield from _within(one)


def _looked_up(code: CodeType) -> Iterator[str]:
    """The names that code looks up."""
    for one in dis.get_instructions(code):
        if one.opname in _LOOK_UP and isinstance(one.argval, str):
            yield one.argval


def _said(code: CodeType) -> Iterator[str]:
    """The same, and the texts in it, one of which may be a method's name."""
    yield from _looked_up(code)
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, (tuple, frozenset)):
            yield from (part for part in constant if isinstance(part, str))


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None


def _is_decorated(function: FunctionType) -> bool:
    """Whether a decorator stands above a function: it may have told someone to call it."""
    code = function.__code__
    node = SourceText(code.co_filename).function(code)
    return node is not None and bool(node.decorator_list)
