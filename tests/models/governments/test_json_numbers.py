"""Numbers as JavaScript writes them, by a table and against Node."""

from __future__ import annotations

import json
import math
import random
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander.models.governments.json_numbers import number_text, with_numbers_of_javascript

from ...tools import need

WRITTEN: list[tuple[float, str]] = [
    (0, "0"),
    (0.0, "0"),
    (1.0, "1"),
    (4.5, "4.5"),
    (-12.0, "-12"),
    (-0.25, "-0.25"),
    (0.1, "0.1"),
    (100, "100"),
    (0.00001, "0.00001"),
    (0.000001, "0.000001"),
    (0.0000012345, "0.0000012345"),
    (1e-7, "1e-7"),
    (-1.5e-7, "-1.5e-7"),
    (5e-324, "5e-324"),
    (123456789.125, "123456789.125"),
    (2**53, "9007199254740992"),
    (2**53 + 1, "9007199254740992"),
    (2**53 + 3, "9007199254740996"),
    (-(2**53) - 1, "-9007199254740992"),
    (1e16, "10000000000000000"),
    (12345678901234567890, "12345678901234567000"),
    (2.0**60, "1152921504606847000"),
    (1e20, "100000000000000000000"),
    (999999999999999999999, "1e+21"),
    (1e21, "1e+21"),
    (-1.5e21, "-1.5e+21"),
    (2.0**70, "1.1805916207174113e+21"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (-0.0, "0"),
]


@pytest.mark.parametrize(("number", "text"), WRITTEN)
def test_a_number_is_written_as_in_javascript(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_was_written(number: float) -> None:
    assert float(number_text(number)) == number


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400])
def test_what_json_does_not_have_is_not_written(number: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        number_text(number)


def test_numbers_are_respelt_wherever_they_stand_and_strings_are_left_alone() -> None:
    document = {"1e16 ": [1e16, -0.0, [1e-7], 7], 'say "1.0"\\': "1.0", "\\": {"a": 2.0}, "b": -1.0}
    text = json.dumps(document, separators=(",", ":"))
    assert with_numbers_of_javascript(text) == (
        r'{"1e16 ":[10000000000000000,0,[1e-7],7],"say \"1.0\"\\":"1.0","\\":{"a":2},"b":-1}'
    )
    assert with_numbers_of_javascript("1.0") == "1"


def doubles(count: int) -> list[float]:
    """Doubles of all sizes, and the powers of two and ten with their neighbours."""
    source = random.Random(5)
    bits = (struct.pack("<Q", source.getrandbits(64)) for _ in range(count))
    numbers = [struct.unpack("<d", one)[0] for one in bits]
    numbers += [source.uniform(-1, 1) * 10 ** source.randint(-12, 26) for _ in range(count)]
    edges = [2.0**power for power in range(-1074, 1024)]
    edges += [float(f"1e{power}") for power in range(-323, 309)]
    for toward in (0, math.inf):
        numbers += [math.nextafter(edge, toward) for edge in edges]
    return [one for one in numbers + edges if math.isfinite(one)]


def test_numbers_are_those_that_node_writes() -> None:
    numbers = doubles(5000)
    program = (
        'const numbers = JSON.parse(require("fs").readFileSync(0, "utf8"));'
        'console.log(numbers.map((one) => JSON.stringify(one)).join("\\n"));'
    )
    ran = subprocess.run(
        [need("node"), "-e", program],
        input=json.dumps(numbers),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [number_text(one) for one in numbers] == ran.stdout.split()
