"""Plans, verdicts and recommendations as the API answers them."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field


class ReasonAnswer(Schema):
    """One check and its outcome; ``fix`` is a sentence, empty when nothing needs mending.

    ``ignored`` is a sentence too: until when, why and by whom this is lived with, which makes it count as a warning.
    """

    code: str
    severity: str
    service: str
    other: str
    observed: str
    required: str
    evidence: str
    fix: str
    text: str
    decisive: bool
    ignored: str


class VerdictAnswer(Schema):
    overall: str
    reasons: list[ReasonAnswer]


class ContractCheckAnswer(Schema):
    """``violations`` are those of ``results`` that keep the set from being valid: broken, or known to nobody."""

    results: list[ReasonAnswer]
    all_valid: bool
    violations: list[ReasonAnswer]
    versions: dict[str, str]


class ChangeAnswer(Schema):
    """One service of the platform; direction NONE when it stays."""

    service: str
    from_version: str | None = Field(alias="from")
    to_version: str | None = Field(alias="to")
    direction: str
    level: str
    flags: list[str]
    text: str
    chosen_by: str


class ProblemAnswer(Schema):
    """What stands in the way of a release; ``field`` names the part of the request to mend, ``offered`` what may do."""

    code: str
    service: str
    text: str
    fix: str
    field: str
    offered: str


class RecommendedChangeAnswer(Schema):
    service: str
    from_version: str | None = Field(alias="from")
    to_version: str = Field(alias="to")
    why: str


class RecommendationAnswer(Schema):
    """A compatible set; ``proof`` is BEST_FOUND when a nearer one could not be ruled out."""

    versions: dict[str, str]
    changes: list[RecommendedChangeAnswer]
    proof: str


class RiskAnswer(Schema):
    """Two versions that run side by side while the plan is carried out, and must not; phases count from 1.

    ``avoidable_by`` is the order of the two services that would avoid it.
    """

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    begins: int
    ends: int
    overall: str
    reasons: list[ReasonAnswer]
    avoidable_by: list[str] | None
    text: str
    fix: str


class GateAnswer(Schema):
    """A condition of a stage, such as a freeze that runs (then it is not open) or is to come; times are RFC 3339."""

    kind: str
    stage: str
    is_open: bool
    text: str
    begins: str | None
    until: str | None


class PhaseForecastAnswer(Schema):
    """Counted from the beginning of this phase to the end of the promotion; ``services`` are those that move."""

    services: list[str]
    p50_ms: int | None
    p90_ms: int


class PromotionForecastAnswer(Schema):
    """Half of such promotions keep the services busy for at most ``p50_ms``, nine of ten for at most ``p90_ms``.

    ``runs`` is how often the least known service succeeded there; those in ``unknown`` never did: the timeout is their
    bound, and ``p50_ms`` is null. ``slowest`` names for each phase the service that it waits for.
    """

    p50_ms: int | None
    p90_ms: int
    runs: int
    unknown: list[str]
    slowest: list[str]
    basis: str
    phases: list[PhaseForecastAnswer]


class StageForecastAnswer(Schema):
    """``waits`` says what people have to do, or the clock has to reach; no forecast counts that."""

    stage: str
    forecast: PromotionForecastAnswer
    waits: list[str]


class ForecastAnswer(Schema):
    """Milliseconds; null is unknown, because the services in ``unknown`` were never promoted.

    ``stages`` foresees each stage on the way by what ran there before.
    """

    critical_path_ms: int | None
    critical_path: list[str]
    barrier_ms: int | None
    unknown: list[str]
    stages: list[StageForecastAnswer] = Field(default_factory=list)


class ComparedAnswer(Schema):
    """The plan as things are; its changes, reasons, risks and gates only as far as the edited plan differs."""

    digest: str
    overall: str
    platform_version: str | None
    can_be_created: bool
    changes: list[ChangeAnswer]
    reasons: list[ReasonAnswer]
    risks: list[RiskAnswer]
    gates: list[GateAnswer]


class ConflictRuleAnswer(Schema):
    evidence: str
    text: str


class ConflictAnswer(Schema):
    """The first rules that together rule every set out; fewer may do it too unless it ``is_minimal``."""

    rules: list[ConflictRuleAnswer]
    count: int
    is_minimal: bool


class HotfixAnswer(Schema):
    """What the urgency lets a hotfix skip, and what must pass before the last stage; an empty path is all stages.

    What is skipped becomes debt, due ``debt_days`` after the hotfix is live.
    """

    urgency: str
    path: list[str]
    skipped_stages: list[str]
    scenarios: list[str]
    skipped_scenarios: list[str]
    budget_ms: int
    debt_days: int


class PlanAnswer(Schema):
    """A computed plan; nothing of it is stored until a release is created with its ``digest``.

    ``alternative`` is the nearest set that keeps what was chosen, where ``recommended`` does not.
    ``path`` names the stages that the release would go through, empty for all. ``reverify`` names services that stay as
    they are but need one that changes.
    ``search`` is null when the versions fit, else FOUND, NONE, or UNDETERMINED when the time for the search was over.
    """

    kind: str
    path: list[str]
    baseline: str | None
    platform_version: str | None
    bump: str
    rationale: list[str]
    warnings: list[str]
    versions: dict[str, str]
    changes: list[ChangeAnswer]
    verdict: VerdictAnswer
    phases: list[list[str]]
    all_phases: list[list[str]]
    rollback_phases: list[list[str]]
    reverify: list[str]
    hotfix: HotfixAnswer | None
    risks: list[RiskAnswer]
    gates: list[GateAnswer]
    forecast: ForecastAnswer | None
    recommended: RecommendationAnswer | None
    alternative: RecommendationAnswer | None
    search: str | None
    conflict: ConflictAnswer | None
    problems: list[ProblemAnswer]
    can_be_created: bool
    digest: str
    compared: ComparedAnswer | None


class JudgementAnswer(Schema):
    """``versions`` is the set that was judged: the ones asked about, and what is live for everything else.

    ``search`` and ``conflict`` are as in a plan.
    """

    overall: str
    reasons: list[ReasonAnswer]
    recommended: RecommendationAnswer | None
    alternative: RecommendationAnswer | None
    search: str | None
    conflict: ConflictAnswer | None
    versions: dict[str, str]
