"""How a command ends: with an exit code, and its errors told without a traceback of ours."""

from __future__ import annotations

import errno
import functools
import inspect
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Any, NoReturn, TextIO

import typer

from .explorer import IslanderError, UsageError, Verdict
from .explorer.asking import is_of_a_model, told
from .options import with_groups
from .output import tell, tell_defect


class Exit(IntEnum):
    HOLDS = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


EXITS = {
    Verdict.HOLDS: Exit.HOLDS,
    Verdict.VIOLATED: Exit.VIOLATED,
    Verdict.INCOMPLETE: Exit.INCOMPLETE,
}

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback behind an error.")]


def _tell_other(error: BaseException, debug: bool) -> None:
    """Tell an error that nobody took for one of the model's, or of the usage."""
    if _gone(sys.stdout):
        return  # which is what it comes of, and is told
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EBADF):
        tell(UsageError(f"cannot write the output: {error.strerror}."), debug)
    elif is_of_a_model(error):
        tell(UsageError(f"the code of the model raised {told(error)}."), debug)
    elif isinstance(error, SystemExit):  # we end by raising typer.Exit
        tell(UsageError(f"the model ended the run: {told(error)}."), debug)
    else:
        traceback.print_exception(error) if debug else tell_defect(error)


def _gone(stream: TextIO | None) -> bool:
    """Whether a model has closed a stream, or put it away."""
    return stream is None or stream.closed


def _with_output(code: Exit) -> Exit:
    """The exit code, if what was to be told could be."""
    if not _gone(sys.stdout):
        return code
    if not _gone(sys.stderr):
        closed = "the model closed sys.stdout, so its result cannot be told; leave it open."
        tell(UsageError(closed), debug=False)
    return Exit.USAGE


def reported(command: Callable[..., Exit]) -> Callable[..., NoReturn]:
    """`command`, its errors told on stderr without our traceback, its answer the exit code."""

    @functools.wraps(command)
    def run(*args: Any, debug: bool = False, **kwargs: Any) -> NoReturn:
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        except IslanderError as error:
            tell(error, debug)
            code = Exit.USAGE
        except BaseException as error:  # exit code 1, which Python would give it, means violated
            _tell_other(error, debug)
            code = Exit.USAGE
        raise typer.Exit(_with_output(code))

    command = with_groups(command)
    signature = inspect.signature(command)
    debug_option = inspect.Parameter(
        "debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug
    )
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), debug_option], return_annotation=None
    )
    run.__annotations__ = {p.name: p.annotation for p in run.__signature__.parameters.values()}  # type: ignore[attr-defined]
    return run
