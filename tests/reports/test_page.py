"""The explorer page in a real browser: from a file, by keyboard, wide, narrow, light and dark."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from islander import (
    Actor,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Model,
    Result,
    StateInvariant,
    Trace,
    Witness,
    explore,
)
from islander.explorer.freeze import fields_of, show
from islander.models.paxos import paxos
from islander.reports.page import json_for_html, page_html
from islander.reports.page_data import page_data
from islander.reports.trace_file import Source
from islander.reports.truth import truth_table
from islander.reports.why import BEFORE, HELD, NOT, UNKNOWN

from ..browser import Browser
from ..browser import browser as the_browser
from ..tools import need

RIGHT, LEFT, HOME, END, ESCAPE, TAB = "\ue014", "\ue012", "\ue011", "\ue010", "\ue00c", "\ue004"
ENTER = "\ue007"

# What the cards of the actors say, those fields that never change included.
CARDS = """
const told = {};
for (const card of document.querySelectorAll("#actors .actor")) {
  const fields = {};
  for (const name of card.querySelectorAll("dt")) {
    const value = name.nextElementSibling;
    const [old, now] = [value.querySelector("del"), value.querySelector("ins")];
    fields[name.textContent] = now ? [old.textContent, now.textContent] : [value.textContent];
  }
  told[card.querySelector("h3").textContent] = fields;
}
for (const actor of document.querySelectorAll("#steady-fields dt")) {
  for (const line of actor.nextElementSibling.children) {
    const name = line.firstElementChild.textContent;
    told[actor.textContent][name] = [line.textContent.slice(name.length + 1)];
  }
}
return told;
"""

Write = Callable[..., str]


@pytest.fixture
def browser() -> Browser:
    return the_browser()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the page of a result; answer its address."""

    def page(result: Any, **options: Any) -> str:
        path = tmp_path / "page.html"
        path.write_text(page_html(page_data(result, **options)), "utf-8")
        return path.as_uri()

    return page


@pytest.fixture(scope="module")
def hidden_vote() -> Result:
    return explore(paxos(bug="hidden-vote"))


@pytest.fixture(scope="module")
def trace(hidden_vote: Result) -> Trace:
    found = hidden_vote.properties["single chosen value"].trace
    assert found is not None
    return found


@pytest.fixture
def paxos_page(write: Write, hidden_vote: Result) -> str:
    return write(hidden_vote, source=Source("paxos", {"bug": "hidden-vote"}), states=200)


def told_of(trace: Trace, step: int) -> dict[str, dict[str, list[str]]]:
    """What the cards are to say after this step: values, those that changed with the old one."""
    now, before = trace.states[step], trace.states[max(step - 1, 0)]
    told: dict[str, dict[str, list[str]]] = {}
    for one, other in zip(before.locals, now.locals, strict=True):
        old, new = (map(show, fields_of(local.fields).values()) for local in (one, other))
        names = fields_of(other.fields)
        told[other.actor] = {
            name: [value] if was == value else [was, value]
            for name, was, value in zip(names, old, new, strict=True)
        }
    return told


# -- a trace ---------------------------------------------------------------------------------------


def test_stepping_with_the_keys_shows_every_state_as_it_is(
    browser: Browser, paxos_page: str, trace: Trace
) -> None:
    browser.open(paxos_page)
    assert browser.text("#state-title") == "After step 12"
    browser.press(HOME)
    for step in range(13):
        assert browser.ask(CARDS) == told_of(trace, step)
        assert browser.text("#where") == f"{step} of 12"
        listed = browser.ask(
            "return [...document.querySelectorAll('#facts li:not(.gone)')]"
            ".map((one) => one.firstChild.textContent)"
        )
        assert set(listed) == set(map(str, trace.semantics.facts(trace.states[step])))
        browser.press("j" if step % 2 else RIGHT)
    browser.press("k", LEFT)
    assert browser.text("#state-title") == "After step 10"
    browser.press(END)
    assert browser.text("#state-title") == "After step 12"
    assert browser.complaints() == []


def test_the_page_says_why_and_which_steps_made_it_so(browser: Browser, paxos_page: str) -> None:
    browser.open(paxos_page)
    assert browser.text("#verdict").endswith("violated")
    assert "x was chosen at ballot 1 by a1, a3" in browser.text(".why")
    assert browser.texts(".clash-list li") == [
        "step 6 a1 voted for x at ballot 1",
        "step 10 a3 voted for x at ballot 1",
        "step 11 a3 voted for y at ballot 2",
        "step 12 a1 voted for y at ballot 2",
    ]
    browser.click(".clash-list button")
    assert browser.text("#state-title") == "After step 6"


