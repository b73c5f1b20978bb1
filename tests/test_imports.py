"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "explorer": set(),
    "invariants": {"explorer"},
    "models": {"explorer", "invariants"},
    "reports": {"explorer", "invariants"},
}
FILES = [path for part in (*MAY_IMPORT, "islander") for path in sorted((ROOT / part).glob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, as if it stood in the package `islander`."""
    package = "islander" if path.parent.name == "islander" else f"islander.{path.parent.name}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
            prefix = f"{base}." if node.level else ""
            if node.module:
                yield prefix + node.module
            else:
                yield from (prefix + alias.name for alias in node.names)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_the_parts_it_may(part: str) -> None:
    allowed = {f"islander.{other}" for other in (*MAY_IMPORT[part], part)}
    for path in sorted((ROOT / part).glob("*.py")):
        ours = {name for name in imported(path) if name.split(".")[0] == "islander"}
        assert {".".join(name.split(".")[:2]) for name in ours} <= allowed, path


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_part_names_the_others_relative_to_itself(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module is not None
            assert node.module.split(".")[0] not in {"islander", *MAY_IMPORT}
        if isinstance(node, ast.Import):
            assert not {a.name.split(".")[0] for a in node.names} & {"islander", *MAY_IMPORT}


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("z3", "invariants/solver.py"),
        ("networkx", "reports/state_graph.py"),
        ("numpy", "invariants/evaluate.py"),
    ],
)
def test_one_module_knows_each_heavy_library(library: str, module: str) -> None:
    users = {
        f"{path.parent.name}/{path.name}"
        for path in FILES
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users == {module}


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, islander; print(sorted({'z3', 'networkx', 'numpy'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
