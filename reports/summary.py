"""Summaries: a result as plain data, from which the reports for CI are made.

A result holds a model, and models hold functions; a summary holds strings and numbers only, so it
goes from process to process, into a file and back. It says everything that JUnit, SARIF, Markdown
and a comparison with an earlier run need to say, and keeps what a model said as it said it: each
format escapes for itself.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..explorer import Fact, PropertyResult, Result, Simulation, Trace, Verdict
from ..explorer.properties import Property
from ..explorer.trace import TraceStep
from .conclusion import conclusion
from .encoding import Json
from .text import since
from .trace_file import Source, trace_document
from .words import changes, event_parts, fact_text

if TYPE_CHECKING:
    from ..explorer.source import Sources


@dataclass(frozen=True)
class StepPlace:
    """A place in the source: where a step was decided, the `case` that ran or else the handler; or
    where a property is declared. `line` counts from 1."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class StepSummary:
    """One step of a trace, in words: who takes part ("p1 → a1"), what it is ("Prepare(1)"), and
    what it changed. `place` is None for steps of the network, and where no source could be read."""

    who: str
    what: str
    changes: tuple[str, ...]
    place: StepPlace | None = None


@dataclass(frozen=True)
class ClashingFact:
    """A fact that the violation rests on, and the step that last made it true (0: at first)."""

    text: str
    step: int


@dataclass(frozen=True)
class PropertySummary:
    """What was found out about one property; `kind` is its class's name, as "Invariant".

    `steps` is the length of its trace, of which `story` is what happened and `trace` the document
    that replays; both are empty where there is no trace, and for a witness that was reached.
    `absent` are the facts whose absence matters. `place` is where the function that says what the
    property claims begins, None if that is unknown.
    """

    name: str
    kind: str
    verdict: Verdict
    explanation: str = ""
    steps: int | None = None
    witness: bool = False
    clash: tuple[ClashingFact, ...] = ()
    absent: tuple[str, ...] = ()
    story: tuple[StepSummary, ...] = ()
    trace: Json | None = None
    place: StepPlace | None = None


@dataclass(frozen=True)
class Summary:
    """One check, done.

    `name` is the check's own, the model's if it has none; `source` how a command line names the
    model, with its parameters as typed ("bug" among them). `counts` are the numbers of the result
    by name ("states", "transitions", …), `seconds` apart, as it differs from run to run. `because`
    says what left it incomplete, or, if it holds, what ended the search that did not cover
    everything; `conclusion` what it came to, in one sentence ("" if it is not the search that says
    so). `gaps` are what its coverage wants for, None if that was not
    asked for; `unread` the classes among them whose source could not be read. `options` are the
    words of the command line, beside the source, that the check was made with. `notes` are what is
    to be known beside the verdicts.
    """

    name: str
    model: str
    verdict: Verdict
    properties: tuple[PropertySummary, ...]
    counts: Mapping[str, int]
    seconds: float
    engine: str
    because: str = ""
    source: Source | None = None
    gaps: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    conclusion: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether it holds though the search did not cover everything."""
        return self.verdict is Verdict.HOLDS and bool(self.because)

    notes: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What to type to run the check again; "" if no command line made it."""
        return shlex.join([*check_command(self.source), *self.options]) if self.source else ""

    @property
    def violated(self) -> list[PropertySummary]:
        """The properties that are violated, in the order of the model."""
        return [one for one in self.properties if one.verdict is Verdict.VIOLATED]

    def as_json(self) -> Json:
        """As JSON; `from_json` takes it."""
        return asdict(self) | {
            "verdict": self.verdict.value,
            "properties": [asdict(p) | {"verdict": p.verdict.value} for p in self.properties],
            "source": self.source
            and {
                "target": self.source.target,
                "parameters": dict(self.source.parameters),
            },
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, document: Json) -> Summary:
        """What `as_json` made. Raises KeyError, TypeError or ValueError for anything else."""
        source, gaps = document["source"], document["gaps"]
        return cls(
            name=document["name"],
            model=document["model"],
            verdict=Verdict(document["verdict"]),
            properties=tuple(map(_property_from, document["properties"])),
            counts=dict(document["counts"]),
            seconds=document["seconds"],
            engine=document["engine"],
            because=document["because"],
            source=Source(source["target"], source["parameters"]) if source else None,
            gaps=None if gaps is None else tuple(gaps),
            options=tuple(document["options"]),
            unread=tuple(document["unread"]),
            conclusion=document["conclusion"],
            notes=tuple(document["notes"]),
        )


