"""Refusals: each carries the data that explains it, and is turned into an answer once per door (web, API)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReleaseError(Exception):
    """Root of every refusal; ``code`` is stable for scripts, the message is a sentence for people."""

    code = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ReleaseError):
    """The request is malformed; ``field`` names the part and the message how to mend it."""

    code = "invalid-input"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(ReleaseError):
    """Nothing goes by that name."""

    code = "not-found"


class PermissionRefused(ReleaseError):
    """The actor lacks the role; the message names the one that is needed."""

    code = "permission-refused"


class Conflict(ReleaseError):
    """Legal in itself, but not in the present state; the message says what happened meanwhile."""

    code = "conflict"


class VerdictRefused(Conflict):
    """A verdict says no; ``reasons`` are the verdict's own, worst first."""

    code = "verdict-refused"

    def __init__(self, message: str, reasons: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class GateRefused(VerdictRefused):
    """A gate is closed; ``reasons`` holds one for each gate that is."""

    code = "gate-closed"
