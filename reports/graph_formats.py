"""Drawings in the languages of graph tools: DOT, pictures by Graphviz, and Aldebaran."""

from __future__ import annotations

import math
import shutil
import string
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from ..explorer import UsageError
from .drawing import Arrow, Attributes, Drawing, listed, shortened

PATIENCE = 120
"""Seconds that Graphviz may take."""

WIDEST, TALLEST, KINDS, TITLE = 56, 20, 3, 120
"""In a picture: columns of a line, lines of a node, kinds of step told at an arrow, and columns of
the caption."""

SCREEN = 2000
"""Points that a picture may be wide before another shape is considered."""

GAP = "\u00a0"
"""What stands between an arrow and its label in a picture; SVG would swallow a space."""

PIECE = 3000
"""Characters of a piece of a DOT string. Graphviz reads no more than 16,384, escapes included."""

LEGEND = (
    ("initial", "blue: initial"),
    ("terminal", "double line: without a further step"),
    ("violates", "filled red: an invariant is violated"),
    ("counterexample", "red: the counterexample"),
    ("left_out", "dashed: has steps that are not drawn"),
    ("unexpanded", "dashed: its steps were not looked at"),
)

PLAIN = "".join(set(string.printable) - set(string.whitespace) - set('"%|\\')) + " "
"""What stands for itself in an Aldebaran label. A quote would end it, mCRL2 takes it apart at bars,
and the percent sign introduces what is escaped. Brackets do so if they match: mCRL2 reads no label
in which one is closed that was not opened."""
NO_BRACKETS = str.maketrans("", "", "()")


def dot(drawing: Drawing, picture: bool = False) -> str:
    """A drawing in the DOT language. For a `picture` long lines and lists are cut short."""
    labels = [_node_label(drawing, number, picture) for number in range(len(drawing.nodes))]
    lines = [
        f"digraph {_identifier(drawing.name, picture)} {{",
        f"  graph [label={_quoted(_caption(drawing, picture))}, labelloc=t, labeljust=l, "
        f'fontname="sans-serif", fontsize=12, {_shape(drawing, labels)}];',
        '  node [shape=box, style="rounded,filled", color="#5b6770", fillcolor="#ffffff", '
        'fontname="monospace", fontsize=10, margin="0.12,0.06"];',
        '  edge [fontname="monospace", fontsize=9, color="#5b6770", fontcolor="#39424a", '
        "arrowsize=0.7];",
    ]
    for number, (node, label) in enumerate(zip(drawing.nodes, labels, strict=True)):
        lines.append(f"  {number} [label={_quoted(label)}{_node_style(node)}];")
    if drawing.counted:
        lines += _joint_arrows(drawing, picture)
    else:
        lines += (_single_arrow(arrow, picture) for arrow in drawing.arrows)
    return "\n".join([*lines, "}", ""])


def _caption(drawing: Drawing, picture: bool) -> str:
    met = [said for name, said in LEGEND if any(node.get(name) for node in drawing.nodes)]
    told = shortened(drawing.caption, TITLE) if picture else drawing.caption
    return "\n".join(filter(None, [told, ", ".join(met)]))


def _shape(drawing: Drawing, labels: Sequence[str]) -> str:
    """Top-down, unless that is wider than a screen and also far wider than it is tall."""
    layers: dict[int, list[str]] = defaultdict(list)
    for number, depth in enumerate(_depths(drawing)):
        layers[depth].append(labels[number])
    width = max(sum(map(_width, layer)) for layer in layers.values())
    height = sum(max(map(_height, layer)) for layer in layers.values())
    if width > SCREEN and width > 2 * height:
        return "rankdir=LR, ranksep=0.45, nodesep=0.15"
    return "ranksep=0.45, nodesep=0.3"


def _width(label: str) -> float:
    """Points that a node takes, with the gap to the next: 6 a column, and what is around them."""
    return 6 * max(map(len, label.split("\n"))) + 40


def _height(label: str) -> float:
    """The same downwards: 12 a line; the gap has the label of an arrow in it."""
    return 12 * len(label.split("\n")) + 75


