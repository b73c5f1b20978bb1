"""The comparison with other tools reads what they say, and fails where they count differently."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str, modules: pytest.MonkeyPatch) -> Any:
    """The script of this name, which those loaded after it may import."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    modules.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


with pytest.MonkeyPatch.context() as modules:
    tools, report, compare = (load(name, modules) for name in ("tools", "report", "compare"))

SPIN = """\
Depth=      27 States=    6e+06 Transitions= 3.41e+07 Memory=   357.004	t=     6.85 R=   9e+05

(Spin Version 6.5.2 -- 6 December 2019)

Full statespace search for:
	never claim         	- (none specified)
	assertion violations	+
	cycle checks       	- (disabled by -DSAFETY)
	invalid end states	+

State-vector 20 byte, depth reached 27, errors: 0
  6930382 states, stored
 32612763 states, matched
 39543145 transitions (= stored+matched)
        0 atomic steps
hash conflicts:   5234886 (resolved)

  392.551	memory usage (Mbyte)


pan: elapsed time 8.01 seconds
pan: rate 865216.23 states/second
"""

TLC = """\
TLC2 Version 2.15 of Day Month 20?? (rev: d5b5a7f)
Starting... (2026-11-23 13:21:37)
Computing initial states...
Finished computing initial states: 1 distinct state generated at 2026-11-23 13:21:38.
Progress(9) at 2026-11-23 13:21:40: 21,204 states generated, 6,811 distinct states found, 9 states \
left on queue.
Model checking completed. No error has been found.
  Estimates of the probability that TLC did not check all reachable states
  because two distinct states had the same fingerprint:
  calculated (optimistic):  val = 8.5E-11
91783 states generated, 22754 distinct states found, 0 states left on queue.
The depth of the complete state graph search is 18.
The average outdegree of the complete state graph is 1 (minimum is 0, the maximum 7 and the 95th \
percentile is 3).
Finished in 03s at (2026-11-23 13:21:40)
"""


def test_spin_counts_one_transition_for_the_initial_state() -> None:
    run = tools.spin_run(SPIN)
    assert (run.states, run.transitions, run.depth) == (6_930_382, 39_543_144, None)
    assert run.seconds == 8.01


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("errors: 0", "errors: 1"),
        ("Depth=", "error: max search depth too small\nDepth="),
        ("  6930382 states, stored\n", ""),
        ("elapsed time", "time"),
    ],
)
def test_a_spin_that_did_not_finish_well_is_no_measurement(said: str, instead: str) -> None:
    assert said in SPIN
    with pytest.raises(tools.ToolError, match="SPIN"):
        tools.spin_run(SPIN.replace(said, instead))


def test_tlc_counts_the_initial_state_as_generated_and_the_states_on_a_path() -> None:
    run = tools.tlc_run(TLC)
    assert (run.states, run.transitions, run.depth) == (22_754, 91_782, 17)
    assert run.seconds == 3


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("04min 03s", 243), ("01h 02min", 3720), ("59s", 59), ("1d 02h", 93_600)],
)
def test_tlc_says_its_time_in_units(words: str, seconds: float) -> None:
    assert tools.tlc_run(TLC.replace("in 03s at", f"in {words} at")).seconds == seconds


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("No error has been found", "Error: Invariant Agreement is violated"),
        ("0 states left on queue", "7 states left on queue"),
    ],
)
def test_a_tlc_that_did_not_finish_well_is_no_measurement(said: str, instead: str) -> None:
    assert said in TLC
    with pytest.raises(tools.ToolError, match="TLC"):
        tools.tlc_run(TLC.replace(said, instead))


def test_a_verdict_other_than_holds_is_no_measurement() -> None:
    with pytest.raises(tools.ToolError, match="'incomplete'"):
        tools.islander_run('{"states": 1, "verdict": "incomplete"}')


def test_the_configuration_for_tlc_is_of_the_instance() -> None:
    text = tools.tlc_configuration(tools.Instance(3, 4))
    assert re.findall(r"(Proposers|Acceptors|Rounds) = (\d+)", text) == [
        ("Proposers", "3"),
        ("Acceptors", "4"),
        ("Rounds", "1"),
    ]


