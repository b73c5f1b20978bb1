"""A trace as a picture: a sequence diagram in SVG that needs nothing but itself.

Each step is a `<g class="step" data-step="N">` (0: `start`), each message a `<g class="flight"
data-sent="N">`, with `data-step="N"` for the step in which it ended; give any of them the class
`current` to highlight it. Colours follow the reader's light or dark scheme; a page that holds the
picture sets its own as custom properties on any element around it: `--sequence-ink`, and so on, as
in COLOURS. Texts that are cut short are told whole in a `<title>`, which browsers show on hover.
"""

from __future__ import annotations

from math import hypot
from xml.etree import ElementTree as ET

from rich.cells import cell_len

from ..explorer import Trace
from .fitting import elided
from .flights import DELIVERED, DROPPED, FLYING, LOST
from .sequence import NETWORK, START, Arrow, Diagram, Row, diagram
from .sequence_layout import (
    DOT,
    EDGE,
    HEAD,
    LINE,
    MARGIN_COLUMN,
    Layout,
    Path,
    Place,
    Point,
)
from .sequence_style import style

STEPS_WITH_FEET = 16
"""From this many steps on the names of the lanes are repeated below."""


def svg_trace(trace: Trace, title: str = "", explanation: str = "") -> str:
    """`trace` as an SVG document, to be a file or a part of an HTML page.

    `title` says what it is a trace of (a property), `explanation` why that is violated.
    """
    drawn = diagram(trace, title, explanation)
    return _Drawing(drawn, Layout(drawn)).document()


