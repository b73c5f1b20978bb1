"""Who imports whom: the four parts stay apart, and slow libraries stay out of the way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("explorer", "invariants", "models", "reports")


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import in a file, wherever it stands, as (level, dotted name): `from ..explorer.facts
    import Fact` is (2, "explorer.facts.Fact"), `import z3` is (0, "z3")."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            yield from ((node.level, prefix + alias.name) for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """The names next to its own part, in the package `islander`, that a file imports."""
    for part in PARTS:
        if (ROOT / part) in path.parents:
            to_top = len(path.relative_to(ROOT).parts)
            return {name.split(".")[0] for level, name in imports(path) if level >= to_top}
    raise AssertionError(f"{path} is in none of the parts")


@pytest.mark.parametrize(
    ("part", "allowed"),
    [
        ("explorer", set()),
        ("invariants", {"explorer"}),
        ("models", {"explorer", "invariants"}),
        ("reports", {"explorer", "invariants"}),
    ],
)
def test_a_part_imports_only_the_parts_below_it(part: str, allowed: set[str]) -> None:
    assert modules(part)
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in modules(part)
        if (found := parts_imported(path) - allowed)
    }
    assert not wrong


def test_the_parts_import_each_other_relatively() -> None:
    absolute = [
        f"{path.relative_to(ROOT)}: {name}"
        for part in PARTS
        for path in modules(part)
        for level, name in imports(path)
        if level == 0 and name.split(".")[0] in ("islander", *PARTS)
    ]
    assert not absolute


def importers(library: str) -> list[str]:
    """The modules of the parts and of `islander` itself that import `library`."""
    top = sorted((ROOT / "islander").glob("*.py"))
    return [
        str(path.relative_to(ROOT))
        for path in [*top, *(path for part in PARTS for path in modules(part))]
        if any(level == 0 and name.split(".")[0] == library for level, name in imports(path))
    ]


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("z3", ["invariants/solver.py"]),
        ("networkx", ["reports/state_graph.py"]),
        ("numba", ["explorer/bounds.py", "explorer/kernels.py"]),  # the checked build, the kernels
        ("llvmlite", ["explorer/kernels.py"]),
    ],
)
def test_one_module_knows_each_heavy_library(library: str, owners: list[str]) -> None:
    assert importers(library) == owners


def test_only_modules_that_work_on_arrays_know_numpy() -> None:
    tabulated = (
        "drops",
        "faulty",
        "kernels",
        "memory",
        "packing",
        "quotient_tables",
        "snapshot",
        "tables",
        "tabulated",
    )
    assert importers("numpy") == sorted(
        [f"explorer/{name}.py" for name in (*tabulated, "visited", "walker", "ways", "workspace")]
        + ["invariants/evaluate.py"]
    )


def test_importing_islander_imports_nothing_slow() -> None:
    program = (
        "import sys, islander; "
        "slow = {'z3', 'networkx', 'numpy', 'numba', 'typer', 'rich'} & set(sys.modules); "
        "print(*sorted(slow))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_the_pytest_plugin_imports_nothing_of_islander_before_it_is_used() -> None:
    program = (
        "import sys, pytest_islander; "
        "print(*sorted({'islander', 'z3', 'numpy', 'numba', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
