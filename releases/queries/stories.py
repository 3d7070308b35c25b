"""A session's part of its release's journal, for those who follow it live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.journal import Kind
from releases.queries.release_pages import entry_view
from releases.queries.sessions import find_session

if TYPE_CHECKING:
    from releases.queries.views import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the journal tells after some entry; ``is_over`` once the summary was told, here or before."""

    entries: tuple[Entry, ...]
    is_over: bool


def session_story(correlation_id: str, *, after: int) -> Story:
    """Return the session's journal entries numbered above ``after``, up to its summary.

    What services report after the summary is late: the session's document tells of it, its stream is over.
    """
    session = find_session(correlation_id)
    own = session.promotion.release.entries.filter(payload__correlation_id=str(session.correlation_id))
    # The summary is looked for first: were it written in between, the next call would tell it.
    closed = own.filter(kind=Kind.SESSION_CLOSED.value).values_list("sequence", flat=True).first()
    told = own.filter(sequence__gt=after).order_by("sequence")
    if closed:
        told = told.filter(sequence__lte=closed)
    return Story(entries=tuple(entry_view(entry) for entry in told), is_over=bool(closed))
