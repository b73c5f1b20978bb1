"""Where everything stands in a sequence diagram: places in pixels, for `sequence_svg` to draw.

Time runs downwards, a row for each step. There is one event in a row, and so one label: it stands
beside the event's dot, on the side that fewer arrows use, and above or below those that do. So no
two labels can meet, however the arrows slant. Text is measured in columns of a fixed width.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

from .fitting import ELLIPSIS, elided, wrapped
from .flights import DELIVERED, DROPPED, LOST
from .sequence import NETWORK, START, Arrow, Diagram, Row

COLUMN = 7.25
"""Pixels that a column of a label takes, in the widest of the usual monospaced fonts at 12 pixels;
what stands in the margin is a little smaller."""
MARGIN_COLUMN = 6.65
ROW, LINE = 34.0, 15.0
"""Pixels from one row to the next, and from one line of the margin to the next."""

EDGE, GUTTER = 20.0, 66.0
HEAD = 28.0
GAP_LEAST, GAP_MOST = 72.0, 150.0
LANES_MOST = 1100.0
"""Pixels that all lanes together take at most, unless there are so many that GAP_LEAST is more."""
LABEL_MOST, MARGIN_MOST, MARGIN_LINES = 34, 46, 4
DOT = 4.5
CLEAR = DOT + 4
"""How far from a dot arrows pass that have nothing to do with it, if they can by one of BENDS."""
BENDS = (0.0, -18.0, 18.0, -30.0, 30.0)
BULGE = 26.0
"""How far an arrow from an actor to itself leaves its lane."""


class Point(NamedTuple):
    x: float
    y: float


class Label(NamedTuple):
    """A text that begins ("start") or ends ("end") at a point on its base line."""

    at: Point
    anchor: str
    text: str

    @property
    def ends(self) -> tuple[float, float]:
        """Where it begins and ends, from the left."""
        width = cell_len(self.text) * COLUMN
        return (
            (self.at.x, self.at.x + width)
            if self.anchor == "start"
            else (self.at.x - width, self.at.x)
        )


class Place(NamedTuple):
    """A row: its upper edge and its height, where its dot is, its label, its lines of margin."""

    top: float
    height: float
    dot: Point
    label: Label
    margin: list[str]


class Path(NamedTuple):
    """The way of an arrow, downwards: straight from point to point, or the cubic curve of four."""

    points: tuple[Point, ...]
    curved: bool = False

    @property
    def tip(self) -> Point:
        return self.points[-1]

    def at_height(self, y: float) -> Point:
        """The point of the way at a height, or the nearest of its ends."""
        if y <= self.points[0].y or y >= self.tip.y:
            return self.points[0] if y <= self.points[0].y else self.tip
        if self.curved:
            return self._on_curve(self._share(1, y))
        one, other = next(both for both in pairwise(self.points) if both[1].y >= y)
        return Point(one.x + (other.x - one.x) * (y - one.y) / (other.y - one.y), y)

    def at_x(self, x: float) -> Point:
        """The point where a way that never turns back from left to right crosses a lane."""
        if self.curved:
            return self._on_curve(self._share(0, x))
        one, other = self.points[0], self.tip
        return Point(x, one.y + (other.y - one.y) * (x - one.x) / (other.x - one.x))

    def _share(self, axis: int, wanted: float) -> float:
        """How far along a curve it is as far right (axis 0) or down (1) as wanted: by halving."""
        low, high = 0.0, 1.0
        rising = self.tip[axis] >= self.points[0][axis]
        for _ in range(24):
            middle = (low + high) / 2
            if (self._on_curve(middle)[axis] < wanted) == rising:
                low = middle
            else:
                high = middle
        return low

    def _on_curve(self, share: float) -> Point:
        rest = 1 - share
        weights = rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3
        return Point(
            sum(weight * point.x for weight, point in zip(weights, self.points, strict=True)),
            sum(weight * point.y for weight, point in zip(weights, self.points, strict=True)),
        )


@dataclass(frozen=True)
class Layout:
    """The places of a diagram's parts. The first lane is at x = 0; what stands to the left of it
    reaches to `left`."""

    diagram: Diagram

    # -- from left to right ----------------------------------------------------------------------

    @cached_property
    def gap(self) -> float:
        """From one lane to the next."""
        lanes = self.diagram.lanes
        names = max(cell_len(lane.name) for lane in lanes) * COLUMN + 36
        texts = max(cell_len(row.text) for row in self.diagram.rows) * COLUMN + 16
        bound = min(GAP_MOST, max(GAP_LEAST, LANES_MOST / len(lanes)))
        return round(min(max(names, min(texts, 112), 92), bound))

    @cached_property
    def lanes(self) -> dict[str, float]:
        """Where the lanes are."""
        return {lane.actor: at * self.gap for at, lane in enumerate(self.diagram.lanes)}

    @cached_property
    def head_columns(self) -> int:
        """How many columns of its name fit into the head of a lane."""
        return max(3, int((self.gap - 16) / COLUMN))

    @cached_property
    def gutter_x(self) -> float:
        """Where the numbers of the steps end, to the left of all lanes and labels."""
        begins = min(place.label.ends[0] for place in self.places)
        return min(begins - 10, -self.gap / 2)

    @cached_property
    def margin_x(self) -> float:
        """Where the margin begins, to the right of all lanes and labels."""
        ends = max(place.label.ends[1] for place in self.places)
        return max(ends, (len(self.lanes) - 0.5) * self.gap, BULGE) + 22

    @property
    def left(self) -> float:
        return self.gutter_x - GUTTER

    @cached_property
    def width(self) -> float:
        margin = max(cell_len(line) for place in self.places for line in [*place.margin, ""])
        diagram = self.diagram
        titles = [(diagram.title, 9.4), (f"{diagram.model}, {diagram.steps}", 7.0)]
        wide = [min(cell_len(text), 90) * size for text, size in titles]
        wide += [
            min(cell_len(line), 100) * MARGIN_COLUMN
            for line in (*diagram.in_flight, *diagram.explanation)
        ]
        drawn = self.margin_x + margin * MARGIN_COLUMN + EDGE - self.left
        return round(max(drawn, *(each + 2 * EDGE for each in wide), 420))

    def columns(self, pixels: float) -> int:
        """How many columns of text, each of so many pixels, fit from edge to edge."""
        return int((self.width - 2 * EDGE) / pixels)

    # -- from above to below ---------------------------------------------------------------------

    @cached_property
    def explanation(self) -> list[str]:
        """The lines of the explanation; a long one is not told whole."""
        columns = self.columns(MARGIN_COLUMN)
        lines = [line for one in self.diagram.explanation for line in wrapped(one, columns, 6)]
        return [*lines[:9], ELLIPSIS] if len(lines) > 10 else lines

    @property
    def top(self) -> float:
        """Where the titles begin, above the heads of the lanes, which begin at 0."""
        explained = len(self.explanation) * LINE + 8 if self.explanation else 0
        return -(EDGE + (24 if self.diagram.title else 0) + 22 + explained + 8)

    @cached_property
    def tops(self) -> list[float]:
        """The upper edges of the rows, and the lower edge of the last."""
        tops = [HEAD + 4]
        for row in self.diagram.rows:
            tops.append(tops[-1] + max(ROW, len(_margin(row)) * LINE + 14))
        return tops

    @property
    def bottom(self) -> float:
        """Where the lanes end."""
        return self.tops[-1] + 14

    def y(self, row: int) -> float:
        """The height of a row's dot."""
        return self.tops[row] + ROW / 2

    @cached_property
    def places(self) -> list[Place]:
        """The places of the rows."""
        return [
            Place(
                self.tops[row.step],
                self.tops[row.step + 1] - self.tops[row.step],
                self._dot(row),
                self._label(row),
                _margin(row),
            )
            for row in self.diagram.rows
        ]

    def spans(self, actor: str) -> Iterator[tuple[float, float]]:
        """From where to where a lane's line is whole: where its actor is up."""
        top = HEAD
        for spell in sorted(self.diagram.downs, key=lambda one: one.since):
            if actor in spell.lanes:
                yield top, self.y(spell.since)
                if spell.until is None:
                    return
                top = self.y(spell.until)
        yield top, self.bottom

    # -- arrows ----------------------------------------------------------------------------------

    @cached_property
    def paths(self) -> list[Path]:
        """The ways of all arrows."""
        found: list[Path] = []
        for arrow in self.diagram.arrows:
            found.append(self._path(arrow, found))
        return found

    def _path(self, arrow: Arrow, before: list[Path]) -> Path:
        start, end = Point(self.lanes[arrow.sender], self.y(arrow.sent)), self._end(arrow)
        if arrow.sender == arrow.receiver:
            side = start.x + BULGE * 4 / 3
            return Path((start, Point(side, start.y + 6), Point(side, end.y - 6), end), True)
        if arrow.origin is None:
            bends = (_bent(start, end, bend) for bend in BENDS)
            return next((path for path in bends if not self._hits(path)), Path((start, end)))
        # A copy goes the way of that which it is a copy of, up to where it was made.
        origin, fork = before[arrow.origin], self.y(arrow.sent)
        if origin.tip.y > fork:
            earlier = origin.points[:1] if origin.curved else origin.points
            above = [point for point in earlier if point.y < fork]
            return Path((*above, origin.at_height(fork), end))
        return Path((origin.points[0], end))

    def _hits(self, path: Path) -> bool:
        """Whether a way leads through a dot that it has nothing to do with."""
        left, right = sorted((path.points[0].x, path.tip.x))
        for actor, x in self.lanes.items():
            if left + 1 < x < right - 1:
                crossing, dots = path.at_x(x).y, self._dots[actor]
                following = bisect(dots, crossing - CLEAR)
                if following < len(dots) and dots[following] < crossing + CLEAR:
                    return True
        return False

    @cached_property
    def _dots(self) -> dict[str, list[float]]:
        """The heights of the dots in each lane, from above."""
        found: dict[str, list[float]] = {actor: [] for actor in self.lanes}
        for actor in {arrow.sender for arrow in self.diagram.arrows if not arrow.sent}:
            found[actor].append(self.y(0))
        for row in self.diagram.rows[1:]:
            found[row.lane].append(self.y(row.step))
        return found

    def _end(self, arrow: Arrow) -> Point:
        here, there = self.lanes[arrow.sender], self.lanes[arrow.receiver]
        away = (there > here) - (there < here)
        if arrow.ended is not None and arrow.ended > arrow.sent:
            short = {DELIVERED: 0.0, LOST: 0.3, DROPPED: 0.15}[arrow.fate]
            return Point(there - away * self.gap * short, self.y(arrow.ended))
        # Those that do not end, to several lanes, fan out.
        distance = abs(there - here) / self.gap
        down = ROW * 0.85 / max(distance, 1) ** 0.6
        return Point(here + away * self.gap * 0.42, self.y(arrow.sent) + down)

    # -- dots and labels -------------------------------------------------------------------------

    def _dot(self, row: Row) -> Point:
        """Where the event of a row is: in its lane, or on the way of its arrow."""
        y = self.y(row.step)
        if row.arrow is not None and row.lane == NETWORK:
            return self.paths[row.arrow].at_height(y)
        return Point(self.lanes.get(row.lane, 0.0), y)

    def _label(self, row: Row) -> Label:
        x, y = self._dot(row)
        into, out = self._sides(row)
        beyond = -into[0] if into else 1
        side = beyond
        if row.lane != NETWORK:
            uses = {one: into.count(one) + out.count(one) for one in (1, -1)}
            side = min((beyond, -beyond), key=lambda one: uses[one])
        if side in out and side not in into:
            above = -6.0  # what goes out goes down
        elif side in into and side not in out:
            above = 15.0
        else:
            above = 4.0
        text = "" if row.kind == START else elided(row.text, LABEL_MOST)
        away = side * (DOT + 6)
        return Label(Point(x + away, y + above), "start" if side > 0 else "end", text)

    def _sides(self, row: Row) -> tuple[list[int], list[int]]:
        """On which sides (1: right) of a row's dot arrows come in, and go out."""
        into, out = [], []
        for number, arrow in enumerate(self.diagram.arrows):
            here, there = self.lanes[arrow.sender], self.lanes[arrow.receiver]
            if row.arrow == number:
                into.append(-1 if here < there else 1)
            elif arrow.sent == row.step and arrow.sender == row.lane:
                out.append(1 if there >= here else -1)
        return into, out


def _bent(start: Point, end: Point, bend: float) -> Path:
    """A way from `start` to `end` that swerves up (less than 0) or down."""
    if not bend:
        return Path((start, end))
    controls = []
    for share in (1 / 3, 2 / 3):
        y = start.y + (end.y - start.y) * share + bend
        x = start.x + (end.x - start.x) * share
        controls.append(Point(x, min(max(y, start.y), end.y)))
    return Path((start, *controls, end), curved=True)


def _margin(row: Row) -> list[str]:
    return wrapped("; ".join(row.unseen), MARGIN_MOST, MARGIN_LINES) if row.unseen else []
