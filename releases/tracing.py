"""What the board tells whoever traces it; nobody listens unless traces are switched on (``bookverse.tracing``)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    import httpx2


class Tracing:
    """Listens to nothing; ``bookverse.spans`` has the one that does."""

    is_on = False

    def note(self, event: str = "", /, **names: object) -> None:
        """Say what the work at hand is about, and what has just happened in it."""

    def carried(self) -> Mapping[str, str]:
        """Return the headers that let work elsewhere belong to the work at hand."""
        return {}

    def ids(self) -> Mapping[str, str]:
        """Return what a log line has to name to be found from the trace."""
        return {}

    def duty(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002 (who listens names it)
        """Surround one look of a sweeper's duty."""
        return nullcontext()

    def calling(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002 (as above)
        """Surround something that is asked of somebody else."""
        return nullcontext()

    def watched(self, transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        """Return the transport with every request through it told."""
        return transport

    def flush(self) -> None:
        """Send what is there, but wait no longer than stopping may take."""


_LISTENING = [Tracing()]


def tracing() -> Tracing:
    """Return who listens."""
    return _LISTENING[0]


def listen(listener: Tracing) -> None:
    """Tell this one from now on."""
    _LISTENING[0] = listener