def summarise(
    result: Result | Simulation,
    source: Source | None = None,
    name: str = "",
    gaps: Sequence[str] | None = None,
    options: Sequence[str] = (),
    unread: Sequence[str] = (),
) -> Summary:
    """The summary of a result."""
    from ..explorer.source import Sources  # which reads source code

    sources = Sources(result.model.actors)
    found = result.properties
    return Summary(
        name=name or result.model.name,
        model=result.model.name,
        verdict=result.verdict,
        properties=tuple(
            _property(found[item.name], item, source, sources) for item in result.model.properties
        ),
        counts={key: value for key in COUNTS if (value := getattr(result, key, None)) is not None},
        seconds=result.seconds,
        engine=getattr(result, "engine", "random walks"),
        because=result.incomplete_because or "",
        source=source,
        gaps=None if gaps is None else tuple(gaps),
        options=tuple(options),
        unread=tuple(unread),
        conclusion=conclusion(result),
        notes=result.notes,
    )


COUNTS = (
    *("states", "transitions", "depth", "terminal", "interleavings", "fact_sets", "handler_calls"),
    *("walks", "steps", "longest", "ended", "seed"),
)
"""The numbers of a result, or of random walks, that a summary keeps."""


def check_command(source: Source, verb: str = "check") -> list[str]:
    """The words of the command that checks this model."""
    command = ["islander", verb, source.target]
    for name, value in source.parameters.items():
        command += ["--bug", value] if name == "bug" else ["-p", f"{name}={value}"]
    return command


def _property(
    found: PropertyResult, item: Property, source: Source | None, sources: Sources
) -> PropertySummary:
    told = found.verdict is Verdict.VIOLATED
    trace = found.trace if told else None
    return PropertySummary(
        name=found.name,
        kind=type(item).__name__,
        verdict=found.verdict,
        explanation=found.explanation,
        steps=found.steps,
        witness=found.witness,
        clash=tuple(_clash(found.facts, trace)) if trace else (),
        absent=tuple(map(fact_text, found.absent)),
        story=tuple(_step(trace, step, sources) for step in trace) if trace else (),
        trace=trace and trace_document(trace, source, found.name, found.explanation),
        place=_declared(item),
    )


def _declared(item: Property) -> StepPlace | None:
    function = getattr(item, "formula", None) or getattr(item, "predicate", None)
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None:
        return None
    return StepPlace(code.co_filename, code.co_firstlineno, code.co_qualname)


def _clash(facts: Sequence[Fact], trace: Trace) -> list[ClashingFact]:
    clash = [ClashingFact(fact_text(fact), since(trace, fact)) for fact in facts]
    return sorted(clash, key=lambda one: one.step)


def _step(trace: Trace, step: TraceStep, sources: Sources) -> StepSummary:
    who, what = event_parts(step.event)
    return StepSummary(who, what, tuple(changes(step)), _place(trace, step, sources))


def _place(trace: Trace, step: TraceStep, sources: Sources) -> StepPlace | None:
    if not step.actor:
        return None
    with sources.watch() as ran:
        trace.semantics.handlers.decide_again(step.before, step.event)
    if not ran:
        return None
    handler, *cases = ran
    within = [case for case in cases if case.text and case.place.function == handler.place.function]
    place = (within or [handler])[0].place
    return StepPlace(place.file, place.line, place.function)


def _property_from(document: Mapping[str, Any]) -> PropertySummary:
    return PropertySummary(
        name=document["name"],
        kind=document["kind"],
        verdict=Verdict(document["verdict"]),
        explanation=document["explanation"],
        steps=document["steps"],
        witness=document["witness"],
        clash=tuple(ClashingFact(**one) for one in document["clash"]),
        absent=tuple(document["absent"]),
        story=tuple(_step_from(one) for one in document["story"]),
        trace=document["trace"],
        place=_place_from(document["place"]),
    )


def _step_from(document: Mapping[str, Any]) -> StepSummary:
    place = _place_from(document["place"])
    return StepSummary(document["who"], document["what"], tuple(document["changes"]), place)


def _place_from(document: Mapping[str, Any] | None) -> StepPlace | None:
    return StepPlace(**document) if document else None
