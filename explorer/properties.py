"""Properties: what must be so in every reachable state, and what must be reachable at all.

The engine knows a property only by its *subject* (fact sets, whole states, or single local steps)
and its *quantity* (always, or somewhere), and asks it to judge subjects. The properties here are
plain Python predicates; `invariants` adds those that are formulas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from .asking import WrongAnswer, answered, asking, is_of_a_model, shown, text_of, told, yes_or_no
from .errors import IslanderError, PropertyError
from .facts import Fact, FactSet
from .freeze import fact_order


class Subject(Enum):
    """What a property looks at."""

    FACTS = "fact set"
    STATE = "state"
    STEP = "local step"


VACUOUS = "vacuous: no reachable state satisfies it"


class LocalStep(NamedTuple):
    """The subject of a StepInvariant: one actor before an event and after it.

    `before` and `after` are copies of the actor; `event` is the `Deliver` or `Timeout` between.
    """

    before: Any
    event: Any
    after: Any


class Explanation(NamedTuple):
    """Why a property is violated: words, the facts that clash, and the facts that are missing."""

    text: str
    facts: tuple[Fact, ...] = ()
    absent: tuple[Fact, ...] = ()


class Property(ABC):
    """A named claim about a model.

    `somewhere` says that one reachable subject must satisfy it (a witness) rather than all.
    """

    name: str
    subject: ClassVar[Subject]
    somewhere: ClassVar[bool] = False

    def check(self) -> None:  # noqa: B027 - most have nothing to look at
        """Look at the property alone, before any subject is judged. Raises PropertyError if it is
        at fault whatever the subjects are."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known beside the verdict, once it was checked; one sentence each."""
        return ()

    @abstractmethod
    def judge(self, subjects: Sequence[Any]) -> Sequence[bool | None]:
        """For each subject: True if it satisfies the property, False if not, None if unknown.

        Raises PropertyError when the property itself is at fault.
        """

    def explain(self, subject: Any) -> Explanation:
        """Why `subject`, which `judge` answered with False, does not satisfy the property.

        For a witness that nothing satisfied, `subject` is the nearest one, or None.
        """
        return Explanation(f"its predicate is false of this {self.subject.value}")

    def nearness(self, subject: Any) -> tuple[int, ...]:
        """How near `subject` comes to a witness; the greatest is the nearest."""
        return ()


@dataclass(frozen=True)
class _Predicate(Property):
    name: str
    predicate: Callable[..., bool]

    def __post_init__(self) -> None:
        check_made_of(self.name, self.predicate, "the predicate must be a function")

    def judge(self, subjects: Sequence[Any]) -> Sequence[bool | None]:
        return [ask(self.name, self.predicate, self._arguments(subject)) for subject in subjects]

    def _arguments(self, subject: Any) -> tuple[Any, ...]:
        return (subject,)


@dataclass(frozen=True)
class FactInvariant(_Predicate):
    """`predicate(facts)` must be true of the fact set (a frozenset) of every reachable state.

    It is judged once for each distinct fact set.
    """

    subject: ClassVar[Subject] = Subject.FACTS

    def explain(self, subject: FactSet) -> Explanation:
        facts = _still_false(self.name, self.predicate, subject)
        return Explanation("its predicate is false of these facts alone", facts)


@dataclass(frozen=True)
class StateInvariant(_Predicate):
    """`predicate(state)` must be true of every reachable state: the slow path.

    `state.actors["a"]` is a copy of the actor, `state.network` the multiset (a Counter) of
    envelopes in flight, `state.facts` the fact set. It is called once for each state.
    """

    subject: ClassVar[Subject] = Subject.STATE


@dataclass(frozen=True)
class StepInvariant(_Predicate):
    """`predicate(before, event, after)` must be true of every reachable local step of an actor.

    `before` and `after` are copies of the actor, `event` is a `Deliver` (with `.message` and
    `.sender`) or a `Timeout` (with `.name`). It is called once for each distinct local step.
    `describe(before, event, after)` may put a violation into words.
    """

    describe: Callable[..., str] | None = None

    subject: ClassVar[Subject] = Subject.STEP

    def __post_init__(self) -> None:
        super().__post_init__()
        check_describe(self.name, self.describe)

    def explain(self, subject: LocalStep) -> Explanation:
        if self.describe:
            return Explanation(in_words(self.name, self.describe, tuple(subject)))
        return Explanation(f"the last step breaks it: {subject.event!r}")

    def _arguments(self, subject: LocalStep) -> tuple[Any, ...]:
        return tuple(subject)


