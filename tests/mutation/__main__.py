"""Mutation testing: `python -m tests.mutation`.

Puts a seeded sample of mutants, and all that were made by hand, on trial, and prints which of them
no test noticed. Exit code 0 if at least `--least` of a hundred were noticed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from .by_hand import by_hand
from .mutants import Mutant
from .running import Copy, Fate, Trial
from .sampling import sample
from .targets import TARGETS


def main() -> int:
    options = _options()
    chosen = {
        module: tests
        for module, tests in TARGETS.items()
        if any(Path(module).match(pattern) for pattern in options.modules or ["*"])
    }
    mutants = sample(chosen, options.sample, options.seed) if options.sample else []
    if not options.no_hand_made:
        patterns = options.modules or ["*"]
        made = by_hand()
        mutants += [one for one in made if any(Path(one.module).match(p) for p in patterns)]
    if not mutants:
        print("There is no such mutant.", file=sys.stderr)
        return 2
    trials = []
    for trial in _trials(mutants, options.jobs):
        trials.append(trial)
        print(f"{len(trials)}/{len(mutants)} {_told(trial)}", flush=True)
    return _summary(trials, options.least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="only these, as explorer/freeze.py or *.py")
    parser.add_argument("--sample", type=int, default=300, help="so many of Cosmic Ray's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-hand-made", action="store_true")
    parser.add_argument("--least", type=float, default=90, help="of a hundred to be noticed")
    return parser.parse_args()


def _trials(mutants: Sequence[Mutant], jobs: int) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory() as beside, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(jobs):
            copies.put(Copy(Path(beside, str(number))))

        def put_on_trial(mutant: Mutant) -> Trial:
            copy = copies.get()
            try:
                return copy.put_on_trial(mutant)
            finally:
                copies.put(copy)

        for done in as_completed([pool.submit(put_on_trial, one) for one in mutants]):
            yield done.result()


def _told(trial: Trial) -> str:
    mutant = trial.mutant
    told = f"{trial.fate.value:14} {mutant.module}: {mutant.what}"
    if trial.fate in (Fate.KILLED, Fate.TIMED_OUT):
        return told
    return f"{told}\n{mutant.diff}\n{trial.said if trial.fate is Fate.STALE else ''}"


def _summary(trials: Sequence[Trial], least: float) -> int:
    fates = Counter(trial.fate for trial in trials)
    noticed = fates[Fate.KILLED] + fates[Fate.TIMED_OUT]
    print(f"\n{'module':30} {'noticed':>8} {'of':>5}")
    for module in sorted({trial.mutant.module for trial in trials}):
        of = [trial for trial in trials if trial.mutant.module == module]
        good = sum(one.fate in (Fate.KILLED, Fate.TIMED_OUT) for one in of)
        print(f"{module:30} {good:8} {len(of):5}")
    share = 100 * noticed / len(trials)
    print(
        f"\n{len(trials)} mutants: {noticed} noticed ({share:.1f} %; {fates[Fate.TIMED_OUT]} by "
        f"time), {fates[Fate.SURVIVED]} survived, {fates[Fate.STALE]} stale"
    )
    return 0 if share >= least and not fates[Fate.STALE] else 1


if __name__ == "__main__":
    sys.exit(main())
