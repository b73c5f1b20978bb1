"""Truth tables: what each property says of each state of a trace, by z3 where it is a formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..explorer import Trace
from ..explorer.properties import Property, Subject, judged
from ..explorer.trace import TraceStep


class TruthRow(NamedTuple):
    """What one property says of the initial state and of the state after each step: True, False,
    or None if the solver answered unknown. Of a witness, True says that it is reached."""

    name: str
    witness: bool
    values: tuple[bool | None, ...]

    @property
    def turns_at(self) -> int | None:
        """The first step after which an invariant is not true, or a witness is; None if there is
        none. 0 is the initial state."""
        wanted = self.witness
        return next((at for at, value in enumerate(self.values) if value is wanted), None)


def truth_table(trace: Trace) -> tuple[TruthRow, ...]:
    """A row for each property of the model. A property of steps is true of the initial state, and
    of a state if it is of the step that led there.

    Raises PropertyError if a property is at fault.
    """
    return tuple(
        TruthRow(item.name, item.somewhere, _values(item, trace)) for item in trace.model.properties
    )


def _values(item: Property, trace: Trace) -> tuple[bool | None, ...]:
    if item.subject is Subject.STEP:
        return (True, *(_of_step(item, step) for step in trace))
    return tuple(judged(item, _subjects(item, trace)))


def _subjects(item: Property, trace: Trace) -> Sequence[object]:
    views = [trace.semantics.view(state) for state in trace.states]
    return views if item.subject is Subject.STATE else [view.facts for view in views]


def _of_step(item: Property, step: TraceStep) -> bool | None:
    return dict(step.outcome.objections).get(item.name, True)
