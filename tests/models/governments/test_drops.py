"""Members drop what nobody needs to save states, and for nothing else.

`Member.drops` claims of messages that their delivery would change nothing. Nothing but the number
of states may follow from it: without it, and all these messages delivered in every order, whatever
is found is the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from islander import FactInvariant, Model, Verdict, explore
from islander.explorer.facts import FactSet
from islander.models.governments import governments
from islander.models.governments.member import Member


class Found(NamedTuple):
    """What an exploration established, and every fact set that it met."""

    properties: dict[str, tuple[Verdict, int | None]]
    fact_sets: set[FactSet]
    states: int


def found(model: Model) -> Found:
    met: set[FactSet] = set()

    def note(facts: FactSet) -> bool:
        met.add(facts)
        return True

    noting = replace(model, properties=[*model.properties, FactInvariant("noted", note)])
    result = explore(noting, keep_going=True)
    assert result.incomplete_because is None
    properties = {name: (one.verdict, one.steps) for name, one in result.properties.items()}
    return Found(properties, met, result.states)


SMALL: list[dict[str, Any]] = [
    {"members": 1, "newcomers": 2, "values": 0, "collapses": 0},
    {"members": 1, "newcomers": 1, "values": 0},
    {"members": 1, "newcomers": 1},
    {"members": 1, "newcomers": 1, "values": 0, "duplications": 1},
    {"members": 1, "newcomers": 1, "values": 0, "collapses": 2, "trims": True},
    {"members": 2},
    {"members": 2, "losses": 1},
    {"members": 2, "as_published": True},
    {"members": 2, "bug": "no-takes-over"},
    {"members": 2, "bug": "no-keeps-promises"},
    {"members": 2, "collapses": 2, "rounds": 2},
    {"members": 2, "duplications": 1},
    {"members": 2, "duplications": 2, "collapses": 0},
    {"members": 2, "duplications": 2, "values": 0, "collapses": 2},
    {"members": 2, "duplications": 1, "bug": "no-repeats"},
    {"members": 3, "values": 0},
    {"members": 3, "collapses": 0},
    {"members": 3, "values": 0, "bug": "no-keeps-promises"},
    {"members": 3, "newcomers": 1, "values": 0, "collapses": 0},
]
"""Instances that are over within seconds, whether anything is dropped or not."""


@pytest.mark.parametrize("parameters", SMALL, ids=str)
def test_whatever_is_found_is_found_without_dropping_anything(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropping = found(governments(**parameters))
    monkeypatch.delattr(Member, "drops")
    whole = found(governments(**parameters))
    assert dropping.properties == whole.properties
    assert dropping.fact_sets == whole.fact_sets
    assert dropping.states <= whole.states


def test_dropping_saves_most_states(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {"members": 1, "newcomers": 1, "values": 0, "duplications": 1}
    dropping = found(governments(**parameters))
    monkeypatch.delattr(Member, "drops")
    assert 8 * dropping.states < found(governments(**parameters)).states
