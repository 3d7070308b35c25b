"""The rules as they would be after an edit that nobody has saved: computed from what is loaded, never tried out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from releases.models import (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    Ignore,
    Service,
    VerifiedFailure,
)
from releases.queries.documents import documents_of
from releases.queries.rule_values import (
    breaking_change_value,
    constraint_value,
    contract_value,
    denial_value,
    failure_value,
    ignore_value,
    row_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from django.db.models import Model

    from releases.domain.rules import Rules

    Needs = Mapping[str, frozenset[str]]

_KEPT_IN: Mapping[type[Model], tuple[str, Callable[[Any], Any]]] = {
    CompatibilityRow: ("rows", row_value),
    Constraint: ("constraints", constraint_value),
    Denial: ("denials", denial_value),
    VerifiedFailure: ("failures", failure_value),
    Contract: ("contracts", contract_value),
    BreakingChange: ("breaking_changes", breaking_change_value),
    Ignore: ("ignores", ignore_value),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Rows as they would be saved (without a primary key: added), and rows that would be deleted."""

    saved: Sequence[Model] = ()
    deleted: Sequence[Model] = ()


def edited_rules(rules: Rules, edit: Edit) -> Rules:
    """Return the rules after the edit; a row that no verdict reads changes none."""
    known = rules
    # Each new row needs a number of its own, and the same one whenever the same edit is looked at.
    numbers = count(-1, -1)
    for row in edit.deleted:
        known = _without(known, row)
    for row in edit.saved:
        known = _with(known, row, numbers)
    if {each.provider for each in known.contracts} - {each.provider for each in rules.contracts}:
        known = replace(known, documents=documents_of({each.provider for each in known.contracts}))
    return known


def _with(rules: Rules, row: Model, numbers: Iterator[int]) -> Rules:
    if isinstance(row, Dependency):
        return replace(rules, depends_on=_with_dependency(rules.depends_on, row))
    if isinstance(row, Service):
        return _with_service(rules, row)
    if type(row) not in _KEPT_IN:
        return rules
    name, value_of = _KEPT_IN[type(row)]
    value = value_of(row)
    if row.pk is None:
        value = replace(value, id=next(numbers))
    others = (each for each in getattr(rules, name) if _identity(each) != _identity(value))
    return _replaced(rules, name, sorted((*others, value), key=_order))


def _without(rules: Rules, row: Model) -> Rules:
    if isinstance(row, Dependency):
        return replace(rules, depends_on=_without_dependency(rules.depends_on, row))
    if isinstance(row, Service):
        return _without_service(rules, row.slug)
    if type(row) not in _KEPT_IN:
        return rules
    name, value_of = _KEPT_IN[type(row)]
    gone = _identity(value_of(row))
    return _replaced(rules, name, (each for each in getattr(rules, name) if _identity(each) != gone))


def _replaced(rules: Rules, name: str, values: Iterable[Any]) -> Rules:
    changed: dict[str, Any] = {name: tuple(values)}
    return replace(rules, **changed)


def _identity(value: Any) -> tuple[str, int]:  # noqa: ANN401 (whatever kind of rule it is)
    """What a version states is numbered by the version, so its kind belongs to the identity."""
    return getattr(value, "origin", ""), value.id


def _order(value: Any) -> tuple[str, bool, int]:  # noqa: ANN401 (whatever kind of rule it is)
    return getattr(value, "origin", ""), value.id < 0, abs(value.id)


def _with_dependency(needs: Needs, row: Dependency) -> Needs:
    stored = Dependency.objects.select_related("consumer", "provider").filter(pk=row.pk).first()
    kept = _without_dependency(needs, stored) if stored else needs
    consumer = row.consumer.slug
    return {**kept, consumer: kept.get(consumer, frozenset()) | {row.provider.slug}}


def _without_dependency(needs: Needs, row: Dependency) -> Needs:
    consumer = row.consumer.slug
    return {**needs, consumer: needs.get(consumer, frozenset()) - {row.provider.slug}}


def _with_service(rules: Rules, row: Service) -> Rules:
    required, optional = rules.required - {row.slug}, rules.optional - {row.slug}
    return replace(
        rules,
        required=required | {row.slug} if row.required else required,
        optional=optional if row.required else optional | {row.slug},
        depends_on={row.slug: frozenset(), **rules.depends_on},
    )


def _without_service(rules: Rules, slug: str) -> Rules:
    """Take a service away with every rule about it, as the database does."""
    needs = {consumer: providers - {slug} for consumer, providers in rules.depends_on.items() if consumer != slug}
    kept = replace(rules, required=rules.required - {slug}, optional=rules.optional - {slug}, depends_on=needs)
    for name, _ in _KEPT_IN.values():
        kept = _replaced(kept, name, (each for each in getattr(kept, name) if slug not in _services_of(each)))
    return kept


def _services_of(value: Any) -> set[str]:  # noqa: ANN401 (whatever kind of rule it is)
    return {getattr(value, end, "") for end in ("service", "other", "consumer", "provider")}
