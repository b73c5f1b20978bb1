"""Traces: a way through the state space, made by running the handlers along it.

A trace is never assembled from what a search remembers. It is re-run from the model, label by
label, on fresh semantics, so that having a trace proves that it replays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .errors import TraceError
from .events import Crash, Cut, Deliver, Duplicate, Event, Heal, Lose, Recover, Start, Stop, Timeout
from .facts import FactSet
from .freeze import Frozen
from .handlers import Local, Outcome
from .model import Model
from .network import Envelope
from .semantics import Semantics, State, StateView, Step


class Label(NamedTuple):
    """What names a step among those of its state, in any exploration of the same model.

    `kind` says what happens, as in KINDS; `actor` is "" if the network takes the step, and the
    receiver if it is about a message; `what` is the frozen message, the timer's name, or the side
    that is cut off; `choices` are the positions that `choose` answered with.
    """

    kind: str
    actor: str
    sender: str | None
    what: Frozen
    choices: tuple[int, ...]


KINDS: dict[type, str] = {
    Deliver: "deliver",
    Timeout: "timeout",
    Crash: "crash",
    Stop: "stop",
    Recover: "recover",
    Lose: "lose",
    Duplicate: "duplicate",
    Cut: "cut",
    Heal: "heal",
}


def label(outcome: Outcome) -> Label:
    """The label of the step that `outcome` makes."""
    event = outcome.event
    choices = tuple(choice.position for choice in outcome.choices)
    if isinstance(event, Start):
        raise TraceError(f"{event!r} makes the initial state and is no step.")
    kind = KINDS[type(event)]
    if isinstance(event, (Deliver, Lose, Duplicate)):
        envelope = event.envelope
        return Label(kind, envelope.receiver, envelope.sender, envelope.payload, choices)
    what: Frozen = None
    if isinstance(event, Timeout):
        what = event.name
    elif isinstance(event, Cut):
        what = event.side
    return Label(kind, event.actor, None, what, choices)


class TraceStep(NamedTuple):
    """One step of a trace: what happened, its actor before and after, and the state it led to.

    `facts` are those that became true, `ended` those that ceased to be.
    """

    outcome: Outcome
    before: Local
    state: State
    facts: FactSet
    ended: FactSet

    @property
    def event(self) -> Event:
        event = self.outcome.event
        assert not isinstance(event, Start)
        return event

    @property
    def actor(self) -> str:
        """The actor that takes the step; "" if the network does."""
        return self.before.actor

    @property
    def after(self) -> Local:
        return self.outcome.after

    @property
    def sent(self) -> tuple[Envelope, ...]:
        return self.outcome.sent


@dataclass(frozen=True)
class Trace:
    """A run of `model` from the initial state `initial`, a step at a time."""

    model: Model
    semantics: Semantics
    initial: State
    steps: tuple[TraceStep, ...]

    def __len__(self) -> int:
        return len(self.steps)

    def __bool__(self) -> bool:
        return True  # a trace without steps is one all the same

    def __iter__(self) -> Iterator[TraceStep]:
        return iter(self.steps)

    def __repr__(self) -> str:
        return f"Trace({self.model.name}, {len(self)} steps)"

    @property
    def states(self) -> tuple[State, ...]:
        """The initial state and the state after each step."""
        return (self.initial, *(step.state for step in self.steps))

    @property
    def last(self) -> StateView:
        """The last state, as properties see it."""
        return self.semantics.view(self.states[-1])

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels of the steps: what `rerun` takes."""
        return tuple(label(step.outcome) for step in self.steps)

    @property
    def switches(self) -> int:
        """How often a step is taken by another actor than the step before."""
        actors = [step.actor for step in self.steps]
        return sum(one != next_ for one, next_ in pairwise(actors))


def rerun(model: Model, start: int, labels: Sequence[Label]) -> Trace:
    """Run `model` from its initial state number `start` along `labels`.

    Raises TraceError, saying at which step, if a label names no step of the state it is reached in.
    """
    semantics = Semantics(model)
    initial = semantics.initial_state(start)
    state, steps = initial, []
    for number, wanted in enumerate(labels, 1):
        step = next((s for s in semantics.steps(state) if label(s.outcome) == wanted), None)
        if step is None:
            raise TraceError(f"step {number} cannot be taken in the state it is reached in.")
        steps.append(trace_step(semantics, state, step))
        state = step.after
    return Trace(model, semantics, initial, tuple(steps))


def trace_step(semantics: Semantics, state: State, step: Step) -> TraceStep:
    """`step`, taken in `state`, with what it changed."""
    after = step.outcome.after
    before = next((local for local in state.locals if local.actor == after.actor), after)
    old, new = semantics.facts(state), semantics.facts(step.after)
    return TraceStep(step.outcome, before, step.after, new - old, old - new)