def _depths(drawing: Drawing) -> list[int]:
    """For each node, how many arrows lead to it from an initial one; 0 where none do."""
    targets: dict[int, list[int]] = defaultdict(list)
    for arrow in drawing.arrows:
        targets[arrow.source].append(arrow.target)
    layer = [number for number, node in enumerate(drawing.nodes) if node["initial"]]
    depth, depths = 0, dict.fromkeys(layer, 0)
    while layer:
        layer = list(dict.fromkeys(to for one in layer for to in targets[one] if to not in depths))
        depth += 1
        depths |= dict.fromkeys(layer, depth)
    return [depths.get(number, 0) for number in range(len(drawing.nodes))]


def _node_label(drawing: Drawing, number: int, picture: bool) -> str:
    node = drawing.nodes[number]
    briefly = drawing.short and (picture or drawing.counted)
    told = drawing.short[number] if briefly else node["label"]
    lines = told.split("\n") if told else []
    if picture:
        lines = listed([shortened(line, WIDEST) for line in lines], TALLEST)
    if drawing.counted:
        lines.append(_counted(node["states"], "state") + _inside(node))
    if node.get("violates"):
        broken = f"violates: {node['violates']}"
        lines.append(shortened(broken, WIDEST) if picture else broken)
    return "\n".join(lines)


def _inside(node: Attributes) -> str:
    return f", {_counted(node['inside'], 'step')} inside" if node["inside"] else ""


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _node_style(node: Attributes) -> str:
    style = ""
    if node.get("violates"):
        style += ', fillcolor="#f6b5ac"'
    elif node["initial"]:
        style += ', fillcolor="#cfe4f7"'
    if node["terminal"]:
        style += ", peripheries=2"
    if node["counterexample"]:
        style += _red(", penwidth=2", text=False)
    elif node["initial"]:
        style += ", penwidth=2"
    if node.get("left_out") or node.get("unexpanded"):
        style += ', style="rounded,filled,dashed"'
    return style


def _red(more: str, text: bool = True) -> str:
    return ', color="#c0291c"' + (', fontcolor="#c0291c"' if text else "") + more


def _single_arrow(arrow: Arrow, picture: bool) -> str:
    source, target, about = arrow
    label = about["label"] + (f"\nviolates: {about['violates']}" if about["violates"] else "")
    if picture:
        label = "\n".join(f"{GAP}{line}" for line in shortened(label, WIDEST).split("\n"))
    style = _red(", penwidth=2") if about["counterexample"] or about["violates"] else ""
    return f"  {source} -> {target} [label={_quoted(label)}{style}];"


def _joint_arrows(drawing: Drawing, picture: bool) -> Iterable[str]:
    """One arrow for all steps from one class to another; those inside a class are told there."""
    joint: dict[tuple[int, int], list[Arrow]] = defaultdict(list)
    for arrow in drawing.arrows:
        if arrow.source != arrow.target:
            joint[arrow.source, arrow.target].append(arrow)
    for (source, target), arrows in joint.items():
        label = "\n".join(_kinds(arrows, KINDS, GAP) if picture else _kinds(arrows, len(arrows)))
        total = sum(arrow.attributes["steps"] for arrow in arrows)
        width = f", penwidth={1 + math.log10(total) / 3:.2f}"
        red = any(arrow.attributes["counterexample"] for arrow in arrows)
        yield (f"  {source} -> {target} [label={_quoted(label)}{_red(width) if red else width}];")


def _kinds(arrows: Sequence[Arrow], most: int, indent: str = "") -> list[str]:
    """The kinds of step, those of the counterexample and then the most frequent first."""

    def order(arrow: Arrow) -> tuple[bool, int]:
        return not arrow.attributes["counterexample"], -arrow.attributes["steps"]

    ordered = [arrow.attributes for arrow in sorted(arrows, key=order)]
    told = ordered if len(ordered) <= most else ordered[: most - 1]
    lines = [f"{shortened(one['label'], WIDEST)} ×{one['steps']:,}" for one in told]
    rest = ordered[len(told) :]
    if rest:
        lines.append(f"{len(rest)} more kinds ×{sum(one['steps'] for one in rest):,}")
    return [indent + line for line in lines]


