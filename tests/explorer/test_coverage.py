"""Coverage: which cases of which actors ran, and what became of the messages."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from threading import Thread
from types import ModuleType
from typing import Any, assert_never

import pytest

from islander import Actor, Fact, Faults, Fifo, Model, StateInvariant, explore
from islander.explorer.coverage import Coverage
from islander.explorer.source import Sources
from islander.explorer.source_text import SourceText
from islander.models.paxos import paxos

TRUE = StateInvariant("true", lambda state: True)


class Got(Fact):
    what: str


@dataclass
class Source(Actor):
    to: str
    messages: tuple[Any, ...]

    def start(self) -> None:
        for message in self.messages:
            self.send(self.to, message)


@dataclass
class Sink(Actor):
    seen: list[Any] = field(default_factory=list)

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case ("word", what):
                self.record(Got(what))
            case int() as number if number > 5:
                self.seen = [number]
            case int(): self.seen = [0]  # fmt: skip # noqa: E701
            case "skip": pass  # fmt: skip # noqa: E701
            case "never": pass  # fmt: skip # noqa: E701
            case None:
                pass
            case bytes():
                assert_never(message)  # type: ignore[arg-type]
            case float():
                raise AssertionError(message)

    def timeout(self, name: str) -> None:
        self.seen = []

    def crash(self) -> None:
        self.seen = []


def covered(*messages: Any, sink: Actor | None = None, **options: Any) -> Coverage:
    actors = {"source": Source("sink", messages), "sink": sink or Sink()}
    return explore(Model("m", actors, properties=[TRUE], **options)).coverage


def never(coverage: Coverage) -> list[str]:
    return [str(case) for case in coverage.never_run]


WORD, LARGE, SMALL = 'case ("word", what)', "case int() as number if number > 5", "case int()"
SKIP, NEVER, NONE = 'case "skip"', 'case "never"', "case None"


def cases(*texts: str) -> list[str]:
    return [f"Sink.receive, {text}" for text in texts]


def test_a_case_ran_if_its_body_did() -> None:
    assert never(covered(("word", "x"))) == cases(LARGE, SMALL, SKIP, NEVER, NONE)
    assert never(covered(7)) == cases(WORD, SMALL, SKIP, NEVER, NONE)
    assert never(covered(3)) == cases(WORD, LARGE, SKIP, NEVER, NONE)


def test_a_case_that_passes_on_a_line_of_its_own_is_seen() -> None:
    assert never(covered(None)) == cases(WORD, LARGE, SMALL, SKIP, NEVER)


def test_a_case_that_passes_on_its_own_line_is_seen() -> None:
    assert never(covered("skip")) == cases(WORD, LARGE, SMALL, NEVER, NONE)


def test_what_matches_no_case_is_no_case_that_ran() -> None:
    assert never(covered("other")) == cases(WORD, LARGE, SMALL, SKIP, NEVER, NONE)


def test_cases_are_counted_by_pairs() -> None:
    coverage = covered(7, 8, "other")
    pairs = {str(case): count for case, count in coverage.cases}
    # 7 and 8 arrive at a sink that has seen nothing or the other; "other", at one of all three.
    assert pairs[f"Sink.receive, {LARGE}"] == 4
    assert pairs["Sink.receive"] == 7
    assert pairs["Source.start"] == 1


def test_handlers_that_the_model_cannot_call_are_left_out() -> None:
    told = [str(case) for case, _ in covered(7).cases]
    assert "Sink.timeout" not in told
    assert "Sink.crash" not in told
    crashing = covered(7, faults=Faults(crashes=1, actors=["sink"]))
    assert {str(case): n for case, n in crashing.cases}["Sink.crash"] == 2


def test_a_case_says_where_it_stands() -> None:
    place = next(case.place for case, _ in covered(7).cases if case.text == "None")
    lines, first = inspect.getsourcelines(Sink)
    assert place.file == __file__
    assert lines[place.line - first].strip() == "case None:"
    assert place.function == "Sink.receive"


def test_message_kinds_that_are_always_ignored_or_never_arrive_are_told() -> None:
    coverage = covered("other", 7, ("word", "x"))
    kinds = {one.kind: one for one in coverage.messages}
    assert kinds["'other'"].problem == "always ignored"
    assert kinds["int"].problem == ""
    assert kinds["'word'"].problem == ""
    assert not any("'other'" in gap for gap in coverage.gaps)
    # What is ignored stays at the head of the queue, and what is behind it never arrives.
    stuck = covered("other", 7, network=Fifo(keep_ignored=True))
    assert {one.kind: one.problem for one in stuck.messages} == {
        "'other'": "always ignored",
        "int": "never delivered",
    }


def test_distinct_facts_are_counted_by_relation() -> None:
    assert covered(("word", "x"), ("word", "y")).relations == (("Got", 2),)


def test_a_class_without_source_is_named() -> None:
    space: dict[str, Any] = {"Actor": Actor, "dataclass": dataclass}
    exec(
        "@dataclass\nclass Odd(Actor):\n def receive(self, message, sender):\n  pass\n",
        space | {"__name__": "odd"},
        space,
    )
    coverage = covered(7, sink=space["Odd"]())
    assert coverage.unread == ("Odd",)
    assert "Odd: its source cannot be read" in coverage.gaps


@pytest.mark.parametrize("engine", ["tabulated", "reference"])
def test_both_engines_cover_the_same(engine: str) -> None:
    coverage = explore(paxos(), engine=engine).coverage
    assert not coverage.never_run
    assert not coverage.gaps
    assert {one.kind: (one.delivered, one.ignored) for one in coverage.messages} == {
        "Prepare": (45, 18),
        "Promise": (81, 42),
        "Accept": (45, 9),
    }


def test_the_handlers_have_their_own_code_again_when_it_is_over() -> None:
    before = Sink.receive.__code__, sys.gettrace()
    covered(7)
    assert Sink.receive.__code__ is before[0]
    assert sys.gettrace() is before[1]
    sources = Sources({"sink": Sink()})
    with sources.watch():
        assert Sink.receive.__code__ is not before[0]
    assert Sink.receive.__code__ is before[0]
    with pytest.raises(AssertionError), sources.watch():
        Sink().receive(1.5, "")
    assert Sink.receive.__code__ is before[0]


def test_what_runs_in_another_thread_meanwhile_is_not_noted() -> None:
    sources = Sources({"sink": Sink()})
    with sources.watch() as ran:
        other = Thread(target=Sink().timeout, args=("x",))
        other.start()
        other.join()
        assert ran == []
        Sink().timeout("x")
        assert [str(case) for case in ran] == ["Sink.timeout"]


def test_where_no_code_can_be_marked_it_is_unknown_what_ran(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with an interpreter that makes other code of marked text."""
    monkeypatch.setattr(SourceText, "marked", lambda self, code: None)
    assert unknown(covered(7))
    monkeypatch.setattr(SourceText, "marked", lambda self, code: (lambda: monkeypatch).__code__)
    assert unknown(covered(7))


