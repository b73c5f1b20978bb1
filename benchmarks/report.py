"""What `compare.py` measured, as text: Markdown tables that can be pasted into a README.

Seconds are medians over the rounds, and so are all numbers made of them. Ratios are of medians.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tools import Instance, Islander, Run, Spin, Tlc, Tool, first_line

Runs = Mapping[tuple[Tool, Instance], Sequence[Run]]


def text(
    runs: Runs,
    latencies: Mapping[str, Sequence[float]],
    machine: Mapping[str, str],
    left_out: Sequence[str],
    threads: int,
) -> str:
    """The whole report. The first of `runs` is of the instance that all tools explored."""
    instance = next(iter(runs))[1]
    sections = [
        "\n".join(f"- {name}: {value}" for name, value in machine.items()),
        "\n".join(f"- left out: {why}" for why in left_out),
        _comparison(runs, instance),
        _inside(runs, instance),
        _threads(runs, threads),
        _growth(runs),
        _reference(runs),
        _latency(latencies),
    ]
    return "\n\n".join(section for section in sections if section)


def machine(jar: Path | None) -> dict[str, str]:
    """What runs here; "none" for what does not."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{name: _installed(name) for name in ("islander", "numba", "numpy")},
        "SPIN": first_line(["spin", "-V"]),
        "gcc": first_line(["gcc", "--version"]),
    }
    if jar is not None:
        found["Java"] = first_line(["java", "-version"])
        found["TLC"] = first_line(["java", "-cp", str(jar), "tlc2.TLC"])
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


# -- the sections ----------------------------------------------------------------------------------


def _comparison(runs: Runs, instance: Instance) -> str:
    tools = [
        tool
        for tool, explored in runs
        if explored == instance and not (isinstance(tool, Islander) and tool.trivial)
    ]
    spin = _fastest(runs, instance, lambda tool: isinstance(tool, Spin))
    tlc = _fastest(runs, instance, lambda tool: isinstance(tool, Tlc))
    rows = []
    for tool in sorted(tools, key=lambda tool: seconds(runs[tool, instance])):
        mine = runs[tool, instance]
        taken = statistics.median(_memory(run) for run in mine)
        rows.append(
            [
                tool.name,
                f"{seconds(mine):.2f}",
                f"{min(run.seconds for run in mine):.2f}",
                f"{statistics.median(run.cpu_seconds for run in mine):.2f}",
                f"{rate(mine):,.0f}",
                f"{rate(mine) / spin:.2f}" if spin else "",
                f"{rate(mine) / tlc:.1f}" if tlc else "",
                f"{statistics.median(run.peak_bytes for run in mine) / 1e6:,.0f}",
                f"{taken / mine[0].states:.1f}",
            ]
        )
    any_run = runs[tools[0], instance][0]
    counts = sorted({len(runs[tool, instance]) for tool in tools})
    rounds = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    header = ["tool", "s", "best", "CPU s", "transitions/s", "× SPIN", "× TLC", "MB", "B/state"]
    return (
        f"Paxos {instance}: {any_run.states:,} states, {any_run.transitions:,} transitions; all "
        f"count the same.\n\n{table(header, rows)}\n\n"
        "× SPIN is relative to the fastest SPIN here. MB (of 1,000,000 bytes) is the peak of "
        "resident\nmemory of the whole process. B/state is what the search added to it for "
        "Islander, and all of it\nfor the others; what TLC takes is what its heap may become.\n"
        f"Runs of each: {rounds}. Where CPU s is far below s, the machine was busy."
    )


def _inside(runs: Runs, instance: Instance) -> str:
    full, trivial = runs[Islander(), instance], runs[Islander(trivial=True), instance]
    share = statistics.median((run.python_seconds or 0.0) / run.seconds for run in full)
    calls, sets = full[0].handler_calls or 0, full[0].fact_sets or 0
    cost = seconds(full) / seconds(trivial)
    rows = [
        ["all properties, over one that always holds (time)", f"{cost:.3f}"],
        ["fact sets judged", f"{sets:,}"],
        ["in handlers and tabulation, in Python (of the time)", f"{share:.1%}"],
        ["handler calls", f"{calls:,}"],
    ]
    return f"Paxos {instance}, 1 thread:\n\n{table(['what', 'measured'], rows)}"


def _threads(runs: Runs, threads: int) -> str:
    if threads == 1:
        return ""
    rows = []
    for tool, instance in runs:
        if tool != Islander(threads=threads):
            continue
        one, many = runs[Islander(), instance], runs[tool, instance]
        rows.append(
            [
                str(instance),
                f"{one[0].states:,}",
                f"{seconds(one):.2f}",
                f"{seconds(many):.2f}",
                f"{seconds(one) / seconds(many):.2f}",
                f"{_memory(one[0]) / one[0].states:.1f}",
            ]
        )
    header = ["proposers × acceptors", "states", "1 thread, s", f"{threads} threads, s"]
    return f"Threads:\n\n{table([*header, 'speed-up', 'B/state'], rows)}"


def _growth(runs: Runs) -> str:
    measured = [(instance, runs[tool, instance]) for tool, instance in runs if tool == Islander()]
    rows = [
        [
            str(instance),
            f"{mine[0].states:,}",
            f"{mine[0].transitions:,}",
            f"{mine[0].depth}",
            f"{seconds(mine):.3f}",
            f"{rate(mine):,.0f}",
        ]
        for instance, mine in sorted(measured, key=lambda one: one[1][0].states)
    ]
    header = ["proposers × acceptors", "states", "transitions", "depth", "s", "transitions/s"]
    return f"How the cost grows, 1 thread:\n\n{table(header, rows)}"


def _reference(runs: Runs) -> str:
    rows = []
    for tool, instance in runs:
        if tool != Islander("reference"):
            continue
        slow, fast = runs[tool, instance], runs[Islander(), instance]
        ratio = rate(fast) / rate(slow)
        speeds = [f"{seconds(slow):.2f}", f"{seconds(fast):.3f}", f"{rate(slow):,.0f}"]
        rows.append([str(instance), *speeds, f"{ratio:.0f}"])
    header = ["proposers × acceptors", "reference, s", "tabulated, s", "reference's transitions/s"]
    return f"The reference engine:\n\n{table([*header, 'tabulated ×'], rows)}"


def _latency(latencies: Mapping[str, Sequence[float]]) -> str:
    rows = [
        [f"`islander {command}`", f"{min(found):.2f}", f"{statistics.median(found):.2f}"]
        for command, found in latencies.items()
    ]
    return f"Whole processes:\n\n{table(['command', 'best, s', 'median, s'], rows)}"


# -- numbers ---------------------------------------------------------------------------------------


def seconds(runs: Sequence[Run]) -> float:
    """The median."""
    return statistics.median(run.seconds for run in runs)


def rate(runs: Sequence[Run]) -> float:
    """Transitions a second, by the median."""
    return runs[0].transitions / seconds(runs)


def _fastest(runs: Runs, instance: Instance, wanted: Callable[[Tool], bool]) -> float | None:
    """The best rate of these tools; None if none of them ran."""
    rates = [rate(mine) for (tool, on), mine in runs.items() if on == instance and wanted(tool)]
    return max(rates, default=None)


def _memory(run: Run) -> int:
    return run.peak_bytes if run.run_bytes is None else run.run_bytes


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned; the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rules = [f"{'-' * (width - 1)}{':' if at else '-'}" for at, width in enumerate(widths)]
    return "\n".join([line(header), line(rules), *map(line, rows)])
