"""What the journal records: one kind for each thing that can happen to a release."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Stable names: scripts and replays read them."""

    RELEASE_CREATED = "release.created"
    RELEASE_RELEASED = "release.released"
    RELEASE_CANCELLED = "release.cancelled"
    PROMOTION_STARTED = "promotion.started"
    PROMOTION_HELD = "promotion.held"
    PROMOTION_PAUSED = "promotion.paused"
    PROMOTION_RESUMED = "promotion.resumed"
    PROMOTION_CANCELLED = "promotion.cancelled"
    PROMOTION_SUCCEEDED = "promotion.succeeded"
    SESSION_OPENED = "session.opened"
    SESSION_CLOSED = "session.closed"
    DEADLINE_EXTENDED = "deadline.extended"
    DISPATCH_SENT = "dispatch.sent"
    DISPATCH_RETRYING = "dispatch.retrying"
    CALLBACK_APPLIED = "callback.applied"
    CALLBACK_OUT_OF_ORDER = "callback.out_of_order"
    CALLBACK_LATE = "callback.late"
    CALLBACK_CONTRADICTORY = "callback.contradictory"
    SLOT_CLOSED = "slot.closed"
    STEP_RETRIED = "step.retried"
    STEP_SKIPPED = "step.skipped"
