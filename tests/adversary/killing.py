"""Searches that are killed while they keep checkpoints, and go on to what they would have found.

    python -m tests.adversary.killing --times 50 --seed 1

Each time `islander check … --checkpoint DIR` is killed (SIGKILL) at some moment, `islander resume
DIR` goes on, is perhaps killed as well, and so on; the last one is let be. What it prints, counts
and verdicts and traces, must be what a search prints that nobody killed. Where a checkpoint was
left, one of its files is also cut short in a copy, which must be refused. Exits 1 if anything
differs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHECKPOINT = "checkpoint.json"
LONG = 600.0
"""Seconds after which a run is taken to hang."""

CHECKS: tuple[tuple[str, ...], ...] = (
    ("paxos", "-p", "proposers=3", "--max-states", "1000000"),
    ("paxos", "-p", "acceptors=4", "--keep-going"),
    ("paxos", "-p", "network=fifo", "-p", "crashes=1"),
    ("paxos", "-p", "network=duplicating", "-p", "losses=1", "--max-states", "200000"),
    ("paxos", "--bug", "amnesia", "--keep-going"),
    ("governments", "-p", "members=2", "-p", "duplications=1", "--keep-going"),
    ("governments", "-p", "members=1", "-p", "newcomers=2", "-p", "values=0", "-p", "collapses=0"),
    ("governments", "-p", "asked=1", "--max-depth", "25"),
)
"""What is checked: of each kind of network, with faults, drops, violations and bounds, and of some
seconds' length."""


class KillingError(AssertionError):
    """A search that was killed did not come to the same end."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, what it printed but for the time it took, and errors."""

    code: int
    text: str
    errors: str = field(default="", compare=False)


@dataclass
class Tally:
    """What happened, of all moments together."""

    happened: Counter[str] = field(default_factory=Counter)

    def add(self, what: str) -> None:
        self.happened[what] += 1

    def __str__(self) -> str:
        return "\n".join(f"{count:6}  {what}" for what, count in sorted(self.happened.items()))


def moments(times: int, seed: int, checks: Sequence[tuple[str, ...]] = CHECKS) -> Iterator[Tally]:
    """Kill checks at so many moments; what happened so far, after each whole search.

    Raises KillingError at the first difference."""
    chance, tally = random.Random(seed), Tally()
    ended(["check", *checks[0], "--threads", "2"])  # kernels are compiled before any is killed
    whole: dict[tuple[str, ...], tuple[Ended, float]] = {}
    while tally.happened["kills"] < times:
        check = checks[len(whole)] if len(whole) < len(checks) else chance.choice(checks)
        if check not in whole:
            began = time.monotonic()
            whole[check] = ended(["check", *check]), time.monotonic() - began
        most = min(chance.choice([1, 1, 2, 3]), times - tally.happened["kills"])
        with tempfile.TemporaryDirectory() as place:
            killed = _Killed(Path(place) / "kept", check, chance, tally)
            found = killed.run(most, whole[check][1])
        if found != whole[check][0]:
            raise KillingError(
                f"`islander check {' '.join(check)}` was killed and resumed, and ended with "
                f"{found.code}:\n{found.text}{found.errors}\ninstead of {whole[check][0].code}:\n"
                f"{whole[check][0].text}"
            )
        tally.add("searches that came to the same end")
        yield tally


