"""The tools that `compare.py` measures: how each is run once, and how its answer is read.

A tool runs as a process of its own and gives a `Run`: what it counted, in Islander's terms, and
what that took. SPIN's transitions and TLC's states generated count the initial state, and TLC's
depth counts states rather than steps: they are one less here.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

HERE = Path(__file__).resolve().parent


class ToolError(Exception):
    """A tool failed, or said something that is not understood."""


class Instance(NamedTuple):
    """A size of Paxos."""

    proposers: int
    acceptors: int

    def __str__(self) -> str:
        return f"{self.proposers} × {self.acceptors}"


@dataclass(frozen=True)
class Run:
    """What one run of a tool counted and took.

    `depth` is None where the tool gives none. `seconds` is the time of the search alone, as the
    tool itself reports it; `wall_seconds` that of the whole process. `peak_bytes` is the peak of
    resident memory of the whole process; `run_bytes`, which Islander gives, that of the search.
    `python_seconds` is the part of Islander's time that was spent in handlers and tabulation.
    """

    states: int
    transitions: int
    depth: int | None
    seconds: float
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_bytes: int = 0
    run_bytes: int | None = None
    python_seconds: float | None = None
    terminal: int | None = None
    handler_calls: int | None = None
    fact_sets: int | None = None

    def of(self, process: Process) -> Run:
        """This, with what was seen from outside; processor time only where the tool gave none."""
        return dataclasses.replace(
            self,
            cpu_seconds=self.cpu_seconds or process.cpu_seconds,
            wall_seconds=process.wall_seconds,
            peak_bytes=process.peak_bytes,
        )


class Process(NamedTuple):
    """A process that has ended well."""

    output: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


class Tool(Protocol):
    """Something that explores Paxos."""

    @property
    def name(self) -> str: ...

    def run(self, instance: Instance) -> Run:
        """Explore once. Raises ToolError."""
        ...


@dataclass(frozen=True)
class Islander:
    """One of Islander's engines; with `trivial`, with one property that always holds."""

    engine: str = "tabulated"
    threads: int = 1
    trivial: bool = False

    @property
    def name(self) -> str:
        if self.engine != "tabulated":
            return f"Islander, {self.engine} engine"
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"Islander, {threads}{', trivial property' if self.trivial else ''}"

    def run(self, instance: Instance) -> Run:
        options = ["--engine", self.engine, "--threads", str(self.threads)]
        trivial = ["--trivial"] if self.trivial else []
        script = str(HERE / "islander_run.py")
        command = [sys.executable, script, *map(str, instance), *options, *trivial]
        process = completed(command, HERE)
        return islander_run(process.output).of(process)


@dataclass(frozen=True)
class Spin:
    """SPIN's verifier, as gcc compiles it with these flags; compiling is not timed."""

    label: str
    flags: tuple[str, ...]
    options: tuple[str, ...]
    folder: Path

    @property
    def name(self) -> str:
        return f"SPIN, {self.label}"

    def run(self, instance: Instance) -> Run:
        process = completed([str(self._compiled(instance)), *self.options])
        return spin_run(process.output).of(process)

    def _compiled(self, instance: Instance) -> Path:
        at = self.folder / f"{instance.proposers}x{instance.acceptors}{''.join(self.flags)}"
        if not (at / "pan").exists():
            at.mkdir(parents=True, exist_ok=True)
            size = [f"-DP={instance.proposers}", f"-DA={instance.acceptors}"]
            completed(["spin", "-a", *size, str(HERE / "paxos.pml")], at)
            completed(["gcc", *self.flags, "-o", "pan", "pan.c"], at)
        return at / "pan"


SPIN_AS_DOCUMENTED = ("-O3", "-DSAFETY", "-DNOREDUCE")
SPIN_UNCOMPRESSED = (*SPIN_AS_DOCUMENTED, "-march=native", "-DNOCOMP")


def spins(folder: Path) -> list[Spin]:
    """The ways of compiling and running SPIN's verifier; `folder` is for what is compiled."""
    return [
        Spin("as in paxos.pml", SPIN_AS_DOCUMENTED, ("-m10000", "-w24"), folder),
        Spin("uncompressed", SPIN_UNCOMPRESSED, ("-n", "-m1000", "-w24"), folder),
        Spin("uncompressed, -w25", SPIN_UNCOMPRESSED, ("-n", "-m1000", "-w25"), folder),
    ]