class _Drawing:
    """One document in the making: lanes below, then arrows, then what is written on them."""

    def __init__(self, drawn: Diagram, layout: Layout) -> None:
        self.diagram = drawn
        self.layout = layout
        self.footing = drawn.in_flight

    def document(self) -> str:
        layout = self.layout
        feet = HEAD + 6 if len(self.diagram.rows) > STEPS_WITH_FEET else 0
        footing = (len(self.footing) + 1) * LINE + 14 if self.footing else 0
        left, top, width = layout.left, layout.top, layout.width
        height = layout.bottom + feet + footing + EDGE - top
        root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "islander-sequence",
                "role": "img",
                "width": _number(width),
                "height": _number(height),
                "viewBox": " ".join(map(_number, (left, top, width, height))),
            },
        )
        ET.SubElement(root, "title").text = self.diagram.title or self.diagram.model
        ET.SubElement(root, "desc").text = self._description()
        ET.SubElement(root, "style").text = style()
        _box(root, "paper", left, top, width, height)
        self._titles(root)
        self._lanes(root, feet)
        arrows = ET.SubElement(root, "g", {"class": "flights"})
        for arrow, path in zip(self.diagram.arrows, layout.paths, strict=True):
            _flight(arrows, arrow, path)
        for row, place in zip(self.diagram.rows, layout.places, strict=True):
            self._step(root, row, place)
        self._feet(root, layout.bottom + feet)
        return ET.tostring(root, encoding="unicode") + "\n"

    def _description(self) -> str:
        lines = [f"{self.diagram.model}, {self.diagram.steps}.", *self.diagram.explanation]
        return "\n".join(lines)

    def _titles(self, root: ET.Element) -> None:
        x, y = self.layout.left + EDGE, self.layout.top + EDGE
        if self.diagram.title:
            y += 14
            _text(root, "title", Point(x, y), self.diagram.title, self.layout.columns(9.4))
            y += 10
        y += 12
        about = f"{self.diagram.model}, {self.diagram.steps}"
        _text(root, "about", Point(x, y), about, self.layout.columns(7.0))
        said = ET.SubElement(root, "g", {"class": "why"})
        if self.layout.explanation:
            ET.SubElement(said, "title").text = "\n".join(self.diagram.explanation)
        y += 8
        for line in self.layout.explanation:
            y += LINE
            _text(said, "small", Point(x, y), line)

    # -- lanes -----------------------------------------------------------------------------------

    def _lanes(self, root: ET.Element, feet: float) -> None:
        layout = self.layout
        group = ET.SubElement(root, "g", {"class": "lanes"})
        for spell in self.diagram.cuts:
            until = layout.bottom if spell.until is None else layout.y(spell.until)
            top = layout.y(spell.since)
            for actor in spell.lanes:
                x = layout.lanes[actor] - layout.gap * 0.42
                _box(group, "cut", x, top, layout.gap * 0.84, until - top)
        for lane in self.diagram.lanes:
            x = layout.lanes[lane.actor]
            kind = "lane network" if lane.actor == NETWORK else "lane"
            one = ET.SubElement(group, "g", {"class": kind, "data-actor": lane.name})
            ET.SubElement(one, "title").text = lane.name
            for top, until in layout.spans(lane.actor):
                _line(one, "life", Point(x, top), Point(x, until))
            self._head(one, x, 0, lane.name)
            if feet:
                self._head(one, x, layout.bottom, lane.name)
        for spell in self.diagram.downs:
            until = layout.bottom if spell.until is None else layout.y(spell.until)
            for actor in spell.lanes:
                x = layout.lanes[actor]
                _line(group, "down", Point(x, layout.y(spell.since)), Point(x, until))

    def _head(self, parent: ET.Element, x: float, y: float, name: str) -> None:
        shown = elided(name, self.layout.head_columns)
        width = max(cell_len(shown) * 7.25 + 20, 40)
        box = _box(parent, "head", x - width / 2, y, width, HEAD)
        box.set("rx", "6")
        _text(parent, "name", Point(x, y + HEAD / 2 + 4), shown)

    def _feet(self, root: ET.Element, y: float) -> None:
        if not self.footing:
            return
        x, y = self.layout.left + EDGE, y + LINE + 8
        group = ET.SubElement(root, "g", {"class": "end"})
        _text(group, "about", Point(x, y), "In flight at the end")
        for line in self.footing:
            y += LINE
            _text(group, "small", Point(x, y), line, self.layout.columns(MARGIN_COLUMN))

    # -- steps -----------------------------------------------------------------------------------

    def _step(self, root: ET.Element, row: Row, place: Place) -> None:
        layout = self.layout
        group = ET.SubElement(
            root, "g", {"class": "step", "data-step": str(row.step), "data-kind": row.kind}
        )
        ET.SubElement(group, "title").text = self._told(row)
        _box(group, "band", layout.left, place.top, layout.width, place.height).set("rx", "4")
        number = START if row.kind == START else str(row.step)
        _text(group, "number", Point(layout.gutter_x - 12, place.dot.y + 4), number)
        self._dots(group, row, place.dot)
        if place.label.text:
            kind = f"label {_kind(row)} {'before' if place.label.anchor == 'end' else 'after'}"
            _text(group, kind, place.label.at, place.label.text)
        for at, line in enumerate(place.margin):
            y = place.dot.y + 4 + at * LINE
            _text(group, "change", Point(layout.margin_x, y), line)

    def _told(self, row: Row) -> str:
        """All of a step: who, what, and what it changed."""
        name = next((lane.name for lane in self.diagram.lanes if lane.actor == row.lane), "")
        if row.arrow is not None:
            name = self.diagram.arrows[row.arrow].link
        head = START if row.kind == START else f"Step {row.step}: {name}: {row.text}"
        facts = [f"from now on: {fact}" for fact in row.facts]
        return "\n".join([head, *row.changes, *facts])

    def _dots(self, group: ET.Element, row: Row, dot: Point) -> None:
        kind = _kind(row)
        if row.kind == START:
            senders = {arrow.sender for arrow in self.diagram.arrows if not arrow.sent}
            for actor in self.diagram.lanes:
                if actor.actor in senders:
                    _circle(group, "dot start", Point(self.layout.lanes[actor.actor], dot.y), DOT)
        elif row.kind in ("lose", "crash", "stop"):
            _cross(group, f"mark {kind}", dot, 5.5)
        elif row.kind == "duplicate":
            _circle(group, f"ring {kind}", dot, DOT + 1)
        elif row.kind == "timeout":
            _circle(group, f"ring {kind}", dot, DOT + 1.5)
            _line(group, f"hand {kind}", dot, Point(dot.x, dot.y - 4))
            _line(group, f"hand {kind}", dot, Point(dot.x + 3, dot.y))
        else:
            _circle(group, f"dot {kind}", dot, DOT)
        if row.lane == NETWORK and row.kind in ("lose", "duplicate"):
            there = Point(self.layout.lanes[NETWORK], dot.y)
            _circle(group, f"dot {kind}", there, DOT - 1.5)


def _kind(row: Row) -> str:
    """The class that says how a row's dot and label look."""
    return {
        "timeout": "timer",
        "deliver": "message",
        "duplicate": "copy",
        START: "start",
    }.get(row.kind, "plain" if row.kind in ("recover", "heal") else "fault")


