"""What goes wrong in the government protocol."""

from __future__ import annotations

from ...explorer.errors import UsageError


class ProtocolError(UsageError):
    """An islander met what by the protocol cannot be. A published islander takes no further part
    after that."""
