"""Invariants written as formulas: grounded, judged in bulk, confirmed and explained by z3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..explorer.asking import asking, told
from ..explorer.errors import IslanderError, PropertyError
from ..explorer.facts import Fact, FactSet, building_formula, check_methods
from ..explorer.freeze import fact_order
from ..explorer.properties import (
    Explanation,
    Property,
    Subject,
    check_describe,
    check_made_of,
    in_words,
)
from .formula import Formula
from .language import Language, Universe
from .symbols import check_sorts

if TYPE_CHECKING:
    from .solver import Solver


@dataclass(frozen=True)
class Invariant(Property):
    """`formula(L)`, built with the language `L`, must be true of every reachable fact set.

    name      names it in results
    formula   a function from a `Language` to a statement; see `invariants.language`
    describe  turns the clashing facts into words; by default they are listed, with those whose
              absence matters
    effort    bounds z3's work on one question (its rlimit, no unit of time); 0 means no bound. A
              question that z3 leaves open makes the property INCOMPLETE.
    """

    name: str
    formula: Callable[[Any], Any]
    describe: Callable[[tuple[Fact, ...]], str] | None = None
    effort: int = 0
    _ground: _Ground = field(
        default_factory=lambda: _Ground(), init=False, repr=False, compare=False
    )

    subject: ClassVar[Subject] = Subject.FACTS

    def __post_init__(self) -> None:
        check_made_of(self.name, self.formula, "the formula must be a function of a language L")
        check_describe(self.name, self.describe)
        if type(self.effort) is not int or self.effort < 0:
            raise PropertyError(
                f"property {self.name!r}: effort must be an int of at least 0; got {self.effort!r}."
            )

    def check(self) -> None:
        if self._ground.unchecked is None:
            try:
                self._ground.unchecked = check_sorts(self.formula)
            except PropertyError as error:
                raise PropertyError(f"property {self.name!r}: {error}") from error

    @property
    def notes(self) -> tuple[str, ...]:
        why = self._ground.unchecked
        return (f"the sorts of {self.name!r} were not checked: {why}",) if why else ()

    def judge(self, subjects: Sequence[FactSet]) -> Sequence[bool | None]:
        from .evaluate import evaluate  # numpy and z3 are slow to import, and --help needs neither

        self._prepare(subjects)
        ground = self._ground
        assert ground.root is not None
        answers: list[bool | None] = [*evaluate(ground.nodes, ground.root, subjects)]
        sample = ground.sample([at for at, answer in enumerate(answers) if answer])
        for at, answer in enumerate(answers):
            if not answer or at in sample:
                answers[at] = self._confirm(subjects[at], answer)
        if all(answers[at] is not None for at in sample):
            ground.settled(sample)
        return answers

    def explain(self, subject: FactSet) -> Explanation:
        # Grounded for this fact set alone, so that the words do not depend on what was judged
        # before, with every fact by name, so that those which are missing can be told.
        from .solver import Answer, Solver

        universe = Universe()
        universe.add(_in_order(subject))
        try:
            root = self._build(Language(universe, name_all=True))
        except PropertyError:  # it looks up only what is so; then only that can be named
            root = self._build(Language(universe))
        ruling = Solver(root, self.effort).rule(subject)
        if ruling.answer is Answer.UNKNOWN:
            return Explanation(f"the formula is false; z3 found no explanation ({ruling.reason})")
        if self.describe:
            said = in_words(self.name, self.describe, (ruling.present,))
            return Explanation(said, ruling.present)
        for fact in ruling.absent:  # made by the formula; the others an actor has made
            check_methods(fact)
        texts = [str(fact) for fact in ruling.present]
        texts += [f"not: {fact}" for fact in ruling.absent]
        text = "; ".join(texts) or "the formula is false whatever the facts are"
        return Explanation(text, ruling.present, ruling.absent)

    def _confirm(self, facts: FactSet, answer: bool | None) -> bool | None:
        from .solver import Answer

        ruling = self._solver().rule(facts)
        if ruling.answer is Answer.UNKNOWN:
            return None
        if (ruling.answer is Answer.TRUE) is not answer:
            raise IslanderError(
                f"property {self.name!r}: evaluation says {answer} and z3 says "
                f"{ruling.answer.value} of the same facts. This is a defect of Islander; please "
                f"report it with the model. Facts: {sorted(map(repr, facts))}"
            )
        return answer

    def _prepare(self, fact_sets: Sequence[FactSet]) -> None:
        """Ground the formula anew if facts have appeared that it does not know."""
        ground = self._ground
        new = frozenset().union(*fact_sets).difference(ground.universe.facts)
        if ground.universe.add(_in_order(new)):
            ground.root = None
        if ground.root is None:
            language = Language(ground.universe)
            ground.root = self._build(language)
            ground.nodes = language.formulas.nodes

    def _build(self, language: Language) -> Formula:
        def blame(error: BaseException) -> BaseException:
            if isinstance(error, PropertyError):
                return PropertyError(f"property {self.name!r}: {error}")
            return PropertyError(f"property {self.name!r}: its formula raised {told(error)}")

        with asking(blame), building_formula():
            return language.formula(self.formula(language))

    def _solver(self) -> Solver:
        from .solver import Solver

        ground = self._ground
        assert ground.root is not None
        if ground.solver is None:
            ground.solver = Solver(ground.root, self.effort)
        elif ground.solver.root is not ground.root:
            ground.solver.state(ground.root)
        return ground.solver


def _in_order(facts: FactSet) -> list[Fact]:
    return sorted(facts, key=fact_order)


@dataclass
class _Ground:
    """The formula over the facts known so far. The verdict on a fact set does not depend on
    which other facts are known, so this is a cache and no more."""

    universe: Universe = field(default_factory=Universe)
    nodes: list[Formula] = field(default_factory=list)
    root: Formula | None = None
    solver: Solver | None = None
    passed: int = 0
    passed_when_sampled: int = 0
    unchecked: str | None = None  # why its sorts were not checked, "" if they were

    def sample(self, passing: Sequence[int]) -> set[int]:
        """Which of a batch's fact sets that satisfy the formula, `passing`, z3 is to be asked of:
        the first and the last, if twice as many have passed as when it last settled a sample.

        So it is asked about the first that pass, and then seldom: a search has many levels, and
        to tell z3 a formula takes longer than to judge most of them.
        """
        self.passed += len(passing)
        due = passing and self.passed >= 2 * self.passed_when_sampled
        return {passing[0], passing[-1]} if due else set()

    def settled(self, sample: set[int]) -> None:
        """z3 agreed on all of `sample`. Until it does, every batch is sampled."""
        if sample:
            self.passed_when_sampled = self.passed
