from __future__ import annotations

from pathlib import Path

import pytest

from .by_hand import by_hand
from .mutants import Mutant
from .running import Copy, Fate
from .targets import ROOT, TARGETS

QUICK = ("tests/explorer/test_network.py",)


def test_what_mutants_made_by_hand_replace_is_there_exactly_once() -> None:
    made = by_hand()
    assert len({(one.module, one.what) for one in made}) == len(made) > 60
    assert all(one.before != one.after for one in made)


def test_all_that_is_mutated_and_all_tests_that_are_to_notice_are_there() -> None:
    named = [(ROOT / module, tests) for module, tests in TARGETS.items()]
    named += [(ROOT / one.module, one.tests) for one in by_hand()]
    for module, tests in named:
        assert module.is_file()
        assert tests
        for test in tests:
            file, _, name = test.partition("::")
            assert name in (ROOT / file).read_text("utf-8")


def test_a_fault_is_noticed_a_comment_is_not_and_all_is_as_before(tmp_path: Path) -> None:
    network = ROOT / "explorer/network.py"
    before = network.read_text("utf-8")
    copy = Copy(tmp_path)
    comment = Mutant("explorer/network.py", "a comment", before, before + "# more\n", QUICK)
    fault = comment._replace(after=before.replace("return [queue[0] for", "return [queue[-1] for"))
    fates = [copy.put_on_trial(one).fate for one in (fault, comment, fault._replace(tests=("no",)))]
    assert fates == [Fate.KILLED, Fate.SURVIVED, Fate.STALE]
    assert (tmp_path / "explorer/network.py").read_text("utf-8") == before
    assert network.read_text("utf-8") == before


def test_a_sample_is_the_same_for_the_same_seed_and_takes_modules_in_turn() -> None:
    pytest.importorskip("cosmic_ray", reason="the extra `mutation` is not installed")
    from .sampling import sample

    few = {name: TARGETS[name] for name in ("explorer/judging.py", "invariants/evaluate.py")}
    drawn = sample(few, 6, seed=3)
    assert drawn == sample(few, 6, seed=3) != sample(few, 6, seed=4)
    assert [one.module for one in drawn] == [*few] * 3
    assert all(one.diff for one in drawn)


def test_annotations_are_not_mutated() -> None:
    pytest.importorskip("cosmic_ray", reason="the extra `mutation` is not installed")
    from .sampling import _places

    source = "def f(a: int | None) -> int | str:\n    b: int | None = a\n    return 1 if b else 2\n"
    assert {line for line, _ in _places(source)} == {3}
