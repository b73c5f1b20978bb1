"""Summaries of checks to report on: real ones of each verdict, and one that says hostile things."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from islander import Verdict, Witness, explore
from islander.models.paxos import paxos
from islander.reports import Source
from islander.reports.summary import (
    ClashingFact,
    PropertySummary,
    StepPlace,
    StepSummary,
    Summary,
    summarise,
)

SCHEMAS = Path(__file__).parent.parent / "schemas"

HOSTILE = (
    "plain",
    "\"quotes\" 'single' & <tags> %s {0} $x$ \\",
    "]]> --> </failure></script><script>alert(1)</script>",
    "line\nfeed\r\ttab\x00nul\x1b[31m\x85\u2028\u202e",
    "lone \ud800 surrogate \udfff ￾ \uffff",
    "``` ```` `` ` ~~~ | pipes | **bold** _em_ # <!-- --> &amp; &#64; &lt;",
    "@someone #123 GH-123 owner/name#1 https://example.org www.example.org a@example.org :smile:",
    "[link](javascript:alert(1)) ![image](x) [x](1) {0} {{1}}",
    "emoji 🏝️ 👩‍👩‍👧 ünï çödé 漢字",
    "",
    " ",
    "ten thousand " * 800,
)
"""What a model might be called, or say."""


@cache
def violated() -> Summary:
    """The value that is chosen changes; the search stops there, with three properties undecided."""
    source = Source("paxos", {"bug": "hidden-vote"})
    return summarise(explore(paxos(bug="hidden-vote")), source, "hidden vote")


@cache
def holding() -> Summary:
    return summarise(explore(paxos(2, 2)), Source("paxos", {"acceptors": "2"}))


@cache
def incomplete() -> Summary:
    source = Source("paxos", {"acceptors": "2"})
    return summarise(explore(paxos(2, 2), max_states=50), source, "bounded")


@cache
def vacuous() -> Summary:
    """Everything holds but a witness, which is not reached."""
    model = paxos(2, 2)
    never = Witness("the moon is reached", lambda facts: False)
    return summarise(explore(replace(model, properties=[*model.properties, never])), None, "moon")


def uncovered() -> Summary:
    """Everything holds, but the coverage that was required wants for two things."""
    gaps = ("Acceptor.receive, case Nack(_) never ran", "p9: its source cannot be read")
    return replace(holding(), name="uncovered", gaps=gaps)


def unfinished() -> Summary:
    """Every property holds, as all are witnesses that were reached; but Ctrl-C ended the search."""
    reached = tuple(one for one in holding().properties if one.witness)
    return replace(
        holding(),
        name="unfinished",
        verdict=Verdict.INCOMPLETE,
        properties=reached,
        because="interrupted",
        conclusion="every witness was reached; the search was cut: interrupted",
    )


def unexpected() -> Summary:
    """Everything holds, and that was not expected."""
    because = "expected some property to be violated, but all properties hold"
    return replace(
        holding(), name="unexpected", verdict=Verdict.VIOLATED, because=because, conclusion=""
    )


def unrun() -> Summary:
    """A check that could not be run: there is no such model, so it has no properties or counts."""
    return replace(
        holding(),
        name="unrun",
        verdict=Verdict.VIOLATED,
        properties=(),
        counts={},
        because="there is no model 'paxxos'",
        conclusion="",
    )


def every_kind() -> list[Summary]:
    decided = [violated(), holding(), vacuous(), uncovered(), unexpected()]
    return [*decided, incomplete(), unfinished(), unrun()]


def hostile() -> list[Summary]:
    """A check for each hostile text, which says it everywhere."""
    return [_saying(text) for text in HOSTILE]


def _saying(text: str) -> Summary:
    step = StepSummary(text, text, (text, text), StepPlace(f"/models/{text}.py", 3, text))
    story = (step, replace(step, place=None))
    clash = (ClashingFact(text, 0), ClashingFact(text, 1), ClashingFact(text, 2))
    broken = PropertySummary(
        text, text, Verdict.VIOLATED, text, 2, clash=clash, absent=(text,), story=story
    )
    return Summary(
        name=text,
        model=text,
        verdict=Verdict.VIOLATED,
        properties=(
            broken,
            replace(broken, name=f"{text} witness", witness=True),
            PropertySummary(f"{text} open", text, Verdict.INCOMPLETE, text),
            PropertySummary(f"{text} holds", text, Verdict.HOLDS),
        ),
        counts={"states": 1, text: 2},
        seconds=0.5,
        engine=text,
        because=text,
        source=Source(text, {text: text}),
        gaps=(text, text),
    )
