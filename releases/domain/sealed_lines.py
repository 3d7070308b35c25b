"""Lines that can tell whether they are complete and unchanged: the last one has the digest of the others."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from releases.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEAL = "sealed"


def sealed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, then their seal; none of them may contain a line break."""
    digest, count = hashlib.sha256(), 0
    for line in lines:
        digest.update(f"{line}\n".encode())
        count += 1
        yield line
    yield json.dumps({SEAL: digest.hexdigest(), "lines": count})


def unsealed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines before the seal; ``InvalidInput`` at the end unless they are exactly what was sealed."""
    digest, count, last = hashlib.sha256(), 0, None
    for line in lines:
        if last is not None:
            digest.update(f"{last}\n".encode())
            count += 1
            yield last
        last = line
    if last != json.dumps({SEAL: digest.hexdigest(), "lines": count}):
        message = "The backup is cut short or was changed: its last line does not seal the others. Take another one."
        raise InvalidInput("path", message)
