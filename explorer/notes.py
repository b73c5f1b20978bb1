"""Notes: what a reader of a verdict is to know beside it, because the verdict cannot say it."""

from __future__ import annotations

from .model import Model


def notes_on(model: Model) -> tuple[str, ...]:
    """The notes on a model, in the order of its actors and properties; one sentence each."""
    from .misnamed import misnamed  # which reads code, where there is something to note

    of_properties = (note for item in model.properties for note in item.notes)
    return (*map(str, misnamed(model)), *of_properties)
