"""A trace as a PlantUML sequence diagram: its lines, and what PlantUML itself draws of them."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree as ET

import pytest

from islander.explorer import Faults
from islander.reports.plantuml import escaped, plantuml_trace
from islander.reports.sequence import diagram

from ..tools import need
from .traces import HOSTILE, Teller, hostile, taken, told, walked

FAULTS = Faults(crashes=2, losses=3, duplications=3, partitions=1)


def test_messages_are_arrows_when_they_arrive_and_notes_tell_what_they_did() -> None:
    model = told(a=Teller(first=(("b", 1),)), b=Teller(later=(("a", 2),)))
    assert plantuml_trace(taken(model, "a → b", "b → a"), "a bug", "so").splitlines() == [
        "@startuml",
        "title a bug (told, 2 steps)",
        'participant "a" as A0',
        'participant "b" as A1',
        r"note over A0, A1 : start<U+003A>\na sends 1 to b",
        "A0 -> A1 : 1. 1",
        r"note over A1 : heard<U+003A> 0 → 1\nsends 2 to a",
        "A1 -> A0 : 2. 2",
        "note over A0 : heard<U+003A> 0 → 1",
        "note over A0, A1 : so",
        "@enduml",
    ]


def test_faults_and_timers_and_what_flies_on_are_told() -> None:
    faults = Faults(crashes=1, losses=1, duplications=1)
    model = told(faults=faults, a=Teller(first=(("b", 1),), timers=("tea",)), b=Teller())
    trace = taken(model, "a → b: 1 is duplicated", "a → b: 1 is lost", "a: timer", "b crashes")
    assert plantuml_trace(trace).splitlines()[4:] == [
        'collections "network" as A2',
        r"note over A0, A2 : start<U+003A>\na sets timer <U+0027>tea<U+0027>\na sends 1 to b",
        "note over A0, A2 : 1. a → b<U+003A> 1 is duplicated",
        "A0 -->x A1 : 2. 1 is lost",
        r"note over A0 : 3. timer <U+0027>tea<U+0027> fires\nheard<U+003A> 0 → 1",
        r"note over A1 : 4. crashes\nloses nothing",
        r"note over A0, A2 : in flight at the end<U+003A>\na → b<U+003A> 1, sent in step 1",
        "@enduml",
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_has_no_character_that_plantuml_heeds(name: str) -> None:
    text = escaped(name)
    bare = re.sub(r"<U\+[0-9A-F]{4,6}>", "", text)
    assert not set(bare) & set("<>&\"'*/_~-=|#[]{}\\%$!@:\n\r\0")
    assert ".." not in bare
    back = re.sub(r"<U\+([0-9A-F]+)>", lambda code: chr(int(code[1], 16)), text)
    assert back == name


def drawn_texts(text: str) -> list[str]:
    """The texts in the picture that PlantUML makes."""
    done = subprocess.run(
        [need("plantuml"), "-tsvg", "-charset", "UTF-8", "-pipe"],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    root = ET.fromstring(done.stdout)
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def squeezed(text: str) -> str:
    """`text` without spaces: a picture has some texts word by word, and spaces as it likes."""
    return re.sub(r"\s", "", text)


def test_plantuml_draws_hostile_names_as_they_are() -> None:
    trace = walked(hostile(FAULTS), 30)
    drawn = diagram(trace)
    told_of = squeezed("".join(drawn_texts(plantuml_trace(trace, "!include %version() **x**"))))
    assert squeezed("!include %version() **x** (") in told_of
    for lane in drawn.lanes:
        assert squeezed(lane.name)[:30] in told_of
    delivered = [row for row in drawn.rows if row.kind == "deliver"]
    assert len(delivered) > 5
    for row in delivered:
        assert squeezed(f"{row.step}.{row.text}")[:200] in told_of
