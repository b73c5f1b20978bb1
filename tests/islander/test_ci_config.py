"""`[tool.islander]`: read whole, or refused with all that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from islander import Verdict
from islander.ci_config import Check, Configuration, read_configuration, selected
from islander.explorer import UsageError

Read = Callable[[str], Configuration]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read a pyproject.toml with this in it, from its own directory."""
    monkeypatch.chdir(tmp_path)

    def written(text: str) -> Configuration:
        Path("pyproject.toml").write_text(dedent(text), encoding="utf-8")
        return read_configuration()

    return written


def only(configuration: Configuration) -> Check:
    (check,) = configuration.checks
    return check


def test_the_least_check_expects_its_model_to_hold(read: Read) -> None:
    check = only(read('[[tool.islander.check]]\nmodel = "paxos"'))
    assert (check.name, check.model, check.target) == ("paxos", "paxos", "paxos")
    assert check.expected.verdict is Verdict.HOLDS
    assert check.bounds == {}


def test_everything_a_check_can_say(read: Read) -> None:
    check = only(
        read(
            """
            [tool.islander]
            max-seconds = 60
            threads = 2

            [[tool.islander.check]]
            model = "paxos"
            parameters = { proposers = 2, keep_ignored = true, values = ["x", "y"] }
            bug = "hidden-vote"
            violates = ["single chosen value", "validity"]
            steps = 12
            states = 100
            max-bytes = "2k"
            threads = 1
            keep-going = true
            require-coverage = true
            """
        )
    )
    assert check.name == "paxos proposers=2 keep_ignored=true values=x,y bug=hidden-vote"
    assert check.source.parameters == {
        "proposers": "2",
        "keep_ignored": "true",
        "values": "x,y",
        "bug": "hidden-vote",
    }
    assert check.expected.verdict is Verdict.VIOLATED
    assert check.expected.violates == ("single chosen value", "validity")
    assert (check.expected.steps, check.expected.counts) == (12, {"states": 100})
    assert check.bounds == {
        "max_seconds": 60,
        "max_bytes": 2048,
        "threads": 1,
        "keep_going": True,
    }
    assert check.require_coverage
    assert " ".join(check.options) == (
        "--max-seconds 60 --threads 1 --max-bytes 2k --keep-going --require-coverage"
    )


@pytest.mark.parametrize("says", ['violates = "x"', "steps = 3", 'expect = "violated"'])
def test_a_property_or_a_length_makes_it_an_expected_violation(read: Read, says: str) -> None:
    check = only(read(f'[[tool.islander.check]]\nmodel = "paxos"\n{says}'))
    assert check.expected.verdict is Verdict.VIOLATED


