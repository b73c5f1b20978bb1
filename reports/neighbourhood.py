"""The neighbourhood of some traces: their states, the states around them, and every step between,
by number, as the explorer page reads them.

States are found by taking steps of the semantics, breadth first, outward from those that are known,
so the nearest come first. Whatever occurs again and again (local states, messages, facts, fact
sets, steps) is told once, in a table, and named by its place there. Tables and states only grow and
numbers never change: a page that knows the first so many is told the rest, which is how the same
page goes on with a live engine behind it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from ..explorer import Fact, FactSet, IslanderError, Model, Trace
from ..explorer.errors import TraceError
from ..explorer.events import Deliver, Duplicate, Event, Lose
from ..explorer.faults import KINDS, FaultState
from ..explorer.freeze import fact_order, fields_of, show
from ..explorer.handlers import Local, Outcome
from ..explorer.network import Envelope
from ..explorer.properties import Property, Subject, judged
from ..explorer.semantics import Semantics, State, Step
from ..explorer.trace import KINDS as EVENT_KINDS
from ..explorer.trace import label, trace_step
from .encoding import Json
from .words import changes, clean, event_parts, fact_text

BEGINS = 1000
"""Initial states that are known from the start, besides those of traces."""

Key = TypeVar("Key", bound=Hashable)

TABLES = ("locals", "messages", "facts", "fact_sets", "events", "faults")
"""The tables that states and steps refer to."""

MARKS = {True: "1", False: "0", None: "?"}
"""How what a property says of a state is written; "-" if it says nothing of states."""


class Table(Generic[Key]):
    """Things told once, and the number by which each is named from then on."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._numbers: dict[Key, int] = {}

    def number(self, key: Key) -> int | None:
        return self._numbers.get(key)

    def add(self, key: Key, row: Json) -> int:
        self._numbers[key] = len(self.rows)
        self.rows.append(row)
        return self._numbers[key]


class Way(NamedTuple):
    """A trace by numbers: its states, and which step of its state each step is."""

    states: list[int]
    steps: list[int]