def unknown(coverage: Coverage) -> bool:
    assert coverage.unread == ("Source", "Sink")
    assert coverage.cases == ()
    return not coverage.never_run


# -- models that are written to a file, so that their text can be anything ---------------------

HEAD = """
import functools
from dataclasses import dataclass
from islander import Actor, Fact, Faults, Model, StateInvariant

RAN = set()

def mark(number):
    RAN.add(number)

"""

TAIL = """

def model(**options):
    return Model("m", {"a": A()}, properties=[StateInvariant("t", lambda s: True)], **options)
"""

START = "    def start(self): self.send('a', 1)\n"

Write = Callable[[str], ModuleType]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Imports a file of this text, with what a model needs around it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(text: str) -> ModuleType:
        path = tmp_path / f"written{len(list(tmp_path.iterdir()))}.py"
        path.write_text(HEAD + text + TAIL, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, path.stem, module)
        spec.loader.exec_module(module)
        return module

    return written


def of(write: Write, methods: str, before: str = "", **options: Any) -> Coverage:
    text = f"{before}@dataclass\nclass A(Actor):\n    x: int = 0\n{START}{methods}"
    return explore(write(text).model(**options)).coverage


def told(coverage: Coverage) -> dict[str, bool]:
    """Each case without its function, and each handler: whether it ran."""
    return {case.text or case.place.function: pairs > 0 for case, pairs in coverage.cases}


