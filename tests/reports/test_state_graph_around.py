"""The states around a trace: exact, and without the whole graph."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx
import pytest

from islander import Result, Trace
from islander.explorer import UsageError
from islander.reports.drawing import Drawing
from islander.reports.state_graph import check_graph, save_graph, to_networkx
from islander.reports.whole_graph import around_trace

NAME = "greatest-promise selection"


@pytest.fixture
def trace(violated: Result) -> Trace:
    found = violated.properties[NAME].trace
    assert found
    return found


def steps_in(drawing: Drawing) -> list[tuple[str, str, str]]:
    """Steps as (state, step, state), by what is told of them."""
    seen = [(node["label"], node["in_flight"]) for node in drawing.nodes]
    return sorted(
        (str(seen[arrow.source]), arrow.attributes["action"], str(seen[arrow.target]))
        for arrow in drawing.arrows
    )


def test_at_distance_zero_it_is_the_trace(trace: Trace) -> None:
    drawing = around_trace(trace, 0, 1000)
    assert len(drawing.nodes) == len(trace) + 1
    path = [(arrow.source, arrow.target) for arrow in drawing.arrows]
    assert path == [(at, at + 1) for at in range(len(trace))]
    assert all(arrow.attributes["counterexample"] for arrow in drawing.arrows)
    assert [node["initial"] for node in drawing.nodes] == [True] + [False] * len(trace)
    assert drawing.nodes[-1]["violates"] == NAME
    assert not any(node["violates"] for node in drawing.nodes[:-1])


@pytest.mark.parametrize("radius", [0, 1, 2])
def test_it_is_the_part_of_the_whole_graph_within_that_distance(
    violated: Result, trace: Trace, radius: int
) -> None:
    whole = to_networkx(violated, trace)
    start = [node for node, data in whole.nodes(data=True) if data["counterexample"]]
    distances = networkx.multi_source_dijkstra_path_length(whole, start)
    near = {node for node, distance in distances.items() if distance <= radius}
    expanded = {node for node in near if not whole.nodes[node]["unexpanded"]}
    told = {node: (data["label"], data["in_flight"]) for node, data in whole.nodes(data=True)}
    drawing = around_trace(trace, radius, 1000)
    nearest = {(node["label"], node["in_flight"]): node["distance"] for node in drawing.nodes}
    assert {told[node] for node in near} <= nearest.keys()
    assert all(nearest[told[node]] == distances[node] for node in expanded)
    wanted = sorted(
        (str(told[source]), data["action"], str(told[target]))
        for source, target, data in whole.subgraph(near).edges(data=True)
    )
    assert set(wanted) <= set(steps_in(drawing))
    known = {str(told[node]) for node in expanded}
    found = [step for step in steps_in(drawing) if step[0] in known]
    assert sorted(set(found)) == found  # each step once
    for node in expanded:
        number = list(nearest).index(told[node])
        mine = sum(arrow.source == number for arrow in drawing.arrows)
        assert mine + drawing.nodes[number]["left_out"] == whole.out_degree(node)


def test_the_whole_graph_is_not_made(
    violated: Result, trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Result, "graph", property(lambda self: pytest.fail("graph was made")))
    save_graph(tmp_path / "g.dot", violated, trace, 1000, around=1)
    assert "1 step of the trace" in (tmp_path / "g.dot").read_text()


def test_states_whose_steps_are_not_all_drawn_say_so(trace: Trace) -> None:
    drawing = around_trace(trace, 1, 1000)
    assert [node["distance"] for node in drawing.nodes] == sorted(
        node["distance"] for node in drawing.nodes
    )
    assert not any(node["left_out"] for node in drawing.nodes if node["distance"] == 0)
    assert any(node["left_out"] for node in drawing.nodes if node["distance"] == 1)
    assert not any(node["terminal"] and node["left_out"] for node in drawing.nodes)


def test_a_picture_tells_of_each_state_what_the_others_do_not_share(trace: Trace) -> None:
    drawing = around_trace(trace, 0, 1000)
    assert "quorum" not in "".join(drawing.short)  # it never changes
    assert drawing.short[0].splitlines()[0] == "p1: promises {}, writing False"
    assert all(one != two for one, two in pairwise(drawing.short))


def test_too_many_states_around_it_are_refused(
    violated: Result, trace: Trace, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"more than --max-graph 20 states.*lower --around-trace"):
        save_graph(tmp_path / "g.dot", violated, trace, 20, around=3)
    assert list(tmp_path.iterdir()) == []


def test_without_a_trace_there_is_nothing_to_be_around(holding: Result, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no trace to draw the states around"):
        save_graph(tmp_path / "g.dot", holding, None, 1000, around=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("g.gif", {}, "must be one of .dot, .graphml, .json, .aut, .svg, .png"),
        ("g.dot", {"around": -1}, "--around-trace must be a number of steps, 0 or more; got -1"),
        ("g.dot", {"around": 1, "view": "facts"}, "choose one of them"),
        ("g.dot", {"view": "actor=a11"}, "no actor 'a11'. Did you mean 'a1'?"),
        ("g.dot", {"view": "votes"}, "there is no view 'votes'; there is: facts"),
        (None, {"around": 1}, "--around-trace says which graph to write; name the file, too"),
        (None, {"view": "facts"}, "--view says which graph to write"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    violated: Result, path: str | None, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        check_graph(path and Path(path), violated.model, **asked)  # type: ignore[arg-type]
    assert said in str(refused.value)
    check_graph(Path("g.aut"), violated.model, 1)
    check_graph(None, violated.model)
