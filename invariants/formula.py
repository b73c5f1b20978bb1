"""Ground formulas: propositional formulas over facts, as a graph without repetition.

Equal subformulas are the same node, so a node is evaluated once however often it occurs. What
a formula means for many fact sets at once is for `evaluate` to compute, what z3 thinks of it for
`solver` to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NoReturn

from ..explorer.errors import PropertyError
from ..explorer.facts import Fact

_BY_NUMBER = attrgetter("number")


class Formula:
    """A node: `kind` is "true", "false", "fact", "not", "and" or "or"; `parts` are its operands.

    Formulas are made by a `Formulas` only. They have no truth value in Python.
    """

    __slots__ = ("fact", "kind", "number", "parts")

    def __init__(
        self, number: int, kind: str, parts: tuple[Formula, ...], fact: Fact | None
    ) -> None:
        self.number = number
        self.kind = kind
        self.parts = parts
        self.fact = fact

    def __bool__(self) -> NoReturn:
        raise PropertyError(
            "a formula has no truth value while it is being built: use L.And, L.Or, L.Not and "
            "L.Implies instead of Python's and, or, not and if."
        )

    def __repr__(self) -> str:
        if self.kind == "fact":
            return repr(self.fact)
        if not self.parts:
            return self.kind
        return f"{self.kind}({', '.join(map(repr, self.parts))})"


class Formulas:
    """Makes formulas, each distinct one once; operands come before what is built of them."""

    def __init__(self) -> None:
        self.nodes: list[Formula] = []
        self._facts: dict[Fact, Formula] = {}
        self._compounds: dict[tuple[str, tuple[Formula, ...]], Formula] = {}
        self.true = self._add("true", (), None)
        self.false = self._add("false", (), None)

    def fact(self, fact: Fact) -> Formula:
        """The formula that is true when `fact` holds."""
        node = self._facts.get(fact)
        if node is None:
            node = self._facts[fact] = self._add("fact", (), fact)
        return node

    def negation(self, part: Formula) -> Formula:
        """True when `part` is not."""
        if part is self.true:
            return self.false
        if part is self.false:
            return self.true
        return part.parts[0] if part.kind == "not" else self._compound("not", (part,))

    def conjunction(self, parts: Iterable[Formula]) -> Formula:
        """True when all parts are; true if there are none."""
        return self._combine("and", parts, neutral=self.true, absorbing=self.false)

    def disjunction(self, parts: Iterable[Formula]) -> Formula:
        """True when some part is; false if there are none."""
        return self._combine("or", parts, neutral=self.false, absorbing=self.true)

    def _combine(
        self, kind: str, parts: Iterable[Formula], neutral: Formula, absorbing: Formula
    ) -> Formula:
        flat: dict[Formula, None] = {}
        for part in parts:
            if part.kind == kind:
                flat.update(dict.fromkeys(part.parts))
            else:
                flat[part] = None
        flat.pop(neutral, None)
        if absorbing in flat:
            return absorbing
        for part in flat:
            if part.kind == "not" and part.parts[0] in flat:
                return absorbing
        if len(flat) > 1:
            return self._compound(kind, tuple(sorted(flat, key=_BY_NUMBER)))
        return next(iter(flat), neutral)

    def _compound(self, kind: str, parts: tuple[Formula, ...]) -> Formula:
        key = (kind, parts)
        node = self._compounds.get(key)
        if node is None:
            node = self._compounds[key] = self._add(kind, parts, None)
        return node

    def _add(self, kind: str, parts: tuple[Formula, ...], fact: Fact | None) -> Formula:
        node = Formula(len(self.nodes), kind, parts, fact)
        self.nodes.append(node)
        return node