def arms(write: Write, *written: str) -> dict[str, bool]:
    body = "".join(f"            {arm}\n" for arm in written)
    methods = f"    def receive(self, m, s):\n        match m:\n{body}"
    return {k: v for k, v in told(of(write, methods)).items() if not k.startswith("A.")}


@pytest.mark.parametrize("body", ["pass", "...", '"nothing"', "x: int"])
def test_a_body_that_leaves_no_instruction_behind_is_told_as_any_other(
    write: Write, body: str
) -> None:
    assert arms(write, f"case 1: {body}", f"case 2: {body}") == {"1": True, "2": False}
    assert arms(write, f"case 2: {body}", f"case 1: {body}") == {"2": False, "1": True}
    assert arms(write, f"case 2: {body}", f"case _: {body}") == {"2": False, "_": True}
    assert arms(write, f"case 1: {body}", f"case y: {body}") == {"1": True, "y": False}
    assert arms(write, f"case 2: {body}", f"case y if s: {body}") == {"2": False, "y if s": True}


def test_a_guard_that_is_never_true_is_no_case_that_ran(write: Write) -> None:
    assert arms(write, "case 1 if False: pass", "case 3: pass", "case _: m = 1") == {
        "1 if False": False,
        "3": False,
        "_": True,
    }
    assert arms(write, "case 2: pass", "case 1 if False: pass") == {"2": False, "1 if False": False}


def test_a_silent_case_is_seen_in_a_loop_that_comes_to_the_next_one_later(write: Write) -> None:
    coverage = of(
        write,
        "    def receive(self, m, s):\n        for i in (0, 1):\n            match i:\n"
        "                case 0: pass\n                case 1: continue\n"
        "                case 5: pass\n                case _: self.x = 1\n",
    )
    assert {k: v for k, v in told(coverage).items() if k[0] != "A"} == {
        "0": True,
        "1": True,
        "5": False,
        "_": False,
    }


def test_matches_in_static_methods_and_nested_functions_are_covered(write: Write) -> None:
    coverage = of(
        write,
        "    def receive(self, m, s):\n        def inner():\n            match m:\n"
        "                case 1: return 1\n                case 2: return 2\n"
        "        self.x = inner() + self.outer(m)\n    @staticmethod\n    def outer(m):\n"
        "        match m:\n            case 3: return 1\n            case _: return 2\n",
    )
    assert never(coverage) == ["A.receive, case 2", "A.outer, case 3"]


def test_a_handler_that_only_another_handler_calls_keeps_its_cases(write: Write) -> None:
    coverage = of(
        write,
        "    def receive(self, m, s): self.timeout('x')\n    def timeout(self, name):\n"
        "        match name:\n            case 'x': self.x = 1\n"
        "            case 'y': self.x = 2\n    def recover(self): self.x = 3\n",
    )
    assert never(coverage) == ["A.timeout, case 'y'"]
    assert "A.recover" not in told(coverage)


OBSERVED = """
    def facts(self): return self.described()
    def drops(self, m, s, r): return self.dropped(m)
    def receive(self, m, s): self.x = 2
    def described(self):
        match self.x:
            case 2: return []
            case _: return []
    def dropped(self, m):
        match m:
            case 1: return False
            case 2: return True
    @classmethod
    def made(cls, how):
        match how:
            case 1: return cls()
"""


def test_cases_that_no_handler_can_come_to_are_left_out(write: Write) -> None:
    assert told(of(write, OBSERVED)) == {"A.start": True, "A.receive": True}


