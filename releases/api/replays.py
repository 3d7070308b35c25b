"""Releases as they were: the state that the journal folds to, up to any entry."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from releases.api.fields import Cursor, VersionText
from releases.domain.lifecycle import (
    PromotionState,
    ReleaseState,
    SessionState,
    SlotState,
)
from releases.domain.replayed import ReplayedRelease
from releases.queries.release_pages import release_by_label
from releases.queries.replay import replayed_release

router = Router(tags=["releases"])


class ReplayedStepAnswer(Schema):
    service: str
    phase: int
    from_version: str
    to_version: str
    state: SlotState
    reason: str
    message: str
    percent: int | None
    attempt: int
    late: int
    started_at: datetime | None
    heard_at: datetime | None
    finished_at: datetime | None


class TallyAnswer(Schema):
    status: str
    expected: int
    received: int
    respondents: int
    errors: int


class ReplayedSessionAnswer(Schema):
    correlation_id: str
    phase: int
    services: list[str]
    timeout_ms: int
    state: SessionState
    summary: TallyAnswer | None
    opened_at: datetime
    closed_at: datetime | None


class ReplayedPromotionAnswer(Schema):
    stage: str
    version: str
    phases: list[list[str]]
    phase: int
    state: PromotionState
    timeout_ms: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    steps: list[ReplayedStepAnswer]
    sessions: list[ReplayedSessionAnswer]


class ReplayAnswer(Schema):
    sequence: int
    version: str
    target_version: str
    kind: str
    title: str
    state: ReleaseState
    versions: dict[str, str]
    phases: list[list[str]]
    path: list[str]
    labels: list[str]
    created_by: str
    created_at: datetime
    promotions: list[ReplayedPromotionAnswer]

    @staticmethod
    def resolve_versions(release: ReplayedRelease) -> dict[str, str]:
        return dict(release.manifest)


@router.get("/releases/{version}/at/{sequence}", response=ReplayAnswer)
def at(request: HttpRequest, version: VersionText, sequence: Cursor) -> ReplayedRelease:
    """The release right after a journal entry, folded from the journal alone; phases count from 0."""
    return replayed_release(release_by_label(version), sequence)