class _Killed:
    """A search that is killed: what is to be done next, and when it is killed."""

    def __init__(
        self, directory: Path, check: tuple[str, ...], chance: random.Random, tally: Tally
    ) -> None:
        self.directory, self.check = directory, check
        self.chance, self.tally = chance, tally

    def run(self, most: int, seconds: float) -> Ended:
        """Kill it up to `most` times, and let it come to its end; it takes so long undisturbed."""
        for _ in range(most):
            if not self._kill_one(seconds):
                break
        return ended(self._command())

    def _command(self) -> list[str]:
        threads = ["--threads", self.chance.choice("12")]
        every = ["--checkpoint-every", self.chance.choice(["0", "0", "0.05", "0.5"])]
        if (self.directory / CHECKPOINT).exists():
            bounds = [*self.check[self._bounds_at() :]]
            return ["resume", str(self.directory), *bounds, *threads, *every]
        return ["check", *self.check, "--checkpoint", str(self.directory), *threads, *every]

    def _bounds_at(self) -> int:
        """Where the bounds begin, which a resumed search is given anew."""
        at = [n for n, word in enumerate(self.check) if word.startswith("--max")]
        return at[0] if at else len(self.check)

    def _kill_one(self, seconds: float) -> bool:
        """Run until a moment, and kill it then; whether it was still running."""
        command = self._command()
        due, moment = self._moment(seconds)
        running = subprocess.Popen(
            islander(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + LONG
        while running.poll() is None and not due():
            if time.monotonic() > until:
                running.kill()
                raise KillingError(f"`islander {' '.join(command)}` did not end.")
            time.sleep(0.0005)
        running.kill()
        if running.wait() >= 0:
            self.tally.add("runs that ended before their moment came")
            return not (self.directory / CHECKPOINT).exists()
        self.tally.add("kills")
        self.tally.add(f"kills {moment}")
        self._look_at_what_is_left()
        return True

    def _moment(self, seconds: float) -> tuple[Callable[[], bool], str]:
        """When it is time to kill, and that in words."""
        files = set(self._files())
        kind = self.chance.choice(["from the start on", "once it keeps", "while it writes"])
        if kind == "while it writes":
            more = len(files) + self.chance.choice([1, 2, 3, 5, 8])
            return (lambda: len(self._files()) >= more), kind
        begun: list[float] = [] if kind == "once it keeps" else [time.monotonic()]
        delay = self.chance.uniform(0, seconds if begun else 0.7 * seconds)

        def due() -> bool:
            if not begun and set(self._files()) != files:
                begun.append(time.monotonic())
            return bool(begun) and time.monotonic() >= begun[0] + delay

        return due, kind

    def _files(self) -> list[Path]:
        return list(self.directory.glob("states-*.bin"))

    # -- what a kill leaves ------------------------------------------------------------------------

    def _look_at_what_is_left(self) -> None:
        if not (self.directory / CHECKPOINT).exists():
            self.tally.add("kills before the first checkpoint was whole")
            if self.directory.exists():
                self._is_refused(self.directory, "holds no checkpoint")
            return
        named = json.loads((self.directory / CHECKPOINT).read_text())["files"]
        if len(self._files()) > len(named):
            self.tally.add("kills between the states of a checkpoint and the checkpoint")
        if self.chance.random() < 0.3:
            self._cut_short([one["name"] for one in named])

    def _cut_short(self, states: list[str]) -> None:
        """A copy in which a file that counts is not whole is not taken for whole."""
        copy = self.directory.with_name("copy")
        shutil.copytree(self.directory, copy)
        path = copy / self.chance.choice([CHECKPOINT, *states[-3:]])
        content = path.read_bytes()
        path.write_bytes(content[: self.chance.randrange(len(content) - 1)])
        self._is_refused(copy, "damaged")
        shutil.rmtree(copy)
        self.tally.add("checkpoints that were cut short, and refused")

    def _is_refused(self, directory: Path, said: str) -> None:
        found = ended(["resume", str(directory)])
        if found.code != 2 or said not in found.errors:
            raise KillingError(f"{directory} was not refused, but ended with {found}")


def islander(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "islander", *arguments]


def ended(arguments: Sequence[str]) -> Ended:
    """Run `islander` to its end."""
    done = subprocess.run(
        islander(arguments),
        capture_output=True,
        timeout=LONG,
        check=False,
        encoding="utf-8",
    )
    found, _, _ = done.stdout.partition("To save this trace")  # how differs: by check, or by resume
    timeless = re.sub(r"[\d,.]+ s \(", "(", found)
    return Ended(done.returncode, timeless.strip(), done.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=50, help="kills, all together")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    try:
        for tally in moments(asked.times, asked.seed):
            print(f"{tally.happened['kills']} kills", flush=True)
    except KillingError as error:
        print(error)
        return 1
    print(tally)
    return 0


if __name__ == "__main__":
    sys.exit(main())
