"""The calendar: timers, at most one for each key, in the order in which they fire."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Synchronizing(NamedTuple):
    """The timer that levels the logs of `to`."""

    to: tuple[str, ...]
    collapsible: bool


class Collapsing(NamedTuple):
    """The timer of an islander that has heard nothing of its government for too long."""


class Proposing(NamedTuple):
    """The timer after which a collapsed islander proposes a government."""


Event: TypeAlias = Synchronizing | Collapsing | Proposing


class Timer(NamedTuple):
    """A timer: when it fires, under which key, and what it does."""

    when: float
    key: str
    event: Event


Calendar: TypeAlias = tuple[Timer, ...]
"""Timers in the order of time, those of one time in the order of their keys."""


def scheduled(calendar: Calendar, timer: Timer) -> Calendar:
    """`calendar` with `timer` in the place of the one of the same key."""
    return tuple(sorted((*unscheduled(calendar, timer.key), timer), key=_order))


def unscheduled(calendar: Calendar, key: str) -> Calendar:
    """`calendar` without the timer of this key."""
    return tuple(timer for timer in calendar if timer.key != key)


def _order(timer: Timer) -> tuple[float, str]:
    return timer.when, timer.key
