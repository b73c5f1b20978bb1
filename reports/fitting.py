"""Texts that fit: broken into lines, or cut short, by the columns that they take on a screen."""

from __future__ import annotations

from rich.cells import cell_len

ELLIPSIS = "…"


def elided(text: str, columns: int) -> str:
    """`text`, or as much of its beginning as fits into `columns`, with an ellipsis."""
    if len(text) <= columns * 8 and cell_len(text) <= columns:
        return text
    return _pieces(text[: columns * 8], columns - 1)[0].rstrip() + ELLIPSIS


def wrapped(text: str, columns: int, lines: int | None = None) -> list[str]:
    """`text` in lines of at most `columns`, which is at least 2, broken at spaces where there are
    any; no more than `lines` of them, of which the last ends in an ellipsis if that is not all."""
    if lines is not None:
        text = text[: columns * 8 * (lines + 1)]  # no more can fit, however much there is
    first, *rest = text.split(" ")
    found = _pieces(first, columns)
    for word in rest:
        longer = f"{found[-1]} {word}"
        if cell_len(longer) <= columns:
            found[-1] = longer
        else:
            found += _pieces(word, columns)
    if lines is None or len(found) <= lines:
        return found
    return [*found[: lines - 1], elided(" ".join(found[lines - 1 :]), columns)]


def _pieces(word: str, columns: int) -> list[str]:
    """`word` in pieces of at most `columns`; one at least, which may be empty."""
    pieces, used = [""], 0
    for character in word:
        width = cell_len(character)
        if used + width > columns:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += width
    return pieces
