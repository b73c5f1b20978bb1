"""How a sequence diagram in SVG looks: its colours, in light and dark, and its style sheet."""

from __future__ import annotations

COLOURS = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "muted": ("#59636e", "#9198a1"),
    "line": ("#c4ccd4", "#3d444d"),
    "head": ("#f2f5f8", "#1a2028"),
    "message": ("#0a5fc4", "#58a6ff"),
    "copy": ("#8250df", "#b78aff"),
    "fault": ("#cf222e", "#ff6a62"),
    "timer": ("#8f5a00", "#e0a52f"),
}
"""What each colour is in a light and in a dark scheme."""

MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'
SANS = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif'

_RULES = f"""
text {{ font: 12px {MONO}; fill: ink }}
.paper {{ fill: paper }}
.title {{ font: 600 16px {SANS}; fill: ink }}
.about {{ font: 13px {SANS}; fill: muted }}
.small, .change {{ font-size: 11px; fill: muted }}
.why .small {{ fill: ink }}
.head {{ fill: head; stroke: line }}
.name {{ font-weight: 600; text-anchor: middle }}
.network .head {{ stroke-dasharray: 3 2 }}
.network .name {{ font-weight: 400; fill: muted }}
.life {{ stroke: line; stroke-width: 1.5 }}
.network .life {{ stroke-dasharray: 2 4 }}
.down {{ stroke: fault; stroke-width: 9; stroke-dasharray: 1.5 4; opacity: 0.55 }}
.cut {{ fill: fault; fill-opacity: 0.07 }}
.cut {{ stroke: fault; stroke-opacity: 0.5; stroke-dasharray: 4 3 }}
.number {{ fill: muted; font-size: 11px; text-anchor: end }}
.band {{ fill: message; fill-opacity: 0 }}
.step:hover .band {{ fill-opacity: 0.06 }}
.step.current .band {{ fill-opacity: 0.12 }}
.way {{ fill: none; stroke: message; stroke-width: 1.4; stroke-opacity: 0.8 }}
.point {{ fill: message }}
.copied .way, .again .way {{ stroke: copy; stroke-dasharray: 7 2 }}
.copied .point, .again .point {{ fill: copy }}
.lost .way {{ stroke: fault }}
.flying .way, .dropped .way {{ stroke: muted; stroke-opacity: 0.75 }}
.flying .way, .dropped .way {{ stroke-width: 1.1; stroke-dasharray: 3 3 }}
.open {{ fill: paper; stroke: muted; stroke-width: 1.1 }}
.flight:hover .way, .flight.current .way {{ stroke-width: 3; stroke-opacity: 1 }}
.dot {{ fill: ink }}
.dot.message {{ fill: message }}
.dot.copy {{ fill: copy }}
.dot.fault {{ fill: fault }}
.ring {{ fill: paper; stroke-width: 1.8 }}
.ring.copy {{ stroke: copy }}
.ring.timer, .hand.timer {{ stroke: timer; stroke-width: 1.4 }}
.mark {{ stroke: fault; stroke-width: 2.4; stroke-linecap: round }}
.label {{ stroke: paper; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }}
.label.before {{ text-anchor: end }}
.label.timer {{ fill: timer }}
.label.fault {{ fill: fault }}
"""
"""Colours stand here by name; a value that is `ink` becomes a custom property, and before that what
is ink in a light scheme, for programs that know no custom properties."""


def style() -> str:
    """The style sheet of a picture; it touches nothing outside pictures of this kind."""
    lines = []
    for rule in _RULES.strip().splitlines():
        selectors, _, body = rule.partition(" { ")
        scoped = ", ".join(f".islander-sequence {one}" for one in selectors.split(", "))
        lines.append(f"{scoped} {{ {_coloured(body.removesuffix(' }'))} }}")
    light, dark = (
        " ".join(
            f"--{name}: var(--sequence-{name}, {both[scheme]});" for name, both in COLOURS.items()
        )
        for scheme in (0, 1)
    )
    lines.append(f".islander-sequence {{ color-scheme: light dark; {light} }}")
    lines.append(f"@media (prefers-color-scheme: dark) {{ .islander-sequence {{ {dark} }} }}")
    return "\n".join(["", *lines, ""])


def _coloured(body: str) -> str:
    declarations = []
    for declaration in body.split("; "):
        name, _, value = declaration.partition(": ")
        if value in COLOURS:
            declarations.append(f"{name}: {COLOURS[value][0]}")
            value = f"var(--{value})"
        declarations.append(f"{name}: {value}")
    return "; ".join(declarations)
