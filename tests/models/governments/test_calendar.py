"""The calendar: timers, one for each key, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from islander.models.governments.calendar import (
    Collapsing,
    Proposing,
    Synchronizing,
    Timer,
    scheduled,
    unscheduled,
)

timers = st.builds(
    Timer,
    st.integers(0, 5),
    st.sampled_from("abc"),
    st.sampled_from([Collapsing(), Proposing(), Synchronizing(("a",), False)]),
)


@given(st.lists(timers))
def test_a_calendar_has_the_last_timer_of_each_key_in_the_order_of_time(given: list[Timer]) -> None:
    calendar: tuple[Timer, ...] = ()
    for timer in given:
        calendar = scheduled(calendar, timer)
    last = {timer.key: timer for timer in given}
    assert calendar == tuple(sorted(last.values(), key=lambda timer: (timer.when, timer.key)))


def test_timers_of_one_time_are_in_the_order_of_their_keys_as_text() -> None:
    calendar: tuple[Timer, ...] = ()
    for key in ("2", "10", "1"):
        calendar = scheduled(calendar, Timer(7, key, Proposing()))
    assert [timer.key for timer in calendar] == ["1", "10", "2"]


def test_what_is_not_scheduled_can_be_taken_out() -> None:
    calendar = scheduled((), Timer(7, "a", Proposing()))
    assert unscheduled(calendar, "b") == calendar
    assert unscheduled(calendar, "a") == ()