def test_a_step_off_the_trace_is_taken_undone_and_left_for_the_trace(
    browser: Browser, paxos_page: str, trace: Trace
) -> None:
    browser.open(paxos_page)
    browser.press(HOME, RIGHT, RIGHT)
    steps = list(trace.semantics.steps(trace.states[2]))
    other = next(at for at, step in enumerate(steps) if step.after != trace.states[3])
    assert len(browser.texts("#choices button")) == len(steps)
    assert browser.ask("return document.getElementById('detour').hidden")

    browser.press("b", str(other + 1))
    assert browser.text("#event") == str(steps[other].outcome.event).replace(": ", " ", 1)
    assert "Off the trace since step 2" in browser.text("#detour-text")
    card = browser.ask(CARDS)
    changed = [name for name, fields in card.items() if any(len(v) == 2 for v in fields.values())]
    assert changed == [steps[other].outcome.after.actor]
    browser.wait("location.hash.includes('w=')")
    place = browser.driver.current_url

    browser.press("1", "u")
    assert browser.text("#where") == "3 of 3"
    browser.press("u")
    assert browser.text("#where") == "2 of 12"
    assert browser.ask("return document.getElementById('detour').hidden")

    browser.open(place)  # the address keeps one's place
    assert "Off the trace since step 2" in browser.text("#detour-text")
    browser.press(ESCAPE, RIGHT)
    assert browser.ask(CARDS) == told_of(trace, 3)
    assert browser.complaints() == []


def test_facts_clash_on_the_trace_and_where_the_property_is_false(
    browser: Browser, paxos_page: str, trace: Trace
) -> None:
    marked = "#facts .clash, #steps .off .tag.bad"
    browser.open(paxos_page)
    assert len(browser.texts(marked)) == 4
    browser.press("1")  # beyond the violation it is still one
    assert "Off the trace since step 12" in browser.text("#detour-text")
    assert len(browser.texts(marked)) == 4
    browser.press(ESCAPE, *["k"] * 6)
    assert browser.texts("#facts .clash .tag.bad") == ["clashes"], "the first of them, at step 6"
    follows = browser.ask("return document.querySelector('.choice').matches('.follows')")
    browser.press("2" if follows else "1")
    assert "Off the trace since step 6" in browser.text("#detour-text")
    assert browser.texts("#facts li")
    assert browser.texts(marked) == []


@pytest.mark.parametrize("way", ["u", "#undo", "#back", ESCAPE])
def test_the_focus_is_never_lost_when_one_goes_back(
    browser: Browser, paxos_page: str, way: str
) -> None:
    browser.open(paxos_page)
    browser.press("b", "1")
    if way.startswith("#"):
        browser.ask("document.querySelector(arguments[0]).focus()", way)
        browser.press(ENTER)
    else:
        browser.press(way)
    assert browser.ask("return document.getElementById('detour').hidden")
    browser.ask("return new Promise(requestAnimationFrame)")  # what is hidden has lost it by then
    assert browser.ask("return document.activeElement.closest('#choices') !== null")


@pytest.mark.parametrize("place", ["p=99&s=zz&w=x.y", "p=-1&s=-5&d=900&w=99.99", "w=0&i=7&&=", "%"])
def test_a_place_that_makes_no_sense_opens_the_page_all_the_same(
    browser: Browser, paxos_page: str, place: str
) -> None:
    browser.open(f"{paxos_page}#{place}")
    assert browser.text("#state-title")
    browser.press(HOME, RIGHT)
    assert browser.text("#where").startswith("1 of ")
    assert browser.complaints() == []


def test_where_the_file_ends_the_page_says_so(
    browser: Browser, write: Write, hidden_vote: Result
) -> None:
    browser.open(write(hidden_vote, states=0))
    assert set(browser.texts("#choices .choice.ends .tag")) == {"not in this file"}
    browser.press("1")
    assert "islander serve" in browser.text("#notice")
    assert browser.text("#where") == "12 of 12"
    number = "const number = document.getElementById('number'); number.max = '';"
    browser.ask(f"{number} number.value = 9000; number.form.requestSubmit()")
    assert "no state 9000 in this file; its last is " in browser.text("#notice")
    assert "this page's own" in browser.ask("return document.getElementById('number').title")


