"""The buttons of a release's page, each with why it may not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from releases.domain.access import Permission
from releases.domain.lifecycle import PromotionState, ReleaseState
from releases.domain.steering import (
    Situation,
    StepSituation,
    why_not_accept,
    why_not_cancel,
    why_not_pause,
    why_not_recover,
    why_not_resume,
    why_not_retry,
    why_not_skip,
)
from releases.queries.gates import resume_gate
from releases.queries.paths import on_the_way
from releases.queries.promotability import promotion_refusal
from releases.queries.release_facts import refusal_in
from releases.queries.views import Control, control

if TYPE_CHECKING:
    from releases.domain.compatibility import Verdict
    from releases.models import Stage
    from releases.queries.release_facts import ReleaseFacts
    from releases.queries.views import WayBack


class Controls(TypedDict):
    promote: Control
    pause: Control
    resume: Control
    cancel: Control
    roll_back: Control
    recover: Control


def controls_of(facts: ReleaseFacts, upcoming: Stage | None, verdict: Verdict, way: WayBack) -> Controls:
    """Return the page's buttons; ``upcoming`` is the stage that promote would go to, ``way`` the one back."""
    now, ahead = situation_of(facts), upcoming.name if upcoming else ""
    return {
        "promote": _promotion(facts, "promote", ahead, _why_unready(facts, upcoming, verdict)),
        "pause": _steering(facts, now, "pause", why_not_pause(now)),
        "resume": _steering(facts, now, "resume", why_not_resume(now) or _why_frozen(facts)),
        "cancel": _steering(facts, now, "cancel", why_not_cancel(now)),
        "roll_back": _promotion(facts, "roll_back", way.stage, way.why_not),
        "recover": _steering(facts, now, "recover", why_not_recover(now, facts.release.kind)),
    }


def _why_frozen(facts: ReleaseFacts) -> str:
    if facts.promotion is None or facts.promotion.state != PromotionState.PAUSED:
        return ""
    closed = resume_gate(facts.promotion)
    return closed.text if closed else ""


def _promotion(facts: ReleaseFacts, verb: str, stage: str, refusal: str) -> Control:
    """Return a button for who may promote in the stage, refused for everybody else whatever holds."""
    return control(verb, refusal_in(facts, Permission.PROMOTE, stage) or refusal)


def _steering(facts: ReleaseFacts, now: Situation, verb: str, refusal: str) -> Control:
    return control(verb, refusal_in(facts, Permission.OPERATE, now.stage if now.is_open else "") or refusal)


def situation_of(facts: ReleaseFacts) -> Situation:
    """Return what decides about the acts on a release."""
    return Situation(
        version=facts.release.version,
        release=ReleaseState(facts.release.state),
        promotion=PromotionState(facts.promotion.state) if facts.promotion else None,
        stage=facts.promotion.stage.name if facts.promotion else "",
    )


def _why_unready(facts: ReleaseFacts, upcoming: Stage | None, verdict: Verdict) -> str:
    stage = upcoming or next(reversed(on_the_way(facts.stages, facts.release.path)), None)
    if stage is None:
        return "There is no stage to promote to."
    refusal = promotion_refusal(facts.release, stage, verdict)
    return refusal.text if refusal else ""


class StepControls(TypedDict):
    retry: Control
    skip: Control
    accept: Control


def step_controls(facts: ReleaseFacts, step: StepSituation) -> StepControls:
    """Return the buttons of one service."""
    now = situation_of(facts)
    return {
        "retry": _steering(facts, now, "retry", why_not_retry(now, step)),
        "skip": _steering(facts, now, "skip", why_not_skip(now, step)),
        "accept": _steering(facts, now, "accept", why_not_accept(now, step)),
    }
