"""Baselines: what the checks of a project came to, kept to say later what changed.

A baseline is made to be committed: it has no times and no paths of a machine, and the same outcome
makes the same file. It holds verdicts, counts and counterexamples, of decided checks only: where an
incomplete search ended says nothing. It is a baseline of certain models with certain parameters,
and is compared with no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.text import Text

from ..explorer import UsageError, Verdict
from .encoding import Json
from .files import read_document
from .summary import PropertySummary, Summary
from .text import broken
from .trace_diff import diff_lines, same_trace
from .trace_file import Source
from .words import clean

FORMAT, VERSION = "islander baseline", 1

_ODD = (AttributeError, KeyError, TypeError, ValueError)
"""What comes of a trace in a file that has been tampered with, and of which only the frame is
judged when it is read."""


class KeptProperty(NamedTuple):
    """A property as it was; `trace` has the keys "initial" and "steps" of a saved trace."""

    verdict: Verdict
    steps: int | None
    trace: Json | None


class KeptCheck(NamedTuple):
    """A check as it was: of which model, by its own name and as the project names it with its
    parameters, and what it came to."""

    model: str
    source: Source
    verdict: Verdict
    counts: Mapping[str, int]
    properties: Mapping[str, KeptProperty]


class Difference(NamedTuple):
    """Something that is not as it was: `brief` in a word or two, "" if it only follows from another
    difference; `text` in a line; of a trace, the old and the new one."""

    brief: str
    text: str
    traces: tuple[Json, Json] | None = None


def baseline_text(summaries: Sequence[Summary]) -> str:
    """The baseline of these checks, which have names and sources; see `read_baseline`.

    Raises UsageError for a check that is incomplete.
    """
    undecided = [one.name for one in summaries if one.verdict is Verdict.INCOMPLETE]
    if undecided:
        raise UsageError(
            f"a baseline is of checks that were decided; incomplete: "
            f"{', '.join(map(repr, undecided))}."
        )
    document = {
        "format": FORMAT,
        "version": VERSION,
        "checks": {one.name: _check_document(one) for one in summaries},
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def read_baseline(path: Path) -> dict[str, KeptCheck]:
    """The checks in a baseline, by name. Raises UsageError if it is missing, damaged, or something
    else."""
    again = "Save it anew with `islander ci --save-baseline`, to a file that is not there yet."
    document = read_document(path, "a baseline", FORMAT, VERSION, again)
    checks = _expect(document.get("checks"), dict, path, "checks")
    return {name: _check_from(path, name, kept) for name, kept in checks.items()}


def refuse_other_models(
    path: Path, kept: Mapping[str, KeptCheck], now: Mapping[str, tuple[str, Source]]
) -> None:
    """Raise UsageError if some check has a name in the baseline that was another model's, or that
    of the same model with other parameters. `now` gives its model's name and source, by name."""
    parted = []
    for name, (model, source) in now.items():
        was = kept.get(name)
        if was is None:
            continue
        if (was.model, *_identity(was.source)) != (model, *_identity(source)):
            parted.append(
                f"{path}: check {name!r} was of {_named(was.model, was.source)}; now it is of "
                f"{_named(model, source)}."
            )
    if parted:
        parted.append(
            "They are not compared. Give the check another name, or save the baseline anew with "
            "--save-baseline."
        )
        raise UsageError("\n".join(parted))


def differences(kept: KeptCheck, now: Summary) -> list[Difference]:
    """What is not as it was. Of a check that is now incomplete that alone is told."""
    found = []
    if kept.verdict is not now.verdict:
        was, is_ = kept.verdict.value, now.verdict.value
        found.append(Difference(f"{was} → {is_}", f"was {was}, is {is_}"))
    if now.verdict is Verdict.INCOMPLETE:
        return found
    properties = {one.name: one for one in now.properties}
    for name, old in kept.properties.items():
        if name not in properties:
            found.append(Difference("a property is gone", f"{name!r} is gone; {_was(old)}"))
    for name, new in properties.items():
        if name in kept.properties:
            found += _property_differences(kept.properties[name], new)
        else:
            found.append(Difference("a new property", f"{name!r} is new: {_is(new)}"))
    for count in [*now.counts, *(one for one in kept.counts if one not in now.counts)]:
        ours, theirs = kept.counts.get(count), now.counts.get(count)
        if ours is not None and theirs is not None and ours != theirs:
            said = count.replace("_", " ")
            text = f"{said}: were {ours:,}, are {theirs:,}"
            if not count.endswith("s"):
                text = f"{said}: was {ours:,}, is {theirs:,}"
            found.append(Difference(said, f"{text} ({theirs - ours:+,})"))
    if kept.verdict is not now.verdict:  # a search that ends elsewhere has other numbers
        found = [found[0], *(one._replace(brief="") for one in found[1:])]
    return found


def brief_text(found: Sequence[Difference]) -> str:
    """Differences in a few words; "" for none."""
    return ", ".join(dict.fromkeys(one.brief for one in found if one.brief))