def test_the_nearest_file_with_checks_is_found_upward(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read('[[tool.islander.check]]\nmodel = "models/own.py:mine"')
    below = tmp_path / "deep" / "er"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text('[project]\nname = "other"\n')
    monkeypatch.chdir(below)
    found = read_configuration()
    assert found.path == tmp_path / "pyproject.toml"
    check = only(found)
    assert check.target == "../../models/own.py:mine"  # as a command line here names it
    assert check.kept_source.target == "models/own.py:mine"  # as it is for everybody


def test_where_there_are_no_checks_it_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no \[tool.islander\].*(?s:.*)\[\[tool.islander.check"):
        read_configuration()
    with pytest.raises(UsageError, match=r"cannot read missing.toml: No such file"):
        read_configuration(Path("missing.toml"))


WRONG = {
    "a key that is none": (
        'modle = "paxos"\nmodel = "paxos"',
        "[[tool.islander.check]] 1: there is no key 'modle'; did you mean 'model'?",
    ),
    "no model": ('name = "x"', "[[tool.islander.check]] 1 ('x'): it has no model"),
    "a wrong type": (
        'model = "paxos"\nsteps = "12"',
        "1: steps should be a whole number of at least 0, and at most 2**62; it is '12'",
    ),
    "a yes that is a number": ('model = "paxos"\nstates = true', "states should be a whole number"),
    "a number that is a yes": ('model = "paxos"\nkeep-going = 1', "keep-going should be true or"),
    "no number": ('model = "paxos"\nmax-seconds = nan', "max-seconds should be a number"),
    "an empty name": ('model = "paxos"\nname = " "', "name should be a text"),
    "a bad size": (
        'model = "paxos"\nmax-bytes = "lots"',
        'max-bytes should be a size such as "500',
    ),
    "too many threads": ('model = "paxos"\nthreads = 257', "a whole number from 1 to 256"),
    "an engine that is none": ('model = "paxos"\nengine = "steam"', '"tabulated" or "reference"'),
    "to expect nothing": (
        'model = "paxos"\nexpect = "incomplete"',
        'expect should be "holds" or "violated"; it is \'incomplete\'',
    ),
    "a contradiction": (
        'model = "paxos"\nexpect = "holds"\nviolates = "validity"',
        'expect = "holds" contradicts violates',
    ),
    "no properties": ('model = "paxos"\nviolates = []', "violates should be the name of a"),
    "a bug as a parameter": (
        'model = "paxos"\nparameters = { bug = "amnesia" }',
        'give a bug by bug = "…"',
    ),
    "a parameter that cannot be typed": (
        'model = "paxos"\nparameters = { values = { a = 1 } }',
        "parameters.values should be a number, a text",
    ),
    "a comma in a list": ('model = "paxos"\nparameters = { values = ["a,b"] }', "without commas"),
    "bytes of an engine that counts none": (
        'model = "paxos"\nengine = "reference"\nmax-bytes = "1G"',
        "the reference engine does not count bytes",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_told_with_its_place(read: Read, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(f"[[tool.islander.check]]\n{text}")
    assert str(refused.value).startswith("pyproject.toml, [[tool.islander.check]] 1")
    assert said in str(refused.value)


def test_all_mistakes_are_told_together(read: Read) -> None:
    with pytest.raises(UsageError) as refused:
        read(
            """
            [tool.islander]
            jobs = 2
            max-bytes = 3
            engine = "reference"
            [[tool.islander.check]]
            model = 3
            [[tool.islander.check]]
            name = "second"
            [[tool.islander.check]]
            model = "paxos"
            """
        )
    told = str(refused.value).splitlines()
    assert len(told) == 4
    assert "[tool.islander]: there is no key 'jobs'" in told[0]
    assert "[tool.islander]: max-bytes should be" in told[1]
    assert "[[tool.islander.check]] 1: model should be" in told[2]
    assert "[[tool.islander.check]] 2 ('second'): it has no model" in told[3]


@pytest.mark.parametrize("named", ["", 'name = "a"\n'])
def test_two_checks_of_one_name_are_refused(read: Read, named: str) -> None:
    one = f'[[tool.islander.check]]\nmodel = "paxos"\n{named}'
    with pytest.raises(UsageError, match=r"2 checks are called '(a|paxos)'; give each a name"):
        read(one + one)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.islander]\nmax-states = 5", "lists no checks"),
        ("[tool.islander]\ncheck = 3", "check should be a list of tables"),
        ("[tool.islander.check]\nmodel = 'paxos'", "begin each with [[tool.islander.check]]"),
        ("tool.islander = 3", "tool.islander should be a table"),
        ("[tool.islander", "is not TOML: "),
    ],
)
def test_a_file_of_another_shape_is_refused(read: Read, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(text)
    assert said in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_configuration(path)


def test_names_and_patterns_select_checks_in_the_order_of_the_file(read: Read) -> None:
    names = ("b one", "a", "b two", "[x]")
    found = read("".join(f'[[tool.islander.check]]\nmodel="paxos"\nname="{n}"\n' for n in names))

    def chosen(*wanted: str) -> list[str]:
        return [check.name for check in selected(found, wanted)]

    assert chosen() == list(names)
    assert chosen("a", "b*") == ["b one", "a", "b two"]
    assert chosen("[x]") == ["[x]"]  # a name before it is a pattern
    with pytest.raises(UsageError, match="no check 'b onee'; did you mean 'b one'"):
        chosen("a", "b onee")
