"""Numbers in JSON as JavaScript writes them, since its traces are to be equalled byte for byte.

JavaScript has one kind of number, the double, and spells it in its own way: 4.0 is 4 there, 1e-07
is 1e-7, and 1e+16 has all its zeros.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

_STRING_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|(-?[0-9][0-9.eE+-]*)')


def number_text(number: float) -> str:
    """`number` as JavaScript writes it: Number::toString of ECMA-262, 6.1.6.1.20.

    The digits are those of Python: both take the fewest that make the same double again, and of
    these the nearest. A whole number that is no double counts as the nearest that is one. Raises
    ValueError for NaN and infinities, OverflowError for a whole number beyond all doubles.
    """
    number = float(number)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no JSON")
    if number == 0:
        return "0"  # minus zero, too
    _, digits, exponent = Decimal(repr(abs(number))).as_tuple()
    assert isinstance(exponent, int)
    significant = "".join(map(str, digits)).rstrip("0")
    return ("-" if number < 0 else "") + _spelt(significant, len(digits) + exponent)


def with_numbers_of_javascript(text: str) -> str:
    """The JSON `text` with its numbers as JavaScript writes them. Raises as `number_text` does."""
    return _STRING_OR_NUMBER.sub(_respelt, text)


def _respelt(found: re.Match[str]) -> str:
    return number_text(float(found[1])) if found[1] else found[0]


def _spelt(digits: str, point: int) -> str:
    """The number 0.DIGITS times ten to the power of `point`."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
