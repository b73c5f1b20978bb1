"""The programs in docs/embedding.md do what the page says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from islander.cli import app
from islander.models.governments.schedules import Run, line_of, read_schedule

PAGE = Path(__file__).resolve().parents[3] / "docs" / "embedding.md"
SHARED_MAP, RECORDED = re.findall(
    r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def test_the_run_of_the_shared_map_is_saved_and_replays_to_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "shared_map.py").write_text(SHARED_MAP, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "shared_map.py"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout.endswith("steps replay to the same 24 packets\n")
    path = tmp_path / "shared_map.schedule.json"
    schedule = read_schedule(path.read_text(encoding="utf-8"))
    run = Run(schedule.options)
    lines = [line_of(line) for step in schedule.steps for line in run.take(step)]
    printed = CliRunner().invoke(app, ["replay", str(path)])
    assert printed.exit_code == 0
    assert printed.stdout_bytes == "\n".join([*lines, ""]).encode()
    assert set(json.loads(lines[-1])["tops"].values()) == {"4/3"}


def test_a_program_that_drives_islanders_alone_runs_as_shown() -> None:
    exec(compile(RECORDED, str(PAGE), "exec"), {})
