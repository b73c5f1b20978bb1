"""Traces as JSON files, and replaying them.

A trace file says which model it is of and, step by step, what happened and what came of it. A
replay takes each step on the model again and compares; it never trusts the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..explorer import Model, Trace, TraceError, UsageError
from ..explorer.semantics import Semantics, State, Step
from ..explorer.trace import TraceStep, trace_step
from .encoding import Json, encode_action, encode_local, encode_sent, encode_state, exactly
from .files import read_document, write_whole
from .json_words import step_text

FORMAT, VERSION = "islander trace", 1


class Source(NamedTuple):
    """How a command line names a model: its target, and its parameters as given."""

    target: str
    parameters: Mapping[str, str]


class SavedTrace(NamedTuple):
    """A trace file, read and found whole; `steps` are its steps, still as JSON."""

    path: Path
    model: str
    source: Source | None
    property: str
    explanation: str
    initial: Json
    steps: list[Json]


class Replay(NamedTuple):
    """How far a saved trace could be taken; `disagreement` says where and how model and file
    part, None if they agree throughout."""

    trace: Trace
    disagreement: str | None


def trace_document(
    trace: Trace, source: Source | None = None, property_name: str = "", explanation: str = ""
) -> Json:
    """A trace as JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": {
            "name": trace.model.name,
            "target": source.target if source else None,
            "parameters": dict(source.parameters) if source else {},
        },
        "property": property_name,
        "explanation": explanation,
        "initial": encode_state(trace.model, trace.initial),
        "steps": [_step_document(trace.model, step) for step in trace],
    }


def save_trace(
    path: Path,
    trace: Trace,
    source: Source | None = None,
    property_name: str = "",
    explanation: str = "",
) -> None:
    """Write a trace to a file, whole. Raises UsageError if that cannot be done."""
    document = trace_document(trace, source, property_name, explanation)
    write_whole(path, json.dumps(document, indent=1, ensure_ascii=True) + "\n")


def read_trace(path: Path) -> SavedTrace:
    """Read a trace file. Raises TraceError if it is missing, damaged, or something else."""
    again = f"Save it anew with `islander check … --trace {path.name}`."
    try:
        document = read_document(path, "a trace", FORMAT, VERSION, again)
    except UsageError as error:
        raise TraceError(str(error)) from error
    return _checked(path, document)


def replay(model: Model, saved: SavedTrace) -> Replay:
    """Take the steps of a saved trace on `model`, as far as the two agree.

    Raises TraceError if the trace was recorded on another model: another name, other actors, or
    another initial state.
    """
    semantics = Semantics(model)
    state = initial = _initial_state(semantics, saved)
    steps: list[TraceStep] = []
    disagreement = None
    for number, wanted in enumerate(saved.steps, 1):
        enabled = list(semantics.steps(state))
        step = next((s for s in enabled if _same_action(s, wanted)), None)
        if step is None:
            disagreement = _not_enabled(number, wanted, enabled)
            break
        disagreement = _other_outcome(number, _step_document_of(semantics, state, step), wanted)
        if disagreement:
            break
        steps.append(trace_step(semantics, state, step))
        state = step.after
    return Replay(Trace(model, semantics, initial, tuple(steps)), disagreement)


def _step_document(model: Model, step: TraceStep) -> Json:
    return {
        **encode_action(step.outcome),
        "after": encode_local(step.after),
        "sent": encode_sent(model, step.sent),
    }


def _step_document_of(semantics: Semantics, state: State, step: Step) -> Json:
    return _step_document(semantics.model, trace_step(semantics, state, step))


def _same_action(step: Step, wanted: Json) -> bool:
    action = encode_action(step.outcome)
    return exactly(_named(action)) == exactly(_named({key: wanted.get(key) for key in action}))


def _named(action: Json) -> Json:
    # Which option was chosen counts, not how it was shown.
    chosen = action.get("choices") or []
    return action | {"choices": [[c.get("option"), c.get("of")] for c in chosen]}


def _initial_state(semantics: Semantics, saved: SavedTrace) -> State:
    model = semantics.model
    if saved.model != model.name:
        raise TraceError(
            f"{saved.path} is a trace of {saved.model!r}, not of {model.name!r}; "
            f"name its model with --model."
        )
    for state in semantics.each_initial_state():
        if exactly(encode_state(model, state)) == exactly(saved.initial):
            return state
    ours, theirs = encode_state(model, semantics.initial_state(0)), saved.initial
    differing = sorted(
        actor
        for actor in {*ours["actors"], *theirs["actors"]}
        if exactly(ours["actors"].get(actor)) != exactly(theirs["actors"].get(actor))
    )
    where = f"actors that differ: {', '.join(differing)}" if differing else "the network differs"
    raise TraceError(
        f"{saved.path} does not begin in an initial state of {model.name!r} ({where}). It was "
        f"recorded on another version of the model, or with other parameters."
    )


def _not_enabled(number: int, wanted: Json, enabled: list[Step]) -> str:
    possible = sorted({step_text(encode_action(step.outcome)) for step in enabled})
    return (
        f"step {number} of the trace cannot be taken: {step_text(wanted)}. "
        f"Possible here: {'; '.join(possible) or 'nothing'}."
    )


def _other_outcome(number: int, ours: Json, theirs: Json) -> str | None:
    for key in ("after", "sent"):
        if exactly(ours[key]) != exactly(theirs.get(key)):
            return (
                f"step {number}, {step_text(theirs)}, has another outcome than the trace says.\n"
                f"  the trace: {key} = {json.dumps(theirs.get(key))}\n"
                f"  the model: {key} = {json.dumps(ours[key])}"
            )
    return None


def _checked(path: Path, document: Any) -> SavedTrace:
    def need(holder: Any, key: str, kind: type, where: str) -> Any:
        value = holder.get(key) if isinstance(holder, dict) else None
        if not isinstance(value, kind):
            raise TraceError(f"{path} is damaged: {where}{key!r} should be a {kind.__name__}.")
        return value

    model = need(document, "model", dict, "")
    source = None
    if model.get("target") is not None:
        parameters = need(model, "parameters", dict, "model, ")
        if not all(isinstance(value, str) for value in parameters.values()):
            raise TraceError(f"{path} is damaged: model, 'parameters' should all be strings.")
        source = Source(need(model, "target", str, "model, "), parameters)
    initial = need(document, "initial", dict, "")
    need(initial, "actors", dict, "initial, ")
    steps = need(document, "steps", list, "")
    for number, step in enumerate(steps, 1):
        need(step, "action", str, f"step {number}, ")
        need(step, "actor", str, f"step {number}, ")
        need(step, "after", dict, f"step {number}, ")
        if step.get("choices") is not None:
            for choice in need(step, "choices", list, f"step {number}, "):
                need(choice, "option", int, f"step {number}, a choice, ")
    return SavedTrace(
        path,
        need(model, "name", str, "model, "),
        source,
        need(document, "property", str, ""),
        need(document, "explanation", str, ""),
        initial,
        steps,
    )
