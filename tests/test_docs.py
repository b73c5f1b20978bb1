"""What the documentation shows is what one gets: every console block is run and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from islander.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"^```console\n\$ islander (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(page, *block.groups(), id=f"{page.name}: {block[1]}")
    for page in PAGES
    for block in CONSOLE.finditer(page.read_text(encoding="utf-8"))
]


def test_there_are_console_blocks_to_compare() -> None:
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize(("page", "command", "shown"), BLOCKS)
def test_a_console_block_shows_what_the_command_prints(
    page: Path, command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source, name in SOURCE.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    outcome = CliRunner().invoke(app, command.split())
    assert timeless(outcome.stdout).rstrip() == timeless(shown).rstrip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def timeless(text: str) -> str:
    """`text` without the seconds that a run took."""
    return re.sub(r"\d+\.\d\d s", "… s", text)
