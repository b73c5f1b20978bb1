"""A trace as a picture in SVG: what stands where."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from rich.cells import cell_len

from islander import Bag, Duplicating, Fifo, Model, explore
from islander.explorer import Deliver, Faults, Trace
from islander.models import CATALOGUE, paxos
from islander.reports.sequence import diagram
from islander.reports.sequence_layout import LABEL_MOST, Layout
from islander.reports.sequence_style import COLOURS
from islander.reports.sequence_svg import svg_trace

from ..explorer.random_models import faulty_models
from .traces import HOSTILE, Teller, hostile, taken, told, walked

SVG = "{http://www.w3.org/2000/svg}"
FAULTS = Faults(crashes=2, losses=3, duplications=3, partitions=1)


@pytest.fixture(scope="module")
def hidden_vote() -> Trace:
    bug = CATALOGUE["paxos"].bugs["hidden-vote"]
    result = explore(paxos(**bug.parameters, bug="hidden-vote"))
    trace = result.properties["single chosen value"].trace
    assert trace is not None
    return trace


@pytest.fixture(scope="module")
def witness() -> Trace:
    """The way to a witness, on a network that loses, of acceptors that crash."""
    result = explore(paxos(acceptors=2, crashes=1, losses=1))
    traces = [found.trace for found in result.properties.values() if found.witness]
    longest = max((trace for trace in traces if trace), key=len)
    assert len(longest) > 5
    return longest


def parsed(text: str) -> ET.Element:
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    return root


def of_class(root: ET.Element, kind: str) -> list[ET.Element]:
    return [one for one in root.iter() if kind in one.get("class", "").split()]


def ends(flight: ET.Element) -> tuple[float, float, float, float]:
    """Where the way of an arrow begins, and where it ends."""
    (way,) = of_class(flight, "way")
    x1, y1, *_, x2, y2 = map(float, re.findall(r"-?[\d.]+", way.get("d", "")))
    return x1, y1, x2, y2


def lanes(root: ET.Element) -> list[float]:
    """Where the lanes are, in their order."""
    return [float(of_class(lane, "life")[0].get("x1", "")) for lane in of_class(root, "lane")]


def heights(root: ET.Element) -> dict[int, float]:
    """The height of each step: that of its number, which stands a little below."""
    found = {}
    for step in of_class(root, "step"):
        (number,) = of_class(step, "number")
        found[int(step.get("data-step", ""))] = float(number.get("y", "")) - 4
    return found


def check(trace: Trace) -> ET.Element:
    """Every delivery has exactly one arrow, from its sender's lane to its receiver's, from the row
    in which it was sent to its own, below."""
    root = parsed(svg_trace(trace, "title", "why"))
    at = dict(zip(trace.model.actors, lanes(root), strict=False))
    rows = heights(root)
    assert list(rows) == list(range(len(trace) + 1))
    assert all(one < other for one, other in pairwise(rows.values()))
    for number, step in enumerate(trace, 1):
        arrows = [
            one
            for one in of_class(root, "delivered")
            if one.get("data-step") == str(number) and "flight" in one.get("class", "")
        ]
        assert len(arrows) == isinstance(step.event, Deliver)
        for arrow in arrows:
            assert isinstance(step.event, Deliver)
            x1, y1, x2, y2 = ends(arrow)
            assert x1 == pytest.approx(at[step.event.sender], abs=0.1)
            assert x2 == pytest.approx(at[step.event.actor], abs=0.1)
            assert y2 == pytest.approx(rows[number], abs=0.1)
            assert y1 < y2
            assert len(of_class(arrow, "point")) == 1
    return root


def test_deliveries_are_arrows_from_lane_to_lane(hidden_vote: Trace) -> None:
    root = check(hidden_vote)
    assert len(of_class(root, "delivered")) == 12
    assert [one.get("data-sent") for one in of_class(root, "flying")] == ["0", "0", "5", "9"]


def test_a_witness_is_drawn_as_well(witness: Trace) -> None:
    check(witness)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(faulty_models((Bag, Duplicating, Fifo)))
def test_random_traces_are_drawn_with_an_arrow_for_each_delivery(model: Model) -> None:
    check(walked(model, 12))


def test_a_lost_message_ends_in_a_cross_before_it_arrives() -> None:
    model = told(faults=Faults(losses=1), a=Teller(first=(("b", "m"),)), b=Teller())
    root = check(taken(model, "a → b: 'm' is lost"))
    (lost,) = of_class(root, "lost")
    here, there, _network = lanes(root)
    x1, _, x2, y2 = ends(lost)
    assert x1 == here
    assert here < x2 < there
    (cross,) = of_class(root, "mark")
    strokes = [float(one) for one in re.findall(r"-?[\d.]+", cross.get("d", ""))]
    assert (min(strokes[::2]) + max(strokes[::2])) / 2 == pytest.approx(x2, abs=0.1)
    assert (min(strokes[1::2]) + max(strokes[1::2])) / 2 == pytest.approx(y2, abs=0.1)
    assert of_class(lost, "point") == []


def test_a_copy_leaves_the_way_of_its_original_where_it_was_made() -> None:
    model = told(faults=Faults(duplications=1), a=Teller(first=(("b", "m"),)), b=Teller())
    root = check(taken(model, "a → b: 'm' is duplicated", "a → b", "a → b"))
    (copied,) = of_class(root, "copied")
    (way,) = of_class(copied, "way")
    points = re.findall(r"-?[\d.]+", way.get("d", ""))
    (fork,) = of_class(root, "ring")
    assert points[2:4] == [fork.get("cx"), fork.get("cy")]
    assert float(points[3]) == heights(root)[1]


def test_the_lane_of_an_actor_is_broken_while_it_is_down() -> None:
    model = told(faults=Faults(crashes=1), a=Teller(first=(("b", "m"),)), b=Teller())
    root = check(taken(model, "b crashes", "b recovers", "a → b"))
    rows = heights(root)
    (down,) = of_class(root, "down")
    assert [float(down.get(end, "")) for end in ("y1", "y2")] == [rows[1], rows[2]]
    lives = of_class(of_class(root, "lane")[1], "life")
    spans = [(float(life.get("y1", "")), float(life.get("y2", ""))) for life in lives]
    assert [spans[0][1], spans[1][0]] == [rows[1], rows[2]]


def test_those_that_are_cut_off_are_shown_while_they_are() -> None:
    model = told(faults=Faults(partitions=1), a=Teller(), b=Teller())
    root = check(taken(model, "the network is cut: b", "the network heals"))
    rows = heights(root)
    (cut,) = of_class(root, "cut")
    assert float(cut.get("y", "")) == rows[1]
    assert float(cut.get("height", "")) == pytest.approx(rows[2] - rows[1])
    left, width = float(cut.get("x", "")), float(cut.get("width", ""))
    assert left < lanes(root)[1] < left + width
    assert not left < lanes(root)[0] < left + width


def test_what_a_step_changed_stands_in_the_margin_of_its_row(hidden_vote: Trace) -> None:
    root = check(hidden_vote)
    step = of_class(root, "step")[1]
    (change,) = of_class(step, "change")
    assert (change.text, step.get("data-step")) == ("promised: 0 → 1", "1")
    assert float(change.get("y", "")) == heights(root)[1] + 4
    assert "sends Promise(1, None) to p1" in (step[0].text or "")


def test_the_title_and_the_explanation_are_told(hidden_vote: Trace) -> None:
    text = svg_trace(hidden_vote, "single chosen value", "x; y")
    (title,) = [one for one in of_class(parsed(text), "title") if one.text]
    assert title.text == "single chosen value"
    assert [one.text for one in of_class(parsed(text), "small")][:1] == ["x; y"]


@pytest.mark.parametrize("seed", range(4))
def test_labels_do_not_meet(seed: int) -> None:
    """As wide as the widest font makes them, and 12 pixels high."""
    layout = Layout(diagram(walked(paxos_with_faults(), 40, seed)))
    assert len(layout.places) > 20
    labels = [place.label for place in layout.places if place.label.text]
    for one, other in combinations(labels, 2):
        apart = one.ends[1] <= other.ends[0] or other.ends[1] <= one.ends[0]
        assert apart or abs(one.at.y - other.at.y) >= 12
    for label in labels:
        assert layout.gutter_x <= label.ends[0]
        assert label.ends[1] <= layout.margin_x


def paxos_with_faults() -> Model:
    return replace(paxos(2, 3, rounds=2), faults=FAULTS)


def test_hostile_names_are_told_as_they_are_and_make_no_mark_up() -> None:
    text = svg_trace(walked(hostile(FAULTS), 40), "</title><script>", "]]>\n&")
    root = parsed(text)
    assert "<script" not in text
    named = [lane.get("data-actor") for lane in of_class(root, "lane")][: len(HOSTILE)]
    assert [named[0], named[1], named[-1]] == [HOSTILE[0], HOSTILE[1], HOSTILE[-1]]
    assert named[3] == r"x\ny\r\x00\x1b\ufffe\ud800\u2028"
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        *("svg", "title", "desc", "style", "g", "rect", "line"),
        *("path", "polygon", "circle", "text"),
    }
    text.encode("utf-8")


def test_a_text_that_is_cut_short_is_told_whole_on_hover() -> None:
    message = "m" * 500
    root = check(taken(told(a=Teller(first=(("b", message),)), b=Teller()), "a → b"))
    (label,) = of_class(root, "label")
    assert cell_len(label.text or "") <= LABEL_MOST
    assert (label.text or "").endswith("…")
    assert message in (of_class(root, "step")[1][0].text or "")


@pytest.mark.parametrize("actors", [1, 30])
def test_the_width_is_bounded_however_many_actors_there_are(actors: int) -> None:
    named = {f"{'n' * 300}{at}": Teller(first=()) for at in range(actors)}
    model = Model("many", named, faults=Faults(cuts=()))
    root = parsed(svg_trace(taken(model), "t" * 10_000, "w" * 10_000))
    assert float(root.get("width", "")) <= 80 * actors + 1400


def test_it_needs_nothing_but_itself(hidden_vote: Trace) -> None:
    text = svg_trace(hidden_vote)
    assert re.findall(r"(?:href|src|url|@import|@font-face|https?:)", text) == ["http:"]
    assert text.count("http://www.w3.org/2000/svg") == 1
    assert not any(name.startswith("on") for one in parsed(text).iter() for name in one.attrib)


def test_its_colours_follow_the_reader_and_a_page_around_it(hidden_vote: Trace) -> None:
    (style,) = parsed(svg_trace(hidden_vote)).iter(f"{SVG}style")
    assert style.text is not None
    dark = style.text.partition("@media (prefers-color-scheme: dark)")[2]
    for name, (in_light, in_dark) in COLOURS.items():
        assert f"var(--sequence-{name}, {in_light})" in style.text
        assert f"var(--sequence-{name}, {in_dark})" in dark
    rules = [line for line in style.text.splitlines() if "{" in line]
    assert all(".islander-sequence" in rule for rule in rules)


def test_an_empty_trace_is_drawn() -> None:
    root = check(taken(told(a=Teller())))
    assert of_class(root, "flight") == []


@pytest.mark.parametrize("seed", range(6))
def test_arrows_pass_by_dots_that_they_have_nothing_to_do_with(seed: int) -> None:
    layout = Layout(diagram(walked(paxos(2, 2), 12, seed)))
    dots = [(layout.lanes[row.lane], layout.y(row.step)) for row in layout.diagram.rows[1:]]
    for path in layout.paths:
        left, right = sorted((path.points[0].x, path.tip.x))
        passed = [(x, y) for x, y in dots if left < x < right]
        assert all(abs(path.at_x(x).y - y) > 5 for x, y in passed)
