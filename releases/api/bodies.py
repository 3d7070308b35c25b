"""What the API takes; a name that it does not know is refused, so that no typing error passes for a default."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from releases.api.fields import (
    Attempt,
    Digest,
    Document,
    LockVersion,
    Milliseconds,
    Notes,
    Percent,
    Reason,
    Sequence,
    Slug,
    StageName,
    Text,
    Title,
    Versions,
    VersionText,
)
from releases.domain.aggregation import CallbackStatus


class _Body(Schema):
    model_config = ConfigDict(extra="forbid")


class VersionBody(_Body):
    """A build that a pipeline announces."""

    version: VersionText
    notes: Notes = ""


class PlanBody(_Body):
    """Services that are left out of ``versions`` get the highest eligible one."""

    kind: Literal["synchronized"] = "synchronized"
    versions: Versions = Field(default_factory=dict)
    target_version: VersionText | None = None
    reason: Reason = ""
    forced: bool = Field(default=False, strict=True)


class ReleaseBody(PlanBody):
    """The previewed plan's body with the ``digest`` of its answer."""

    accept_digest: Digest
    title: Title = ""
    notes: Notes = ""


class VerdictBody(_Body):
    """Services that are left out of ``versions`` are judged as they are live."""

    versions: Versions
    platform_version: VersionText | None = None


class PromotionBody(_Body):
    """``timeout_ms`` limits each phase; ``wait`` answers when the first phase is closed."""

    stage: StageName
    strategy: Literal["stream", "wait"] = "stream"
    timeout_ms: Milliseconds | None = None
    lock_version: LockVersion | None = None


class SteeringBody(_Body):
    reason: Reason = ""
    lock_version: LockVersion | None = None


class ResumeBody(_Body):
    lock_version: LockVersion | None = None


class SkipBody(_Body):
    reason: Reason
    lock_version: LockVersion | None = None


class CallbackBody(Schema):
    """What a service reports; ``sequence`` numbers the callbacks of one attempt."""

    correlation_id: UUID
    source: Slug
    attempt: Attempt
    status: CallbackStatus
    percent: Percent | None = None
    message: Text = Field(default="", max_length=10_000)
    sequence: Sequence | None = None
    details: Document = Field(default_factory=dict)