@dataclass(frozen=True)
class Witness(_Predicate):
    """Some reachable state's fact set must satisfy `predicate(facts)`.

    A check whose witness is unreachable is violated: it never met the situation it is there to
    get right, so its silence proves nothing. `milestones` name situations on the way, in order,
    each with a predicate over the fact set; the report says how far the search came.
    """

    subject: ClassVar[Subject] = Subject.FACTS
    somewhere: ClassVar[bool] = True
    milestones: Mapping[str, Callable[[FactSet], bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.milestones, Mapping):
            raise PropertyError(
                f"property {self.name!r}: milestones must be a dict from names to predicates over "
                f"the fact set; got {shown(self.milestones)}."
            )
        object.__setattr__(self, "milestones", dict(self.milestones))
        for label, predicate in self.milestones.items():
            if not isinstance(label, str) or not callable(predicate):
                raise PropertyError(
                    f"property {self.name!r}: a milestone is a name, a string, with a predicate, a "
                    f"function; got {shown(label)} with {shown(predicate)}."
                )

    def reached(self, facts: FactSet) -> tuple[str, ...]:
        """The milestones that `facts` satisfies."""
        return tuple(
            label
            for label, predicate in self.milestones.items()
            if ask(self.name, predicate, (facts,), f"its milestone {label!r}")
        )

    def nearness(self, subject: FactSet) -> tuple[int, ...]:
        return (len(self.reached(subject)), len(subject))

    def explain(self, subject: FactSet | None) -> Explanation:
        facts = tuple(sorted(subject or (), key=fact_order))
        if not self.milestones:
            return Explanation(
                f"{VACUOUS}; the state with most facts reached has {len(facts)}", facts
            )
        reached = self.reached(frozenset(facts))
        missed = [label for label in self.milestones if label not in reached]
        return Explanation(
            f"{VACUOUS}; nearest: {len(reached)} of {len(self.milestones)} milestones "
            f"({'; '.join(reached) or 'none'}), never with them: {'; '.join(missed) or 'none'}",
            facts,
        )


@dataclass(frozen=True)
class StateWitness(_Predicate):
    """Some reachable state must satisfy `predicate(state)`; see StateInvariant for its argument."""

    subject: ClassVar[Subject] = Subject.STATE
    somewhere: ClassVar[bool] = True

    def explain(self, subject: Any) -> Explanation:
        return Explanation(VACUOUS)


def check_made_of(name: object, function: object, demand: str) -> None:
    """Raise PropertyError unless a property has a name, and a function where `demand` says so."""
    if not isinstance(name, str) or not name:
        raise PropertyError(
            f"a property needs a name, a string that is not empty; got {shown(name)}."
        )
    if not callable(function):
        raise PropertyError(f"property {name!r}: {demand}, got {shown(function)}.")


def check_describe(name: str, describe: object) -> None:
    """Raise PropertyError unless `describe` of a property is a function or None."""
    if describe is not None:
        check_made_of(name, describe, "describe must be a function that returns a string")


def ask(
    name: str,
    predicate: Callable[..., Any],
    arguments: tuple[Any, ...],
    which: str = "its predicate",
) -> bool:
    """Call a user's predicate; raise PropertyError unless it answers True or False."""

    def blame(error: BaseException) -> BaseException:
        if isinstance(error, PropertyError):
            return error
        if isinstance(error, WrongAnswer):
            return PropertyError(f"property {name!r}: {which} {error}")
        return PropertyError(
            f"property {name!r}: {which} raised {told(error)}\nfor {_brief(arguments)}"
        )

    with asking(blame):
        return yes_or_no(predicate(*arguments))


def judged(item: Property, subjects: Sequence[Any]) -> list[bool | None]:
    """What `item` says of each subject; PropertyError unless that is True, False or None.

    A property of the user's own may answer anything, and one answer more or less would be about
    another subject.
    """

    def blame(error: BaseException) -> BaseException:
        if isinstance(error, WrongAnswer):
            return PropertyError(f"property {item.name!r}: its judge {error}")
        if is_of_a_model(error) and not isinstance(error, IslanderError):
            return PropertyError(f"property {item.name!r}: its judge raised {told(error)}")
        return error

    with asking(blame):
        given = item.judge(subjects)
        if not isinstance(given, Iterable):
            raise WrongAnswer(f"{answered(given)}; it must return an answer for each subject.")
        answers = [
            one if one is None or one is True or one is False else yes_or_no(one) for one in given
        ]
        if len(answers) != len(subjects):
            raise WrongAnswer(f"returned {len(answers)} answers about {len(subjects)} subjects.")
    return answers


def explained(item: Property, subject: Any) -> Explanation:
    """Why `subject` does not satisfy `item`; PropertyError if that cannot be told."""

    def blame(error: BaseException) -> BaseException:
        if is_of_a_model(error) and not isinstance(error, IslanderError):
            return PropertyError(f"property {item.name!r}: its explain raised {told(error)}")
        return error

    with asking(blame):
        return item.explain(subject)


def in_words(name: str, describe: Callable[..., str], arguments: tuple[Any, ...]) -> str:
    """What a user's `describe` says of a violation; PropertyError unless that is a text."""

    def blame(error: BaseException) -> BaseException:
        how = error if isinstance(error, WrongAnswer) else f"raised {told(error)}"
        return PropertyError(f"property {name!r}: its describe {how}")

    with asking(blame):
        return text_of(describe(*arguments))


def _brief(arguments: tuple[Any, ...]) -> str:
    text = ", ".join(map(shown, arguments))
    return text if len(text) <= 400 else text[:397] + "…"


def _still_false(name: str, predicate: Callable[..., Any], facts: FactSet) -> tuple[Fact, ...]:
    """A subset of `facts`, minimal by dropping one at a time, of which the predicate is false."""
    kept = sorted(facts, key=fact_order)
    for fact in tuple(kept):
        fewer = [other for other in kept if other is not fact]
        try:
            false = not ask(name, predicate, (frozenset(fewer),))
        except PropertyError:  # it needs this fact to be evaluated at all: keep it
            false = False
        if false:
            kept = fewer
    return tuple(kept)
