"""SARIF 2.1.0, the format of code scanning: violations where the code stands that made the steps.

A rule is a property, a result what one check found out about it, and the counterexample a code flow
whose locations are its steps. The flow has one thread, although each actor is one: viewers show the
threads of a flow one after another, or the first alone, and what matters is how actors interleave.

    holds        no result, only its rule: code scanning raises an alert for each result, whatever
                 its kind
    violated     kind "fail", level "error"
    incomplete   kind "open" (undecided), for which the standard wants the level "none"; the
                 invocation is not successful: a notification of level "error" says why

Section numbers are those of the standard, OASIS SARIF 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..explorer import Verdict
from .encoding import Json
from .findings import Finding, counted, findings, step_text, when
from .summary import PropertySummary, StepPlace, StepSummary, Summary
from .words import clean

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"
"""What the root of the sources is called in the file."""

KINDS = {
    Verdict.VIOLATED: ("fail", "error"),
    Verdict.INCOMPLETE: ("open", "none"),
}
"""Kind and level of a result; §3.27.10: the level of all but failures is "none"."""

_INCOMPLETE = {"text": "The search ended early: what was not decided is not established."}
INCOMPLETE = {
    "id": "incomplete",
    "shortDescription": {"text": "The search was not completed."},
    "fullDescription": _INCOMPLETE,
    "help": _INCOMPLETE,
}
_NOTE = {"text": "Something that the verdicts cannot say, and that a reader of them is to know."}
NOTE = {
    "id": "note",
    "shortDescription": {"text": "A note on the model."},
    "fullDescription": _NOTE,
    "help": _NOTE,
}
NOTIFICATIONS = (INCOMPLETE, NOTE)
"""The notifications there are."""

SAID = {Verdict.VIOLATED: "", Verdict.INCOMPLETE: "undecided: "}

LONGEST_SLUG = 80


def sarif_json(summaries: Sequence[Summary], root: Path | None, version: str) -> str:
    """The summaries as one SARIF run of Islander `version`.

    Files under `root` are named relative to it, as code scanning wants them; all others, and all
    if it is None, by absolute URIs. Each result has a place in a file: that of its last step; of a
    result without steps, where its property is declared if that is under `root`, or else what its
    command names.
    """
    rules = _Rules()
    places = _Places(root)
    all_found = [
        (found, summary, number)
        for number, summary in enumerate(summaries)
        for found in findings(summary)
    ]
    for found, summary, _ in all_found:
        rules.number(found, summary.model)
    results = [
        _result(found, summary, number, rules, places)
        for found, summary, number in all_found
        if found.verdict is not Verdict.HOLDS
    ]
    driver = {
        "name": "Islander",
        "version": version,
        "fullName": f"Islander {version}: model checker for consensus protocols",
        "rules": rules.documents,
        "notifications": list(NOTIFICATIONS),
    }
    run: Json = {
        "tool": {"driver": driver},
        "invocations": [_invocation(summary) for summary in summaries],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if root is not None:
        run["originalUriBaseIds"] = {ROOT: {"uri": _file_uri(os.path.realpath(root)) + "/"}}
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


class _Rules:
    """The rules, in the order in which results ask for them."""

    def __init__(self) -> None:
        self.documents: list[Json] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._identities: set[str] = set()

    def number(self, found: Finding, model: str) -> int:
        """The number of the rule of a finding, which is made if this is the first to ask."""
        key = model, found.name
        if key not in self._numbers:
            self._numbers[key] = len(self.documents)
            self.documents.append(self._document(found, model))
        return self._numbers[key]

    def _document(self, found: Finding, model: str) -> Json:
        about = found.about
        if about is None:
            what = f"Whether a check of the model {model} came to all that was asked of it"
        else:
            asked = "must be reachable" if about.witness else "must hold"
            what = f"{about.kind} of the model {model} that {asked}"
        return {
            "id": self._identity(model, found.name),
            "name": clean(found.name),
            "shortDescription": {"text": _plain(found.name).strip() or "(no name)"},
            "fullDescription": {"text": _plain(f"{what}: {found.name}.")},
            "help": {"text": _plain(f"{what}: {found.name}.")},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["model checking"], "model": clean(model)},
        }

    def _identity(self, model: str, name: str) -> str:
        """`model/property`, with a hash where letters and digits alone do not tell it."""
        slugs = [re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") for text in (model, name)]
        identity = "/".join(slug[:LONGEST_SLUG] for slug in slugs)
        if not all(0 < len(slug) <= LONGEST_SLUG for slug in slugs) or identity in self._identities:
            identity += "-" + _digest([model, name])[:12]
        self._identities.add(identity)
        return identity


class _Places:
    """Places in files, as SARIF names them. Links are followed, as a repository holds only what
    they lead to."""

    def __init__(self, root: Path | None) -> None:
        self._root = None if root is None else os.path.realpath(root)
        self._known: dict[str, Json] = {}

    def physical(self, place: StepPlace) -> Json:
        if place.file not in self._known:
            self._known[place.file] = self._artifact(place.file)
        return {
            "artifactLocation": self._known[place.file],
            "region": {"startLine": max(place.line, 1)},
        }

    def holds(self, place: StepPlace) -> bool:
        """Whether this is a place below the root."""
        return "uriBaseId" in self._artifact(place.file)

    def target(self, text: str) -> Json:
        """The place of a check no step of which is known: what its command line names."""
        file, _, _ = text.rpartition(":") if ".py:" in text else (text, "", "")
        said = _message("The model, as the command line names it.")
        artifact = self._artifact(file or text) | {"description": said}
        return {"artifactLocation": artifact, "region": {"startLine": 1}}

    def _artifact(self, file: str) -> Json:
        whole = _real(file)
        if self._root is not None:
            below = os.path.relpath(whole, self._root).replace(os.sep, "/")
            if below != ".." and not below.startswith("../"):
                return {"uri": _quoted(below), "uriBaseId": ROOT}
        return {"uri": _file_uri(whole)}


def _result(
    found: Finding, summary: Summary, invocation: int, rules: _Rules, places: _Places
) -> Json:
    number = rules.number(found, summary.model)
    kind, level = KINDS[found.verdict]
    about = found.about if found.verdict is Verdict.VIOLATED else None
    result: Json = {
        "ruleId": rules.documents[number]["id"],
        "ruleIndex": number,
        "kind": kind,
        "level": level,
        "message": _message(*_sentences(found, summary)),
        "locations": [_location(found, summary, places)],
        "partialFingerprints": _fingerprints(found, summary),
        "provenance": {"invocationIndex": invocation},
        "properties": _said(found, summary),
    }
    if about and about.story:
        result["codeFlows"] = [_flow(about, places)]
    if about and about.clash:
        result["relatedLocations"] = _clashing(about, places)
    return result


def _sentences(found: Finding, summary: Summary) -> list[str]:
    name = summary.name if summary.name == summary.model else f"{summary.name}, {summary.model}"
    said = SAID[found.verdict] + (found.message or found.verdict.value)
    lines = [f"{found.name}: {said} ({name})"]
    lines += found.details[1:]
    if summary.command:
        lines.append(f"To check it again: {summary.command}")
    return lines


def _location(found: Finding, summary: Summary, places: _Places) -> Json:
    target = summary.source.target if summary.source else summary.model
    about = found.about
    place = _last_place(about.story) if about else None
    if place is None and about and about.place and places.holds(about.place):
        place = about.place
    if place is None and ".py:" not in target:
        place = _last_place(step for one in summary.properties for step in one.story)
    physical = places.physical(place) if place else places.target(target)
    return {
        "physicalLocation": physical,
        "logicalLocations": [{"name": clean(found.name), "kind": "property"}],
    }


def _last_place(story: Iterable[StepSummary]) -> StepPlace | None:
    return next((step.place for step in reversed(list(story)) if step.place), None)


def _flow(about: PropertySummary, places: _Places) -> Json:
    clash = {fact.step for fact in about.clash}
    steps = [
        {
            "location": _step_location(step, places, _message(step_text(step))),
            "executionOrder": at,
            "importance": "essential" if at in clash or at == len(about.story) else "important",
        }
        for at, step in enumerate(about.story, 1)
    ]
    title = "the nearest that was reached" if about.witness else "a shortest counterexample"
    told = _message(f"{counted(len(steps), 'step')}: {title}")
    return {"message": told, "threadFlows": [{"locations": steps}]}


def _step_location(step: StepSummary, places: _Places, message: Json) -> Json:
    logical: Json = {"name": clean(step.who), "kind": "step"}
    location: Json = {"logicalLocations": [logical], "message": message}
    if step.place is not None:
        logical["fullyQualifiedName"] = clean(step.place.function)
        location["physicalLocation"] = places.physical(step.place)
    return location


def _clashing(about: PropertySummary, places: _Places) -> list[Json]:
    locations = []
    for number, fact in enumerate(about.clash, 1):
        message = _message(f"{when(fact.step)}: {fact.text}")
        if 0 < fact.step <= len(about.story):
            location = _step_location(about.story[fact.step - 1], places, message)
        else:
            logical = {"name": clean(fact.text), "kind": "fact"}
            location = {"logicalLocations": [logical], "message": message}
        locations.append({"id": number} | location)
    return locations


def _invocation(summary: Summary) -> Json:
    """One run of the tool. It was successful if it decided the check, whichever way (§3.20.14);
    what it left undecided when it stopped at a violation does not count."""
    undecided = [one for one in findings(summary) if one.verdict is Verdict.INCOMPLETE]
    ran = bool(summary.counts) and summary.verdict is not Verdict.INCOMPLETE
    complete = ran and (not undecided or bool(summary.violated))
    invocation: Json = {"executionSuccessful": complete}
    if summary.command:
        invocation["commandLine"] = clean(summary.command)
    notifications: list[Json] = [
        {
            "descriptor": {"id": "note", "index": 1},
            "level": "warning",
            "message": _message(f"{summary.name}: {note}"),
        }
        for note in summary.notes
    ]
    if summary.is_cut:
        cut = _message(f"{summary.name}: {summary.conclusion}")
        notifications.insert(0, {"level": "note", "message": cut})
    elif undecided or not complete:
        because = summary.because or "the search ended at the first violation"
        number = f"{len(undecided)} undecided: " if undecided else ""
        notifications.insert(
            0,
            {
                "descriptor": {"id": "incomplete", "index": 0},
                "level": "warning" if complete else "error",
                "message": _message(f"{summary.name}: {number}{because}"),
            },
        )
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _fingerprints(found: Finding, summary: Summary) -> dict[str, str]:
    """What this is the same result as: another of the same property of the same check; and, more
    closely, another with the same steps."""
    key = [summary.name, summary.model, found.name]
    prints = {"islanderProperty/v1": _digest(key)}
    if found.about and found.about.story and found.verdict is Verdict.VIOLATED:
        steps = [[step.who, step.what] for step in found.about.story]
        prints["islanderSteps/v1"] = _digest([*key, steps])
    return prints


def _said(found: Finding, summary: Summary) -> Json:
    return {
        "check": clean(summary.name),
        "model": clean(summary.model),
        "property": clean(found.name),
        "verdict": found.verdict.value,
        "engine": clean(summary.engine),
        "counts": {clean(name): count for name, count in summary.counts.items()},
    }


def _message(*lines: str) -> Json:
    return {"text": "\n".join(map(_plain, lines))}


def _plain(text: str) -> str:
    """`text` as a plain text message, in which viewers fill in what is in braces (§3.11.5) and
    make links of brackets before parentheses (§3.11.6); what a model says does neither."""
    line = clean(text).replace("{", "{{").replace("}", "}}")
    return line.replace("[", "\\[") if "](" in line else line


def _digest(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=True).encode()).hexdigest()


def _real(file: str) -> str:
    try:
        return os.path.realpath(file)
    except (OSError, ValueError):  # no name that a file could have
        return os.path.join(os.getcwd(), file)


def _file_uri(path: str) -> str:
    path = path.replace(os.sep, "/")
    return "file://" + _quoted(path if path.startswith("/") else f"/{path}")


def _quoted(path: str) -> str:
    return quote(path, errors="surrogatepass")
