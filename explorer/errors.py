"""The one exception family.

Every mistake in a model, a property, a file or a call ends in an `IslanderError` whose text says
what was wrong, where, and what to do about it. So does a check that failed where one asserts that
it does not. Anything else that escapes is a defect of ours; a `DefectError` is one that we noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .judging import Finding
    from .trace import Trace


class IslanderError(Exception):
    """Base of all errors that Islander raises on purpose; `str(error)` is meant for a person."""


class DefectError(Exception):
    """Islander found that it is wrong itself: no `IslanderError`, for no user can mend it."""


class UsageError(IslanderError):
    """A call, a parameter or a file that cannot be used as given."""


class CheckFailed(IslanderError, AssertionError):  # noqa: N818  # a name of the public contract
    """What was asserted of a model is not so, or was not established: by `Result.check`, by a test
    made with `islander.checks`, or by the fixture `explore`.

    `headline` says it in one line. `lines` are what there is to say, with the trace; `str()` of
    each is its plain text, and of the error all of them.
    """

    def __init__(self, headline: str, lines: Sequence[object]) -> None:
        super().__init__(headline, lines)
        self.headline, self.lines = headline, lines

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))


class CapacityError(UsageError):
    """More than an engine can keep, however much memory there is."""


class ModelError(IslanderError):
    """A model that cannot be explored as written.

    `trace` holds the steps that led to the mistake when it showed only while exploring, and is
    None when it shows in the model as declared.
    """

    trace: Trace | None = None


class FreezeError(ModelError):
    """A value that cannot be part of a state, a message or a fact."""


class HandlerError(ModelError):
    """A handler that raised, or used an effect wrongly."""


class NondeterminismError(ModelError):
    """A handler whose two runs on equal copies differed."""


class PropertyError(ModelError):
    """A property whose function raised or answered with something that is not a verdict.

    `finding` says in which states it was asked, if it is known.
    """

    finding: Finding | None = None


class TraceError(IslanderError):
    """A saved trace that is damaged, or that was recorded on another model."""


class SnapshotError(IslanderError):
    """A checkpoint that is damaged, or that was taken of another model."""
