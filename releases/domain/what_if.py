"""Rules and freezes as they would be after edits that nobody has made: tried out, never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from releases.domain.constraints import InvalidRange, compile_entered
from releases.domain.errors import InvalidInput
from releases.domain.gates import Freeze
from releases.domain.rules import Constraint, Denial, Row, Severity
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from releases.domain.rules import Rules

BREAKING_IS = frozenset({Severity.ERROR, Severity.WARNING})
UNSAID = "no reason given"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintEdit:
    """Compatibility rule ``id``, changed where a part is given; a new rule where ``id`` is None."""

    id: int | None = None
    consumer: str = ""
    consumer_range: str = ""
    provider: str = ""
    provider_range: str = ""
    severity: Severity | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialEdit:
    """Denial ``id``, changed where a part is given; a new denial where ``id`` is None."""

    id: int | None = None
    service: str = ""
    service_range: str = ""
    other: str = ""
    other_range: str = ""
    reason: str = ""
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEdit:
    """What a platform version approves of a service, instead of what its row says; nothing removes the row."""

    platform_version: str
    service: str
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeEdit:
    """Freeze ``id``, changed where a part is given; a new freeze where ``id`` is None. Times know their zone."""

    id: int | None = None
    stage: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Everything that is tried out at once, apart from the versions of the plan."""

    constraints: tuple[ConstraintEdit, ...] = ()
    denials: tuple[DenialEdit, ...] = ()
    rows: tuple[RowEdit, ...] = ()
    freezes: tuple[FreezeEdit, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == NO_EDITS

    def with_slugs(self, slugs: Mapping[str, str]) -> Edits:
        """Call each service by its slug instead of an alias."""
        return Edits(
            constraints=tuple(
                replace(edit, consumer=_slug(slugs, edit.consumer), provider=_slug(slugs, edit.provider))
                for edit in self.constraints
            ),
            denials=tuple(
                replace(edit, service=_slug(slugs, edit.service), other=_slug(slugs, edit.other))
                for edit in self.denials
            ),
            rows=tuple(replace(edit, service=_slug(slugs, edit.service)) for edit in self.rows),
            freezes=self.freezes,
        )


NO_EDITS = Edits()
Edited = TypeVar("Edited", Constraint, Denial, Freeze)
_Edit = ConstraintEdit | DenialEdit | FreezeEdit


def _slug(slugs: Mapping[str, str], name: str) -> str:
    return slugs.get(name, name)


def apply_edits(rules: Rules, edits: Edits) -> Rules:
    """Rules as they would be; new ones get negative ids. ``InvalidInput`` names the part of ``what_if`` to mend."""
    services = rules.required | rules.optional | rules.external
    declared = tuple(rule for rule in rules.constraints if rule.origin == "constraint")
    stated = tuple(rule for rule in rules.constraints if rule.origin != "constraint")
    return replace(
        rules,
        constraints=(*_edited_constraints(declared, edits.constraints, services), *stated),
        denials=_edited_denials(rules.denials, edits.denials, services),
        rows=_edited_rows(rules.rows, edits.rows, services),
    )


def without_idle(edits: Edits, rules: Rules) -> Edits:
    """Drop the edits of rules that say what the rules say already, as a form sends them for whatever was left alone."""
    declared = {rule.id: rule for rule in rules.constraints if rule.origin == "constraint"}
    busy = tuple(edit for edit in edits.constraints if not _is_idle(edit, declared))
    return replace(edits, constraints=busy)


def _is_idle(edit: ConstraintEdit, declared: Mapping[int, Constraint]) -> bool:
    rule = declared.get(edit.id) if edit.id is not None else None
    if rule is None or edit.is_deleted:
        return False
    parts = ("consumer", "consumer_range", "provider", "provider_range", "severity")
    return all(getattr(edit, part) in {"", None, getattr(rule, part)} for part in parts)


def edited_freezes(
    freezes: Iterable[Freeze], edits: Iterable[FreezeEdit], stages: Sequence[str], now: datetime
) -> tuple[Freeze, ...]:
    """Freezes as they would be, in the order of the stages; a new one that leaves out its beginning begins ``now``."""
    kept = {freeze.id: freeze for freeze in freezes}
    for number, edit in enumerate(edits):
        part = _Part(name=f"what_if.freezes.{number}", noun="freeze")
        blank = Freeze(id=-number - 1, stage="", starts_at=now, ends_at=now, reason=UNSAID)
        freeze = part.overlaid(edit, kept, blank, ("stage", "starts_at", "ends_at", "reason"))
        if freeze is not None:
            part.check_stage(freeze.stage, stages)
            part.check("ends_at", "A freeze ends after it begins.", holds=freeze.starts_at < freeze.ends_at)
    return tuple(sorted(kept.values(), key=lambda each: (stages.index(each.stage), each.starts_at, each.id)))


def _edited_constraints(
    constraints: Iterable[Constraint], edits: Iterable[ConstraintEdit], services: Collection[str]
) -> tuple[Constraint, ...]:
    kept = {rule.id: rule for rule in constraints}
    for number, edit in enumerate(edits):
        part = _Part(name=f"what_if.constraints.{number}", noun="rule")
        blank = Constraint(id=-number - 1, consumer="", consumer_range="", provider="", provider_range="")
        rule = part.overlaid(
            edit, kept, blank, ("consumer", "consumer_range", "provider", "provider_range", "severity")
        )
        if rule is not None:
            part.check_pair(("consumer", rule.consumer), ("provider", rule.provider), services)
            part.check_range("consumer_range", rule.consumer_range)
            part.check_range("provider_range", rule.provider_range)
            part.check("severity", "Breaking a rule is an ERROR or a WARNING.", holds=rule.severity in BREAKING_IS)
    return tuple(kept.values())


def _edited_denials(
    denials: Iterable[Denial], edits: Iterable[DenialEdit], services: Collection[str]
) -> tuple[Denial, ...]:
    kept = {denial.id: denial for denial in denials}
    for number, edit in enumerate(edits):
        part = _Part(name=f"what_if.denials.{number}", noun="denial")
        blank = Denial(id=-number - 1, service="", service_range="", other="", other_range="", reason=UNSAID)
        denial = part.overlaid(edit, kept, blank, ("service", "service_range", "other", "other_range", "reason"))
        if denial is not None:
            part.check_pair(("service", denial.service), ("other", denial.other), services)
            part.check_range("service_range", denial.service_range)
            part.check_range("other_range", denial.other_range)
    return tuple(kept.values())


def _edited_rows(rows: Iterable[Row], edits: Iterable[RowEdit], services: Collection[str]) -> tuple[Row, ...]:
    """Put an edited row in the place of the stored one, whose last day it keeps."""
    kept = {(row.platform_version, row.service): row for row in rows}
    edited: set[tuple[str, str]] = set()
    for number, edit in enumerate(edits):
        part, place = _Part(name=f"what_if.rows.{number}"), (edit.platform_version, edit.service)
        part.check_version("platform_version", edit.platform_version)
        part.check_service("service", edit.service, services)
        part.check(
            "service",
            f"The row of {edit.service} in {edit.platform_version} is edited twice.",
            holds=place not in edited,
        )
        for version in edit.approved:
            part.check_version("approved", version)
        edited.add(place)
        blank = Row(id=-number - 1, platform_version=edit.platform_version, service=edit.service, approved=())
        kept[place] = replace(kept.get(place, blank), approved=edit.approved)
    return tuple(row for row in kept.values() if row.approved)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One edit, by the name that a refusal gives to its parts."""

    name: str
    noun: str = ""

    def overlaid(self, edit: _Edit, kept: dict[int, Edited], blank: Edited, parts: Iterable[str]) -> Edited | None:
        """Put what the edit makes of its rule, or of a blank one, among the kept ones; None for a deletion."""
        number = blank.id if edit.id is None else edit.id
        self.check("id", f"There is no {self.noun} {number}.", holds=edit.id is None or number in kept)
        self.check("id", f"Say which {self.noun} is deleted.", holds=not edit.is_deleted or number in kept)
        if edit.is_deleted:
            del kept[number]
            return None
        given: dict[str, Any] = {part: _stripped(value) for part in parts if (value := getattr(edit, part))}
        kept[number] = replace(kept.get(number, blank), **given)
        return kept[number]

    def check(self, field: str, message: str, *, holds: bool) -> None:
        if not holds:
            raise InvalidInput(f"{self.name}.{field}", message)

    def check_pair(self, one: tuple[str, str], two: tuple[str, str], services: Collection[str]) -> None:
        """Each end is given as the name of its part and the service."""
        for field, service in (one, two):
            self.check_service(field, service, services)
        self.check(two[0], f"A {self.noun} is about two services, not {one[1]} and itself.", holds=one[1] != two[1])

    def check_service(self, field: str, service: str, services: Collection[str]) -> None:
        known = f"Name one of {', '.join(sorted(services))}."
        self.check(field, f"There is no service {service}. {known}" if service else known, holds=service in services)

    def check_stage(self, stage: str, stages: Collection[str]) -> None:
        known = f"Name one of {', '.join(stages)}."
        self.check("stage", f"There is no stage {stage}. {known}" if stage else known, holds=stage in stages)

    def check_range(self, field: str, text: str) -> None:
        try:
            compile_entered(text)
        except InvalidRange as refusal:
            raise InvalidInput(f"{self.name}.{field}", refusal.message) from refusal

    def check_version(self, field: str, text: str) -> None:
        try:
            parse(text)
        except InvalidVersion as refusal:
            raise InvalidInput(f"{self.name}.{field}", refusal.message) from refusal


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) and not isinstance(value, Severity) else value
