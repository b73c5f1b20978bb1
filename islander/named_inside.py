"""Models that a file names: what `replay` and `resume` run when they are given only that file.

A trace and a checkpoint name the Python file that makes their model, and to go on from them is to
run it. So it has to lie beside them: in the directory of the trace, or that which holds the
checkpoint, or below. Any other is run only if it is named on the command line. That is about which
file is run, not about what it does: nothing here makes a trace from a stranger safe.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from .explorer import UsageError
from .loading import file_and_factory
from .reports import Source


def target_named(by: Path, target: str, command: Sequence[str]) -> str:
    """How to name, from here, the model that the file or directory `by` names as `target`.

    The file is looked for here, and then beside `by`. Raises UsageError if it lies elsewhere, which
    says what to add to `command`.
    """
    inside = file_and_factory(target)
    if inside is None:
        return target
    file, factory = inside
    found = _found(by, file)
    if found.exists() and not _is_beside(by, found):
        raise UsageError(
            f"{by} names {file}, and that is {found.resolve()}, outside {_home(by)}. It is run "
            f"only if you name it:\n  {shlex.join([*command, '--model', target])}"
        )
    return f"{found}:{factory}"


def same_model(by: Path, target: str, model: str) -> bool:
    """Whether `model`, named on the command line, is the one that `by` names as `target`."""
    inside, given = file_and_factory(target), file_and_factory(model)
    if inside is None or given is None:
        return target == model
    same_file = _found(by, inside[0]).resolve() == given[0].resolve()
    return same_file and inside[1] == given[1]


def following(command: str, path: Path, source: Source | None, here: Path = Path()) -> list[str]:
    """The words of `islander replay PATH` or `islander resume PATH` for what is written there, with
    the model if that has to be named; `here` is where they are to be typed."""
    words = ["islander", command, str(path)]
    inside = file_and_factory(source.target) if source else None
    if source is None or inside is None or _is_beside(here / path, here / inside[0]):
        return words
    return [*words, "--model", source.target]


def _found(by: Path, file: Path) -> Path:
    beside = _home(by) / file
    return beside if beside.exists() and not file.exists() else file


def _home(by: Path) -> Path:
    """The directory of a trace, or that which holds a checkpoint."""
    return by.resolve().parent


def _is_beside(by: Path, file: Path) -> bool:
    return file.resolve().is_relative_to(_home(by))