def difference_lines(found: Sequence[Difference], width: int | None) -> list[Text]:
    """Differences, a line each, traces as a diff. `width` None: lines are not broken."""
    lines: list[Text] = []
    for one in found:
        lines += broken(Text(f"  {clean(one.text)}"), width, indent=4)
        if one.traces:
            inner = _diff_lines(*one.traces, width and max(width - 4, 1))
            lines += [Text("    ").append_text(line) for line in inner]
    return lines


def _diff_lines(old: Json, new: Json, width: int | None) -> list[Text]:
    try:
        return diff_lines(old, new, width)
    except _ODD:
        return [Text("what is kept of the old one makes no sense", style="yellow")]


def _property_differences(old: KeptProperty, new: PropertySummary) -> Iterator[Difference]:
    if old.verdict is not new.verdict:
        yield Difference(
            f"{old.verdict.value} → {new.verdict.value}", f"{new.name!r}: {_was(old)}, {_is(new)}"
        )
    elif old.steps != new.steps and not (old.trace and new.trace):
        yield Difference("steps", f"{new.name!r}: {_was(old)}, {_is(new)}")
    if old.trace and new.trace and not same_trace(old.trace, new.trace):
        what = "nearest trace" if new.witness else "counterexample"
        text = f"{new.name!r} has another {what}:"
        if old.steps != new.steps:
            text = f"{new.name!r}: {_was(old)}, {_is(new)}:"
        yield Difference("trace", text, (old.trace, new.trace))


def _was(old: KeptProperty) -> str:
    return f"was {old.verdict.value}{_in_steps(old.steps)}"


def _is(new: PropertySummary) -> str:
    return f"is {new.verdict.value}{_in_steps(new.steps)}"


def _in_steps(steps: int | None) -> str:
    return "" if steps is None else f" in {steps} step{'' if steps == 1 else 's'}"


def _identity(source: Source) -> tuple[str, dict[str, str]]:
    return source.target, dict(source.parameters)


def _named(model: str, source: Source) -> str:
    given = " ".join(f"{name}={value}" for name, value in source.parameters.items())
    target = "" if source.target == model else f" ({source.target})"
    return f"model {model!r}{target} with parameters {given or 'none'}"


# -- as JSON --------------------------------------------------------------------------------------


def _check_document(summary: Summary) -> Json:
    source = summary.source or Source(summary.model, {})
    return {
        "model": summary.model,
        "target": source.target,
        "parameters": dict(source.parameters),
        "verdict": summary.verdict.value,
        "counts": dict(summary.counts),
        "properties": {one.name: _property_document(one) for one in summary.properties},
    }


def _property_document(one: PropertySummary) -> Json:
    # What names the trace's model is left out: there it is named as on the machine that ran it.
    trace = one.trace and {key: one.trace[key] for key in ("initial", "steps")}
    return {"verdict": one.verdict.value, "steps": one.steps, "trace": trace or None}


def _check_from(path: Path, name: str, document: Any) -> KeptCheck:
    where = f"checks, {name!r}"
    document = _expect(document, dict, path, where)
    parameters = _expect(document.get("parameters"), dict, path, f"{where}, parameters")
    counts = _expect(document.get("counts"), dict, path, f"{where}, counts")
    for key, value in parameters.items():
        _expect(value, str, path, f"{where}, parameters, {key!r}")
    for key, value in counts.items():
        _expect(value, int, path, f"{where}, counts, {key!r}")
    properties = _expect(document.get("properties"), dict, path, f"{where}, properties")
    return KeptCheck(
        _expect(document.get("model"), str, path, f"{where}, model"),
        Source(_expect(document.get("target"), str, path, f"{where}, target"), parameters),
        _verdict(document.get("verdict"), path, f"{where}, verdict"),
        counts,
        {
            one: _property_from(path, f"{where}, properties, {one!r}", kept)
            for one, kept in properties.items()
        },
    )


def _property_from(path: Path, where: str, document: Any) -> KeptProperty:
    document = _expect(document, dict, path, where)
    steps, trace = document.get("steps"), document.get("trace")
    if steps is not None:
        _expect(steps, int, path, f"{where}, steps")
    if trace is not None:
        _expect(trace, dict, path, f"{where}, trace")
        _expect(trace.get("initial"), dict, path, f"{where}, trace, initial")
        _expect(trace.get("steps"), list, path, f"{where}, trace, steps")
        try:
            same_trace(trace, trace)
            diff_lines(trace, {"initial": {}, "steps": []}, None)
        except _ODD:
            raise UsageError(f"{path} is damaged: {where}, trace makes no sense.") from None
    return KeptProperty(_verdict(document.get("verdict"), path, f"{where}, verdict"), steps, trace)


def _verdict(value: Any, path: Path, where: str) -> Verdict:
    try:
        return Verdict(value)
    except ValueError:
        raise UsageError(
            f"{path} is damaged: {where} should be a verdict; it is {value!r}."
        ) from None


def _expect(value: Any, kind: type, path: Path, where: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UsageError(f"{path} is damaged: {where} should be a {kind.__name__}.")
    return value
