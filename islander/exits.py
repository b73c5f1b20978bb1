"""How a command ends: with an exit code, and its errors told without a traceback of ours."""

from __future__ import annotations

import errno
import functools
import inspect
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import typer

from .explorer import IslanderError, UsageError, Verdict
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
        except SystemExit as error:  # of the model's: we end by raising typer.Exit
            tell(UsageError(f"the model ended the run: SystemExit: {error}."), debug)
            code = Exit.USAGE
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                tell(UsageError(f"cannot write the output: {error.strerror}."), debug)
            else:
                traceback.print_exc() if debug else tell_defect(error)
            code = Exit.USAGE
        raise typer.Exit(code)

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