# -- arrows ---------------------------------------------------------------------------------------

_FATES = {DELIVERED: "delivered", LOST: "lost", DROPPED: "dropped", FLYING: "flying"}


def _flight(parent: ET.Element, arrow: Arrow, path: Path) -> None:
    classes = ["flight", _FATES[arrow.fate]]
    if arrow.origin is not None or arrow.again:
        classes.append("again" if arrow.again else "copied")
    attributes = {"class": " ".join(classes), "data-sent": str(arrow.sent)}
    if arrow.ended is not None:
        attributes["data-step"] = str(arrow.ended)
    if arrow.again and arrow.fate == FLYING:
        return  # it is drawn where it was delivered
    group = ET.SubElement(parent, "g", attributes)
    since = f"sent in step {arrow.sent}" if arrow.sent else "sent by start"
    over = arrow.fate if arrow.ended is None else f"{arrow.fate} in step {arrow.ended}"
    ET.SubElement(group, "title").text = f"{arrow.link}: {arrow.label}\n{since}, {over}"
    ET.SubElement(group, "path", {"class": "way", "d": _drawn(path)})
    if arrow.fate == DELIVERED:
        _arrow_head(group, path)
    elif arrow.fate == FLYING:
        _circle(group, "open", path.tip, 2.5)
    elif arrow.fate == DROPPED:
        _circle(group, "open", path.tip, 4)


def _drawn(path: Path) -> str:
    points = [f"{_number(point.x)} {_number(point.y)}" for point in path.points]
    if path.curved:
        return f"M {points[0]} C {points[1]} {points[2]} {points[3]}"
    return "M " + " L ".join(points)


def _arrow_head(parent: ET.Element, path: Path) -> None:
    """A triangle whose point touches the dot."""
    tail, tip = path.points[-2:]
    length = hypot(tip.x - tail.x, tip.y - tail.y) or 1.0
    along = Point((tip.x - tail.x) / length, (tip.y - tail.y) / length)
    front, back, half = DOT - 0.5, DOT + 8.5, 3.8
    corners = [(front, 0.0), (back, half), (back, -half)]
    points = [
        Point(tip.x - along.x * far - along.y * aside, tip.y - along.y * far + along.x * aside)
        for far, aside in corners
    ]
    text = " ".join(f"{_number(point.x)},{_number(point.y)}" for point in points)
    ET.SubElement(parent, "polygon", {"class": "point", "points": text})


# -- shapes ---------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _box(
    parent: ET.Element, kind: str, x: float, y: float, width: float, height: float
) -> ET.Element:
    numbers = {"x": x, "y": y, "width": width, "height": height}
    places = {name: _number(value) for name, value in numbers.items()}
    return ET.SubElement(parent, "rect", {"class": kind, **places})


def _line(parent: ET.Element, kind: str, start: Point, end: Point) -> None:
    numbers = {"x1": start.x, "y1": start.y, "x2": end.x, "y2": end.y}
    places = {name: _number(value) for name, value in numbers.items()}
    ET.SubElement(parent, "line", {"class": kind, **places})


def _circle(parent: ET.Element, kind: str, at: Point, radius: float) -> None:
    places = {"cx": _number(at.x), "cy": _number(at.y), "r": _number(radius)}
    ET.SubElement(parent, "circle", {"class": kind, **places})


def _cross(parent: ET.Element, kind: str, at: Point, size: float) -> None:
    x, y = at
    strokes = [(x - size, y - size, x + size, y + size), (x - size, y + size, x + size, y - size)]
    drawn = " ".join("M {} {} L {} {}".format(*map(_number, ends)) for ends in strokes)
    ET.SubElement(parent, "path", {"class": kind, "d": drawn})


def _text(parent: ET.Element, kind: str, at: Point, text: str, columns: int | None = None) -> None:
    """A line of text; of one that is longer than `columns` the beginning, and all of it in a
    title."""
    shown = text if columns is None else elided(text, columns)
    places = {"x": _number(at.x), "y": _number(at.y)}
    # The lines are broken already, and what a model says may hold more than one space.
    element = ET.SubElement(parent, "text", {"class": kind, "xml:space": "preserve", **places})
    if shown != text:
        ET.SubElement(element, "title").text = text
        element[0].tail = shown
    else:
        element.text = shown