def test_methods_that_are_found_by_a_computed_name_or_a_function_are_covered(write: Write) -> None:
    match = "        match m:\n            case 1: self.x = 1\n            case 2: self.x = 2\n"
    computed = "    def receive(self, m, s): getattr(self, f'on_{m}')(m)\n"
    unrun = f"    def on_1(self, m): pass\n    def on_2(self, m):\n{match}"
    assert never(of(write, computed + unrun)) == ["A.on_2, case 1", "A.on_2, case 2"]
    helped = f"    def receive(self, m, s): help(self, m)\n    def on_1(self, m):\n{match}"
    before = "def help(one, m):\n    if m == 9: one.on_1(m)\n"
    assert never(of(write, helped, before)) == ["A.on_1, case 1", "A.on_1, case 2"]


def test_one_function_of_two_names_ran_if_it_did_as_either(write: Write) -> None:
    methods = (
        "    def _handle(self, m, s): self.x = 1\n    receive = _handle\n    recover = start\n"
    )
    coverage = of(write, methods, faults=Faults(crashes=1))
    assert told(coverage) == {"A.start": True, "A._handle": True}


DECORATED = """
    @decorated
    def receive(self, m, s):
        match m:
            case 1: self.x = 1
            case 2: self.x = 2
"""


def test_a_decorator_that_hides_the_handler_leaves_its_class_unread(write: Write) -> None:
    hiding = "def decorated(f):\n    def around(*a):\n        return f(*a)\n    return around\n"
    coverage = of(write, DECORATED, hiding)
    assert coverage.unread == ("A",)
    assert not coverage.never_run
    telling = hiding.replace("    def", "    @functools.wraps(f)\n    def")
    assert never(of(write, DECORATED, telling)) == ["A.receive, case 2"]


def test_an_overridden_method_counts_only_if_it_ran(write: Write) -> None:
    base = (
        "class Base(Actor):\n    def receive(self, m, s):\n        match m:\n"
        "            case 1: self.x = 1\n            case 2: self.x = 2\n"
    )
    own = "@dataclass\nclass A(Base):\n    x: int = 0\n" + START + "    def receive(self, m, s): "
    assert told(explore(write(base + own + "self.x = 5").model()).coverage) == {
        "A.start": True,
        "A.receive": True,
    }
    called = explore(write(base + own + "super().receive(m, s)").model()).coverage
    assert never(called) == ["Base.receive, case 2"]


def test_the_implementations_of_a_single_dispatch_are_handlers(write: Write) -> None:
    coverage = of(
        write,
        "    @functools.singledispatchmethod\n    def receive(self, m, s): raise TypeError\n"
        "    @receive.register\n    def _(self, m: int, s):\n        match m:\n"
        "            case 1: self.x = 1\n            case 2: self.x = 2\n"
        "    @receive.register\n    def _(self, m: str, s): self.x = 3\n",
    )
    assert never(coverage) == ["A._(int), case 2", "A._(str)"]


EDITED = "    def receive(self, m, s):\n        match m:\n            case 1: m = 1\n"


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "\n" + text,
        lambda text: text.replace("        match", "        # more\n        match"),
        lambda text: text.replace("case 1", "case 2"),
        lambda text: text + "(",
        lambda text: None,
    ],
)
def test_a_file_that_was_edited_since_is_unread(
    write: Write, edit: Callable[[str], str | None]
) -> None:
    text = f"@dataclass\nclass A(Actor):\n    x: int = 0\n{START}{EDITED}"
    module = write(text)
    assert module.__file__ is not None
    path = Path(module.__file__)
    edited = edit(path.read_text(encoding="utf-8"))
    path.unlink() if edited is None else path.write_text(edited, encoding="utf-8")
    coverage = explore(module.model()).coverage
    assert coverage.unread == ("A",)
    assert not any("case" in str(case) for case, _ in coverage.cases)


def test_a_comment_after_the_code_leaves_it_read(write: Write) -> None:
    module = write(f"@dataclass\nclass A(Actor):\n    x: int = 0\n{START}{EDITED}")
    assert module.__file__ is not None
    with Path(module.__file__).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert not explore(module.model()).coverage.gaps


