"""Who needs whom, and whether it holds: the verdict's reasons laid out as consumers x providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.display.status import Status, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from releases.domain.compatibility import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """``status`` is missing where the consumer does not need the provider."""

    provider: str
    is_self: bool
    status: Status | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One consumer."""

    service: str
    cells: tuple[Cell, ...]


def matrix(
    services: Sequence[str],
    depends_on: Mapping[str, frozenset[str]],
    reasons: Iterable[Reason],
) -> tuple[Row, ...]:
    """Show each pair's first reason that decides, its worst as a verdict sorts them; a need without one is unknown."""
    found: dict[frozenset[str], Reason] = {}
    for reason in sorted(reasons, key=lambda reason: not reason.decisive):
        if reason.other:
            found.setdefault(frozenset({reason.service, reason.other}), reason)
    return tuple(Row(service=name, cells=_cells(name, services, depends_on, found)) for name in services)


def _cells(
    consumer: str,
    providers: Sequence[str],
    depends_on: Mapping[str, frozenset[str]],
    found: Mapping[frozenset[str], Reason],
) -> tuple[Cell, ...]:
    needs = depends_on.get(consumer, frozenset())
    return tuple(_cell(consumer, provider, needs, found) for provider in providers)


def _cell(
    consumer: str,
    provider: str,
    needs: frozenset[str],
    found: Mapping[frozenset[str], Reason],
) -> Cell:
    if provider not in needs or consumer == provider:
        return Cell(provider=provider, is_self=consumer == provider)
    reason = found.get(frozenset({consumer, provider}))
    if reason is None:
        return Cell(provider=provider, is_self=False, status=status_of("unknown"), text="No rule covers this pair")
    return Cell(provider=provider, is_self=False, status=status_of(reason.counts_as), text=reason.text)
