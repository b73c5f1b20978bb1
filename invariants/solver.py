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
        context = z3.Context()
        self._solver = z3.Solver(ctx=context)
        self._solver.set("core.minimize", True)
        if effort:
            self._solver.set("rlimit", effort)
        self._symbols: dict[Fact, Any] = {}
        self._solver.add(self._translate(root, context))

    def rule(self, facts: FactSet) -> Ruling:
        """Can the formula be true when exactly `facts` hold?"""
        literals = {
            fact: symbol if fact in facts else z3.Not(symbol)
            for fact, symbol in self._symbols.items()
        }
        outcome = self._solver.check(*literals.values())
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

    def _translate(self, root: Formula, context: Any) -> Any:
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
            if node.kind == "fact":
                assert node.fact is not None
                symbol = z3.Bool(f"fact {len(self._symbols)}", context)
                done[node] = self._symbols.setdefault(node.fact, symbol)
            elif node.kind == "not":
                done[node] = z3.Not(parts[0])
            elif node.kind == "and":
                done[node] = z3.And(parts)
            elif node.kind == "or":
                done[node] = z3.Or(parts)
            else:
                done[node] = z3.BoolVal(node.kind == "true", context)
        return done[root]


def _in_order(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=fact_order))
