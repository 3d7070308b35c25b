"""Rows and rules as the API takes and answers them, and what an edit of them would do."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from releases.api.fields import MAX_BIGINT, Slug, Text, VersionText
from releases.api.plan_answers import ReasonAnswer

Number = Annotated[int, Field(strict=True, ge=1, le=MAX_BIGINT)]
Revision = Annotated[int, Field(strict=True, ge=0, le=MAX_BIGINT)]
RangeText = Annotated[Text, Field(max_length=200)]
Note = Annotated[Text, Field(max_length=300)]
Approved = Annotated[list[VersionText], Field(min_length=1, max_length=200)]
Weight = Literal["ERROR", "WARNING"]


class _Body(Schema):
    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, object]:
        """Return what was sent: a field that is left out stays as it is."""
        return self.model_dump(exclude_unset=True, exclude={"id", "revision"})


class RowBody(_Body):
    """``expires_on`` is the last day on which the approval counts; null for an approval without end."""

    platform_version: VersionText
    service: Slug
    approved: Approved
    expires_on: date | None = None
    note: Note = ""


class RowPatch(_Body):
    """What is left out stays. ``revision`` is that of the answer which the edit was made on."""

    revision: Revision | None = None

    platform_version: VersionText = ""
    service: Slug = ""
    approved: Approved = Field(default_factory=list)
    expires_on: date | None = None
    note: Note = ""


class ConstraintBody(_Body):
    """Consumers in the one range need the provider in the other; write ``*`` for any version."""

    consumer: Slug
    consumer_range: RangeText
    provider: Slug
    provider_range: RangeText
    severity: Weight = "ERROR"
    note: Note = ""


class ConstraintPatch(_Body):
    """What is left out stays. ``revision`` is that of the answer which the edit was made on."""

    revision: Revision | None = None

    consumer: Slug = ""
    consumer_range: RangeText = ""
    provider: Slug = ""
    provider_range: RangeText = ""
    severity: Weight = "ERROR"
    note: Note = ""


class RowEdit(RowPatch):
    """A row to add, or with ``id`` one to change."""

    id: Number | None = None


class ConstraintEdit(ConstraintPatch):
    """A rule to add, or with ``id`` one to change."""

    id: Number | None = None


class DenialEdit(_Body):
    """A denial to add, or with ``id`` one to change."""

    id: Number | None = None
    service: Slug = ""
    service_range: RangeText = ""
    other: Slug = ""
    other_range: RangeText = ""
    reason: Note = ""


class ImpactBody(_Body):
    """An edit that is not made: any of these together; ``delete`` names what goes, as reasons do: ``constraint:7``."""

    row: RowEdit | None = None
    constraint: ConstraintEdit | None = None
    denial: DenialEdit | None = None
    delete: Annotated[Text, Field(pattern=r"^(row|constraint|denial):[1-9][0-9]{0,17}$")] | None = None


class RowAnswer(Schema):
    id: int
    platform_version: str
    service: str
    approved: list[str]
    expires_on: date | None
    note: str
    revision: int


class RowPage(Schema):
    items: list[RowAnswer]
    next_cursor: int | None


class ConstraintAnswer(Schema):
    """``warnings`` are sentences: a range that admits nothing, another rule that contradicts this one."""

    id: int
    consumer: str
    consumer_range: str
    provider: str
    provider_range: str
    severity: str
    note: str
    warnings: list[str]
    revision: int


class ConstraintPage(Schema):
    items: list[ConstraintAnswer]
    next_cursor: int | None


class EffectAnswer(Schema):
    """How the verdict on an open release, or on what a stage runs, changes; ``reasons`` are the new ones."""

    kind: Literal["release", "stage"]
    name: str
    before: str
    after: str
    reasons: list[ReasonAnswer]


class ImpactAnswer(Schema):
    """``digest`` is equal for edits that do the same."""

    summary: str
    effects: list[EffectAnswer]
    digest: str