def record(tool: Any, instance: Any, states: int, transitions: int, depth: int | None) -> Any:
    run = tools.Run(states, transitions, depth, seconds=1.0)
    return compare.Record(compare.Job(tool, instance), 1, 0.0, run)


SPIN_TOOL = tools.Spin("as in paxos.pml", (), (), Path())
WIDE = tools.Instance(2, 5)


def test_equal_counts_are_no_difference() -> None:
    same = [
        record(tools.Islander(), WIDE, 10, 20, 5),
        record(SPIN_TOOL, WIDE, 10, 20, None),
        record(tools.Islander(), tools.Instance(2, 2), 248, 564, 12),
    ]
    assert compare.differences(same) == []


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ((11, 20, None), "2 × 5: states: 11 by SPIN, as in paxos.pml, 10 by Islander, 1 thread"),
        ((10, 21, 5), "2 × 5: transitions: 21 by SPIN, as in paxos.pml, 20 by Islander, 1 thread"),
        ((10, 20, 6), "2 × 5: depth: 6 by SPIN, as in paxos.pml, 5 by Islander, 1 thread"),
    ],
)
def test_a_difference_is_told_once_and_says_who_counts_what(counts: Any, line: str) -> None:
    other = record(SPIN_TOOL, WIDE, *counts)
    found = compare.differences([record(tools.Islander(), WIDE, 10, 20, 5), other, other])
    assert found == [line]


def test_a_count_other_than_the_confirmed_one_is_a_difference() -> None:
    (line,) = compare.differences([record(tools.Islander(), tools.Instance(2, 2), 249, 564, 12)])
    assert line == "2 × 2: states: 249 by Islander, 1 thread, 248 by README.md"


def test_the_confirmed_counts_are_those_of_the_readme() -> None:
    readme = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    for instance, (states, transitions, depth) in compare.CONFIRMED.items():
        row = f"| {instance} | 1 | consumed | {states:,} | {transitions:,} | {depth} |"
        assert row in readme


class Miscounting:
    """A tool that finds a state too many."""

    name = "miscounting"

    def run(self, instance: Any) -> Any:
        states, transitions, depth = compare.CONFIRMED.get(instance, (1, 1, 1))
        return tools.Run(states + 1, transitions, depth, seconds=1.0)


def test_the_command_fails_where_the_counts_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare.py", "--repeat", "1", "--touch", "0"])
    job = compare.Job(Miscounting(), compare.MAIN)
    monkeypatch.setattr(compare, "planned", lambda arguments, tools: [job])
    monkeypatch.setattr(compare, "latency", lambda command: [1.0])
    assert compare.main() == 1
    said = capsys.readouterr()
    assert "3 × 3: states: 6,930,383 by miscounting, 6,930,382 by README.md" in said.err
    assert said.out == ""


def test_a_tool_that_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare.shutil, "which", lambda name: None)
    found, left_out = compare.outside_tools(BENCHMARKS / "README.md", Path())
    assert found == []
    assert left_out == ["SPIN (spin and gcc not on PATH)", "TLC (java not on PATH)"]


def test_the_report_compares_with_the_fastest_spin() -> None:
    one, trivial, slow = tools.Islander(), tools.Islander(trivial=True), tools.Islander("reference")
    quick_spin = tools.Spin("uncompressed", (), (), Path())
    times = {one: (2.0, 1.0, 4.0), trivial: (2.0,), SPIN_TOOL: (8.0,), quick_spin: (6.0,)}
    runs: dict[Any, Any] = {
        (tool, compare.MAIN): [tools.Run(100, 600, 3, seconds=s, peak_bytes=5000) for s in taken]
        for tool, taken in times.items()
    }
    runs[one, compare.SMALL] = runs[slow, compare.SMALL] = [tools.Run(10, 20, 3, seconds=1.0)]
    text = report.text(runs, {"--help": [0.3, 0.1, 0.2]}, {"processor": "x"}, ["TLC (no)"], 1)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["Islander, 1 thread", "2.00", "1.00", "0.00", "300", "3.00", "", "0", "50.0"] in rows
    assert ["SPIN, as in paxos.pml", "8.00", "8.00", "0.00", "75", "0.75", "", "0", "50.0"] in rows
    assert ["`islander --help`", "0.10", "0.20"] in rows
    assert "- left out: TLC (no)" in text
