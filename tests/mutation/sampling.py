"""A seeded sample of the mutants that Cosmic Ray makes of a module.

Modules take turns, so that a long one does not crowd out the rest. Of a module a position in the
source is drawn first, and then one of the mutants there, since a comparison alone has ten. What
cannot change what the code does is left out: annotations, and imports for the type checker.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from .mutants import Mutant
from .targets import ROOT

Position: TypeAlias = tuple[int, int]


class _Place(NamedTuple):
    """Where an operator can be applied: its `occurrence` in the module."""

    operator: str
    occurrence: int


def sample(targets: Mapping[str, Sequence[str]], most: int, seed: int) -> list[Mutant]:
    """`most` mutants of these modules, or all if there are fewer, in the order in which they were
    drawn."""
    dice = random.Random(seed)
    turns = [_drawn(module, tests, dice) for module, tests in targets.items()]
    found: list[Mutant] = []
    while turns and len(found) < most:
        turn = turns.pop(0)
        mutant = next(turn, None)
        if mutant is not None:
            found.append(mutant)
            turns.append(turn)
    return found


def _drawn(module: str, tests: Sequence[str], dice: random.Random) -> Iterator[Mutant]:
    """Mutants of a module, one for each position in it, in a random order."""
    source = (ROOT / module).read_text("utf-8")
    places = _places(source)
    for position in dice.sample(sorted(places), len(places)):
        mutant = _made(module, source, dice.choice(places[position]), position, tuple(tests))
        if mutant is not None:
            yield mutant


def _made(
    module: str, source: str, place: _Place, position: Position, tests: tuple[str, ...]
) -> Mutant | None:
    """The mutant; None if it is no Python."""
    operator: Any = cosmic_ray.plugins.get_operator(place.operator)()
    after: str | None = mutate_code(source, operator, place.occurrence)
    assert after is not None
    try:
        same = ast.dump(ast.parse(after)) == ast.dump(ast.parse(source))
    except SyntaxError:
        return None
    what = f"line {position[0]}, {place.operator.removeprefix('core/')}"
    return None if same else Mutant(module, what, source, after, tests)


def _places(source: str) -> dict[Position, list[_Place]]:
    idle = list(_idle(ast.parse(source)))
    places: dict[Position, list[_Place]] = {}
    tree = get_ast(source)
    for name in sorted(cosmic_ray.plugins.operator_names()):
        kind: Any = cosmic_ray.plugins.get_operator(name)
        if kind.arguments():
            continue
        operator = kind()
        positions = (
            begin for node in ast_nodes(tree) for begin, _ in operator.mutation_positions(node)
        )
        for occurrence, position in enumerate(positions):
            if not any(begin <= position < end for begin, end in idle):
                places.setdefault(position, []).append(_Place(name, occurrence))
    return places


def _idle(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    """From where to where source stands that does nothing at run time."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [one for one in (arguments.vararg, arguments.kwarg) if one]
            yield from (_span(one.annotation) for one in every if one.annotation)
            if node.returns:
                yield _span(node.returns)
        elif isinstance(node, ast.AnnAssign):
            yield _span(node.annotation)
            if isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
                yield _span(node)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield _span(node)


def _span(node: Any) -> tuple[Position, Position]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
