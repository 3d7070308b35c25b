"""Services, releases, sessions and journals as the API answers them; times are RFC 3339 in UTC."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from releases.api.control_answers import ControlAnswer
from releases.api.forecast_answers import ForecastPanelAnswer
from releases.api.gate_answers import GatePanelAnswer
from releases.api.plan_answers import VerdictAnswer


class ServiceAnswer(Schema):
    """``live`` maps each stage to the version that runs there."""

    slug: str
    name: str
    description: str
    application_key: str
    required: bool
    aliases: list[str]
    depends_on: list[str]
    live: dict[str, str]


class ServicePage(Schema):
    items: list[ServiceAnswer]
    next_cursor: int | None


class ContentAnswer(Schema):
    """The sources and releasables of a version, item by item as AppTrust describes them."""

    sources: list[dict[str, object]]
    releasables: list[dict[str, object]]


class VersionAnswer(Schema):
    """A registered version; ``why_not`` says why it may not be taken, and is empty when it is eligible.

    ``notes`` are what it changes, ``irreversible`` is what it does that going back does not undo; empty for nothing.
    ``content`` is what AppTrust lists in it, null unless it was asked for, and until it was read: ``content_read_at``.
    """

    version: str
    tag: str
    release_status: str
    stage: str
    eligible: bool
    why_not: str
    notes: str
    irreversible: str
    registered_at: datetime | None
    content_read_at: datetime | None
    content: ContentAnswer | None


class VersionPage(Schema):
    items: list[VersionAnswer]
    next_cursor: int | None


class RegisteredAnswer(Schema):
    service: str
    version: str
    notes: str
    irreversible: str
    registered_at: datetime | None


class DocumentAnswer(Schema):
    """A version's OpenAPI document; ``sha256`` is that of its canonical JSON: keys sorted, no spaces."""

    service: str
    version: str
    sha256: str
    uploaded_by: str
    uploaded_at: datetime


class CollectionAnswer(Schema):
    requested_by: str
    requested_at: datetime


class ProbingAnswer(Schema):
    requested_by: str
    requested_at: datetime


class CreatedRelease(Schema):
    """``url`` is the release in this API, ``board_url`` its page."""

    version: str
    state: str
    url: str
    board_url: str


class ReleaseLineAnswer(Schema):
    version: str
    target_version: str
    kind: str
    title: str
    state: str
    stage: str
    summary: str
    created_by: str
    created_at: datetime
    updated_at: datetime


class ReleasePage(Schema):
    items: list[ReleaseLineAnswer]
    next_cursor: int | None


class StageAnswer(Schema):
    stage: str
    state: str
    version: str
    detail: str
    since: datetime | None
    promote: ControlAnswer


class LateResultAnswer(Schema):
    status: str
    message: str
    reported_at: datetime


class StepAnswer(Schema):
    """One service of the latest promotion, or of the plan before the first.

    ``late_result`` is what its last attempt reported too late, null where that changes nothing.
    """

    service: str
    phase: int
    from_version: str
    to_version: str
    state: str
    reason: str
    message: str
    percent: int | None
    attempt: int
    late: int
    late_result: LateResultAnswer | None
    started_at: datetime | None
    heard_at: datetime | None
    deadline_at: datetime | None
    finished_at: datetime | None
    correlation_id: str
    retry: ControlAnswer
    skip: ControlAnswer
    accept: ControlAnswer


class SummaryAnswer(Schema):
    """How a session closed."""

    correlation_id: str
    phase: int
    status: str
    expected: int
    received: int
    respondents: int
    errors: int


class ValidationStepAnswer(Schema):
    """``outcome`` is ``not_reached`` where a step before it did not pass."""

    name: str
    outcome: str
    message: str
    expected: str
    observed: str
    duration_ms: int


class ScenarioAnswer(Schema):
    """``outcome`` is ``passed``, ``failed``, ``error`` or ``not_configured``, and empty while it is awaited."""

    scenario: str
    name: str
    required: bool
    outcome: str
    message: str
    duration_ms: int
    measured_ms: int | None
    steps: list[ValidationStepAnswer]


