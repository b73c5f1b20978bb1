"""Measure Islander, SPIN and TLC on the same Paxos, on this machine, in one go.

    python benchmarks/compare.py                              # Islander, and SPIN if it is there
    python benchmarks/compare.py --tlc PATH/tla2tools.jar     # TLC, too

Run it where Islander is installed, on Linux; it uses no network. What is measured:

- on 3 × 3 (proposers × acceptors): the tabulated engine with 1 and with N threads, SPIN's verifier
  in several ways of compiling and running it, and TLC with one worker. Transitions a second are
  compared with those of SPIN's fastest way and with TLC's;
- what properties cost: the same search with one property that always holds instead of them all;
- how much of the search is spent in Python, on handlers and tabulation;
- what threads bring, also on 2 × 5 (not with --quick);
- how the cost grows, from 1 × 3 to 3 × 3;
- the reference engine on 2 × 3 (and on 3 × 3 with --reference-too);
- what a whole process takes for a small check, and for --help.

How: everything is run --repeat times, in turn, so that a busy minute hits all alike; medians
count. Every run is a process of its own. Before each run a process touches --touch GiB of memory
and frees them, so that nobody pays for a virtual machine's first touch of its memory. The seconds
are those of the search alone: around `explore()`, after small checks that load the compiled
kernels; SPIN's and TLC's as they report them, without compiling, parsing or starting.

All that explored the same instance must have counted the same states and transitions (and depth,
where they give it), and what README.md says; otherwise the differences are told and the exit code
is 1. It is 2 if a tool failed. A tool that is not installed is left out, and named.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import report
from tools import HERE, Instance, Islander, Run, Tlc, Tool, ToolError, completed, spins
from tools import touch_memory as touch

MAIN = Instance(3, 3)
WIDE = Instance(2, 5)
SMALL = Instance(2, 3)
GROWTH = tuple(Instance(*size) for size in ((1, 3), (2, 2), (3, 2), (2, 3), (2, 4), (3, 3)))
COMMANDS = (("check", "paxos", "-p", "acceptors=2"), ("--help",))
LATENCY_RUNS = 5

CONFIRMED = {
    Instance(1, 3): (88, 204, 9),
    Instance(2, 2): (248, 564, 12),
    Instance(3, 2): (5_800, 18_444, 18),
    Instance(2, 3): (22_754, 91_782, 17),
    Instance(3, 3): (6_930_382, 39_543_144, 25),
}
"""States, transitions and depth, as README.md has them."""


class Job(NamedTuple):
    """What is run once in each round."""

    tool: Tool
    instance: Instance


class Record(NamedTuple):
    """A run of a job; `load` is the machine's load average (1 minute) before it."""

    job: Job
    round: int
    load: float
    run: Run


