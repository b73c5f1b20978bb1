"""Asking the code of a model: what it raises and what it answers is never taken on trust.

Whatever escapes from such code, even what `except Exception` lets through, becomes an error that
names the place. Only KeyboardInterrupt goes on, which is what Ctrl-C and a deadline raise; a model
that raises it interrupts the run.

Where the answer is to be true or false it must be a bool, because nearly every other object is
true: a generator, a coroutine, a method that was not called.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType

_PACKAGE = __name__.removesuffix(".explorer.asking")
OURS = (f"{_PACKAGE}.explorer.", f"{_PACKAGE}.invariants.")
_MODELS = f"{_PACKAGE}.models."
_LIBRARIES = frozenset(
    {"click", "llvmlite", "networkx", "numba", "numpy", "pygments", "rich", "typer", "z3"}
)

Blame = Callable[[BaseException], BaseException]
"""From what was raised to the error that tells it; to itself if it tells enough."""


def asking(blame: Blame) -> AbstractContextManager[None]:
    """A context in which code of a model runs; what it raises becomes the error of `blame`."""
    return _Asking(blame)


class _Asking:
    __slots__ = ("_blame",)

    def __init__(self, blame: Blame) -> None:
        self._blame = blame

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            return
        instead = self._blame(error)
        if instead is not error:
            raise instead from error


# -- telling what was raised, and what was answered ------------------------------------------------


def told(error: BaseException) -> str:
    """What was raised and where: "ValueError: no such ballot (file.py, line 3, in receive)"."""
    return f"{named(error)} {location(error)}"


def named(error: BaseException) -> str:
    """What was raised: "ValueError: no such ballot"."""
    return f"{type(error).__name__}: {_text(str, error)}"


def shown(value: object) -> str:
    """The repr of a value for an error, whatever that raises."""
    text = _text(repr, value)
    return text if len(text) <= 400 else text[:399] + "…"


def _text(make: Callable[[object], str], value: object) -> str:
    kind, how = type(value).__name__, make.__name__
    return in_words_or(lambda: make(value), f"<{kind} whose {how} raised {{}}>")


def in_words_or(make: Callable[[], str], otherwise: str) -> str:
    """A text that code of a model makes, or, where that raises, `otherwise` with the name of what
    was raised in it: there is something else to tell, which this must not hide."""
    try:
        return make()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return otherwise.format(type(error).__name__)


def location(error: BaseException) -> str:
    """Where `error` left the user's code: "(file.py, line 3, in receive)"."""
    frames = list(_frames(error))
    if not frames:
        return ""
    theirs = [f for f in frames if not _module(f).startswith(OURS)]
    last = (theirs or frames)[-1]
    code = last.tb_frame.f_code
    return f"({code.co_filename}, line {last.tb_lineno}, in {code.co_name})"


def _frames(error: BaseException) -> Iterator[TracebackType]:
    at = error.__traceback__
    while at is not None:
        yield at
        at = at.tb_next


def _module(frame: TracebackType) -> str:
    return str(frame.tb_frame.f_globals.get("__name__", ""))


def is_models(module: str) -> bool | None:
    """Whether a module of this name holds code of a model; False for ours, None for a library's,
    which may run on behalf of either."""
    package = module.partition(".")[0]
    if package == _PACKAGE:
        return module.startswith(_MODELS)
    return None if package in _LIBRARIES or package in sys.stdlib_module_names else True


def is_of_a_model(error: BaseException) -> bool:
    """Whether code of a model was running, by itself or called back, when this was raised."""
    for frame in reversed(list(_frames(error))):
        whose = is_models(_module(frame))
        if whose is not None:
            return whose
    return False


# -- yes or no -------------------------------------------------------------------------------------


class WrongAnswer(Exception):  # noqa: N818 - it is told as an error of the property or the actor
    """An answer of another type than it has to be; the text says which, and the usual cause."""


def yes_or_no(answer: object) -> bool:
    """An answer that has to be True or False. Raises WrongAnswer if it is something else."""
    if answer is True or answer is False:
        return answer
    numpy = sys.modules.get("numpy")  # whoever has its bool has imported it
    if numpy is not None and isinstance(answer, getattr(numpy, "bool_", bool)):
        return bool(answer)
    raise WrongAnswer(f"{answered(answer)}; it must return True or False{usual_cause(answer)}")


def text_of(answer: object) -> str:
    """An answer that has to be a text. Raises WrongAnswer if it is something else."""
    if isinstance(answer, str):
        return str(answer)
    raise WrongAnswer(f"{answered(answer)}; it must return a string{usual_cause(answer, 'str')}")


def answered(answer: object) -> str:
    """What was answered instead: "returned None", "returned 3, of type int"."""
    if answer is None:
        return "returned None"
    return f"returned {shown(answer)}, of type {type(answer).__name__}"


def usual_cause(answer: object, wanted: str = "bool") -> str:
    """The usual cause of an answer of this type, in brackets, with a full stop. `wanted` is what it
    should be: "bool", "str", "statement" or "mapping"."""
    return f" ({_cause(answer, wanted)})."


def _cause(answer: object, wanted: str) -> str:
    if answer is None:
        return "is a `return` missing?"
    if inspect.isgenerator(answer) or isinstance(answer, (map, filter, zip)):
        return f"is {_AROUND[wanted]} missing around it, or is a `yield` to be a `return`?"
    if inspect.isasyncgen(answer) or inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()  # else Python warns that it was never awaited
        return "an `async def` function cannot be asked; write `def`"
    if callable(answer):
        name = getattr(answer, "__name__", "it")
        return f"was it not called? Write {name}(…) where it says {name}"
    return _OTHERWISE[wanted]


_AROUND = {
    "bool": "any(…) or all(…)",
    "str": "', '.join(…)",
    "statement": "L.And(*…) or L.Or(*…)",
    "mapping": "dict(…)",
    "model": "next(…)",
}
_OTHERWISE = {
    "bool": "an operand of `and` or `or`, a collection or a number has to be wrapped in bool(…)",
    "str": "wrap it in str(…)",
    "statement": "Python's `and`, `or`, any(…) and all(…) make no formula",
    "model": "what it returns is what is checked",
    "mapping": "as in {'ballot': str(self.ballot)}",
}
