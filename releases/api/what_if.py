"""The body of a preview that tries out rules and freezes which nobody has stored."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from releases.api.bodies import PlanBody
from releases.api.fields import MAX_BIGINT, Slug, StageName, Text, VersionText
from releases.domain.errors import InvalidInput
from releases.domain.rules import Severity
from releases.domain.what_if import ConstraintEdit, DenialEdit, Edits, FreezeEdit, RowEdit

MAX_EDITS = 50

Number = Annotated[int, Field(strict=True, ge=1, le=MAX_BIGINT)]
RangeText = Annotated[Text, Field(min_length=1, max_length=200)]
Why = Annotated[Text, Field(max_length=300)]


class _EditBody(Schema):
    model_config = ConfigDict(extra="forbid")

    delete: bool = Field(default=False, strict=True)


class ConstraintEditBody(_EditBody):
    """A new rule, or with ``id`` another wording of a stored one: then only the parts that differ are needed."""

    id: Number | None = None
    consumer: Slug = ""
    consumer_range: RangeText = ""
    provider: Slug = ""
    provider_range: RangeText = ""
    severity: Severity | None = None

    def edit(self) -> ConstraintEdit:
        return ConstraintEdit(**self.model_dump(exclude={"delete"}), is_deleted=self.delete)


class DenialEditBody(_EditBody):
    """A new denial, or with ``id`` another wording of a stored one."""

    id: Number | None = None
    service: Slug = ""
    service_range: RangeText = ""
    other: Slug = ""
    other_range: RangeText = ""
    reason: Why = ""

    def edit(self) -> DenialEdit:
        return DenialEdit(**self.model_dump(exclude={"delete"}), is_deleted=self.delete)


class RowEditBody(_EditBody):
    """What a platform version approves of a service, in the place of its row if it has one."""

    platform_version: VersionText
    service: Slug
    approved: list[VersionText] = Field(default_factory=list, max_length=200)

    def edit(self, number: int) -> RowEdit:
        if bool(self.approved) is self.delete:
            raise InvalidInput(f"what_if.rows.{number}.approved", "Name the approved versions, or delete the row.")
        return RowEdit(platform_version=self.platform_version, service=self.service, approved=tuple(self.approved))


class FreezeEditBody(_EditBody):
    """A new freeze, or with ``id`` other times, another stage or reason of a stored one."""

    id: Number | None = None
    stage: StageName = ""
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    reason: Why = ""

    def edit(self) -> FreezeEdit:
        return FreezeEdit(**self.model_dump(exclude={"delete"}), is_deleted=self.delete)


class WhatIfBody(Schema):
    """What is tried out; nothing of it is stored."""

    model_config = ConfigDict(extra="forbid")

    constraints: list[ConstraintEditBody] = Field(default_factory=list, max_length=MAX_EDITS)
    denials: list[DenialEditBody] = Field(default_factory=list, max_length=MAX_EDITS)
    rows: list[RowEditBody] = Field(default_factory=list, max_length=MAX_EDITS)
    freezes: list[FreezeEditBody] = Field(default_factory=list, max_length=MAX_EDITS)

    def edits(self) -> Edits:
        return Edits(
            constraints=tuple(body.edit() for body in self.constraints),
            denials=tuple(body.edit() for body in self.denials),
            rows=tuple(body.edit(number) for number, body in enumerate(self.rows)),
            freezes=tuple(body.edit() for body in self.freezes),
        )


class PreviewBody(PlanBody):
    """``what_if`` edits rules and freezes for this one answer, which then is the plan as it would be."""

    what_if: WhatIfBody = Field(default_factory=WhatIfBody)
