"""The explorer page: its data, script, style and libraries in one HTML file that asks for nothing.

What a model says is in the page as data only: JSON in a block that no browser runs, with every
character escaped that could end it. The page's policy lets no script run but those that were put in
here, which it names by their hashes, and lets nothing be loaded or sent; a page with a live engine
behind it may talk to where it came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html import escape, unescape
from pathlib import Path

from .encoding import Json

HERE = Path(__file__).parent / "page_files"
SCRIPTS = ("dom", "store", "walk", "state", "run", "graph", "main")
"""The page's own scripts, in the order in which they need each other."""

LIBRARIES = ("cytoscape", "dagre")

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)

# What cytoscape puts into the page when it first draws.
_LIBRARY_STYLE = ".__________cytoscape_container { position: relative; }"

# An island: drawn here, because a page that asks for nothing has no other way to have an icon.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="8" fill="#11677f"/>'
    '<path d="M6 21q10-14 20 0z" fill="#f2d9a0"/>'
    '<path d="M4 23q4-3 8 0t8 0 8 0" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)


def page_html(data: Json) -> str:
    """The page that shows `data`, which `page_data` makes."""
    style, script = _read("page.css"), _script()
    libraries = [_library(name) for name in LIBRARIES]
    styles = [style, _LIBRARY_STYLE, *_styles_within(data)]
    parts = {
        "policy": _policy([script, *libraries], styles, live=bool(data["live"])),
        "title": escape(_elided(f"{data['verdict']} · {data['title']}")),
        "name": escape(data["title"]),
        "icon": "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode(),
        "style": style,
        "data": json_for_html(data),
        "script": script,
        "vendor": "\n".join(f"<script>{library}</script>" for library in libraries),
    }
    # In one pass, so that nothing within a part is taken for a place to put another.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _read("template.html"))


def json_for_html(data: Json) -> str:
    """`data` as JSON that can stand between script tags: no character of it can end them, begin a
    comment, or be a line break to a script. Lone surrogates stay escaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _elided(text: str) -> str:
    """As much of `text` as a tab or a bookmark shows."""
    return text if len(text) <= 70 else f"{text[:69]}…"


def _policy(scripts: list[str], styles: list[str], live: bool) -> str:
    allowed = [
        "default-src 'none'",
        "script-src " + " ".join(map(_hash, scripts)),
        "style-src " + " ".join(map(_hash, styles)),
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join([*allowed, "connect-src 'self'"] if live else allowed)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _styles_within(data: Json) -> list[str]:
    """The style sheets that the sequence diagrams bring along."""
    diagrams = [trace["diagram"] for trace in data["traces"] if trace["diagram"]]
    found = [sheet for one in diagrams for sheet in _STYLE.findall(one)]
    return list(dict.fromkeys(map(unescape, found)))


@cache
def _read(name: str) -> str:
    return (HERE / name).read_text("utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


@cache
def _library(name: str) -> str:
    """A bundled library, with its licence; control characters in its strings, which HTML does not
    allow, are written as escapes."""
    code = re.sub(r"^//# sourceMappingURL=.*$", "", _read(f"vendor/{name}.min.js"), flags=re.M)
    code = re.sub("[\x00-\x08\x0b-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", code)
    return f"/*\n{_read(f'vendor/{name}.LICENSE.txt')}\n*/\n{code.strip()}\n"
