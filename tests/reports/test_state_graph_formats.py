"""Each format says the same, is read back by its tools, and survives whatever a model says."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import networkx
import pytest

from islander import Actor, Fact, FactInvariant, Model, Result, StepInvariant, explore
from islander.explorer import UsageError
from islander.models.paxos import paxos
from islander.reports import graph_formats
from islander.reports.drawing import shortened
from islander.reports.state_graph import save_graph, to_networkx
from islander.reports.words import clean

from ..tools import need
from .transition_systems import bisimilar, read_aldebaran

HOSTILE = {
    "quote": 'a"b""',
    "backslash": "a\\b\\",
    "escapes": "\\N \\G \\l \\n %22 %",
    "newline": "a\nb\r\nc",
    "cdata": "]]>",
    "script": "</svg><script>alert(1)</script>",
    "entity": "&amp; &lt; & &#65;",
    "bar": "b|a|c",
    "control": "\x00\x1b[31m\x7f\u2028",
    "emoji": "🏝️ 🧑‍🚀 é",
    "brackets": ") ( (]",
    "html": "<b>x</b>",
    "port": "a:b->c;{}[]",
    "long": "lang" * 2500,
}


class Said(Fact):
    what: str


@dataclass
class Talker(Actor):
    word: str

    def start(self) -> None:
        self.send(self.id, (self.word, 1))
        self.set_timer(self.word)

    def receive(self, message: object, sender: str) -> None:
        self.word += self.choose(["!", self.word])
        self.record(Said(self.word))

    def timeout(self, name: str) -> None:
        pass


def talking(word: str) -> Result:
    """Everything in it is named by `word`, and its invariant is violated after a step."""
    silence = FactInvariant(word, lambda facts: not facts)
    return explore(Model(word, {word: Talker(word)}, properties=[silence]), keep_going=True)


def saved(path: Path, result: Result, **options: object) -> str:
    save_graph(path, result, result_trace(result), 5000, **options)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


def result_trace(result: Result):  # type: ignore[no-untyped-def]
    return next(iter(result.properties.values())).trace


@pytest.fixture(params=list(HOSTILE))
def word(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


# -- what is said --------------------------------------------------------------------------------


def test_steps_tell_their_envelope_and_the_fields_of_its_message(holding: Result) -> None:
    _, _, first = next(iter(to_networkx(holding).edges(data=True)))
    assert first["kind"] == "deliver"
    assert (first["sender"], first["receiver"], first["message"]) == ("p1", "a1", "Prepare")
    assert first["field ballot"] == "1"
    assert json.loads(first["action"]) == {
        "action": "deliver",
        "actor": "a1",
        "sender": "p1",
        "message": {"#record": "Prepare", "ballot": 1},
    }


def test_states_tell_their_facts_and_which_invariants_they_violate() -> None:
    result = talking("hush")
    drawn = to_networkx(result)
    first, *others = (data for _, data in drawn.nodes(data=True))
    assert (first["facts"], first["violates"]) == ("", "")
    broken = [data for data in others if data["facts"]]
    assert broken
    assert all(data["violates"] == "hush" for data in broken)
    kinds = {data["kind"]: data for _, _, data in drawn.edges(data=True)}
    assert kinds["timeout"]["timer"] == "hush"
    assert {data["choices"] for _, _, data in drawn.edges(data=True)} == {"", "'!'", "'hush'"}


@pytest.mark.parametrize("deepest", [3, 10, 20])
def test_states_at_a_depth_bound_are_terminal_only_if_they_have_no_step(deepest: int) -> None:
    result = explore(paxos(2, 2), max_depth=deepest)
    nodes = [data for _, data in to_networkx(result).nodes(data=True)]
    assert sum(data["terminal"] for data in nodes) == result.terminal


def test_states_that_the_search_did_not_expand_are_not_called_terminal() -> None:
    stopped = to_networkx(explore(paxos(bug="hidden-vote")))
    last = [data for _, data in stopped.nodes(data=True) if data["unexpanded"]]
    assert last
    assert not any(data["terminal"] for data in last)


def test_a_step_that_violates_an_invariant_says_so(tmp_path: Path) -> None:
    quiet = StepInvariant("quiet", lambda before, event, after: before.word == after.word)
    result = explore(Model("m", {"a": Talker("b")}, properties=[quiet]), keep_going=True)
    edges = [data for _, _, data in to_networkx(result).edges(data=True)]
    assert all((data["violates"] == "quiet") == (data["kind"] == "deliver") for data in edges)
    save_graph(tmp_path / "g.dot", result, None, 100)
    lines = [line for line in (tmp_path / "g.dot").read_text().splitlines() if "->" in line]
    assert len(lines) == len(edges)
    assert all(("violates: quiet" in line) == ("('b', 1)" in line) for line in lines)


# -- GraphML and JSON ----------------------------------------------------------------------------


@pytest.mark.parametrize("view", [None, "facts"])
def test_graphml_and_json_read_back_what_is_drawn(tmp_path: Path, word: str, view: str) -> None:
    result = talking(word)
    text = saved(tmp_path / "g.graphml", result, view=view)
    back = networkx.parse_graphml(text, node_type=int, force_multigraph=True)
    again = networkx.node_link_graph(
        json.loads(saved(tmp_path / "g.json", result, view=view)), edges="edges"
    )
    assert dict(back.nodes(data=True)) == dict(again.nodes(data=True))
    assert list(map(repr, back.edges(data=True))) == list(map(repr, again.edges(data=True)))
    if view is None:
        drawn = to_networkx(result, result_trace(result))
        assert dict(again.nodes(data=True)) == dict(drawn.nodes(data=True))
        assert list(again.edges(data=True)) == list(drawn.edges(data=True))
        actions = [json.loads(data["action"]) for _, _, data in back.edges(data=True)]
        assert {action["actor"] for action in actions} == {word}  # nothing is lost


# -- DOT and pictures ----------------------------------------------------------------------------


def drawn_texts(svg: str) -> dict[str, list[str]]:
    """The lines in a picture by node or edge, as an XML reader finds them."""
    space = "{http://www.w3.org/2000/svg}"
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{space}g"):
        title = group.find(f"{space}title")
        if group.get("class") in ("node", "edge") and title is not None:
            texts = [text.text or "" for text in group.iter(f"{space}text")]
            found[title.text or ""] = [text.replace("\xa0", " ") for text in texts]
    return found


def test_graphviz_shows_the_labels_of_a_dot_file_as_they_are(tmp_path: Path, word: str) -> None:
    dot = need("dot")
    word = word[:1000]  # there is an end to how wide it draws
    result = talking(word)
    saved(tmp_path / "g.dot", result)
    done = subprocess.run(
        [dot, "-Tsvg", tmp_path / "g.dot"], capture_output=True, check=True, timeout=60
    )
    texts = drawn_texts(done.stdout.decode("utf-8"))
    for number, data in to_networkx(result).nodes(data=True):
        violates = [f"violates: {data['violates']}"] if data["violates"] else []
        assert texts[str(number)] == [*data["label"].split("\n"), *violates]


def test_graphviz_reads_strings_longer_than_it_reads_in_one_piece(tmp_path: Path) -> None:
    dot = need("dot")
    word = HOSTILE["long"]
    lines = saved(tmp_path / "g.dot", talking(word)).splitlines()
    first = [line for line in lines if line.startswith(("digraph", "  0 [", "}"))]
    done = subprocess.run(
        [dot, "-Tcanon"], input="\n".join(first), capture_output=True, text=True, check=True
    )
    labels = done.stdout.replace("\\\n", "")  # it breaks lines anywhere
    assert f"label=\"{word}: Talker('{word}'), timers {word}\\l\"" in labels


def test_graphviz_finds_a_dot_file_canonical(tmp_path: Path, holding: Result) -> None:
    dot = need("dot")
    save_graph(tmp_path / "g.dot", holding, None, 1000)
    done = subprocess.run(
        [dot, "-Tcanon", tmp_path / "g.dot"], capture_output=True, text=True, check=True
    )
    assert len(re.findall(r"^\t\d+ -> \d+\s", done.stdout, re.MULTILINE)) == holding.transitions
    assert done.stderr == ""


@pytest.mark.parametrize("view", [None, "facts", "actor"])
def test_a_picture_holds_no_markup_of_the_model(tmp_path: Path, word: str, view: str) -> None:
    need("dot")
    result = talking(word)
    asked = f"actor={word}" if view == "actor" else view
    svg = saved(tmp_path / "g.svg", result, view=asked)
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "title", "polygon", "path", "text"}
    title = ElementTree.fromstring(svg).find(".//{*}g[@class='graph']/{*}title")
    assert title is not None
    named = (title.text or "").replace("\xa0", " ").replace("\\\\", "\\")  # see graph_formats
    assert named == shortened(clean(word), 120)
    longest = max(len(line) for lines in drawn_texts(svg).values() for line in lines)
    assert longest <= 80  # what is too long to read is cut short, in pictures only
    if len(word) < 20:
        assert clean(word) in " ".join(
            line for lines in drawn_texts(svg).values() for line in lines
        )


def test_a_png_is_written(tmp_path: Path, holding: Result) -> None:
    need("dot")
    save_graph(tmp_path / "g.png", holding, None, 1000, view="facts")
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert [path.name for path in tmp_path.iterdir()] == ["g.png"]


def test_a_picture_without_graphviz_is_refused_before_any_work(
    tmp_path: Path, holding: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"a \.svg needs Graphviz.*or write a \.dot file"):
        save_graph(tmp_path / "g.svg", holding, None, 1000)
    assert list(tmp_path.iterdir()) == []


def a_dot_that(does: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.mkdir()
    (directory / "dot").write_text(f"#!/bin/sh\n{does}\n")
    (directory / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("echo no font >&2; exit 3", r"failed to draw 248 nodes.*exit code 3\): no font.*--view"),
        ("exit 0", "it said nothing"),
        ("exec sleep 60", "took more than 0.2 s to draw 248 nodes and 564 edges.*--view facts"),
    ],
)
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_what_graphviz_cannot_draw_is_told_and_leaves_nothing(
    does: str,
    said: str,
    suffix: str,
    tmp_path: Path,
    holding: Result,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_dot_that(does, tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(graph_formats, "PATIENCE", 0.2)
    with pytest.raises(UsageError, match=said):
        save_graph(tmp_path / f"g{suffix}", holding, None, 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


# -- Aldebaran -----------------------------------------------------------------------------------


def test_an_aldebaran_file_has_every_state_and_step(tmp_path: Path, holding: Result) -> None:
    save_graph(tmp_path / "g.aut", holding, None, 1000)
    text = (tmp_path / "g.aut").read_text(encoding="ascii")
    assert text.startswith(f"des (0,{holding.transitions},{holding.states})\n")
    assert text.splitlines()[1] == '(0,"p1 -> a1: Prepare(1)",1)'
    system = read_aldebaran(text)
    assert (system.initial, system.states) == (0, holding.states)
    assert [(s, t) for s, _, t in system.transitions] == list(to_networkx(holding).edges())


def test_aldebaran_labels_say_all_that_a_model_says(tmp_path: Path, word: str) -> None:
    result = talking(word)
    text = saved(tmp_path / "g.aut", result)
    assert text.isascii()
    labels = [unquote(label) for _, label, _ in read_aldebaran(text).transitions]
    drawn = [data["label"] for _, _, data in to_networkx(result).edges(data=True)]
    name = clean(word)
    assert labels == [one.replace(f"{name} → {name}", f"{name} -> {name}", 1) for one in drawn]
    assert not any("|" in label for _, label, _ in read_aldebaran(text).transitions)


def test_several_initial_states_have_one_before_them(tmp_path: Path) -> None:
    @dataclass
    class Chooser(Actor):
        side: str = ""

        def start(self) -> None:
            self.side = self.choose(["left", "right"])

    holds = FactInvariant("true", lambda facts: True)
    result = explore(Model("m", {"a": Chooser()}, properties=[holds]))
    save_graph(tmp_path / "g.aut", result, None, 10)
    assert (tmp_path / "g.aut").read_text() == 'des (2,2,3)\n(2,"start",0)\n(2,"start",1)\n'


def exchanged(text: str) -> str:
    """`text` with the two acceptors exchanged."""
    names = {"a1": "a2", "a2": "a1"}
    return re.sub(r"\ba[12]\b", lambda found: names[found[0]], text)


@pytest.fixture
def twins(tmp_path: Path, holding: Result) -> tuple[Path, Path]:
    save_graph(tmp_path / "one.aut", holding, None, 1000)
    text = (tmp_path / "one.aut").read_text()
    (tmp_path / "two.aut").write_text(exchanged(text))
    return tmp_path / "one.aut", tmp_path / "two.aut"


def test_exchanging_the_acceptors_of_paxos_makes_no_difference(twins: tuple[Path, Path]) -> None:
    one, two = (read_aldebaran(path.read_text()) for path in twins)
    assert one.transitions != two.transitions
    assert bisimilar(one, two)
    other = two._replace(transitions=two.transitions[:-1])
    assert not bisimilar(one, other)


def test_mcrl2_reads_an_aldebaran_file(twins: tuple[Path, Path], holding: Result) -> None:
    done = subprocess.run(
        [need("ltsinfo"), twins[0]], capture_output=True, text=True, check=True, timeout=60
    )
    said = done.stdout + done.stderr
    assert re.search(rf"states: +{holding.states}\b", said)
    assert re.search(rf"transitions: +{holding.transitions}\b", said)


def test_mcrl2_finds_a_graph_and_its_twin_bisimilar(twins: tuple[Path, Path]) -> None:
    compare = need("ltscompare")
    for other in twins:
        done = subprocess.run(
            [compare, "-ebisim", twins[0], other], capture_output=True, text=True, timeout=60
        )
        assert "LTSs are strongly bisimilar" in done.stdout + done.stderr


def test_mcrl2_reads_whatever_a_model_says(tmp_path: Path, word: str) -> None:
    compare = need("ltscompare")
    saved(tmp_path / "g.aut", talking(word))
    path = tmp_path / "g.aut"
    done = subprocess.run(
        [compare, "-ebisim", path, path], capture_output=True, text=True, timeout=60
    )
    assert "LTSs are strongly bisimilar" in done.stdout + done.stderr
