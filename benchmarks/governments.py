"""Exhaust the larger instances of the government protocol, and compare with what was found before.

    python benchmarks/governments.py            all of them
    python benchmarks/governments.py growth     those whose names begin so

They take minutes each, and up to 16 GB; the small ones are tests. Exits 1 if one does not hold, or
has other counts than are written here.
"""

from __future__ import annotations

import sys
import time
from typing import Any, NamedTuple

from islander import Verdict, explore
from islander.models.governments import governments


class Instance(NamedTuple):
    """Parameters, and the states, transitions and depth found; None if it was never exhausted."""

    name: str
    parameters: dict[str, Any]
    counts: tuple[int, int, int] | None


INSTANCES = (
    Instance("collapses", {"collapses": 2, "losses": 1, "asked": 1}, None),
    Instance("entries", {"values": 2, "asked": 1}, None),
    Instance("arrival", {"newcomers": 1, "values": 0}, (35_559, 125_817, 43)),
    Instance("growth", {"members": 1, "newcomers": 2, "values": 0}, (113_564, 480_669, 45)),
    Instance("five", {"members": 5, "asked": 1}, None),
)


def main(wanted: list[str]) -> int:
    """Run those wanted; the exit code."""
    failed = 0
    for name, parameters, counts in INSTANCES:
        if wanted and not any(name.startswith(one) for one in wanted):
            continue
        began = time.monotonic()
        result = explore(governments(**parameters))
        verdict, found = result.verdict, (result.states, result.transitions, result.depth)
        del result  # with all its states, which the next one needs the room of
        same = counts is None or counts == found
        failed += verdict is not Verdict.HOLDS or not same
        text = f"{name:<10} {verdict.value:<11}" + "".join(f"{one:>15,}" for one in found)
        print(f"{text}  {time.monotonic() - began:,.0f} s{'' if same else f', not {counts}'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
