"""The buttons of a release's page, each with why it may not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from releases.domain.lifecycle import (
    OPEN_PROMOTIONS,
    OPEN_RELEASES,
    RETRYABLE_SLOTS,
    PromotionState,
    ReleaseState,
    SlotState,
)
from releases.queries.promotability import promotion_refusal
from releases.queries.views import Control

if TYPE_CHECKING:
    from releases.domain.compatibility import Verdict
    from releases.models import PromotionStep, Stage
    from releases.queries.release_facts import ReleaseFacts


class Controls(TypedDict):
    promote: Control
    pause: Control
    resume: Control
    cancel: Control


def controls_of(facts: ReleaseFacts, upcoming: Stage | None, verdict: Verdict) -> Controls:
    """Return the page's buttons; ``upcoming`` is the stage that promote would go to."""
    is_open = ReleaseState(facts.release.state) in OPEN_RELEASES
    return {
        "promote": control(facts, "promote", _why_not_promote(facts, upcoming, verdict)),
        "pause": control(facts, "pause", _why_not_pause(facts)),
        "resume": control(facts, "resume", _why_not_resume(facts)),
        "cancel": control(facts, "cancel", "" if is_open else f"It is {facts.release.state}."),
    }


def control(facts: ReleaseFacts, verb: str, refusal: str) -> Control:
    """Return one button, refused for who may not act whatever else holds."""
    text = facts.refusal or refusal
    return Control(verb=verb, allowed=not text, why_not=text)


def _why_not_promote(facts: ReleaseFacts, upcoming: Stage | None, verdict: Verdict) -> str:
    if upcoming is None:
        return f"{facts.release.target_version} has reached every stage."
    refusal = promotion_refusal(facts.release, upcoming, verdict)
    return refusal.text if refusal else ""


def _why_not_pause(facts: ReleaseFacts) -> str:
    if facts.promotion is None or PromotionState(facts.promotion.state) not in OPEN_PROMOTIONS:
        return "No promotion is running."
    return "It is already paused." if PromotionState(facts.promotion.state) is PromotionState.PAUSED else ""


def _why_not_resume(facts: ReleaseFacts) -> str:
    paused = facts.promotion is not None and PromotionState(facts.promotion.state) is PromotionState.PAUSED
    return "" if paused else "No promotion is paused."


def why_no_second_try(facts: ReleaseFacts, step: PromotionStep) -> str:
    """Return why a step can be neither retried nor skipped; empty when it can."""
    if facts.promotion is None or PromotionState(facts.promotion.state) not in OPEN_PROMOTIONS:
        return "The promotion is closed."
    if SlotState(step.state) not in RETRYABLE_SLOTS:
        return "Only a service that failed can be retried or skipped."
    if PromotionState(facts.promotion.state) is PromotionState.PAUSED:
        return "The promotion is paused; resume it first."
    return ""
