"""Every ending of a kernel is handled, wherever a kernel runs, and none is passed over."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import (
    Actor,
    Bag,
    Duplicating,
    Fifo,
    Model,
    Result,
    StateInvariant,
    Verdict,
    explore,
    simulate,
)
from islander.explorer import kernels, tabulated
from islander.explorer.endings import NAMES, Ending, go_on
from islander.explorer.errors import DefectError
from islander.explorer.quotient import ActorView, FactsView
from islander.explorer.tables import Sizes
from islander.explorer.tabulated import TabulatedSearch
from islander.models.paxos import paxos

from .keepers import InMemory
from .random_models import faulty_models, models
from .test_tabulated import fields, graph_of

RANDOM_MODELS = int(os.environ.get("ISLANDER_ENDINGS", "60"))
"""Random models that each test of them looks at."""


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore small models itself."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


# -- more successors than there was room for at first ----------------------------------------------


@dataclass
class Branching(Actor):
    """Counts to two, then takes one of many ways, each of which goes on for one more step."""

    ways: int
    at: int = 0

    def start(self) -> None:
        self.set_timer("on")

    def timeout(self, name: str) -> None:
        if self.at < 2:
            self.at += 1
        elif self.at == 2:
            self.at += 1 + self.choose(range(self.ways))
        else:
            self.at = -self.at
        if self.at >= 0:
            self.set_timer("on")


def branching(ways: int, most: int) -> Model:
    small = StateInvariant("at most", lambda state: abs(state.actors["one"].at) <= most)
    return Model("branching", {"one": Branching(ways)}, properties=[small])


def resumed(made: Callable[[], Model], depth: int, **options: Any) -> Result:
    """What is found by going on from `depth`."""
    keeper = InMemory()
    explore(made(), max_depth=depth, checkpoint=keeper, keep_going=True)
    return explore(made(), checkpoint=keeper, **options)


@pytest.mark.parametrize("most", [10_000, 2_500])
def test_a_state_of_more_successors_than_a_batch_is_gone_through_after_a_resume(most: int) -> None:
    made = lambda: branching(3000, most)  # noqa: E731
    found, expected = resumed(made, 3), explore(made(), "reference")
    assert fields(found) == fields(expected)
    assert found.states > tabulated.SIZES.batch
    assert most > 3000 or len(found.properties["at most"].trace or ()) == 3


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("most", [2, 60, 1000])
def test_resuming_does_not_need_the_room_that_was_there_before(
    depth: int, most: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulated, "SIZES", Sizes(batch=2, parallel=2, part=2, box=3))
    monkeypatch.setattr("islander.explorer.quotient_tables.ROOM", 1)
    made = lambda: branching(70, most)  # noqa: E731
    found = resumed(made, depth, threads=threads, keep_going=True)
    expected = explore(made(), "reference", keep_going=True)
    assert fields(found) == fields(expected)
    assert graph_of(found) == graph_of(expected)
    assert found.quotient_by(ActorView("one")) == expected.quotient_by(ActorView("one"))


@dataclass
class Relay(Actor):
    """Sends each kind of message on once, so that every step is of a pair that was never met."""

    other: str
    heard: tuple[int, ...] = ()

    def start(self) -> None:
        if self.id == "a":
            self.broadcast(["a", "b"], 0)

    def receive(self, message: int, sender: str) -> None:
        self.heard = tuple(sorted({*self.heard, message}))
        if message < 40:
            self.send(self.other if message % 3 else self.id, message + 1)


def test_pairs_that_are_missing_one_after_the_other_take_no_more_room_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tabulated, "SIZES", Sizes(batch=7, parallel=2, part=3, box=2, ahead=1))
    rooms: list[int] = []
    make = tabulated.Workspace

    def noted(widths: Any, room: int, capacity: int) -> Any:
        rooms.append(room)
        return make(widths, room, capacity)

    monkeypatch.setattr(tabulated, "Workspace", noted)
    true = StateInvariant("true", lambda state: True)
    model = Model("relay", {"a": Relay("b"), "b": Relay("a")}, properties=[true])
    found = explore(model, threads=2, max_depth=30)
    assert fields(found) == fields(explore(model, "reference", max_depth=30))
    assert max(rooms) <= 7 * 2**4


sizes = st.builds(
    Sizes,
    batch=st.integers(1, 4),
    rows=st.integers(1, 4),
    table=st.sampled_from([8, 16, 64]),
    fact_sets=st.integers(1, 3),
    queue=st.integers(1, 2),
    spare=st.integers(0, 1),
    locals=st.integers(1, 3),
    outcomes=st.integers(1, 4),
    parallel=st.integers(1, 4),
    part=st.integers(1, 4),
    box=st.integers(1, 6),
    ahead=st.integers(1, 5),
)
"""First sizes from one up, of each kind by itself."""

VIEWS = (FactsView(), ActorView("a"), ActorView("a", "phase"))

random_settings = settings(
    max_examples=RANDOM_MODELS // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@random_settings
@given(
    checked=models() | faulty_models((Bag, Duplicating, Fifo), finite=True),
    threads=st.integers(1, 3),
    keep_going=st.booleans(),
    first_sizes=sizes,
    most=st.none() | st.integers(1, 300),
    deepest=st.integers(0, 5),
)
def test_whatever_the_first_sizes_all_that_is_asked_afterwards_is_answered_alike(
    checked: Model,
    threads: int,
    keep_going: bool,
    first_sizes: Sizes,
    most: int | None,
    deepest: int,
) -> None:
    bounds: dict[str, Any] = {"max_states": most or 400, "max_depth": None if most else deepest}
    bounds["keep_going"] = keep_going
    expected = explore(checked, "reference", **bounds)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", first_sizes)
        patched.setattr("islander.explorer.quotient_tables.ROOM", 1)
        patched.setattr("islander.explorer.quotient_tables.CHUNK", 3)
        patched.setattr("islander.explorer.quotient_tables.FEW", 2)
        patched.setattr("islander.explorer.ways.SETTLED", 3)
        found = explore(checked, threads=threads, **bounds)
        assert fields(found) == fields(expected)
        assert graph_of(found) == graph_of(expected)
        for view in VIEWS:
            assert found.quotient_by(view) == expected.quotient_by(view)


@random_settings
@given(
    checked=faulty_models((Bag, Duplicating, Fifo)),
    first_sizes=sizes,
    seed=st.integers(0, 1000),
)
def test_whatever_the_first_sizes_the_same_walks_are_taken(
    checked: Model, first_sizes: Sizes, seed: int
) -> None:
    def walked() -> Any:
        done = simulate(checked, walks=5, depth=30, seed=seed)
        found = {
            name: (item.verdict, item.trace and item.trace.labels)
            for name, item in done.properties.items()
        }
        return done.walks, done.steps, found

    expected = walked()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("islander.explorer.walker.SIZES", first_sizes)
        assert walked() == expected


# -- endings that cannot be there ------------------------------------------------------------------


def endings() -> Iterator[Ending]:
    yield Ending(kernels.BUFFER)
    yield Ending(kernels.BUFFER)
    yield Ending(kernels.DONE, at=3)


def test_what_a_kernel_lacks_is_seen_to_until_it_is_done() -> None:
    seen: list[Ending] = []
    ends = endings()
    assert go_on("k", lambda: next(ends), {kernels.BUFFER: seen.append}).at == 3
    assert seen == [Ending(kernels.BUFFER)] * 2


@pytest.mark.parametrize("status", [*NAMES, 77])
def test_an_ending_that_nobody_sees_to_is_a_defect(status: int) -> None:
    with pytest.raises(DefectError, match=rf"'k' ended with .*status {status}, event 5, at 6"):
        go_on("k", lambda: Ending(status, 5, 6), {}, final=())


@pytest.mark.parametrize("status", [kernels.MISSING, kernels.UNASKED, kernels.ROOM])
def test_what_is_lacking_once_more_though_it_was_seen_to_is_a_defect(status: int) -> None:
    with pytest.raises(DefectError, match="kernel 'k' ended once more with"):
        go_on("k", lambda: Ending(status, 5, 6), {status: lambda ending: None})


def test_every_ending_has_a_name() -> None:
    text = Path(kernels.__file__).read_text(encoding="utf-8")
    begin = text.index("# How a kernel ended.")
    block = text[begin : text.index("\n\n", begin)]
    named = {line.split(" = ")[0] for line in block.splitlines()[1:]}
    assert {getattr(kernels, name) for name in named} == set(NAMES)
    assert len(named) == len(NAMES)


def ends_so(kernel: Callable[..., Any], status: int) -> Callable[..., Any]:
    """A kernel that works as `kernel` does, but always says that it ended with `status`."""

    def run(*arguments: Any) -> Any:
        answer = kernel(*arguments)
        return (status, *answer[1:]) if isinstance(answer, tuple) else status

    return run


AFTERWARDS = {
    "switches_to_go": lambda result: result.properties["a value is chosen"].trace,
    "steps_of": lambda result: result.graph,
    "expand": lambda result: result.quotient_by(FactsView()),
}
"""What is asked of a result that such a kernel has to answer."""


@pytest.mark.parametrize("status", [kernels.MISSING, kernels.COPIES, kernels.UNASKED, 77])
@pytest.mark.parametrize("kernel", AFTERWARDS)
def test_a_kernel_that_ends_as_it_cannot_after_a_search_is_a_defect(
    kernel: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = explore(paxos(2, 2))
    assert result.verdict is Verdict.HOLDS
    monkeypatch.setattr(kernels, kernel, ends_so(getattr(kernels, kernel), status))
    with pytest.raises(DefectError, match=f"the kernel {kernel!r} ended with"):
        AFTERWARDS[kernel](result)


@pytest.mark.parametrize("status", [kernels.MISSING, kernels.LOST, 77])
@pytest.mark.parametrize("kernel", ["search", "count_arrivals", "add_ways"])
def test_a_kernel_that_ends_as_it_cannot_in_a_search_is_a_defect(
    kernel: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, kernel, ends_so(getattr(kernels, kernel), status))
    with pytest.raises(DefectError, match=f"the kernel {kernel!r} ended"):
        explore(paxos(1, 2))


@pytest.mark.parametrize("status", [kernels.BOUND, 77])
def test_a_kernel_that_ends_as_it_cannot_in_threads_is_a_defect(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulated, "SIZES", tabulated.SIZES._replace(parallel=1))
    monkeypatch.setattr(kernels, "expand", ends_so(kernels.expand, status))
    with pytest.raises(DefectError, match="the kernel 'expand' ended with"):
        explore(paxos(1, 2), threads=2)


@pytest.mark.parametrize("status", [kernels.BOUND, kernels.OVERFLOW, 77])
def test_a_kernel_that_ends_as_it_cannot_in_a_walk_is_a_defect(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "walk", ends_so(kernels.walk, status))
    with pytest.raises(DefectError, match="the kernel 'walk' ended with"):
        simulate(paxos(1, 2), walks=1)


def test_a_step_to_a_state_that_was_never_found_is_a_defect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = TabulatedSearch.run

    def forgetful(self: TabulatedSearch) -> None:
        run(self)
        for table in self.visited.tables:
            table.array[:] = 0

    monkeypatch.setattr(TabulatedSearch, "run", forgetful)
    with pytest.raises(DefectError, match="a step leads to a state that was never found"):
        explore(paxos(1, 2))
