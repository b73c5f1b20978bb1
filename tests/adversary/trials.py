"""What is tried on one model: both engines, and a few ways to run them, all drawn beforehand.

A plan says everything that is not the model, as plain data, so that a model and a plan that fail
can be made smaller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from random import Random
from typing import Any, NamedTuple

import pytest

from islander import Progress, Result, explore, simulate
from islander.explorer import UsageError, tabulated, walker
from islander.explorer.quotient import ActorView, FactsView, Quotient, View
from islander.explorer.snapshot import Part, Snapshot
from islander.explorer.tables import Sizes

from . import explorer
from .actors import Plain, model_of
from .comparing import Comparer, assert_equal, same
from .expected import Expected
from .explorer import Explored, State, facts_of
from .features import features
from .system import System

REFUSED = ("cannot drop messages from a Fifo", "needs room for more than")
"""What the tabulated engine says of models that it cannot keep, as is documented."""

_explore_module = import_module("islander.explorer.explore")


class Plan(NamedTuple):
    """How a model is tried: up to how many states, with which first sizes, and which trials, each
    with a seed of its own. `small` leaves small models to the reference engine, as usual, and
    `growth` lets a search that was cut short say what grows, which takes long."""

    most: int
    keep_going: bool
    threads: int
    sizes: tuple[tuple[str, int], ...]
    trials: tuple[tuple[str, int], ...]
    small: bool = False
    growth: bool = False


FIRST_SIZES: dict[str, tuple[int, ...]] = {
    "batch": (1, 2, 3, 7, 16, 64),
    "rows": (1, 2, 3, 4, 9, 64),
    "table": (8, 16, 32),
    "fact_sets": (1, 2, 5),
    "queue": (1, 2, 3),
    "spare": (0, 1, 2),
    "locals": (1, 2, 3),
    "outcomes": (1, 2, 4),
    "parallel": (1, 2, 5, 30),
    "part": (1, 2, 3, 10),
    "box": (1, 2, 3, 16),
    "ahead": (1, 2, 5),
}
"""What first sizes are drawn from."""

NO_END = "there is no end of states"
"""What ends a search in which a queue outgrew a word, and would go on to do so."""


def random_plan(random: Random, make: str) -> Plan:
    """A plan for a model of this make."""
    small = make in ("small", "free")
    most = (
        random.choice([30, 60, 100, 150, 250, 400, 800]) if small else random.choice([30, 60, 150])
    )
    if make == "crowd":
        most = 600
    rate = random.choice([0, 0.5, 1, 1])
    sizes = {
        name: random.choice(drawn) for name, drawn in FIRST_SIZES.items() if random.random() < rate
    }
    if random.random() < 0.7:  # else a thread shares nothing
        sizes["parallel"] = random.choice(FIRST_SIZES["parallel"])
    trials = random.sample(list(TRIALS), random.choice([1, 2, 2, 3]))
    return Plan(
        most,
        random.random() < 0.6,
        random.randint(1, 3),
        tuple(sorted(sizes.items())),
        tuple((name, random.randrange(2**32)) for name in trials),
        random.random() < 0.05,
        random.random() < 0.1 and small,
    )


@contextmanager
def _patched(plan: Plan) -> Iterator[None]:
    """Let the tabulated engine explore small models itself, with the first sizes of the plan."""
    sizes = Sizes()._replace(**dict(plan.sizes))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SIZES", sizes)
        patched.setattr(walker, "SIZES", sizes)
        if not plan.small:
            patched.setattr(_explore_module, "SMALL", 0)
        if not plan.growth:
            patched.setattr(_explore_module, "_growth", lambda search: iter(()))
        yield


def try_system(system: System, plan: Plan, on_compile: Callable[[], None]) -> set[str]:
    """Try everything that the plan says; the features that were seen. `on_compile` is called when
    kernels are compiled. Raises Difference, or whatever Islander raises, if anything is not as it
    should be."""
    explored = explorer.explore(system, plan.most)
    if explored is None:
        return {"too many initial states"}
    expected = Expected(explored, explored.cut, plan.keep_going)
    found = features(explored, expected)
    with _patched(plan):
        trial = _Trial(explored, plan, expected, on_compile)
        reference = trial.explore("reference")
        trial.compare.whole(reference, expected)
        try:
            result = trial.explore("tabulated")
            if system.network == "fifo" and NO_END in (result.incomplete_because or ""):
                return found | {"refused by the tabulated engine"}  # a queue had no more room
            trial.compare.whole(result, expected)
            assert_equal(system, result, reference)
            for name, seed in plan.trials:
                TRIALS[name](trial, Random(seed))
        except UsageError as error:
            if not any(said in str(error) for said in REFUSED):
                raise
            return found | {"refused by the tabulated engine"}
    found |= {f"trial {name}" for name, _ in plan.trials} | {f"{plan.threads} threads"}
    found |= {f"first size {name} 1" for name, size in plan.sizes if size == 1}
    return found | {"keep going" if plan.keep_going else "stop at a violation"}


class _Trial:
    """One model on trial."""

    def __init__(
        self,
        explored: Explored,
        plan: Plan,
        expected: Expected,
        on_compile: Callable[[], None],
    ) -> None:
        self.explored, self.system, self.plan = explored, explored.system, plan
        self.expected, self.on_compile = expected, on_compile
        self.compare = Comparer(explored)
        self.model = model_of(explored.system)

    def explore(self, engine: str = "tabulated", **options: Any) -> Result:
        """Explore the model, as the plan says but for the options given."""
        given: dict[str, Any] = {
            "max_depth": self.explored.cut,
            "keep_going": self.plan.keep_going,
            "threads": self.plan.threads if engine == "tabulated" else 1,
            "on_compile": self.on_compile,
            **options,
        }
        return explore(self.model, engine, **given)

    @property
    def all_there_is(self) -> Expected:
        """What is found by going on."""
        return Expected(self.explored, self.explored.cut, keep_going=True)


# -- budgets -----------------------------------------------------------------------------------


def _max_states(trial: _Trial, random: Random) -> None:
    count = trial.expected.counts["states"]
    most = random.choice([count - 1, count, count + 1, random.randint(1, count)])
    if most < 1:
        return
    found = trial.explore(max_states=most)
    other = trial.explore("reference", max_states=most)
    assert_equal(trial.system, found, other)
    if most >= count:
        trial.compare.whole(found, trial.expected)
    else:
        same("states", found.states, most)
        trial.compare.sound(found, trial.all_there_is)


def _max_depth(trial: _Trial, random: Random) -> None:
    depth = trial.expected.counts["depth"]
    deepest = random.choice([depth - 1, depth, depth + 1, random.randint(0, depth)])
    if deepest < 0 or (trial.explored.cut is not None and deepest > trial.explored.cut):
        return
    expected = Expected(trial.explored, deepest, trial.plan.keep_going)
    found = trial.explore(max_depth=deepest)
    trial.compare.whole(found, expected)
    trial.compare.whole(trial.explore("reference", max_depth=deepest), expected)


def _max_bytes(trial: _Trial, random: Random) -> None:
    found = trial.explore(max_bytes=int(10 ** random.uniform(2, 8)))
    if "bytes" in (found.incomplete_because or ""):
        trial.compare.sound(found, trial.all_there_is)
    else:
        trial.compare.whole(found, trial.expected)


def _max_seconds(trial: _Trial, random: Random) -> None:
    found = trial.explore(max_seconds=10 ** random.uniform(-5, -2))
    trial.compare.sound(found, trial.all_there_is)


def _interrupted(trial: _Trial, random: Random) -> None:
    calls = iter(range(random.choice([1, 2, 3, 5])))

    def interrupt(progress: Progress) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulated, "SLICE", random.choice([1, 3, 50]))
        found = trial.explore(on_progress=interrupt)
    if found.interrupted:
        trial.compare.sound(found, trial.all_there_is)
    else:
        trial.compare.whole(found, trial.expected)


def _other_way(trial: _Trial, random: Random) -> None:
    """The other value of `keep_going`, another number of threads, interleavings counted."""
    going = not trial.plan.keep_going
    found = trial.explore(
        keep_going=going, threads=random.randint(1, 3), count_interleavings=random.random() < 0.5
    )
    trial.compare.whole(found, Expected(trial.explored, trial.explored.cut, going))


# -- going on from a checkpoint ----------------------------------------------------------------


class _Memory:
    """Keeps snapshots, each as it would be read from a disk."""

    def __init__(self, start: Snapshot | None = None, wanted: Callable[[], bool] = bool) -> None:
        self._start, self._wanted = start, wanted
        self._parts: tuple[Part, ...] = start.parts if start else ()
        self.kept: list[Snapshot] = []

    def start(self) -> Snapshot | None:
        return self._start

    def wants(self) -> bool:
        return self._wanted()

    def keep(self, progress: Any, part: Part) -> None:
        self._parts = (*self._parts, part)
        self.kept.append(Snapshot(json.loads(json.dumps(progress)), self._parts))


def _resume(trial: _Trial, random: Random) -> None:
    memory = _Memory(wanted=lambda: random.random() < 0.7)
    depth = trial.expected.counts["depth"]
    first = trial.explore(checkpoint=memory, max_depth=_depth_of_first(trial, random, depth))
    assert first.states <= trial.expected.counts["states"]
    if not memory.kept:
        return
    sizes = tuple((name, random.choice(FIRST_SIZES[name])) for name, _ in trial.plan.sizes)
    again = _Memory(random.choice(memory.kept), lambda: random.random() < 0.5)
    with _patched(trial.plan._replace(sizes=random.choice([sizes, trial.plan.sizes]))):
        found = trial.explore(checkpoint=again, threads=random.randint(1, 3))
    trial.compare.whole(found, trial.expected)
    assert_equal(trial.system, found, trial.explore("reference"))


def _depth_of_first(trial: _Trial, random: Random, depth: int) -> int | None:
    return random.choice([trial.explored.cut, random.randint(0, depth)])


# -- seen through a view -----------------------------------------------------------------------


def _quotient(trial: _Trial, random: Random) -> None:
    actor = random.choice(list(trial.system.roles))
    views: list[View] = [
        FactsView(),
        FactsView(("Odd",)),
        ActorView(actor),
        ActorView(actor, "phase"),
    ]
    view = random.choice(views)
    found, other = trial.explore(), trial.explore("reference")
    quotients = [found.quotient_by(view), other.quotient_by(view)]
    same(f"quotient by {view}", quotients[0], quotients[1])
    at = list(trial.system.roles).index(actor)
    looks: Callable[[State], Any] = {
        0: lambda state: facts_of(trial.system, state),
        1: lambda state: frozenset(n for n in facts_of(trial.system, state) if n % 2),
        2: lambda state: state.actors[at],
        3: lambda state: state.actors[at].phase,
    }[views.index(view)]
    same(f"sizes of the classes of {view}", *_class_counts(trial, quotients[0], looks))


def _class_counts(
    trial: _Trial, quotient: Quotient, looks: Callable[[State], Any]
) -> tuple[Any, Any]:
    """How many states each class has, how many of them are terminal, and how many steps join two
    classes, in order of size: as found, and as expected."""
    states: dict[Any, list[int]] = {}
    steps: dict[Any, int] = {}
    expanded = set(trial.expected.expanded)
    for state in trial.expected.states:
        counts = states.setdefault(looks(state), [0, 0])
        counts[0] += 1
        counts[1] += state in expanded and not trial.explored.steps[state]
        for after in trial.expected.steps(state).values() if state in expanded else ():
            joined = looks(state), looks(after)
            steps[joined] = steps.get(joined, 0) + 1
    found: dict[Any, int] = {}
    for edge in quotient.edges:
        joined = edge.source, edge.target
        found[joined] = found.get(joined, 0) + edge.steps
    classes = sorted([one.states, one.terminal] for one in quotient.classes)
    return (
        (classes, sorted(found.values())),
        (sorted(states.values()), sorted(steps.values())),
    )


# -- random walks ------------------------------------------------------------------------------


def _simulate(trial: _Trial, random: Random) -> None:
    walks, depth = random.randint(1, 20), random.randint(1, 25)
    found = simulate(
        trial.model,
        walks=walks,
        depth=depth,
        seed=random.randrange(99),
        on_compile=trial.on_compile,
    )
    same("walks", 1 <= found.walks <= walks and found.longest <= depth, True)
    same("steps", found.steps <= found.walks * found.longest, True)
    for claim in trial.system.claims:
        said = found.properties[claim.name]
        if said.verdict.value != "incomplete":
            is_witness = claim.kind.endswith("Witness")
            same(f"verdict on {claim.name}", said.verdict, "holds" if is_witness else "violated")
            trial.compare.decided(said.trace, claim)


def _walks(trial: _Trial, random: Random) -> None:
    taken = walker.Walker(trial.model, random.randrange(99))
    plain, met = Plain(trial.system), set()
    for number in range(random.randint(1, 5)):
        depth = random.randint(1, 25)
        walk = taken.walk(number, depth, lambda: True)
        start = plain.state(taken.initial[walk.start])
        path = trial.compare.walk(start, [plain.label(outcome) for outcome in walk.outcomes])
        met |= {facts_of(trial.system, state) for state in path}
        same("ended", walk.ended, not trial.compare.steps(path[-1]))
        if not walk.ended:
            same("length of a walk", len(walk.outcomes), depth)
    found = [frozenset(one.number for one in facts) for facts in taken.fact_sets(0)]  # type: ignore[attr-defined]
    same("fact sets of walks", sorted(map(sorted, found)), sorted(map(sorted, met)))


TRIALS: dict[str, Callable[[_Trial, Random], None]] = {
    "max_states": _max_states,
    "max_depth": _max_depth,
    "max_bytes": _max_bytes,
    "max_seconds": _max_seconds,
    "interrupted": _interrupted,
    "other way": _other_way,
    "resume": _resume,
    "quotient": _quotient,
    "simulate": _simulate,
    "walks": _walks,
}
"""The trials by name."""