def _quoted(text: str) -> str:
    """A label as a DOT string. Within it a backslash begins an escape, \\l ends a line at the left,
    and an ampersand begins an entity."""
    return _in_pieces([f"{line}\n" for line in text.split("\n")])


def _identifier(name: str, picture: bool) -> str:
    """The name of the graph, which browsers show where one points at a picture. A backslash begins
    no escape there, but it has to be written twice at the end, and so it is everywhere."""
    return _in_pieces([shortened(name, TITLE) if picture else name])


def _in_pieces(lines: Sequence[str]) -> str:
    """One DOT string. Graphviz reads long ones only in pieces."""
    pieces = [line[at : at + PIECE] for line in lines for at in range(0, len(line), PIECE)]
    joined, size = [""], 0
    for piece in pieces:
        if size + len(piece) > PIECE:
            joined.append("")
            size = 0
        joined[-1] += _escaped(piece)
        size += len(piece)
    return " + ".join(f'"{piece}"' for piece in joined)


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return escaped.replace("\n", "\\l")


def check_graphviz(suffix: str) -> None:
    """Raise UsageError if Graphviz is not there to draw a picture."""
    if shutil.which("dot") is None:
        raise UsageError(
            f"drawing a {suffix} needs Graphviz, whose program dot is not on the PATH. Install it "
            f"(the package is called graphviz), or write a .dot file and draw it elsewhere."
        )


def picture(drawing: Drawing, suffix: str) -> bytes:
    """A drawing as an SVG or PNG, by Graphviz.

    Raises UsageError if Graphviz is not installed, fails, or takes more than PATIENCE seconds.
    """
    check_graphviz(suffix)
    size = f"{_counted(len(drawing.nodes), 'node')} and {_counted(len(drawing.arrows), 'edge')}"
    advice = (
        "Draw less (--view facts, --view actor=ID, --around-trace 1), or write a .dot file and "
        "draw it with another of its programs, such as sfdp."
    )
    try:
        done = subprocess.run(
            ["dot", f"-T{suffix.removeprefix('.')}"],
            input=dot(drawing, picture=True).encode("utf-8"),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"Graphviz was stopped: it took more than {PATIENCE} s to draw {size}. {advice}"
        ) from error
    except OSError as error:
        raise UsageError(f"Graphviz (dot) cannot be run: {error}.") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise UsageError(
            f"Graphviz failed to draw {size} (exit code {done.returncode}): "
            f"{said[:500] or 'it said nothing'}. {advice}"
        )
    return done.stdout


def aldebaran(drawing: Drawing) -> str:
    """A drawing as a labelled transition system in the Aldebaran format.

    It has one initial state; where there are several, one more state is added as the last, from
    which a step `start` leads to each of them. Labels are percent-encoded (UTF-8) where a character
    is not printable ASCII or is one of " % | and backslash, and brackets where they do not match.
    """
    initial = [number for number, node in enumerate(drawing.nodes) if node["initial"]]
    lines = [
        f'({source},"{_aldebaran_label(about)}",{target})'
        for source, target, about in drawing.arrows
    ]
    states, first = len(drawing.nodes), initial[0]
    if len(initial) > 1:
        first, states = states, states + 1
        lines = [f'({first},"start",{number})' for number in initial] + lines
    return "\n".join([f"des ({first},{len(lines)},{states})", *lines, ""])


def _aldebaran_label(about: Attributes) -> str:
    sender, receiver = about["sender"], about.get("receiver", about["actor"])
    link = f"{sender} → {receiver}"
    text: str = about["label"]
    if sender and text.startswith(link):  # an arrow that ASCII has is easier to read
        text = f"{sender} -> {receiver}{text[len(link) :]}"
    return quote(text, safe=PLAIN if _brackets_match(text) else PLAIN.translate(NO_BRACKETS))


def _brackets_match(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