class ValidationAnswer(Schema):
    """The newest validation in one stage; only the state ``passed`` is good."""

    stage: str
    version: str
    state: str
    message: str
    is_configured: bool
    requested_by: str
    requested_at: datetime | None
    finished_at: datetime | None
    scenarios: list[ScenarioAnswer]


class ValidationPanelAnswer(Schema):
    """``control`` is about ``stage``, the last one reached, with which ``stages`` begins."""

    control: ControlAnswer
    stage: str
    stages: list[ValidationAnswer]


class RequestedValidationAnswer(Schema):
    run_id: int
    stage: str
    scenarios: list[str]
    url: str
    board_url: str


class RegistryRecordAnswer(Schema):
    """AppTrust's own version of the release; ``told_at`` is null while it is not where ``wanted_stage`` says."""

    application_key: str
    version: str
    is_known: bool
    wanted_stage: str
    registry_stage: str
    told_at: datetime | None
    problem: str


class ReleaseAnswer(Schema):
    """A release as of journal entry ``sequence``; give ``lock_version`` with a command to act on just this state.

    ``path`` names the stages that it goes through, empty for all.
    """

    version: str
    target_version: str
    kind: str
    title: str
    notes: str
    state: str
    summary: str
    stage: str
    promotion_id: int | None
    promotion_state: str | None
    sequence: int
    lock_version: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    correlation_id: str
    timeout_ms: int
    versions: dict[str, str]
    digest: str
    path: list[str]
    stages: list[StageAnswer]
    phases: list[list[str]]
    steps: list[StepAnswer]
    summaries: list[SummaryAnswer]
    promote_stage: str
    promote: ControlAnswer
    pause: ControlAnswer
    resume: ControlAnswer
    cancel: ControlAnswer
    verdict: VerdictAnswer
    validation: ValidationPanelAnswer
    gates: GatePanelAnswer
    forecast: ForecastPanelAnswer
    registry_record: RegistryRecordAnswer | None


class SteeredRelease(Schema):
    """A release after a command."""

    version: str
    state: str
    sequence: int
    lock_version: int


class RetriedStep(Schema):
    service: str
    attempt: int


class StartedAnswer(Schema):
    """``correlation_id`` is null when every service already runs its version; ``notice`` tells of a cut time limit."""

    promotion_id: int
    state: str
    correlation_id: str | None
    expected: int
    deadline: datetime | None
    stream_url: str | None
    board_url: str
    notice: str


class EntryAnswer(Schema):
    sequence: int
    at: datetime
    kind: str
    actor: str
    service: str
    payload: dict[str, object]


class JournalPage(Schema):
    items: list[EntryAnswer]
    next_cursor: int | None


class SlotAnswer(Schema):
    source: str
    state: str
    reason: str
    message: str
    percent: int | None
    attempt: int
    sends: int
    sent_at: datetime | None
    heard_at: datetime | None
    closed_at: datetime | None


class LateAnswer(Schema):
    source: str
    attempt: int
    status: str
    disposition: str
    percent: int | None
    message: str
    sequence: int | None
    received_at: datetime


class SessionAnswer(Schema):
    """One fan-out; the counters are derived from the slots, ``late`` holds what came after they closed."""

    correlation_id: str
    release: str
    stage: str
    phase: int
    state: str
    expected: int
    received: int
    respondents: int
    errors: int
    slots: list[SlotAnswer]
    late: list[LateAnswer]
    opened_at: datetime
    deadline: datetime
    closed_at: datetime | None
    timeout_ms: int
    summary: dict[str, object] | None


class PromotionAnswer(Schema):
    """``slots`` holds the newest attempt at every service that was asked, ``sessions`` every fan-out, oldest first."""

    promotion_id: int
    release: str
    stage: str
    state: str
    expected: int
    received: int
    respondents: int
    errors: int
    slots: list[SlotAnswer]
    sessions: list[SessionAnswer]
    timeout_ms: int
    started_at: datetime
    finished_at: datetime | None


class ReceiptAnswer(Schema):
    """``sequence`` is the journal entry that the callback led to."""

    sequence: int
    duplicate: bool
    late: bool
