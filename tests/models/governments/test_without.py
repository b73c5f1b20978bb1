"""Each repair is needed: without it, with all the others in force, something goes wrong.

Of most the explorer finds that itself (`test_model.py`). Some need runs that are too long for that:
they were driven by hand, step by step, and written as schedules, in `without/`. With all repairs
the same steps do no harm, as far as they can be taken then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from islander.models import CATALOGUE
from islander.models.governments.rules import SOUND
from islander.models.governments.schedules import Run, ScheduleError, read_schedule, trace_of

FOLDER = Path(__file__).parent / "without"
FORKS, FAILS = "logs fork", "an assertion fails"
DRIVEN = {
    "no-rounds": FORKS,
    "no-follows-log": FAILS,
    "no-own-quorum": FORKS,
    "no-own-quorum-in-flight": FORKS,
    "no-whole-rounds": FAILS,
    "no-own-arrival": FAILS,
}


def rule_of(name: str) -> str:
    return name.removeprefix("no-").removesuffix("-in-flight").replace("-", "_")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.schedule.json").read_text(encoding="utf-8")


def damage(lines: Iterable[Any]) -> set[str]:
    """What goes wrong in a trace."""
    entries: dict[str, Any] = {}
    successors: dict[str, str] = {}
    wrong = set()
    for line in lines:
        assert "skipped" not in line
        if line.get("error"):
            wrong.add(FAILS)
        for entry in line["committed"]:
            promise = entry["promise"]
            alike = entries.setdefault(promise, entry) == entry
            if not (alike and successors.setdefault(entry["previous"], promise) == promise):
                wrong.add(FORKS)
    return wrong


def test_there_is_a_run_for_every_repair() -> None:
    found = {rule_of(bug) for bug in CATALOGUE["governments"].bugs}
    assert found | {rule_of(name) for name in DRIVEN} == set(SOUND._fields)
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schedule.json" for name in DRIVEN}


@pytest.mark.parametrize("name", DRIVEN)
def test_without_one_repair_a_run_goes_wrong(name: str) -> None:
    schedule = read_schedule(text_of(name))
    assert schedule.options.rules == SOUND._replace(**{rule_of(name): False})
    assert damage(trace_of(schedule)) == {DRIVEN[name]}


@pytest.mark.parametrize("name", DRIVEN)
def test_with_all_repairs_the_same_run_does_no_harm(name: str) -> None:
    schedule = json.loads(text_of(name))
    run = Run(read_schedule(text_of(name)).options._replace(rules=SOUND))
    lines: list[Any] = []
    with suppress(ScheduleError):  # a message that is not sent with all repairs
        for step in schedule["steps"]:
            lines += run.take(step)
    assert len(run.schedule_document()["steps"]) > len(schedule["steps"]) / 2
    assert damage(lines) == set()