def main() -> int:
    arguments = parse_arguments()
    began = datetime.datetime.now().astimezone()
    with tempfile.TemporaryDirectory() as folder:
        tools, left_out = outside_tools(arguments.tlc, Path(folder))
        jobs = planned(arguments, tools)
        try:
            records = list(measured(jobs, arguments))
            latencies = {" ".join(command): latency(command) for command in COMMANDS}
        except ToolError as error:
            print(error, file=sys.stderr)
            return 2
    machine = {"date": f"{began:%Y-%m-%d %H:%M %Z}", **report.machine(arguments.tlc)}
    wrong = differences(records)
    if arguments.json:
        raw = as_json(records, latencies, machine, left_out, wrong)
        arguments.json.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    if wrong:
        print("The counts differ:", *wrong, sep="\n  ", file=sys.stderr)
        return 1
    runs: dict[tuple[Tool, Instance], list[Run]] = {}
    for record in records:
        runs.setdefault(record.job, []).append(record.run)
    print(report.text(runs, latencies, machine, left_out, arguments.threads))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=positive, default=2, metavar="N", help="default: 2")
    parser.add_argument("--repeat", type=positive, default=3, metavar="N", help="default: 3")
    parser.add_argument("--tlc", type=Path, metavar="JAR", help="tla2tools.jar; without: no TLC")
    parser.add_argument(
        "--tlc-repeat", type=positive, metavar="N", help="rounds with TLC; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="leave 2 × 5 out")
    parser.add_argument(
        "--reference-too", action="store_true", help="the reference engine on 3 × 3: minutes, 4 GB"
    )
    parser.add_argument("--touch", type=float, default=2.0, metavar="GIB", help="default: 2")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all raw numbers")
    return parser.parse_args()


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {number}")
    return number


def outside_tools(jar: Path | None, folder: Path) -> tuple[list[Tool], list[str]]:
    """SPIN and TLC, where they are there, and why one is left out."""
    tools: list[Tool] = []
    left_out: list[str] = []
    missing = [name for name in ("spin", "gcc") if shutil.which(name) is None]
    if missing:
        left_out.append(f"SPIN ({' and '.join(missing)} not on PATH)")
    else:
        tools += spins(folder)
    if jar is None:
        left_out.append("TLC (no --tlc JAR given)")
    elif not jar.is_file():
        left_out.append(f"TLC (there is no file {jar})")
    elif shutil.which("java") is None:
        left_out.append("TLC (java not on PATH)")
    else:
        tools.append(Tlc(jar))
    return tools, left_out


def planned(arguments: argparse.Namespace, tools: Sequence[Tool]) -> list[Job]:
    """The jobs of a round, in order; those that are compared stand next to each other."""
    one, many, reference = Islander(), Islander(threads=arguments.threads), Islander("reference")
    jobs = [Job(tool, MAIN) for tool in (many, one, Islander(trivial=True), *tools)]
    jobs += [Job(one, instance) for instance in GROWTH]
    jobs.append(Job(reference, SMALL))
    if arguments.reference_too:
        jobs.append(Job(reference, MAIN))
    if not arguments.quick:
        jobs += [Job(one, WIDE), Job(many, WIDE)]
    return list(dict.fromkeys(jobs))


def measured(jobs: Sequence[Job], arguments: argparse.Namespace) -> Iterator[Record]:
    """Run all jobs in turn, so many times. Raises ToolError."""
    for number in range(1, arguments.repeat + 1):
        for job in jobs:
            if isinstance(job.tool, Tlc) and number > (arguments.tlc_repeat or arguments.repeat):
                continue
            say(f"round {number} of {arguments.repeat}: {job.tool.name}, {job.instance} …")
            touch(arguments.touch)
            load = os.getloadavg()[0]
            run = job.tool.run(job.instance)
            say(f"  {run.seconds:.3f} s, {run.transitions / run.seconds:,.0f} transitions/s")
            yield Record(job, number, load, run)


def latency(command: Sequence[str]) -> list[float]:
    """The seconds of a whole process of Islander, some times."""
    say(f"islander {' '.join(command)} …")
    process = [sys.executable, "-m", "islander", *command]
    return [completed(process, HERE).wall_seconds for _ in range(LATENCY_RUNS)]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def differences(records: Sequence[Record]) -> list[str]:
    """Where two tools, or a tool and README.md, count differently: a line for each."""
    told: dict[str, None] = {}
    first: dict[tuple[Instance, str], tuple[str, int]] = {}
    for instance, counts in CONFIRMED.items():
        for what, count in zip(("states", "transitions", "depth"), counts, strict=True):
            first[instance, what] = "README.md", count
    for record in records:
        tool, instance = record.job
        for what in ("states", "transitions", "depth"):
            count = getattr(record.run, what)
            if count is None:
                continue
            who, expected = first.setdefault((instance, what), (tool.name, count))
            if count != expected:
                line = f"{instance}: {what}: {count:,} by {tool.name}, {expected:,} by {who}"
                told[line] = None
    return list(told)


def as_json(
    records: Sequence[Record],
    latencies: dict[str, list[float]],
    machine: dict[str, str],
    left_out: Sequence[str],
    wrong: Sequence[str],
) -> dict[str, Any]:
    """All raw numbers; seconds and bytes, as in `tools.Run`."""
    return {
        "machine": machine,
        "left_out": list(left_out),
        "differences": list(wrong),
        "runs": [
            {
                "tool": record.job.tool.name,
                **record.job.instance._asdict(),
                "round": record.round,
                "load": record.load,
                **dataclasses.asdict(record.run),
            }
            for record in records
        ],
        "latencies": latencies,
    }


if __name__ == "__main__":
    sys.exit(main())