@dataclass(frozen=True)
class Tlc:
    """TLC with one worker, and the garbage collector that it asks for."""

    jar: Path

    @property
    def name(self) -> str:
        return "TLC, 1 worker"

    def run(self, instance: Instance) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            at = Path(folder)
            shutil.copy(HERE / "paxos.tla", at)
            (at / "paxos.cfg").write_text(tlc_configuration(instance), encoding="utf-8")
            java = ["java", "-XX:+UseParallelGC", "-cp", str(self.jar.resolve()), "tlc2.TLC"]
            options = ["-workers", "1", "-deadlock", "-metadir", "states", "-config", "paxos.cfg"]
            process = completed([*java, *options, "paxos.tla"], at)
        return tlc_run(process.output).of(process)


def tlc_configuration(instance: Instance) -> str:
    """paxos.cfg, for this instance."""
    text = (HERE / "paxos.cfg").read_text(encoding="utf-8")
    for name, number in (("Proposers", instance.proposers), ("Acceptors", instance.acceptors)):
        text, found = re.subn(rf"\b{name} = \d+", f"{name} = {number}", text)
        if found != 1:
            raise ToolError(f"paxos.cfg sets {name} {found} times; once was expected.")
    return text


# -- what the tools say ----------------------------------------------------------------------------


def islander_run(output: str) -> Run:
    """The line of JSON that islander_run.py prints."""
    said = json.loads(output.splitlines()[-1])
    verdict = said.pop("verdict")
    if verdict != "holds":
        raise ToolError(f"Islander's verdict on Paxos is {verdict!r}; 'holds' was expected.")
    return Run(**said)


def spin_run(output: str) -> Run:
    """The report at the end of pan's output."""
    errors = int(_found("SPIN", r"\berrors: (\d+)", output))
    if errors or "max search depth too small" in output:
        raise ToolError(f"SPIN found errors or cut its search short:\n{output}")
    return Run(
        states=int(_found("SPIN", r"^ *(\d+) states, stored$", output)),
        transitions=int(_found("SPIN", r"^ *(\d+) transitions \(=", output)) - 1,
        depth=None,
        seconds=float(_found("SPIN", r"elapsed time ([\d.e+]+) seconds", output)),
    )


def tlc_run(output: str) -> Run:
    """The report at the end of TLC's output; its time is in whole seconds."""
    _found("TLC", r"^(Model checking completed\. No error has been found\.)", output)
    line = r"^([\d,]+) states generated, [\d,]+ distinct states found, 0 states left on queue"
    distinct = r"^[\d,]+ states generated, ([\d,]+) distinct states found, 0 states left on queue"
    return Run(
        states=_number(_found("TLC", distinct, output)),
        transitions=_number(_found("TLC", line, output)) - 1,
        depth=int(_found("TLC", r"^The depth of the complete .* is (\d+)\.", output)) - 1,
        seconds=_tlc_seconds(_found("TLC", r"^Finished in (.*?) at ", output)),
    )


def _tlc_seconds(words: str) -> float:
    """The seconds of "04min 03s"."""
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    return float(sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)(d|h|min|s)\b", words)))


def _found(tool: str, pattern: str, output: str) -> str:
    match = re.search(pattern, output, re.MULTILINE)
    if match is None:
        raise ToolError(f"{tool} did not say {pattern!r}:\n{output}")
    return match[1]


def _number(text: str) -> int:
    return int(text.replace(",", ""))


# -- processes -------------------------------------------------------------------------------------


def completed(command: Sequence[str], folder: Path | None = None) -> Process:
    """Run a command to its end, in `folder`. Raises ToolError if it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        try:
            _, status, usage = os.wait4(running.pid, 0)
        except BaseException:
            running.kill()
            running.wait()
            raise
        running.returncode = os.waitstatus_to_exitcode(status)
        wall_seconds = time.perf_counter() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    if running.returncode:
        raise ToolError(f"{' '.join(command)} ended with {running.returncode}:\n{text}")
    return Process(text, wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def first_line(command: Sequence[str]) -> str:
    """The first line that a command prints that is not empty, or "none" where it cannot run."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0].strip() if lines else "none"


def touch_memory(gibibytes: float) -> None:
    """Touch so much memory in a process of its own, and free it.

    On a virtual machine the first touch of a page may cost many times what later ones do, and
    whoever comes first would pay for all.
    """
    if gibibytes > 0:
        size = int(gibibytes * (1 << 30))
        program = f"block = bytearray({size}); block[::4096] = b'1' * len(range(0, {size}, 4096))"
        completed([sys.executable, "-c", program])
