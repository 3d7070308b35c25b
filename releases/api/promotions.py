"""Promotions: starting one and steering it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest
from ninja import Router, Status

from releases.actions.promotions import PromotionRequest, StartedPromotion, promote_release
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.api.addresses import board_url, stream_url
from releases.api.answers import RetriedStep, SessionAnswer, StartedAnswer, SteeredRelease
from releases.api.authentication import actor_behind
from releases.api.bodies import PromotionBody, ResumeBody, SkipBody, SteeringBody
from releases.api.fields import IdempotencyKey, Slug, VersionText
from releases.domain.access import Actor
from releases.models import Release
from releases.queries.clock import database_now
from releases.queries.release_pages import release_by_label
from releases.queries.sessions import FirstSession, SessionView, first_session, session_view, waiting_for

router = Router(tags=["promotions"])
LOOKS_EVERY_S = 0.2
PATIENCE = timedelta(seconds=5)


@router.post("/releases/{version}/promotions", response={202: StartedAnswer, 200: SessionAnswer})
async def promote(
    request: HttpRequest,
    version: VersionText,
    body: PromotionBody,
    key: IdempotencyKey,
) -> Status[dict[str, object]] | Status[SessionView]:
    """Promote a release to its next stage; strategy ``wait`` answers 200 once the first phase is closed."""
    started, session = await sync_to_async(_start)(actor_behind(request), version, body, key or "")
    if body.strategy == "wait" and session and await _closes(session.correlation_id):
        return Status(200, await sync_to_async(session_view)(session.correlation_id))
    return Status(202, _started(request, version, started, session))


def _start(
    actor: Actor,
    version: str,
    body: PromotionBody,
    key: str,
) -> tuple[StartedPromotion, FirstSession | None]:
    wish = PromotionRequest(
        version=version,
        stage=body.stage,
        timeout_ms=body.timeout_ms,
        strategy=body.strategy,
        lock_version=body.lock_version,
    )
    started = promote_release(actor=actor, request=wish, key=key)
    return started, first_session(started.promotion_id)


async def _closes(correlation_id: str) -> bool:
    """Wait until a session is closed; False when it is not, some time after its deadline."""
    while True:
        is_closed, is_overdue = await sync_to_async(_look)(correlation_id)
        if is_closed or is_overdue:
            return is_closed
        await asyncio.sleep(LOOKS_EVERY_S)


def _look(correlation_id: str) -> tuple[bool, bool]:
    waiting = waiting_for(correlation_id)
    is_overdue = database_now() > waiting.deadline + PATIENCE
    # Somebody who waits holds no connection meanwhile.
    close_old_connections()
    return waiting.is_closed, is_overdue


def _started(
    request: HttpRequest,
    version: str,
    started: StartedPromotion,
    session: FirstSession | None,
) -> dict[str, object]:
    return {
        "promotion_id": started.promotion_id,
        "correlation_id": session.correlation_id if session else None,
        "expected": session.expected if session else 0,
        "deadline": session.deadline if session else None,
        "stream_url": stream_url(request, session.correlation_id) if session else None,
        "board_url": board_url(request, version),
        "notice": started.notice,
    }


@router.post("/releases/{version}/pause", response=SteeredRelease)
def pause(request: HttpRequest, version: VersionText, body: SteeringBody | None = None) -> Release:
    """Ask no further service until resumed."""
    said = body or SteeringBody()
    pause_promotion(actor=actor_behind(request), version=version, reason=said.reason, lock_version=said.lock_version)
    return release_by_label(version)


@router.post("/releases/{version}/resume", response=SteeredRelease)
def resume(request: HttpRequest, version: VersionText, body: ResumeBody | None = None) -> Release:
    """Go on where the promotion was paused."""
    said = body or ResumeBody()
    resume_promotion(actor=actor_behind(request), version=version, lock_version=said.lock_version)
    return release_by_label(version)


@router.post("/releases/{version}/cancel", response=SteeredRelease)
def cancel_release(
    request: HttpRequest,
    version: VersionText,
    key: IdempotencyKey,
    body: SteeringBody | None = None,
) -> Release:
    """Cancel the open promotion; without one, give the release up. Send an Idempotency-Key before you repeat it."""
    said = body or SteeringBody()
    cancel(
        actor=actor_behind(request),
        version=version,
        reason=said.reason,
        lock_version=said.lock_version,
        key=key or "",
    )
    return release_by_label(version)


@router.post("/releases/{version}/steps/{service}/retry", response=RetriedStep)
def retry(
    request: HttpRequest,
    version: VersionText,
    service: Slug,
    key: IdempotencyKey,
    body: ResumeBody | None = None,
) -> dict[str, object]:
    """Ask a failed service again."""
    said = body or ResumeBody()
    attempt = retry_step(
        actor=actor_behind(request), version=version, service=service, lock_version=said.lock_version, key=key or ""
    )
    return {"service": service, "attempt": attempt}


@router.post("/releases/{version}/steps/{service}/skip", response=SteeredRelease)
def skip(request: HttpRequest, version: VersionText, service: Slug, body: SkipBody) -> Release:
    """Go on without a failed service."""
    skip_step(
        actor=actor_behind(request),
        version=version,
        service=service,
        reason=body.reason,
        lock_version=body.lock_version,
    )
    return release_by_label(version)
