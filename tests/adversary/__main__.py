"""The command: tries random models for as long as it is given, and tells every difference.

    python -m tests.adversary --seconds 600 --seed 1 --jobs 2
    python -m tests.adversary --replay 1/234

It exits with 1 if there was a difference, else with 0.
"""

from __future__ import annotations

import argparse
import pprint
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator

from .features import ALWAYS
from .pool import Case, Outcome, Worker, case_of, run
from .shrinking import shrink


def main() -> int:
    given = _arguments()
    if given.replay:
        return _replay(given)
    return _run(given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.adversary",
        description="Explore random models with Islander and with an explorer that shares no code "
        "with it, and tell every difference.",
    )
    parser.add_argument("--seconds", type=float, help="run for so long (default 60)")
    parser.add_argument("--models", type=int, help="try so many models")
    parser.add_argument("--seed", default="0", help="of this run: models are SEED/0, SEED/1, …")
    parser.add_argument("--first", type=int, default=0, help="the number of the first model")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--limit", type=float, default=60, help="seconds a model may take")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making one smaller")
    parser.add_argument("--shown", type=int, default=10, help="differences that are made smaller")
    parser.add_argument("--replay", metavar="SEED/NUMBER", help="try this model again")
    return parser.parse_args()


def _run(given: argparse.Namespace) -> int:
    if given.seconds is None and given.models is None:
        given.seconds = 60.0
    begun, tried = time.monotonic(), 0
    found: Counter[str] = Counter()
    differences: list[Outcome] = []
    for outcome in run(_cases(given, begun), given.jobs, given.limit):
        tried += 1
        found.update(outcome.features)
        if outcome.problem is not None:
            differences.append(outcome)
            print(_headline(outcome), flush=True)
        if tried % 500 == 0:
            print(f"{tried} models, {len(differences)} differences", flush=True)
    for outcome in differences[: given.shown]:
        _show(outcome, given)
    _summarize(found, tried, differences, time.monotonic() - begun)
    return 1 if differences else 0


def _cases(given: argparse.Namespace, begun: float) -> Iterator[Case]:
    number = given.first
    while given.models is None or number < given.first + given.models:
        if given.seconds is not None and time.monotonic() - begun > given.seconds:
            return
        yield case_of(f"{given.seed}/{number}")
        number += 1


def _headline(outcome: Outcome) -> str:
    lines = (outcome.problem or "").strip().splitlines()
    said = lines[0] if outcome.kind in ("hangs", "dies") else lines[-1]
    return f"difference: {outcome.case.seed} ({outcome.case.make}): {outcome.kind}: {said[:300]}"


def _replay(given: argparse.Namespace) -> int:
    (outcome,) = run([case_of(given.replay)], 1, given.limit)
    if outcome.problem is None:
        print(f"{given.replay}: no difference")
        return 0
    _show(outcome, given)
    return 1


def _show(outcome: Outcome, given: argparse.Namespace) -> None:
    """Tell one difference, made smaller, with the command that shows it again."""
    limit = 10.0 if outcome.kind == "hangs" else given.limit
    worker = Worker()
    try:
        smaller = shrink(
            outcome.case,
            lambda case: worker.attempt(case, limit).kind == outcome.kind,
            given.shrink,
        )
        last = worker.attempt(smaller, given.limit)
    finally:
        worker.end()
    print(f"\n== {outcome.case.seed}: {outcome.kind}")
    print(f"python -m tests.adversary --replay {outcome.case.seed}")
    print(last.problem or outcome.problem)
    pprint.pp(smaller.system, width=110)
    pprint.pp(smaller.plan, width=110)


def _summarize(found: Counter[str], tried: int, differences: list[Outcome], seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = used.ru_utime + used.ru_stime
    print(f"\n{tried} models in {seconds:.0f} s, {busy:.0f} s of processors")
    for name, count in sorted(found.items()):
        print(f"  {count:>7}  {name}")
    for name in sorted(set(ALWAYS) - set(found)):
        print(f"        0  {name}")
    kinds = Counter(outcome.kind for outcome in differences)
    told = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common())
    print(f"{len(differences)} differences" + (f": {told}" if told else ""))


if __name__ == "__main__":
    sys.exit(main())
