"""Values of every kind that a state may be made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag
from typing import Any, NamedTuple

from hypothesis import strategies as st


class Colour(Enum):
    RED = 1
    BLUE = 2


class Mode(Flag):
    READ = 1
    WRITE = 2


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Note:
    text: Any


@dataclass(frozen=True)
class Typed:
    type: Any
    type_: Any = 0


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 3).map(lambda exponent: -(10 ** (1000 * exponent)))
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.sampled_from([*Colour, *Mode, Mode.READ | Mode.WRITE, Mode(0)])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.booleans(), inner, max_size=3)
        | st.frozensets(SCALARS, max_size=3)
        | st.builds(Pair, inner, inner)
        | st.builds(Note, inner)
        | st.builds(Typed, inner, inner)
    ),
    max_leaves=10,
)
