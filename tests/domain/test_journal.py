"""The names that scripts and replays read."""

from __future__ import annotations

import re

from releases.domain.journal import Kind


def test_a_kind_names_its_subject_and_what_happened() -> None:
    assert [kind for kind in Kind if not re.fullmatch(r"[a-z]+\.[a-z_]+", kind)] == []


def test_kinds_fit_their_column() -> None:
    assert max(map(len, Kind)) <= 40


def test_kinds_are_stable() -> None:
    assert sorted(Kind) == [
        "callback.applied",
        "callback.contradictory",
        "callback.late",
        "callback.out_of_order",
        "deadline.extended",
        "debt.incurred",
        "debt.paid",
        "delivery.repeated",
        "dispatch.retrying",
        "dispatch.sent",
        "evidence.recorded",
        "freeze.declared",
        "freeze.lifted",
        "gate.bypassed",
        "gate.restored",
        "hotfix.live",
        "inbox.delivered",
        "inbox.gave_up",
        "notes.edited",
        "platform.recorded",
        "platform.unrecorded",
        "promotion.cancelled",
        "promotion.healed",
        "promotion.held",
        "promotion.paused",
        "promotion.resumed",
        "promotion.started",
        "promotion.succeeded",
        "recovery.started",
        "registry.told",
        "registry.unreached",
        "release.cancelled",
        "release.created",
        "release.released",
        "rollback.refused",
        "rollback.started",
        "service.asked",
        "session.closed",
        "session.opened",
        "signoff.given",
        "signoff.rejected",
        "signoff.withdrawn",
        "slot.closed",
        "step.accepted",
        "step.retried",
        "step.skipped",
        "train.ended",
        "train.held",
        "train.resumed",
        "train.step",
        "validation.finished",
        "validation.started",
        "verdict.changed",
        "version.quarantined",
    ]