CLOSED = '''
def mixed(step):
    class Mixed(Actor):
        def receive(self, m, s):
            """What is in a closure, and names that only a class has."""
            global LAST
            LAST = step
            match m:
                case 1: self.__count(step)
                case 2: self.__count(0)
        def __count(self, by):
            match by:
                case 0: pass
                case int(): self.x += by
            return __class__
    return Mixed
'''


def test_functions_with_closures_docstrings_and_private_names_are_covered(write: Write) -> None:
    text = f"{CLOSED}@dataclass\nclass A(mixed(2)):\n    x: int = 0\n{START}"
    coverage = explore(write(text).model()).coverage
    assert not coverage.unread
    assert never(coverage) == ["Mixed.receive, case 2", "Mixed.__count, case 0"]


# -- against twins that note by themselves what runs -------------------------------------------

BODIES = (
    *("pass", "...", '"doc"', "z = 1", "z = m; z = 2", "return", "assert True", "z: int"),
    *("z = 3 if m == 1 else 4", "z = [q for q in (1, 2)]", "z = lambda: m", "raise KeyError"),
)


def matches(random: Random, indent: str, numbers: Iterator[int], deep: int) -> Iterator[list[str]]:
    """The lines of a match, each with that of its twin."""
    # Each line of the twin may be several, joined by newlines; an empty one has no counterpart.
    yield [f"{indent}match {random.choice(['m', 'self.x', 'k'])}:"] * 2
    for left in range(random.randint(0, 3), -1, -1):
        pattern = random.choice(["0", "1", "2 | 3", "int()", "str()", "int() as y", "_", "y"])
        guards = ["", "", " if self.x", " if m == 2", " if False", " if any(q for q in (k, 0))"]
        guard = random.choice(guards)
        if pattern in ("_", "y") and left and not guard:
            guard = " if m == 3"
        number, inner = next(numbers), indent + "    "
        head, body = f"{inner}case {pattern}{guard}:", random.choice(BODIES)
        noting = f"{head}\n{inner}    mark({number})"
        shape = random.randrange(4)
        if shape < 2:
            yield [f"{head} {body}  # {number}", f"{noting}\n{inner}    {body}"]
        elif shape == 2 or deep == 2:
            yield [f"{head}  # {number}\n{inner}    {body}", f"{noting}\n{inner}    {body}"]
        else:
            yield [f"{head}  # {number}", noting]
            yield from matches(random, inner + "    ", numbers, deep + 1)


SHAPES = (
    "",
    "for k in (0, 1):",
    "while k < 2:\n            k += 1",
    "try:\n            k = 1\n        finally:",
    "with suppress(KeyError):",
)


@pytest.mark.parametrize("seed", range(40))
def test_what_ran_is_what_a_twin_notes(write: Write, seed: int) -> None:
    random, numbers = Random(seed), count()
    shape = SHAPES[seed % len(SHAPES)]
    lines = list(matches(random, " " * (12 if shape else 8), numbers, 0))
    messages = sorted(random.sample(range(5), 3))
    texts = [
        "from contextlib import suppress\n"
        f"@dataclass\nclass A(Actor):\n    x: int = 0\n    def start(self):\n"
        f"        for m in {messages}: self.send('a', m)\n"
        f"    def receive(self, m, s):\n        with suppress(KeyError): self.judge(m, 0)\n"
        f"        self.x = min(self.x + 1, 2)\n    def judge(self, m, k):\n        {shape}\n"
        + "\n".join(line[twin] for line in lines)
        for twin in (0, 1)
    ]
    plain, twin = map(write, texts)
    explore(twin.model())
    assert plain.__file__ is not None
    source = Path(plain.__file__).read_text(encoding="utf-8").split("\n")
    coverage = explore(plain.model()).coverage
    found = {
        int(source[case.place.line - 1].rpartition("# ")[2]): pairs > 0
        for case, pairs in coverage.cases
        if case.text
    }
    assert not coverage.unread
    assert {number for number, ran in found.items() if ran} == twin.RAN & set(found)
    for number in set(range(next(numbers))) - set(found):
        (at,) = [at for at, one in enumerate(source) if one.endswith(f"# {number}")]
        assert "raise" in source[at] + source[at + 1]  # it only refuses
