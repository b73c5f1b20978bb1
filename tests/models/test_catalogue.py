"""What ships can be called by name, with parameters and bugs that exist."""

from __future__ import annotations

import pytest

from islander import Model
from islander.loading import find_target, make_model
from islander.models import CATALOGUE


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_is_made_by_its_defaults_and_has_invariants_and_witnesses(name: str) -> None:
    model = make_model(find_target(name), {})
    assert isinstance(model, Model)
    assert {item.somewhere for item in model.properties} == {True, False}


@pytest.mark.parametrize(
    ("name", "bug"), [(name, bug) for name, entry in CATALOGUE.items() for bug in entry.bugs]
)
def test_every_bug_can_be_seeded_and_names_a_property_of_its_model(name: str, bug: str) -> None:
    target = find_target(name)
    seeded = make_model(target, {}, bug)
    assert bug in seeded.name
    assert target.bugs[bug].violates in {item.name for item in seeded.properties}
    assert set(target.bugs[bug].parameters) <= set(target.parameters)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_parameter_says_what_it_is(name: str) -> None:
    assert all(parameter.summary for parameter in find_target(name).parameters.values())
