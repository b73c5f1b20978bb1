"""What the local states of an actor drop, tabulated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .handlers import Handlers, Local
from .memory import Array
from .network import Envelope


class Drops:
    """The answers of one actor's local states to the question which messages they drop.

    `envelopes` are the numbers of those that it sent, and of those to it, that were asked about.
    """

    def __init__(self, handlers: Handlers, actor: str) -> None:
        self._handlers = handlers
        self._asks = actor in handlers.droppers
        self._envelopes: tuple[list[Envelope], list[Envelope]] = ([], [])
        self.envelopes: tuple[list[int], list[int]] = ([], [])
        self._answers: list[Array] = [np.zeros((0, 0), np.bool_) for _ in range(2)]

    def add(self, envelope: Envelope, sent: bool) -> None:
        """Ask about `envelope`, too, which the actor sent, or which is to it."""
        if self._asks:
            end = 0 if sent else 1
            self._envelopes[end].append(envelope)
            self.envelopes[end].append(envelope.index)

    def bring_up_to_date(self, known: Sequence[Local]) -> list[Array]:
        """For both ends, by local state and envelope, whether it is dropped."""
        for end, envelopes in enumerate(self._envelopes):
            before = self._answers[end]
            rows, columns = before.shape
            if (rows, columns) == (len(known), len(envelopes)):
                continue
            answers = np.zeros((len(known), len(envelopes)), np.bool_)
            answers[:rows, :columns] = before
            for at, local in enumerate(known):
                first = columns if at < rows else 0
                if first < len(envelopes):
                    answers[at, first:] = self._handlers.ask_drops(local, envelopes[first:])
            self._answers[end] = answers
        return self._answers
