"""What the API takes; a name that it does not know is refused, so that no typing error passes for a default."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from releases.api.fields import (
    Attempt,
    Digest,
    Document,
    FreezeNumber,
    Irreversible,
    LockVersion,
    Markdown,
    Milliseconds,
    Notes,
    NotesRevision,
    OpenApi,
    Percent,
    Ranges,
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
from releases.domain.gates import FREEZE_HOURS
from releases.domain.hotfixes import Urgency
from releases.domain.signoffs import Decision
from releases.domain.validation import Scenario


class _Body(Schema):
    model_config = ConfigDict(extra="forbid")


class VersionBody(_Body):
    """A build that a pipeline announces.

    ``openapi`` describes its interface, ``requires`` maps services (slugs or aliases) to ranges. ``irreversible`` is
    what it does that going back does not undo, for example "drops the table of old orders".
    """

    version: VersionText
    notes: Notes = ""
    irreversible: Irreversible = ""
    requires: Ranges = Field(default_factory=dict)
    openapi: OpenApi | None = None


class NotesBody(_Body):
    """``revision`` is the one that the text was made of; 0 is the draft."""

    markdown: Markdown
    revision: NotesRevision


class VersionChangeBody(_Body):
    """What became known of a registered version; what is left out stays, and an empty text takes it back."""

    notes: Notes | None = None
    irreversible: Irreversible | None = None


class PlanBody(_Body):
    """Services that are left out of ``versions`` get the highest eligible one; in others they stay live.

    A hotfix needs an ``urgency`` and a ``reason``.
    """

    kind: Literal["synchronized", "independent", "hotfix"] = "synchronized"
    urgency: Urgency | None = None
    versions: Versions = Field(default_factory=dict)
    target_version: VersionText | None = None
    reason: Reason = ""
    forced: bool = Field(default=False, strict=True)


class ReleaseBody(PlanBody):
    """The previewed plan's body with the ``digest`` of its answer."""

    accept_digest: Digest
    title: Title = ""
    notes: Notes = ""


class IndependentBody(_Body):
    """One service that is released by itself, beside what is live.

    Without ``target_version`` what changes determines the platform version.
    """

    service: Slug
    version: VersionText
    target_version: VersionText | None = None
    reason: Reason = ""
    title: Title = ""
    notes: Notes = ""


class HotfixBody(IndependentBody):
    """One service that is released by itself, in haste: the urgency says what it may skip."""

    urgency: Urgency
    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class DebtBody(_Body):
    """How the debt was made up for."""

    how: Annotated[Text, Field(min_length=1, max_length=300)]


class VerdictBody(_Body):
    """Services that are left out of ``versions`` are judged as they are live."""

    versions: Versions
    platform_version: VersionText | None = None


class ContractsBody(_Body):
    """Services that are left out of ``versions`` are checked as they are live."""

    versions: Versions


class PromotionBody(_Body):
    """``timeout_ms`` limits each phase.

    ``wait`` answers when the promotion has come to rest; ``inbox`` answers at once and posts the results of each phase
    to the inbox that ``inbox`` names. ``on_failure`` is what follows when a service fails: a person decides, or the
    stage goes back by itself to the last set that ran verified together.
    """

    stage: StageName
    strategy: Literal["stream", "wait", "inbox"] = "stream"
    inbox: Slug | None = None
    on_failure: Literal["hold", "roll_back"] = "hold"
    timeout_ms: Milliseconds | None = None
    lock_version: LockVersion | None = None


class SteeringBody(_Body):
    reason: Reason = ""
    lock_version: LockVersion | None = None


class CancelBody(SteeringBody):
    """``stage`` names the promotion that is meant, empty the release itself; refused when it is not so any more."""

    stage: Annotated[Text, Field(max_length=32)] | None = None


class ResumeBody(_Body):
    lock_version: LockVersion | None = None


class SkipBody(_Body):
    reason: Reason
    lock_version: LockVersion | None = None


class SignOffBody(_Body):
    """``digest`` is that of the release's ``gates``; a rejection needs a ``reason``."""

    role: Annotated[Text, Field(min_length=1, max_length=32)]
    digest: Digest
    decision: Decision = Decision.APPROVED
    reason: Annotated[Text, Field(max_length=300)] = ""


class BypassBody(_Body):
    """The closed gate of the release's next stage that it may pass for so many hours."""

    stage: StageName
    gate: Annotated[Text, Field(min_length=1, max_length=16)]
    reason: Annotated[Text, Field(min_length=1, max_length=300)]
    hours: Annotated[int, Field(strict=True, ge=1, le=24)] = 1
    lock_version: LockVersion | None = None


class FreezeBody(_Body):
    """Without ``stages`` all of them; ``in_flight`` is what becomes of promotions that are on their way there."""

    stages: Annotated[list[StageName], Field(max_length=100)] = Field(default_factory=list)
    reason: Annotated[Text, Field(min_length=1, max_length=300)]
    hours: Annotated[int, Field(strict=True, ge=1, le=FREEZE_HOURS)]
    in_flight: Literal["finish", "pause"] = "finish"


class LiftBody(_Body):
    """The numbers of the freezes."""

    freezes: Annotated[list[FreezeNumber], Field(min_length=1, max_length=100)]
    reason: Annotated[Text, Field(max_length=300)] = ""


class ValidationBody(_Body):
    """Without ``stage`` the last one reached is validated, without ``scenarios`` all of them."""

    stage: StageName | None = None
    scenarios: Annotated[list[Scenario], Field(max_length=len(Scenario))] = Field(default_factory=list)
    lock_version: LockVersion | None = None


class RollbackPreviewBody(_Body):
    """Without ``stage`` the last one reached, without ``target_version`` the last set that ran there verified."""

    stage: StageName | None = None
    target_version: VersionText | None = None


class RollbackBody(RollbackPreviewBody):
    """The previewed body with the ``digest`` of its answer; what cannot be undone has to be accepted.

    ``quarantine`` is whether nobody may plan with the versions any more that are taken back.
    """

    reason: Reason
    accept_digest: Digest
    accept_irreversible: bool = Field(default=False, strict=True)
    quarantine: bool = Field(default=True, strict=True)
    lock_version: LockVersion | None = None


class RecoveryBody(_Body):
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
