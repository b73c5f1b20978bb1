"""Exported graphs: every state and step, labelled, with the counterexample marked."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest

from islander import Result
from islander.explorer import UsageError
from islander.reports.state_graph import save_graph, to_networkx


def test_the_graph_has_every_state_and_every_step(holding: Result) -> None:
    drawn = to_networkx(holding)
    assert drawn.number_of_nodes() == holding.states
    assert drawn.number_of_edges() == holding.transitions
    assert drawn.nodes[0]["initial"]
    assert sum(data["terminal"] for _, data in drawn.nodes(data=True)) == holding.terminal
    assert max(data["depth"] for _, data in drawn.nodes(data=True)) == holding.depth
    assert networkx.dag_longest_path_length(drawn) >= holding.depth


def test_depths_are_distances_from_the_initial_state(holding: Result) -> None:
    drawn = to_networkx(holding)
    distances = networkx.single_source_shortest_path_length(drawn, 0)
    assert {node: data["depth"] for node, data in drawn.nodes(data=True)} == distances


def test_the_counterexample_is_marked_as_a_path_to_the_violation(violated: Result) -> None:
    trace = violated.properties["greatest-promise selection"].trace
    drawn = to_networkx(violated, trace)
    marked = [(a, b, d) for a, b, d in drawn.edges(data=True) if d["counterexample"]]
    path = networkx.DiGraph([(a, b) for a, b, _ in marked])
    assert len(marked) == 9
    assert networkx.is_path(path, networkx.shortest_path(path, 0, max(path)))
    labels = [d["label"] for _, _, d in sorted(marked, key=lambda edge: edge[0])]
    assert labels[-1] == "a1 → p2: Promise(2, Vote(1, 'x'))"


@pytest.mark.parametrize("suffix", [".graphml", ".json"])
def test_a_written_graph_reads_back_equal(holding: Result, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"graph{suffix}"
    save_graph(path, holding, None, limit=1000)
    if suffix == ".graphml":
        back = networkx.read_graphml(path, node_type=int, force_multigraph=True)
    else:
        back = networkx.node_link_graph(json.loads(path.read_text()), edges="edges")
    drawn = to_networkx(holding)
    assert dict(back.nodes(data=True)) == dict(drawn.nodes(data=True))
    assert sorted(map(repr, back.edges(data=True))) == sorted(map(repr, drawn.edges(data=True)))


def test_dot_has_a_line_for_each_state_and_step_and_escapes_what_it_must(tmp_path: Path) -> None:
    from islander import Actor, Model, StateInvariant, explore

    class Talker(Actor):
        def start(self) -> None:
            self.send(self.id, ('quote " backslash \\ newline \n end',))

    always = StateInvariant("always", lambda state: True)
    result = explore(Model('m"\\', {'a"b\\': Talker()}, properties=[always]))
    save_graph(tmp_path / "g.dot", result, None, limit=10)
    lines = (tmp_path / "g.dot").read_text().splitlines()
    assert lines[0] == r'digraph "m\"\\" {'
    assert [line for line in lines if "->" in line] == [
        r'  0 -> 1 [label="a\"b\\ → a\"b\\: '
        r"""('quote \" backslash \\\\ newline \\n end',)\l"];"""
    ]
    assert sum(line.startswith("  1 [") for line in lines) == 1


def test_a_graph_above_the_limit_is_refused_with_a_hint(holding: Result, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"248 states, more than --max-graph 247.*--max-depth"):
        save_graph(tmp_path / "g.dot", holding, None, limit=247)
    assert list(tmp_path.iterdir()) == []
    save_graph(tmp_path / "g.dot", holding, None, limit=248)