def test_the_truth_table_is_that_of_the_trace(
    browser: Browser, paxos_page: str, trace: Trace
) -> None:
    browser.open(paxos_page)
    browser.press("v")
    marks = {True: HELD, False: NOT, None: UNKNOWN}
    reached = {True: HELD, False: BEFORE, None: UNKNOWN}
    for at, row in enumerate(truth_table(trace)):
        cells = browser.texts(f".truth tbody tr:nth-child({at + 1}) td")
        said = [(reached if row.witness else marks)[value] for value in row.values]
        assert cells[1:] == said[1:]
        assert cells[0] in (said[0], "–")
    for mark in (*marks.values(), *reached.values(), "–"):
        assert mark in browser.text("#view-truth > p"), "the legend has every mark"
    browser.click(".truth tbody tr:first-child td:nth-child(5) button")
    assert browser.text("#state-title") == "After step 3"
    assert browser.texts(".truth .current") == ["3", *(["✓"] * 4), *(["·"] * 3)]


def test_the_diagram_follows_the_steps_and_leads_to_them(browser: Browser, paxos_page: str) -> None:
    browser.open(paxos_page)
    assert not browser.ask("return document.querySelector('svg')")  # drawn only when looked at
    browser.press("d", HOME, RIGHT, RIGHT)
    lit = "return [...document.querySelectorAll('svg .step.current')].map((g) => g.dataset.step)"
    assert browser.ask(lit) == ["2"]
    browser.ask(
        "document.querySelector('svg .step[data-step=\"7\"]')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.text("#state-title") == "After step 7"
    assert browser.complaints() == []


def test_off_the_trace_the_diagram_says_that_it_is_not_the_walk(
    browser: Browser, paxos_page: str
) -> None:
    browser.open(paxos_page)
    browser.press("d")
    assert browser.ask("return document.getElementById('astray').hidden")
    browser.press(HOME, RIGHT, RIGHT, "4", "1")
    assert browser.text("#astray") == (
        "This is the trace. Your own walk left it after step 2, the marked row, and is not drawn."
    )
    browser.press(ESCAPE)
    assert browser.ask("return document.getElementById('astray').hidden")


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_diagram_is_seen_in_its_whole_width(
    browser: Browser, paxos_page: str, width: int
) -> None:
    browser.open(paxos_page, width=width)
    browser.press("d")
    fits = "const box = document.getElementById('view-diagram');"
    assert browser.ask(f"{fits} return box.scrollWidth <= box.clientWidth")
    scale = "const svg = document.querySelector('#view-diagram svg');"
    assert browser.ask(f"{scale} return svg.clientWidth / svg.viewBox.baseVal.width") >= 0.8
    browser.press("s")
    assert "greatest-promise selection" in browser.text("#properties")
    assert browser.ask("return document.getElementById('choose').open"), "the properties are back"


def test_the_graph_shows_the_states_around_and_opens_them(
    browser: Browser, paxos_page: str
) -> None:
    browser.open(paxos_page)
    browser.press("g")
    nodes = "return document.getElementById('canvas')._cyreg.cy.nodes()"
    assert browser.ask(f"{nodes}.filter('.here').map((one) => one.id())") == ["12"]
    assert browser.ask(f"{nodes}.filter('.trace').length") == 3
    ahead = browser.ask(
        f"{nodes}.filter((one) => !one.hasClass('trace')).map((one) => Number(one.id()))"
    )
    tap = "document.getElementById('canvas')._cyreg.cy.getElementById(arguments[0]).emit('tap')"
    browser.ask(tap, str(ahead[0]))
    assert browser.ask("return Number(document.getElementById('number').value)") == ahead[0]
    assert "Off the trace" in browser.text("#detour-text")
    assert browser.complaints() == []


# -- verdicts --------------------------------------------------------------------------------------


def test_what_is_incomplete_is_never_green(browser: Browser, write: Write) -> None:
    browser.open(write(explore(paxos(), max_states=50)))
    assert browser.text("#verdict") == "? incomplete"
    assert "nothing is established" in browser.text("#because")
    colours = {
        name: browser.ask(f"return getComputedStyle(document.querySelector('{name}')).color")
        for name in ("#verdict", "#properties .incomplete .mark")
    }
    browser.open(write(explore(paxos(proposers=1))))
    assert browser.text("#verdict") == "✓ holds"
    green = browser.ask("return getComputedStyle(document.getElementById('verdict')).color")
    assert green not in colours.values()


def test_what_is_incomplete_is_called_so_everywhere(
    browser: Browser, write: Write, hidden_vote: Result
) -> None:
    browser.open(f"{write(hidden_vote, states=10)}#p=2")
    assert browser.text("#properties li:nth-child(3) .quiet") == "incomplete"
    assert browser.text("#story h2") == "validity is incomplete"


def test_a_state_where_the_search_stopped_is_terminal_if_it_has_no_step(
    browser: Browser, write: Write
) -> None:
    few = StateInvariant("few", lambda state: state.actors["clock"].time < 3)
    faults = Faults(timeouts=3)
    result = explore(Model("clock", {"clock": Clock()}, properties=[few], faults=faults))
    browser.open(write(result))
    assert browser.text("#choices") == "Nothing: this state is terminal."
    browser.press("g")
    cy = "return document.getElementById('canvas')._cyreg.cy"
    assert browser.ask(f"{cy}.nodes('.here').hasClass('end')")
    assert not browser.ask(f"{cy}.nodes('.here').hasClass('far')")
    assert "terminal, of those expanded0" in browser.text("#counts")


def test_what_holds_is_walked_from_the_initial_state(browser: Browser, write: Write) -> None:
    result = explore(paxos(proposers=1, acceptors=2))
    browser.open(f"{write(result)}#p=0")
    assert "There is no counterexample" in browser.text("#story")
    taken = 0
    while browser.texts("#choices button"):
        browser.press("1")
        taken += 1
    assert taken == result.depth
    assert browser.text("#choices") == "Nothing: this state is terminal."


def test_a_queue_is_shown_as_it_waits(browser: Browser, write: Write) -> None:
    words = ("z", "a", "z", "z")
    speaker = Speaker(("b",) * 4, words)
    never = StateInvariant("silence", lambda state: not state.actors["b"].heard)
    model = Model("queue", {"a": speaker, "b": Speaker((), words)}, Fifo(), [never])
    browser.open(write(explore(model)))
    browser.press(HOME)
    flying = [" ".join(text.split()) for text in browser.texts("#flying li")]
    assert flying == ["a → b Word('z')", "a → b Word('a')", "a → b Word('z') ×2"]
    browser.press(RIGHT)
    flying = [" ".join(text.split()) for text in browser.texts("#flying li")]
    assert flying == ["a → b Word('a')", "a → b Word('z') ×2one fewer"]


# -- what a model says is data ---------------------------------------------------------------------

HOSTILE = (
    "</script><script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    "]]>--><!--<script>",
    "\"'`&amp;{{data}}",
    "two\nlines\u2028and\ttabs\0",
    "🏝️ \u202eisland\ud800",
    "x" * 10_000,
)


class Said(Fact):
    what: str


class Word(NamedTuple):
    text: str


@dataclass
class Speaker(Actor):
    others: tuple[str, ...]
    words: tuple[str, ...]
    heard: str = ""

    def start(self) -> None:
        for other, word in zip(self.others, self.words, strict=False):
            self.send(other, Word(word))
        self.set_timer(self.words[0])

    def receive(self, message: Word, sender: str) -> None:
        self.heard = message.text
        self.record(Said(message.text))


def hostile_model() -> Model:
    first, *others = HOSTILE
    actors = {name: Speaker((), (name,)) for name in others}
    silent = FactInvariant(HOSTILE[1], lambda facts: len(facts) < len(others))
    return Model(
        f"hostile {HOSTILE[0]}",
        {first: Speaker(tuple(others), HOSTILE[1:]), **actors},
        properties=[silent, Witness(HOSTILE[0], lambda facts: any(facts))],
        faults=Faults(losses=1, timeouts=1),
    )


def shown(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def test_hostile_names_are_shown_as_they_are_and_nothing_in_them_runs(
    browser: Browser, write: Write
) -> None:
    result = explore(hostile_model())
    source = Source(HOSTILE[0], {HOSTILE[1]: HOSTILE[3]})
    browser.open(write(result, source=source, states=100))
    assert browser.text("h1") == shown(f"hostile {HOSTILE[0]}")
    assert browser.texts(".properties .name") == [shown(HOSTILE[1]), shown(HOSTILE[0])]
    assert browser.texts("#actors h3")[: len(HOSTILE)] == [shown(name) for name in HOSTILE]
    steps = "".join(browser.texts("#steps li"))
    for text in HOSTILE[1:]:
        assert shown(text) in steps
    for view in "sdvg":
        browser.press(view)
        assert browser.ask("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.ask("return window.ran === undefined && !document.querySelector('img')")
    assert browser.complaints() == []


def test_no_script_runs_but_the_pages_own_and_nothing_is_fetched(
    browser: Browser, paxos_page: str
) -> None:
    browser.open(paxos_page)
    browser.ask(
        "const one = document.createElement('script'); one.textContent = 'window.ran = 1';"
        "document.body.append(one);"
        "const two = document.createElement('div'); two.innerHTML = '<i onclick=\"window.ran=1\">';"
        "document.body.append(two); two.firstChild.click();"
    )
    assert browser.ask("return window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())
    assert browser.ask("return performance.getEntriesByType('resource').length") == 0
    page = Path(paxos_page.removeprefix("file://")).read_text("utf-8")
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)", page)


@pytest.mark.parametrize("text", [*HOSTILE, "\ud800", "<!--", "&lt;"])
def test_data_in_a_page_is_what_went_in_and_has_no_character_of_html(text: str) -> None:
    written = json_for_html({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff]", written)


# -- everyone can use it ---------------------------------------------------------------------------


def test_nothing_is_wider_than_a_narrow_screen(browser: Browser, paxos_page: str) -> None:
    browser.open(paxos_page, width=390, height=844)
    for view in "sdvg":
        browser.press(view)
        assert browser.ask("return document.documentElement.scrollWidth <= innerWidth")
    browser.press(HOME, RIGHT)  # the stepper stays in reach
    assert browser.ask(
        "const box = document.getElementById('next').getBoundingClientRect();"
        "return box.bottom <= innerHeight && box.top >= 0"
    )


def test_on_a_narrow_screen_what_one_opens_is_in_sight(browser: Browser, paxos_page: str) -> None:
    top = "document.getElementById(arguments[0]).getBoundingClientRect().top"
    browser.open(paxos_page, width=390, height=844)
    assert browser.ask("return scrollY") == 0
    assert browser.ask(f"return {top} < innerHeight / 2", "views"), "the properties are folded"
    assert browser.text("#chosen") == "✗ single chosen value 1 of 7"
    for name, key in (("diagram", "d"), ("truth", "v"), ("graph", "g")):
        browser.ask("scrollTo(0, 0)")
        browser.press(key)
        assert 0 <= browser.ask(f"return {top}", f"view-{name}") < 100
    browser.press("k", "k", "k", "k")
    reach = "const reach = document.getElementById('reach'); reach.value = 3;"
    browser.ask(f"{reach} reach.dispatchEvent(new Event('input'))")
    cy = "document.getElementById('canvas')._cyreg.cy"
    assert browser.ask(
        f"const box = {cy}.nodes().renderedBoundingBox();"
        f"return box.x1 >= 0 && box.x2 <= {cy}.width() && box.y1 >= 0 && box.y2 <= {cy}.height()"
    )
    browser.ask("scrollTo(0, 0)")
    browser.click("#views [data-view=steps]")
    assert browser.ask(f"return {top}", "views") < 100

    browser.ask("scrollTo(0, 0)")
    browser.click("#choose summary")
    browser.click("#properties li:nth-child(2) button")
    assert browser.text("#chosen") == "? greatest-promise selection 2 of 7"
    assert not browser.ask("return document.getElementById('choose').open")


def test_light_and_dark_follow_the_system_and_the_key(browser: Browser, paxos_page: str) -> None:
    lightness = (
        "return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)[0]"
    )
    browser.open(paxos_page, dark=True)
    assert browser.ask(lightness) < 60
    browser.press("t")
    assert browser.ask(lightness) > 200
    browser.open(paxos_page, dark=True)
    assert browser.ask(lightness) > 200, "the choice is kept"
    browser.press("t")
    assert browser.ask(lightness) < 60
    browser.ask("localStorage.clear()")


def test_everything_is_reached_with_the_keyboard_alone(browser: Browser, paxos_page: str) -> None:
    browser.open(paxos_page)
    browser.press("g")
    wanted = browser.ask(
        "return [...document.querySelectorAll('button, input, select, summary')]"
        ".filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0).length"
    )
    reached = set()
    for _ in range(wanted + 12):
        browser.press(TAB)
        reached.add(
            browser.ask(
                "const one = document.activeElement;"
                "return one.matches('button, input, select, summary') ? "
                "[...document.querySelectorAll('*')].indexOf(one) : -1"
            )
        )
        visible = browser.ask(
            "const style = getComputedStyle(document.activeElement);"
            "return document.activeElement === document.body || style.outlineStyle !== 'none'"
        )
        assert visible, "what has the focus shows it"
    assert len(reached - {-1}) == wanted
    browser.press("?")
    assert browser.ask("return document.getElementById('keys').open")
    browser.press(ESCAPE)
    assert not browser.ask("return document.getElementById('keys').open")


def test_every_control_has_a_name_and_the_present_step_is_marked(
    browser: Browser, paxos_page: str
) -> None:
    browser.open(paxos_page)
    browser.press("v")
    nameless = browser.ask(
        "return [...document.querySelectorAll('button, input, select')].filter((one) =>"
        "!(one.textContent.trim() || one.ariaLabel || (one.labels && one.labels.length))).length"
    )
    assert nameless == 0
    assert browser.ask("return document.querySelectorAll('[aria-current=step]').length") == 1


def test_the_page_is_valid_html(hidden_vote: Result, tmp_path: Path) -> None:
    program = need("html-validate")
    path = tmp_path / "page.html"
    path.write_text(page_html(page_data(hidden_vote, states=10)), "utf-8")
    rules = {"root": True, "extends": ["html-validate:recommended", "html-validate:a11y"]}
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules))
    done = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


# -- large ones ------------------------------------------------------------------------------------


@dataclass
class Clock(Actor):
    time: int = 0

    def start(self) -> None:
        self.set_timer("tick")

    def timeout(self, name: str) -> None:
        self.time += 1
        self.set_timer("tick")


def test_a_trace_of_five_hundred_steps_is_stepped_through(browser: Browser, write: Write) -> None:
    early = StateInvariant("early", lambda state: state.actors["clock"].time < 500)
    result = explore(Model("clock", {"clock": Clock()}, properties=[early]))
    browser.open(write(result, states=10))
    assert browser.text("#where") == "500 of 500"
    before = browser.ask("return document.querySelectorAll('*').length")
    assert before < 6000
    assert not browser.ask("return document.querySelector('svg, .truth')")  # not before it is seen
    browser.press(HOME, *[RIGHT] * 40, END, LEFT)
    assert browser.text("#where") == "499 of 500"
    assert browser.ask("return document.querySelectorAll('*').length") < before + 50
    top = "return document.querySelector('.steps .current').getBoundingClientRect()"
    assert browser.ask(f"{top}.bottom") <= 860
    browser.press("v", HOME, END)
    assert browser.texts(".truth .current") == ["500", "✗"]
    assert browser.complaints() == []


def test_a_neighbourhood_of_five_thousand_states_is_drawn_whole(
    browser: Browser, write: Write, hidden_vote: Result
) -> None:
    browser.open(write(hidden_vote, states=5000))
    before = browser.ask("return document.querySelectorAll('*').length")
    browser.press("g")
    browser.ask(
        "const scope = document.getElementById('scope'); scope.value = 'all';"
        "scope.dispatchEvent(new Event('change'))"
    )
    nodes = "return document.getElementById('canvas')._cyreg.cy.nodes()"
    assert browser.ask(f"{nodes}.length") >= 5000
    places = browser.ask(f"{nodes}.map((one) => Object.values(one.position()).join())")
    assert len(set(places)) == len(places), "no two states are drawn in one place"
    browser.press(HOME, RIGHT)
    assert browser.ask(f"{nodes}.filter('.here').length") == 1
    assert browser.ask("return document.querySelectorAll('*').length") < before + 100
    assert browser.complaints() == []


def test_a_page_of_a_result_without_traces_of_witnesses_still_opens(
    browser: Browser, write: Write
) -> None:
    result = explore(paxos(proposers=1, acceptors=2))
    bare = {name: replace(one, way=None) for name, one in result.properties.items()}
    browser.open(write(replace(result, properties=bare)))
    assert browser.text("#state-title") == "At first"
    assert browser.complaints() == []
