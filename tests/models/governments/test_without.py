"""Each repair is needed: without it, with all the others in force, something goes wrong.

Of some the explorer finds that itself (`test_model.py`). Others need runs that are too long for it,
or departures: they were driven by hand or met by random walks, and are schedules, in `without/`.
With all repairs the same steps do no harm, as far as they can be taken then.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from islander.models import CATALOGUE
from islander.models.governments.rules import SOUND, Rules
from islander.models.governments.schedules import Run, Schedule, ScheduleError, read_schedule

FOLDER = Path(__file__).parent / "without"
FORKS, FAILS, HALTS = "logs fork", "an assertion fails", "nobody leads in the end"
DRIVEN = {
    "no-rounds": FORKS,
    "no-follows-log": FAILS,
    "no-own-quorum": FORKS,
    "no-own-quorum-in-flight": FORKS,
    "no-whole-rounds": FAILS,
    "no-own-arrival": FAILS,
    "no-members-propose": FORKS,
    "no-keeps-majority": FAILS,
    "no-keeps-proposing": FAILS,
    "no-any-quorum": HALTS,
    "no-levels-back": HALTS,
}
MASKED = {name: {"levels_back": False} for name in ("no-whole-rounds", "no-keeps-proposing")}
"""Runs that another repair ends before they go wrong: that is left out as well, and makes no
difference as long as this one is not."""


def rule_of(name: str) -> str:
    return name.removeprefix("no-").removesuffix("-in-flight").replace("-", "_")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.schedule.json").read_text(encoding="utf-8")


def damage(schedule: Schedule, rules: Rules) -> tuple[set[str], float]:
    """What goes wrong when islanders with these rules take the steps of a schedule, and how many of
    these they can take: without a repair they send other messages."""
    run = Run(schedule.options._replace(rules=rules))
    entries: dict[str, Any] = {}
    successors: dict[str, str] = {}
    wrong = set()
    taken = 0
    with suppress(ScheduleError):  # a message that never was
        for step in schedule.steps:
            for line in run.take(step):
                if line.get("error"):
                    wrong.add(FAILS)
                for entry in line["committed"]:
                    promise = entry["promise"]
                    alike = entries.setdefault(promise, entry) == entry
                    if not (alike and successors.setdefault(entry["previous"], promise) == promise):
                        wrong.add(FORKS)
            taken += 1
    led = any(one.leads and not one.collapsed for one in run.islanders.values())
    return wrong | (set() if led else {HALTS}), taken / len(schedule.steps)


def test_there_is_a_run_for_every_repair() -> None:
    found = {rule_of(bug) for bug in CATALOGUE["governments"].bugs}
    assert found | {rule_of(name) for name in DRIVEN} == set(SOUND._fields)
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schedule.json" for name in DRIVEN}


@pytest.mark.parametrize("name", DRIVEN)
def test_without_one_repair_a_run_goes_wrong(name: str) -> None:
    schedule = read_schedule(text_of(name))
    left_out = {rule_of(name): False} | MASKED.get(name, {})
    assert schedule.options.rules == SOUND._replace(**left_out)
    wrong, taken = damage(schedule, schedule.options.rules)
    assert taken == 1
    assert DRIVEN[name] in wrong
    assert wrong <= {DRIVEN[name], HALTS}  # islanders that fail are dead


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        *((name, SOUND) for name in DRIVEN),
        *((name, SOUND._replace(**masking)) for name, masking in MASKED.items()),
    ],
)
def test_with_all_repairs_the_same_run_does_no_harm(name: str, rules: Rules) -> None:
    wrong, taken = damage(read_schedule(text_of(name)), rules)
    assert taken > 0.4
    assert wrong <= ({HALTS} if DRIVEN[name] != HALTS else set())  # it may end while nobody leads