class Neighbourhood:
    """States of one model by number, and what leads from one to another.

    `initial` are the numbers of the initial states. Nothing here is safe to use from two threads at
    once.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.semantics = Semantics(model)
        self._states: list[State] = []
        self._numbers: dict[State, int] = {}
        self._away: list[int] = []
        self._sources: list[int | None] = []  # from which state each was first seen
        self._grown = 0  # all that comes before this state's number leads to states that are known
        self._steps: dict[int, list[Step]] = {}
        self._failures: dict[int, str] = {}
        self._tables: dict[str, Table[Any]] = {name: Table() for name in TABLES}
        self._truths: dict[FactSet, str] = {}
        self._of_facts = [p for p in model.properties if p.subject is Subject.FACTS]
        self._position = {item.name: at for at, item in enumerate(model.properties)}
        begins = islice(self.semantics.each_initial_state(), BEGINS)
        self.initial = [self._add(state, 0, None) for state in begins]

    def __len__(self) -> int:
        return len(self._states)

    def follow(self, trace: Trace) -> Way:
        """Take the steps of a trace of the same model; its states are then known.

        Raises TraceError if a step cannot be taken, as of a trace of another model.
        """
        begins = enumerate(trace.semantics.each_initial_state())
        start = next(number for number, state in begins if state == trace.initial)
        if start < len(self.initial):
            way = Way([self.initial[start]], [])
        else:
            way = Way([self._add(self.semantics.initial_state(start), 0, None)], [])
        for wanted in trace.labels:
            here = way.states[-1]
            steps = self.steps(here)
            found = (at for at, step in enumerate(steps) if label(step.outcome) == wanted)
            at = next(found, None)
            if at is None:
                raise TraceError(f"step {len(way.states)} cannot be taken in the state before it.")
            way.steps.append(at)
            way.states.append(self._add(steps[at].after, 0, here))
        return way

    def grow(self, more: int) -> None:
        """Get to know so many states more, the nearest to those that are known."""
        bound = len(self._states) + more
        while self._grown < len(self._states):
            here = self._grown
            for step in self.steps(here):
                if len(self._states) >= bound:
                    return
                self._add(step.after, self._away[here] + 1, here)
            self._grown += 1

    def open(self, number: int) -> None:
        """Get to know all states that steps lead to from this one."""
        for step in self.steps(number):
            self._add(step.after, self._away[number] + 1, number)

    def steps(self, number: int) -> list[Step]:
        """The steps from a state; none if the model failed to take one of them, which is noted."""
        if number not in self._steps:
            try:
                self._steps[number] = list(self.semantics.steps(self._states[number]))
            except IslanderError as error:
                self._steps[number] = []
                self._failures[number] = clean_lines(str(error))
        return self._steps[number]

    # -- as JSON --------------------------------------------------------------------------------

    def sizes(self) -> dict[str, int]:
        """How many rows each table has, and how many states there are."""
        return {name: len(self._tables[name].rows) for name in TABLES} | {"states": len(self)}

    def document(
        self, known: dict[str, int] | None = None, again: Iterable[int] = ()
    ) -> dict[str, Json]:
        """All states and tables; or, of each, what comes after the first so many that are `known`,
        and the states `again`, and those from which the new ones were found: so there is a known
        way to every state."""
        known = known or dict.fromkeys((*TABLES, "states"), 0)
        new = range(known["states"], len(self))
        sources = {source for one in new if (source := self._sources[one]) is not None}
        numbers = sorted({*again, *sources, *new})
        self._judge([self.semantics.facts(self._states[number]) for number in numbers])
        columns = [self._state(number) for number in numbers]
        states: dict[str, Json] = {"number": numbers}
        for name in ("locals", "messages", "facts", "faults", "truth", "away", "steps", "failure"):
            states[name] = [column[name] for column in columns]
        tables = {name: self._tables[name].rows[known[name] :] for name in TABLES}
        return {"from": {name: known[name] for name in TABLES}, **tables, "states": states}

    def fact(self, fact: Fact) -> int:
        """The number of a fact."""
        found = self._tables["facts"].number(fact)
        return self._tables["facts"].add(fact, fact_text(fact)) if found is None else found

    def _add(self, state: State, away: int, source: int | None) -> int:
        if state in self._numbers:
            return self._numbers[state]
        number = self._numbers[state] = len(self._states)
        self._states.append(state)
        self._away.append(away)
        self._sources.append(source)
        return number

    def _state(self, number: int) -> dict[str, Json]:
        state = self._states[number]
        flying = self.model.network.listed(state.network)
        facts = self.semantics.facts(state)
        return {
            "locals": [self._local(local) for local in state.locals],
            "messages": [part for one, n in flying for part in (self._message(one), n)],
            "facts": self._fact_set(facts),
            "faults": self._faults(state.faults),
            "truth": self._truth(state, facts),
            "away": self._away[number],
            "steps": [
                part
                for step in self.steps(number)
                for part in (self._event(state, step), self._numbers.get(step.after, -1))
            ],
            "failure": self._failures.get(number),
        }

    def _local(self, local: Local) -> int:
        table = self._tables["locals"]
        found = table.number(local)
        if found is not None:
            return found
        shown = local.shown
        if shown is None:
            shown = {name: show(value) for name, value in fields_of(local.fields).items()}
        row = {
            "fields": [[clean(name), clean(text)] for name, text in shown.items()],
            "timers": [clean(name) for name in local.timers],
            "status": local.status,
        }
        return table.add(local, row)

    def _message(self, envelope: Envelope) -> int:
        table = self._tables["messages"]
        found = table.number(envelope)
        if found is not None:
            return found
        text = clean(show(envelope.payload))
        return table.add(envelope, [clean(envelope.sender), clean(envelope.receiver), text])

    def _fact_set(self, facts: FactSet) -> int:
        table = self._tables["fact_sets"]
        found = table.number(facts)
        if found is not None:
            return found
        return table.add(facts, [self.fact(fact) for fact in sorted(facts, key=fact_order)])

    def _faults(self, faults: FaultState) -> int:
        table = self._tables["faults"]
        found = table.number(faults)
        return table.add(faults, self._left(faults)) if found is None else found

    def _left(self, faults: FaultState) -> list[str]:
        said = [
            f"{kind}: {'any number' if left is None else f'{left} left'}"
            for kind in KINDS
            if (left := getattr(faults, kind)) != 0
            and not (kind == "timeouts" and self.model.faults.timeouts is None)
        ]
        return said + ([f"cut off: {clean(', '.join(faults.cut))}"] if faults.cut else [])

    def _event(self, state: State, step: Step) -> int:
        outcome = step.outcome
        before = next((one for one in state.locals if one.actor == outcome.after.actor), None)
        key = (before, outcome.event, outcome.choices, outcome.after)
        table = self._tables["events"]
        found = table.number(key)
        if found is not None:
            return found
        event = outcome.event
        told = trace_step(self.semantics, state, step)
        who, what = event_parts(told.event)
        row = {
            "kind": EVENT_KINDS[type(event)],
            "actor": clean(event.actor),
            "who": who,
            "what": what,
            "changes": changes(told),
            "message": self._about(told.event),
            "truth": self._objections(outcome),
        }
        return table.add(key, row)

    def _about(self, event: Event) -> int | None:
        about = isinstance(event, (Deliver, Lose, Duplicate))
        return self._message(event.envelope) if about else None  # type: ignore[union-attr]

    # -- what properties say --------------------------------------------------------------------

    def _judge(self, found: Sequence[FactSet]) -> None:
        """Ask all properties of facts of the fact sets that are new, in one go."""
        new = [facts for facts in dict.fromkeys(found) if facts not in self._truths]
        if new:
            answers = [_answers(item, new) for item in self._of_facts]
            for at, facts in enumerate(new):
                self._truths[facts] = "".join(MARKS[said[at]] for said in answers)

    def _truth(self, state: State, facts: FactSet) -> str:
        of_facts = iter(self._truths[facts])
        said = []
        for item in self.model.properties:
            if item.subject is Subject.FACTS:
                said.append(next(of_facts))
            elif item.subject is Subject.STATE:
                said.append(MARKS[_answers(item, [self.semantics.view(state)])[0]])
            else:
                said.append("-")
        return "".join(said)

    def _objections(self, outcome: Outcome) -> str:
        objections = dict(outcome.objections)
        return "".join(
            MARKS[objections.get(item.name, True)] if item.subject is Subject.STEP else "-"
            for item in self.model.properties
        )


def clean_lines(text: str) -> str:
    """`text`, its lines kept, with everything else that is unprintable escaped."""
    return "\n".join(map(clean, text.split("\n")))


def _answers(item: Property, subjects: Sequence[Any]) -> Sequence[bool | None]:
    """What `item` says. A state that no search reached may be one that it fails on: that is no
    answer."""
    try:
        return judged(item, subjects)
    except IslanderError:
        if len(subjects) == 1:
            return [None]
        return [_answers(item, [subject])[0] for subject in subjects]


__all__ = ["MARKS", "TABLES", "Neighbourhood", "Way", "clean_lines"]
