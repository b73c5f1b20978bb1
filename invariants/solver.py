"""z3: the only module that knows it.

It is asked whether a ground formula can be true when exactly the given facts hold. That question
is decided by evaluation already; z3 answers it independently, and says which facts clash.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

import z3

from ..explorer.facts import Fact, FactSet
from ..explorer.freeze import fact_order
from .formula import Formula


class Answer(Enum):
    """What z3 made of it. UNKNOWN establishes nothing."""

    TRUE = "sat"
    FALSE = "unsat"
    UNKNOWN = "unknown"


class Ruling(NamedTuple):
    """z3's answer; if FALSE, a minimal set of facts present and facts absent that clash with the
    formula; if UNKNOWN, its reason."""

    answer: Answer
    present: tuple[Fact, ...] = ()
    absent: tuple[Fact, ...] = ()
    reason: str = ""


class Solver:
    """z3 with one formula asserted; `effort` bounds the work on a question (z3's rlimit; 0: no
    bound)."""

    def __init__(self, root: Formula, effort: int = 0) -> None:
        self._context = z3.Context()
        self._effort = effort
        self._literals: dict[Fact, _Literals] = {}
        self.state(root)

    def state(self, root: Formula) -> None:
        """Assert `root`, and no longer what was asserted before.

        To make a context takes longer than all that is done in it, as a rule.
        """
        self._facts: list[Fact] = []
        # With assumptions a z3.Solver asks a SimpleSolver in the end, and makes another beside it.
        self._solver = z3.SimpleSolver(ctx=self._context)
        self._solver.set("core.minimize", True)
        if self._effort:
            self._solver.set("rlimit", self._effort)
        self._solver.add(self._translate(root))
        self.root = root

    def rule(self, facts: FactSet) -> Ruling:
        """Can the formula be true when exactly `facts` hold?"""
        literals = {
            fact: self._literals[fact].present if fact in facts else self._literals[fact].absent
            for fact in self._facts
        }
        outcome = self._check([*literals.values()])
        if outcome == z3.sat:
            return Ruling(Answer.TRUE)
        if outcome == z3.unknown:
            return Ruling(Answer.UNKNOWN, reason=self._solver.reason_unknown())
        core = {literal.get_id() for literal in self._solver.unsat_core()}
        clashing = [fact for fact, literal in literals.items() if literal.get_id() in core]
        return Ruling(
            Answer.FALSE,
            _in_order(fact for fact in clashing if fact in facts),
            _in_order(fact for fact in clashing if fact not in facts),
        )

    def _translate(self, root: Formula) -> Any:
        done: dict[Formula, Any] = {}
        pending = [root]
        while pending:
            node = pending[-1]
            missing = [part for part in node.parts if part not in done]
            if missing:
                pending += missing
                continue
            pending.pop()
            parts = [done[part] for part in node.parts]
            if node.fact is not None:
                if node not in done:  # it may be pending more than once
                    self._facts.append(node.fact)
                done[node] = self._symbol(node.fact)
            elif node.kind == "not":
                done[node] = self._negation(parts[0])
            elif node.kind == "and":
                done[node] = self._expression(z3.Z3_mk_and, *_array(parts))
            elif node.kind == "or":
                done[node] = self._expression(z3.Z3_mk_or, *_array(parts))
            else:
                done[node] = z3.BoolVal(node.kind == "true", self._context)
        return done[root]

    def _symbol(self, fact: Fact) -> Any:
        known = self._literals.get(fact)
        if known is None:
            symbol = z3.Bool(f"fact {len(self._literals)}", self._context)
            known = self._literals[fact] = _Literals(symbol, self._negation(symbol))
        return known.present

    # z3's C functions are called here, because z3.And, z3.Not and Solver.check compare the sorts
    # of all that they are given, and take ten times as long.

    def _expression(self, make: Any, *arguments: Any) -> Any:
        return z3.BoolRef(make(self._context.ref(), *arguments), self._context)

    def _negation(self, part: Any) -> Any:
        return self._expression(z3.Z3_mk_not, part.as_ast())

    def _check(self, literals: list[Any]) -> Any:
        """Whether the formula can be true with all these literals."""
        return z3.CheckSatResult(
            z3.Z3_solver_check_assumptions(
                self._context.ref(), self._solver.solver, *_array(literals)
            )
        )


def _array(expressions: list[Any]) -> tuple[int, Any]:
    """Expressions as z3's C functions take them: how many, and where they are."""
    return len(expressions), (z3.Ast * len(expressions))(*[one.as_ast() for one in expressions])


class _Literals(NamedTuple):
    """What z3 is told of a fact that holds, and of one that does not."""

    present: Any
    absent: Any


def _in_order(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=fact_order))
