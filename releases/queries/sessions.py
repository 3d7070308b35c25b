"""Sessions as the API shows them: the slots, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from releases.domain.aggregation import LATE_DISPOSITIONS, Slot, tally
from releases.domain.errors import NotFound
from releases.domain.lifecycle import SlotState
from releases.models import AggregationSession, Callback, Dispatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LATE = [disposition.value for disposition in LATE_DISPOSITIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotView:
    """One expected source: its dispatch and the last that was heard of it."""

    source: str
    state: str
    reason: str
    message: str
    percent: int | None
    attempt: int
    sends: int
    sent_at: datetime | None
    heard_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCallback:
    """A callback that came after its slot was closed: kept and shown, without effect."""

    source: str
    attempt: int
    status: str
    disposition: str
    percent: int | None
    message: str
    sequence: int | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One fan-out; the counters are derived from the slots, ``deadline`` moves until a service has the order."""

    correlation_id: str
    release: str
    stage: str
    phase: int
    state: str
    expected: int
    received: int
    respondents: int
    errors: int
    slots: tuple[SlotView, ...]
    late: tuple[LateCallback, ...]
    opened_at: datetime
    deadline: datetime
    closed_at: datetime | None
    timeout_ms: int
    summary: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSession:
    """The fan-out that a new promotion began with."""

    correlation_id: str
    expected: int
    deadline: datetime


def session_view(correlation_id: str) -> SessionView:
    """Return a session; ``NotFound`` for an id that was never given out, or is none."""
    return view_of(find_session(correlation_id))


def view_of(session: AggregationSession) -> SessionView:
    """Return a session that was found with its promotion and stage."""
    dispatches = list(session.dispatches.select_related("step__service").order_by("step__service__slug"))
    totals = tally([Slot(state=SlotState(each.state), reason=each.reason) for each in dispatches])
    return SessionView(
        correlation_id=str(session.correlation_id),
        release=session.promotion.version,
        stage=session.promotion.stage.name,
        phase=session.phase + 1,
        state=session.state,
        expected=totals.expected,
        received=totals.received,
        respondents=totals.respondents,
        errors=totals.errors,
        slots=tuple(slot_view(dispatch) for dispatch in dispatches),
        late=_late_callbacks(session),
        opened_at=session.opened_at,
        deadline=session.expected_deadline_at,
        closed_at=session.closed_at,
        timeout_ms=session.timeout_ms,
        summary=session.summary,
    )


def find_session(correlation_id: str) -> AggregationSession:
    """Find a session by what a caller gave as its id."""
    try:
        wanted = UUID(correlation_id)
    except ValueError:
        wanted = None
    sessions = AggregationSession.objects.select_related("promotion__stage")
    session = sessions.filter(correlation_id=wanted).first() if wanted else None
    if session is None:
        message = f"There is no session {correlation_id[:36]}."
        raise NotFound(message)
    return session


def slot_view(dispatch: Dispatch) -> SlotView:
    """Return one attempt at one source."""
    return SlotView(
        source=dispatch.step.service.slug,
        state=dispatch.state,
        reason=dispatch.reason,
        message=dispatch.message,
        percent=dispatch.percent,
        attempt=dispatch.attempt,
        sends=dispatch.sends,
        sent_at=dispatch.sent_at,
        heard_at=dispatch.heard_at,
        closed_at=dispatch.closed_at,
    )


def _late_callbacks(session: AggregationSession) -> tuple[LateCallback, ...]:
    late = Callback.objects.filter(dispatch__session=session, disposition__in=_LATE)
    return tuple(
        LateCallback(
            source=callback.dispatch.step.service.slug,
            attempt=callback.dispatch.attempt,
            status=callback.status,
            disposition=callback.disposition,
            percent=callback.percent,
            message=callback.message,
            sequence=callback.sequence,
            received_at=callback.received_at,
        )
        for callback in late.select_related("dispatch__step__service").order_by("pk")
    )


def first_session(promotion_id: int) -> FirstSession | None:
    """Return what a promotion began with; None when every service already ran its version."""
    session = AggregationSession.objects.filter(promotion_id=promotion_id).order_by("pk").first()
    if session is None:
        return None
    return FirstSession(
        correlation_id=str(session.correlation_id),
        expected=session.dispatches.count(),
        deadline=session.expected_deadline_at,
    )


def last_correlation_id(release_id: int) -> str:
    """Return that of the last session of a release, or of what rolls it back; empty before the first."""
    concerned = Q(promotion__release_id=release_id) | Q(promotion__release__rolls_back_id=release_id)
    found = AggregationSession.objects.filter(concerned).order_by("-pk").values_list("correlation_id", flat=True)
    return str(found.first() or "")
