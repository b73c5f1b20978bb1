"""The live line: how far a running search is, on a terminal, redrawn in place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from .explorer import Progress


@contextmanager
def live_line(console: Console) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback for `explore(on_progress=…)`; None if nobody is watching `console`."""
    if not console.is_terminal:
        yield None
        return
    with Live(console=console, transient=True, refresh_per_second=5) as live:

        def show(progress: Progress) -> None:
            live.update(Text(progress_text(progress), style="dim", no_wrap=True, overflow="crop"))

        yield show


def progress_text(progress: Progress) -> str:
    """States, rate, depth, frontier, transitions and memory in one line of 80 columns."""
    rate = progress.states / progress.seconds if progress.seconds > 0 else 0.0
    parts = [
        f"{brief(progress.states)} states",
        f"{brief(rate)}/s",
        f"depth {progress.depth}",
        f"frontier {brief(progress.frontier)}",
        f"{brief(progress.transitions)} transitions",
    ]
    memory = resident_bytes()
    if memory is not None:
        parts.append(size_text(memory))
    return "  ".join(parts)


def size_text(memory: int) -> str:
    """An amount of memory in at most eight columns."""
    mebibytes = memory / 2**20
    return f"{mebibytes:.0f} MiB" if mebibytes < 999.5 else f"{mebibytes / 1024:.1f} GiB"


def brief(number: float) -> str:
    """A number to four digits or so: 9,999, 12.35k, 123.5k, 1.23M."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size or (number >= size and unit != "k"):
            return f"{number / size:.4g}{unit}"
    return f"{number:,.0f}"


def resident_bytes() -> int | None:
    """The memory that this process holds now; None where the system does not say."""
    try:
        if sys.platform == "linux":
            import resource

            pages = int(Path("/proc/self/statm").read_text().split()[1])
            return pages * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None
    return None


def available_bytes() -> int | None:
    """The memory that can be had without swapping; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None
