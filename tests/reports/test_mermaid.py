"""A trace as a Mermaid sequence diagram: its lines, and what Mermaid itself reads in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from islander import Model
from islander.explorer import Faults, Trace
from islander.reports.fitting import elided, wrapped
from islander.reports.mermaid import PAD, escaped, mermaid_trace
from islander.reports.sequence import diagram

from ..tools import missing, need
from .traces import HOSTILE, Teller, hostile, taken, told, walked

FAULTS = Faults(crashes=2, losses=3, duplications=3, partitions=1)


def lines(trace: Trace, title: str = "") -> list[str]:
    """The lines of a diagram, without what keeps texts from the edges of their boxes."""
    return mermaid_trace(trace, title).replace(PAD, "").splitlines()


def test_messages_are_arrows_when_they_arrive_and_notes_tell_what_they_did() -> None:
    model = told(a=Teller(first=(("b", "m"),)), b=Teller(later=(("a", "n"),)))
    assert lines(taken(model, "a → b", "b → a"), "a bug") == [
        "sequenceDiagram",
        "  title a bug (told, 2 steps)",
        "  participant A0 as a",
        "  participant A1 as b",
        "  Note over A0,A1: start#58;<br/>a sends 'm' to b",
        "  A0->>A1: 1. 'm'",
        "  Note over A1: heard: 0 → 1<br/>sends 'n' to a",
        "  A1->>A0: 2. 'n'",
        "  Note over A0: heard: 0 → 1",
    ]


def test_faults_and_timers_and_what_flies_on_are_told() -> None:
    faults = Faults(crashes=1, losses=1, duplications=1, partitions=1)
    model = told(faults=faults, a=Teller(first=(("b", "m"),), timers=("tea",)), b=Teller())
    trace = taken(
        model,
        "a → b: 'm' is duplicated",
        "a → b: 'm' is lost",
        "a: timer",
        "b crashes",
        "the network is cut",
    )
    assert lines(trace)[5:] == [
        "  Note over A0,A2: start#58;<br/>a sets timer 'tea'<br/>a sends 'm' to b",
        "  Note over A0,A2: 1. a → b: 'm' is duplicated",
        "  A0--xA1: 2. 'm' is lost",
        "  Note over A0: 3. timer 'tea' fires<br/>heard: 0 → 1",
        "  Note over A1: 4. crashes<br/>loses nothing",
        "  Note over A0,A2: 5. network cuts b off",
        "  Note over A0,A2: in flight at the end#58;<br/>a → b: 'm', sent in step 1",
    ]


def test_a_document_is_cut_to_what_mermaid_reads() -> None:
    model = told(a=Teller(first=tuple(("b", f"{at}{'m' * 3000}") for at in range(60))), b=Teller())
    text = mermaid_trace(walked(model, 60))
    assert 10_000 < len(text) <= 50_000
    assert text.count("A0->>A1") == 60


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_has_no_character_that_mermaid_heeds(name: str) -> None:
    text = escaped("".join(c for c in name if c.isprintable()))
    assert not set(re.sub(r"#\d+;", "", text)) & set("#;:%<>&`@$~*\\/|\n")
    assert decoded(text).replace("\xa0", " ") == "".join(c for c in name if c.isprintable())


def decoded(text: str) -> str:
    """A text with its entity codes, as they are or as Mermaid marks them, as characters."""
    return re.sub(r"(?:#|ﬂ°°)(\d+)(?:;|¶ß)", lambda code: chr(int(code[1])), text)


def read(text: str) -> Any:
    """What Mermaid reads, if it is installed in the directory ISLANDER_MERMAID."""
    node, directory = need("node"), os.environ.get("ISLANDER_MERMAID")
    if not directory:
        missing("mermaid", "ISLANDER_MERMAID names no directory with mermaid and jsdom")
    script = Path(__file__).parent / "mermaid_reads.mjs"
    done = subprocess.run(
        [node, script, Path(directory or "").resolve()],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shown(text: str) -> str:
    """What a reader sees of a text that Mermaid read."""
    return decoded(text).replace("\xa0", " ")


def test_mermaid_reads_the_arrows_of_a_trace() -> None:
    model = told(faults=Faults(losses=1), a=Teller(first=(("b", "m"), ("b", "n"))), b=Teller())
    found = read(mermaid_trace(taken(model, "a → b: 'm' is lost", "a → b: 'n'")))
    assert found["type"] == "sequence"
    assert found["arrows"] == [["A0", "A1", True], ["A0", "A1", False]]


def test_mermaid_shows_hostile_names_as_they_are() -> None:
    trace = walked(hostile(FAULTS), 30)
    drawn = diagram(trace)
    found = read(mermaid_trace(trace, "end; %%{init}%% #59;"))
    assert shown(found["title"]).startswith(f"end; %%{{init}}%% #59; ({drawn.model}")
    assert [shown(name) for name in found["actors"]] == [
        elided(lane.name, 40) for lane in drawn.lanes
    ]
    told_of = "\n".join(shown(text).replace("<br/>", "\n") for text in found["texts"])
    delivered = [row for row in drawn.rows if row.kind == "deliver"]
    assert len(delivered) > 5
    for row in delivered:
        lines = wrapped(elided(f"{row.step}. {row.text}", 160), 44)
        assert "\n".join(lines) in told_of


def test_mermaid_takes_no_text_for_an_order() -> None:
    messages = ("wrap: x", "style a: #1;", "classDef: b#2;", "end", "{x}", "@{y}", "note: z")

    @dataclass
    class Named(Teller):
        def shown(self) -> dict[str, str]:
            return {"wrap": str(self.heard), "style x": f"#{self.heard};"}

    model = told(a=Teller(first=tuple(("b", one) for one in messages)), b=Named())
    found = read(mermaid_trace(taken(model, *[f"a → b: {one!r}" for one in messages])))
    texts = [shown(text).replace("\u200b", "").strip() for text in found["texts"]]
    assert texts[1::2] == [f"{at}. {one!r}" for at, one in enumerate(messages, 1)]
    assert texts[2].split("<br/>")[0].strip() == "wrap: 0 → 1"
    assert texts[2].split("<br/>")[1].strip() == "style x: #0; → #1;"


def test_mermaid_reads_a_trace_without_steps_of_one_actor() -> None:
    assert read(mermaid_trace(taken(Model("alone", {"end": Teller()}))))["actors"] == ["end"]
