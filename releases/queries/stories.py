"""A session's part of its release's journal, for those who follow it live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.journal import Kind
from releases.queries.release_pages import entry_view
from releases.queries.sessions import find_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.models import AggregationSession, JournalEntry
    from releases.queries.views import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the journal tells after some entry; ``is_over`` once the summary was told, here or before."""

    entries: tuple[Entry, ...]
    is_over: bool


def session_story(correlation_id: str, *, after: int) -> Story:
    """Return the session's journal entries numbered above ``after``, the summary last."""
    session = find_session(correlation_id)
    attempts = dict(session.dispatches.values_list("step__service__slug", "attempt"))
    # The summary is looked for first: were it written in between, the next call would tell it.
    opened, closed = _number(session, Kind.SESSION_OPENED), _number(session, Kind.SESSION_CLOSED)
    told = session.promotion.release.entries.filter(sequence__gt=max(after, opened - 1)).order_by("sequence")
    if closed:
        told = told.filter(sequence__lte=closed)
    entries = tuple(entry_view(entry) for entry in told if _concerns(entry, session, attempts))
    return Story(entries=entries, is_over=bool(closed))


def _number(session: AggregationSession, kind: Kind) -> int:
    entries = session.promotion.release.entries.filter(kind=kind.value)
    own = entries.filter(payload__correlation_id=str(session.correlation_id))
    return own.values_list("sequence", flat=True).first() or 0


def _concerns(entry: JournalEntry, session: AggregationSession, attempts: Mapping[str, int]) -> bool:
    """Know an entry of the session by its id, or by the service and attempt that only it has while it is open."""
    named = entry.payload.get("correlation_id")
    if named is not None:
        return bool(named == str(session.correlation_id))
    return entry.service in attempts and entry.payload.get("attempt") == attempts[entry.service]
