"""Promotions: starting one and steering it."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from releases.actions.accepting import accept_late_result
from releases.actions.promotions import PromotionRequest, StartedPromotion, promote_release
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.api.addresses import board_url, release_url, stream_url
from releases.api.answers import PromotionAnswer, RetriedStep, StartedAnswer, SteeredRelease
from releases.api.authentication import actor_behind
from releases.api.bodies import CancelBody, PromotionBody, ResumeBody, SkipBody, SteeringBody
from releases.api.fields import IdempotencyKey, Slug, VersionText
from releases.api.waiting import Prefer, comes_to_rest, patience_of
from releases.domain.access import Actor
from releases.models import Release
from releases.queries.promotion_results import PromotionResult, promotion_result, promotion_state
from releases.queries.release_pages import release_by_label
from releases.queries.sessions import FirstSession, first_session

router = Router(tags=["promotions"])
COME_BACK_AFTER_S = "1"


@router.post("/releases/{version}/promotions", response={202: StartedAnswer, 200: PromotionAnswer})
async def promote(
    request: HttpRequest,
    response: HttpResponse,
    version: VersionText,
    body: PromotionBody,
    key: IdempotencyKey,
    prefer: Prefer,
) -> Status[dict[str, object]] | Status[PromotionResult]:
    """Promote a release to its next stage; strategy ``wait`` answers 200 with every result once it has come to rest.

    It has when it succeeded or was cancelled, and when it is held or paused and no service is at work any more. Send
    ``Prefer: wait=30`` to be answered after 30 seconds at the latest, with 202 and the state it then has; without it
    that happens after five minutes, when every phase has had its time, or when the board restarts. Repeat the request
    with its Idempotency-Key to go on waiting.
    """
    started, session = await sync_to_async(_start)(actor_behind(request), version, body, key or "")
    if body.strategy == "wait":
        patience = patience_of(prefer)
        response["Preference-Applied"] = f"wait={round(patience.total_seconds())}"
        if await comes_to_rest(started.promotion_id, patience=patience):
            return Status(200, await sync_to_async(promotion_result)(started.promotion_id))
        response["Retry-After"] = COME_BACK_AFTER_S
    response["Location"] = release_url(request, version)
    state = await sync_to_async(promotion_state)(started.promotion_id)
    return Status(202, _started(request, version, started, session) | {"state": state})


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
        inbox=body.inbox or "",
        on_failure=body.on_failure,
        lock_version=body.lock_version,
    )
    started = promote_release(actor=actor, request=wish, key=key)
    return started, first_session(started.promotion_id)


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
def pause(request: HttpRequest, version: VersionText, key: IdempotencyKey, body: SteeringBody | None = None) -> Release:
    """Ask no further service until resumed."""
    said = body or SteeringBody()
    pause_promotion(
        actor=actor_behind(request),
        version=version,
        reason=said.reason,
        lock_version=said.lock_version,
        key=key or "",
    )
    return release_by_label(version)


@router.post("/releases/{version}/resume", response=SteeredRelease)
def resume(request: HttpRequest, version: VersionText, key: IdempotencyKey, body: ResumeBody | None = None) -> Release:
    """Go on where the promotion was paused."""
    said = body or ResumeBody()
    resume_promotion(actor=actor_behind(request), version=version, lock_version=said.lock_version, key=key or "")
    return release_by_label(version)


@router.post("/releases/{version}/cancel", response=SteeredRelease)
def cancel_release(
    request: HttpRequest,
    version: VersionText,
    key: IdempotencyKey,
    body: CancelBody | None = None,
) -> Release:
    """Cancel the open promotion; without one, give the release up. Send an Idempotency-Key before you repeat it."""
    said = body or CancelBody()
    cancel(
        actor=actor_behind(request),
        version=version,
        reason=said.reason,
        lock_version=said.lock_version,
        key=key or "",
        stage=said.stage,
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
def skip(request: HttpRequest, version: VersionText, service: Slug, key: IdempotencyKey, body: SkipBody) -> Release:
    """Go on without a failed service."""
    skip_step(
        actor=actor_behind(request),
        version=version,
        service=service,
        reason=body.reason,
        lock_version=body.lock_version,
        key=key or "",
    )
    return release_by_label(version)


@router.post("/releases/{version}/steps/{service}/accept", response=SteeredRelease)
def accept(
    request: HttpRequest,
    version: VersionText,
    service: Slug,
    key: IdempotencyKey,
    body: ResumeBody | None = None,
) -> Release:
    """Let a failed service count as done by the success that its last attempt reported too late."""
    said = body or ResumeBody()
    accept_late_result(
        actor=actor_behind(request), version=version, service=service, lock_version=said.lock_version, key=key or ""
    )
    return release_by_label(version)
