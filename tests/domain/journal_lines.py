"""Journals for tests of seals: written as the ledger writes them, then changed as it never does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from releases.domain.broken_seals import Journal
from releases.domain.sealing import origin, seal_of, sealing_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEY = sealing_key("a secret of these tests")
OTHER_KEY = sealing_key("another secret")
RELEASE = 7
NOON = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    sequence: int
    at: datetime = NOON
    kind: str = "callback.applied"
    actor: str = "inventory"
    service: str = "inventory"
    payload: Mapping[str, object] = field(default_factory=dict)
    seal: str = ""


def sealed(lines: Iterable[Written], *, key: bytes = KEY, previous: str = "") -> list[Written]:
    """Seal lines one behind the other."""
    seal, result = previous or origin(RELEASE), []
    for line in lines:
        seal = seal_of(release_id=RELEASE, line=line, previous=seal, key=key)
        result.append(replace(line, seal=seal))
    return result


def written(count: int = 6) -> list[Written]:
    """Return a sound journal; every entry differs from the others."""
    return sealed(
        Written(sequence=n, at=NOON + timedelta(seconds=n), payload={"percent": n}) for n in range(1, count + 1)
    )


def renumbered(lines: Iterable[Written]) -> list[Written]:
    return [replace(line, sequence=number) for number, line in enumerate(lines, 1)]


def journal(
    lines: list[Written], *, end: int | None = None, seal: str | None = None, keys: tuple[bytes, ...] = (KEY,)
) -> Journal:
    """Return the journal of a release that agrees with its last entry, unless told otherwise."""
    return Journal(
        release_id=RELEASE,
        lines=lines,
        end=len(lines) if end is None else end,
        seal=lines[-1].seal if seal is None else seal,
        keys=keys,
    )
