"""Rules in pages, each with what is odd about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from releases.domain.rule_checks import Oddity, oddities
from releases.models import CompatibilityRow, Constraint
from releases.queries.rules import declared_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

Rule = TypeVar("Rule", CompatibilityRow, Constraint)
ENDS = {CompatibilityRow: ("service",), Constraint: ("consumer", "provider")}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A compatibility rule as it is listed."""

    id: int
    consumer: str
    consumer_range: str
    provider: str
    provider_range: str
    severity: str
    note: str
    warnings: tuple[str, ...]
    revision: int
    """As of which change of any rule this is; to name with an edit of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLine:
    """An approved row as it is listed; ``revision`` as of a rule."""

    id: int
    platform_version: str
    service: str
    approved: Sequence[str]
    expires_on: date | None
    note: str
    revision: int


def rule_page(model: type[Rule], *, limit: int, after: int) -> tuple[list[Rule], int | None]:
    """Return rows with numbers above ``after``, and the cursor of the next page (None on the last)."""
    page = list(model.objects.filter(pk__gt=after).select_related(*ENDS[model]).order_by("pk")[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def row_line(row: CompatibilityRow, revision: int) -> RowLine:
    """Return a row; ``revision`` was read before it."""
    return RowLine(
        id=row.pk,
        platform_version=row.platform_version,
        service=row.service.slug,
        approved=row.approved,
        expires_on=row.expires_on,
        note=row.note,
        revision=revision,
    )


def rule_lines(rules: Sequence[Constraint], revision: int) -> list[RuleLine]:
    """Return compatibility rules with what is odd about each; ``revision`` was read before them."""
    found = oddities_by_evidence() if rules else {}
    return [_line(rule, found.get(f"constraint:{rule.pk}", ()), revision) for rule in rules]


def oddities_by_evidence() -> Mapping[str, tuple[Oddity, ...]]:
    """Return everything odd about the rules as they are, by the rule."""
    found: defaultdict[str, tuple[Oddity, ...]] = defaultdict(tuple)
    for oddity in oddities(declared_rules()):
        found[oddity.evidence] += (oddity,)
    return found


def _line(rule: Constraint, found: Sequence[Oddity], revision: int) -> RuleLine:
    return RuleLine(
        id=rule.pk,
        consumer=rule.consumer.slug,
        consumer_range=rule.consumer_range,
        provider=rule.provider.slug,
        provider_range=rule.provider_range,
        severity=rule.severity,
        note=rule.note,
        warnings=tuple(oddity.text for oddity in found),
        revision=revision,
    )
