"""Plans, verdicts and recommendations as the API answers them."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field


class ReasonAnswer(Schema):
    """One check and its outcome; ``fix`` is a sentence, empty when nothing needs mending."""

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


class VerdictAnswer(Schema):
    overall: str
    reasons: list[ReasonAnswer]


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
    """What stands in the way of a release; ``field`` names the part of the request to mend."""

    code: str
    service: str
    text: str
    fix: str
    field: str


class RecommendedChangeAnswer(Schema):
    service: str
    from_version: str | None = Field(alias="from")
    to_version: str = Field(alias="to")
    why: str


class RecommendationAnswer(Schema):
    """The nearest compatible set; ``proof`` is BEST_FOUND when a nearer one could not be ruled out."""

    versions: dict[str, str]
    changes: list[RecommendedChangeAnswer]
    proof: str


class PlanAnswer(Schema):
    """A computed plan; nothing of it is stored until a release is created with its ``digest``."""

    kind: str
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
    gates: list[dict[str, object]]
    forecast: dict[str, object] | None
    recommended: RecommendationAnswer | None
    problems: list[ProblemAnswer]
    can_be_created: bool
    digest: str


class JudgementAnswer(Schema):
    """``versions`` is the set that was judged: the ones asked about, and what is live for everything else."""

    overall: str
    reasons: list[ReasonAnswer]
    recommended: RecommendationAnswer | None
    versions: dict[str, str]
