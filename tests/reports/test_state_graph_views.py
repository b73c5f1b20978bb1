"""Classes of states as a graph: their counts, what they have in common, and the counterexample."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import networkx
import pytest

from islander import Result, Verdict, explore
from islander.explorer import UsageError
from islander.models.paxos import paxos
from islander.reports.quotient_graph import quotient_graph
from islander.reports.state_graph import save_graph

from ..tools import need
from .transition_systems import read_aldebaran


@pytest.fixture(scope="module")
def hidden_vote() -> Result:
    return explore(paxos(bug="hidden-vote"))


def trace_of(result: Result) -> Any:
    return next(p.trace for p in result.properties.values() if p.verdict is Verdict.VIOLATED)


def read(path: Path) -> Any:
    return networkx.node_link_graph(json.loads(path.read_text()), edges="edges")


@pytest.mark.parametrize("view", ["facts", "facts=Voted", "actor=a1", "actor=p1.promises"])
def test_classes_and_edges_count_every_state_and_step(
    tmp_path: Path, holding: Result, view: str
) -> None:
    save_graph(tmp_path / "g.json", holding, None, 100, view=view)
    drawn = read(tmp_path / "g.json")
    nodes = [data for _, data in drawn.nodes(data=True)]
    assert sum(data["states"] for data in nodes) == holding.states
    assert sum(data["terminal_states"] for data in nodes) == holding.terminal
    assert sum(data["initial_states"] for data in nodes) == 1
    steps = [(s, t, data["steps"]) for s, t, data in drawn.edges(data=True)]
    assert sum(count for _, _, count in steps) == holding.transitions
    for number, data in drawn.nodes(data=True):
        assert data["inside"] == sum(count for s, t, count in steps if s == t == number)


def test_the_counterexample_is_a_path_of_classes_to_a_violation(hidden_vote: Result) -> None:
    drawing = quotient_graph(hidden_vote, "facts", trace_of(hidden_vote), 5000)
    red = [number for number, node in enumerate(drawing.nodes) if node["counterexample"]]
    path = [
        (arrow.source, arrow.target)
        for arrow in drawing.arrows
        if arrow.attributes["counterexample"] and arrow.source != arrow.target
    ]
    graph = networkx.DiGraph(path)
    assert sorted(graph) == red
    assert networkx.is_path(graph, networkx.shortest_path(graph, red[0], red[-1]))
    violating = [n for n, node in enumerate(drawing.nodes) if node["violates"]]
    assert red[-1] in violating
    assert drawing.nodes[red[-1]]["violates"] == "single chosen value"
    assert not set(red[:-1]) & set(violating)


def test_an_actor_is_shown_by_its_fields_and_what_it_recorded(hidden_vote: Result) -> None:
    drawing = quotient_graph(hidden_vote, "actor=a2", None, 100)
    lines = [node["label"].split("\n") for node in drawing.nodes]
    assert lines[0] == ["a2", "promise_copies: 1", "promised: 0", "voted: None"]
    assert "recorded: a2 voted for x at ballot 1" in lines[-1]
    assert drawing.caption.endswith("\nin every class: a2; promise_copies: 1")
    assert drawing.short[0] == "promised: 0\nvoted: None"
    assert "violates" not in drawing.nodes[0]  # it cannot be told of a class


def test_dot_says_once_what_is_so_in_every_class(tmp_path: Path, hidden_vote: Result) -> None:
    save_graph(tmp_path / "g.dot", hidden_vote, None, 100, view="actor=a2")
    text = (tmp_path / "g.dot").read_text()
    assert text.count("promise_copies") == 1
    assert '  0 [label="promised: 0\\lvoted: None\\l248 states' in text


def test_what_would_be_far_wider_than_a_screen_is_drawn_from_left_to_right(
    tmp_path: Path, hidden_vote: Result
) -> None:
    dot = need("dot")
    for view, name in (("facts=Voted", "wide.dot"), ("actor=a2", "small.dot")):
        save_graph(tmp_path / name, hidden_vote, None, 100, view=view)
    assert "rankdir" not in (tmp_path / "small.dot").read_text()
    text = (tmp_path / "wide.dot").read_text()
    assert "rankdir=LR" in text
    done = subprocess.run([dot, "-Tplain"], input=text, capture_output=True, text=True, check=True)
    width, height = map(float, done.stdout.split()[2:4])  # in inches
    assert max(width, height) < 2000 / 72


def test_dot_joins_what_leads_from_class_to_class(tmp_path: Path, holding: Result) -> None:
    save_graph(tmp_path / "g.dot", holding, None, 100, view="actor=a1")
    text = (tmp_path / "g.dot").read_text()
    assert '0 -> 1 [label="p1 → a1: Prepare ×11\\l"' in text
    assert "11 states, 13 steps inside" in text
    assert not re.search(r"\b(\d+) -> \1\b", text)
    assert "paxos by actor=a1: 248 states in 8 classes, 564 steps" in text


def test_aldebaran_has_each_kind_of_step_once(tmp_path: Path, holding: Result) -> None:
    save_graph(tmp_path / "g.aut", holding, None, 100, view="actor=a1")
    system = read_aldebaran((tmp_path / "g.aut").read_text())
    assert (0, "p1 -> a1: Prepare", 1) in system.transitions
    assert len(set(system.transitions)) == len(system.transitions)


def test_every_engine_writes_the_same_file(tmp_path: Path) -> None:
    for engine, threads in (("reference", 1), ("tabulated", 1), ("tabulated", 2)):
        result = explore(paxos(2, 3), engine, threads=threads)
        save_graph(tmp_path / f"{engine}{threads}.json", result, None, 1000, view="facts")
    assert len({path.read_text() for path in tmp_path.iterdir()}) == 1


def test_the_whole_graph_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = explore(paxos(2, 3))
    monkeypatch.setattr(Result, "graph", property(lambda self: pytest.fail("graph was made")))
    save_graph(tmp_path / "g.dot", result, None, 100, view="facts=Voted")
    assert (tmp_path / "g.dot").exists()


@pytest.mark.parametrize(
    ("view", "limit", "said"),
    [
        ("facts", 24, "more than 24 classes of states; choose a coarser one"),
        ("facts=Vote", 100, "no state has a fact of class 'Vote'. Did you mean 'Voted'?"),
        ("actor=q", 100, "has no actor 'q'"),
    ],
)
def test_what_cannot_be_seen_so_is_refused_and_leaves_nothing(
    tmp_path: Path, holding: Result, view: str, limit: int, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        save_graph(tmp_path / "g.dot", holding, None, limit, view=view)
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []
