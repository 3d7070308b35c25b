"""What the pages show: frozen view objects, filled by the queries and read by templates, API and live alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.domain.aggregation import CallbackStatus
    from releases.domain.compatibility import Verdict
    from releases.domain.critical_path import Forecast
    from releases.domain.gates import Gate
    from releases.domain.lifecycle import PromotionState, ReleaseState, SlotState
    from releases.domain.plans import Plan
    from releases.domain.transitions import RiskWindow
    from releases.domain.what_if import Edits
    from releases.queries.forecast_views import ForecastPanel, StageForecast
    from releases.queries.freeze_views import FreezePanel
    from releases.queries.gate_views import GatePanel
    from releases.queries.hotfix_views import HotfixPanel
    from releases.queries.notes_views import RevisionLine
    from releases.queries.registry_record_views import RecordView
    from releases.queries.validation_views import ValidationPanel


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A button: what it does, and when it may not, why not."""

    verb: str
    allowed: bool
    why_not: str = ""


def control(verb: str, refusal: str) -> Control:
    """Return a button that is refused where there is a reason to."""
    return Control(verb=verb, allowed=not refusal, why_not=refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateResult:
    """What the service said, and when the board heard it."""

    status: CallbackStatus
    message: str
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One service of one promotion (or of the plan, before the first promotion)."""

    service: str
    phase: int
    from_version: str
    to_version: str
    state: SlotState
    reason: str = ""
    message: str = ""
    percent: int | None = None
    attempt: int = 0
    late: int = 0
    late_result: LateResult | None = None
    """What its last attempt reported too late, as long as it is not what counts."""
    started_at: datetime | None = None
    heard_at: datetime | None = None
    deadline_at: datetime | None = None
    silent_since: datetime | None = None
    """The last sign of life of a service that is waited for; the next is due by ``lease_until``."""
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    correlation_id: str = ""
    retry: Control
    skip: Control
    accept: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """One cell of the release's stage strip."""

    stage: str
    state: str
    """released | promoting | held | paused | waiting | cancelled | planned | not_on_the_way"""
    version: str
    """The platform version that this release carries there, else the one that is live."""
    detail: str
    """For example ``2 of 5 services``; empty when ``since`` tells more."""
    since: datetime | None = None
    promote: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A journal entry as stored; ``display.sentences`` words it."""

    sequence: int
    at: datetime
    kind: str
    actor: str
    service: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """How a session closed."""

    correlation_id: str
    phase: int
    status: str
    expected: int
    received: int
    respondents: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineView:
    """A version that a rollback took back; ``told_at`` is when the registry was told, ``problem`` what hindered it."""

    service: str
    version: str
    told_at: datetime | None
    registry_stage: str
    lifted_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """``target`` is where it would go in ``stage``; without one ``why_not`` says as a sentence why there is no way.

    ``taken_back_by`` names the rollbacks of this release, newest first, ``takes_back`` the release that this one, a
    rollback, takes back; ``quarantines`` are the versions that it took back so far.
    """

    stage: str = ""
    target: str = ""
    why_not: str = ""
    taken_back_by: tuple[str, ...] = ()
    takes_back: str = ""
    quarantines: tuple[QuarantineView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """Everything that the release page shows, as of journal entry ``sequence``."""

    pk: int
    version: str
    target_version: str
    kind: str
    title: str
    state: ReleaseState
    stage: str
    """The stage being promoted to, or last promoted to; empty before the first."""
    promotion_id: int | None
    promotion_state: PromotionState | None
    sequence: int
    lock_version: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    summary: str
    """For example ``1 of 5 services failed, the promotion is held``."""
    correlation_id: str
    timeout_ms: int
    stages: tuple[StageView, ...]
    phases: tuple[tuple[str, ...], ...]
    depends_on: Mapping[str, frozenset[str]]
    waits_for: Mapping[str, frozenset[str]]
    """The same the other way round in a rollback."""
    train: str
    """The train that it left with, empty when none did."""
    steps: tuple[StepView, ...]
    summaries: tuple[SummaryView, ...]
    entries: tuple[Entry, ...]
    """Newest first, at most fifty."""
    promote: Control
    promote_stage: str
    roll_back: Control
    recover: Control
    way_back: WayBack
    pause: Control
    resume: Control
    cancel: Control
    verdict: Verdict
    notes: str
    notes_revision: RevisionLine
    validation: ValidationPanel
    gates: GatePanel
    freezes: FreezePanel
    forecast: ForecastPanel
    hotfix: HotfixPanel | None = None
    registry_record: RecordView | None = None

    def step(self, service: str) -> StepView:
        """Raise ``KeyError`` for a service outside this release."""
        return next((s for s in self.steps if s.service == service), None) or _missing(service)


def _missing(service: str) -> StepView:
    raise KeyError(service)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCell:
    """What one service runs in one stage."""

    stage: str
    version: str
    """Empty: never deployed there."""
    state: str
    """A slot state while a promotion touches it, else ``live`` or ``absent``."""
    to_version: str = ""
    percent: int | None = None
    release: str = ""
    by: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A service with its cells, one per stage in order."""

    service: str
    name: str
    cells: tuple[BoardCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardStage:
    """The head of a column."""

    stage: str
    version: str
    state: str
    """live | promoting | held | paused | empty"""
    release: str
    """Version (any label) of the open release there, else of the one that is live."""
    since: datetime | None
    """When the open promotion there began, else since when the version is live."""
    by: str
    verdict: str
    """compatible | compatible_with_warnings | incompatible | undetermined | empty when nothing runs there."""
    next_step: str
    """For example ``Ready for QA``; empty when there is none."""
    frozen_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The grid of stages and services; ``sequence`` grows with every change of any release."""

    sequence: int
    stages: tuple[BoardStage, ...]
    rows: tuple[BoardRow, ...]
    open_releases: tuple[ReleaseLine, ...]
    plan: Control
    freezes: FreezePanel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLine:
    """One line of a list of releases."""

    version: str
    target_version: str
    kind: str
    title: str
    state: ReleaseState
    stage: str
    summary: str
    created_by: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChoice:
    """One registered version of a service, as the picker offers it."""

    version: str
    tag: str
    release_status: str
    stage: str
    eligible: bool
    why_not: str
    notes: str
    """What it changes, as its pipeline or an administrator said."""
    irreversible: str
    """What it does that going back does not undo, empty for nothing."""
    registered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChoices:
    """The picker's row: newest first, invalid strings at the end with why."""

    service: str
    name: str
    live: str
    chosen: str
    resolved: str
    """What the resolver would take without an override; empty when nothing is eligible."""
    default: str = ""
    """What it takes when nobody chooses: the resolver's version, or in some kinds of plan the live one."""
    why: str
    versions: tuple[VersionChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionView:
    """The last collection of versions from the registry."""

    running: bool
    finished_at: datetime | None
    error: str
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """A compatibility rule that may be tried out differently; ``tried`` is empty where it is left out."""

    id: int
    subject: str
    """For example ``recommendations >=2.2.0 needs inventory``."""
    required: str
    tried: str

    @property
    def is_edited(self) -> bool:
        return self.tried != self.required


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The page of a plan that is not stored yet."""

    kind: str
    services: tuple[ServiceChoices, ...]
    plan: Plan
    candidate_version: str
    """The label it would carry in the first stage, for example ``2.2.0-alpha.1``; empty without one."""
    labels: tuple[tuple[str, str], ...]
    """(stage, label) for each stage."""
    collection: CollectionView
    create: Control
    target_version: str
    reason: str
    urgency: str
    depends_on: Mapping[str, frozenset[str]]
    stages: tuple[StageForecast, ...]
    edits: Edits
    """Rules and freezes that are tried out, as the address names them."""
    now: Plan | None
    """With edits the plan without them, else with chosen versions the resolver's; None where that is the plan."""
    rules: tuple[RuleChoice, ...]

    @property
    def risks(self) -> tuple[RiskWindow, ...]:
        return self.plan.risks

    @property
    def forecast(self) -> Forecast | None:
        return self.plan.forecast

    @property
    def gates(self) -> tuple[Gate, ...]:
        return self.plan.gates
