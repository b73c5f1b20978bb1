"""What the documentation shows is what one gets: every console block is run and compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from islander.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"^```console\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
SOURCE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(text[: block.start()], block[1], id=f"{page.name}: {block[1].splitlines()[0][2:]}")
    for page, text in ((page, page.read_text(encoding="utf-8")) for page in PAGES)
    for block in CONSOLE.finditer(text)
]


def test_there_are_console_blocks_to_compare() -> None:
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize(("before", "block"), BLOCKS)
def test_a_console_block_shows_what_its_commands_print(
    before: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory with the files that the page shows before, as they were last."""
    for source, name in SOURCE.findall(before):
        (tmp_path / name).write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for shown in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = shown.partition("\n")
        assert_shows(timeless(printed(command.split())).rstrip(), timeless(output).rstrip())


def assert_shows(printed: str, shown: str) -> None:
    """What is shown is what was printed; a line "…" stands for any lines."""
    parts = re.split(r"^…$", shown, flags=re.MULTILINE)
    if len(parts) == 1:
        assert printed == shown
    at = 0
    for part in map(str.strip, parts):
        assert part in printed[at:]
        at = printed.index(part, at) + len(part)


def test_a_line_left_out_stands_for_any_lines_but_not_for_another_order() -> None:
    assert_shows("a\nb\nc\nd", "a\n…\nd")
    for wrong in ("a\n…\ne", "d\n…\na", "a\nc"):
        with pytest.raises(AssertionError):
            assert_shows("a\nb\nc\nd", wrong)


def printed(command: list[str]) -> str:
    """What a command writes to standard output."""
    program, *arguments = command
    if program == "islander":
        return CliRunner().invoke(app, arguments).stdout
    plain = {
        "pytest": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        "python": [sys.executable, *arguments],
    }
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        plain[program], capture_output=True, text=True, check=False, env=environment
    ).stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def timeless(text: str) -> str:
    """`text` without the seconds that a run took."""
    return re.sub(r"\d+\.\d\d ?s", "… s", text)
