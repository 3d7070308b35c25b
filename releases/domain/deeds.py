"""What people do to a release, in the words that follow their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEDS: Mapping[Kind, str] = {
    Kind.RELEASE_CREATED: "created the release",
    Kind.RELEASE_CANCELLED: "cancelled the release",
    Kind.PROMOTION_STARTED: "started the promotion to {stage}",
    Kind.PROMOTION_PAUSED: "paused the promotion to {stage}",
    Kind.PROMOTION_RESUMED: "resumed the promotion to {stage}",
    Kind.PROMOTION_CANCELLED: "cancelled the promotion to {stage}",
    Kind.VALIDATION_STARTED: "started the validation in {stage}",
    Kind.ROLLBACK_STARTED: "rolled back {stage}",
    Kind.RECOVERY_STARTED: "started the emergency recovery of {stage}",
    Kind.SIGNOFF_GIVEN: "signed the release off for {stage}",
    Kind.SIGNOFF_REJECTED: "rejected the release for {stage}",
    Kind.SIGNOFF_WITHDRAWN: "withdrew a sign-off for {stage}",
    Kind.GATE_BYPASSED: "bypassed a gate of {stage}",
    Kind.GATE_RESTORED: "ended a bypass of {stage}",
    Kind.FREEZE_DECLARED: "froze {stage}",
    Kind.FREEZE_LIFTED: "lifted the freeze of {stage}",
    Kind.STEP_RETRIED: "retried {service}",
    Kind.STEP_SKIPPED: "skipped {service}",
    Kind.STEP_ACCEPTED: "accepted the late result of {service}",
}
# What the journal tells of people; everything else comes from services and from the board.
BY_PEOPLE = frozenset(_DEEDS)


def deed(kind: str, *, stage: str, service: str) -> str:
    """Return for example ``paused the promotion to QA``; ``kind`` is one of ``BY_PEOPLE``."""
    return _DEEDS[Kind(kind)].format(stage=stage, service=service)
