"""Schedules with the traces that the published protocol makes of them, byte for byte."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"
SUFFIX = ".schedule.json"
NAMES = sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}"))


def path_of(name: str) -> Path:
    return FOLDER / f"{name}{SUFFIX}"


def schedule(name: str) -> str:
    return path_of(name).read_text(encoding="utf-8")


def trace(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.trace.jsonl.gz").read_bytes())


def lines(name: str) -> Iterator[Any]:
    return map(json.loads, trace(name).splitlines())


def packets() -> Iterator[Any]:
    """All packets of all traces."""
    return (packet for name in NAMES for line in lines(name) for packet in line["outbox"])


def answers() -> Iterator[Any]:
    """All answers of all traces."""
    given = (line.get("response") for name in NAMES for line in lines(name))
    return filter(None, given)
