"""What the administrators declared, as the domain weighs it."""

from __future__ import annotations

from collections import defaultdict

from releases.domain import compatibility
from releases.models import CompatibilityRow, Constraint, Dependency, Service


def declared_rules() -> compatibility.Rules:
    """Read every rule in four queries, whatever the number of services."""
    services = dict(Service.objects.values_list("slug", "required"))
    return compatibility.Rules(
        rows=_rows(),
        constraints=_constraints(),
        depends_on=declared_dependencies(),
        required=frozenset(slug for slug, required in services.items() if required),
        optional=frozenset(slug for slug, required in services.items() if not required),
    )


def declared_dependencies() -> dict[str, frozenset[str]]:
    """Map every service to those it needs, itself included with none where it needs none."""
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for consumer, provider in Dependency.objects.values_list("consumer__slug", "provider__slug"):
        needs[consumer].add(provider)
    return {slug: frozenset(needs[slug]) for slug in Service.objects.values_list("slug", flat=True)}


def _rows() -> tuple[compatibility.Row, ...]:
    return tuple(
        compatibility.Row(
            id=row.pk,
            platform_version=row.platform_version,
            service=row.service.slug,
            approved=tuple(row.approved),
        )
        for row in CompatibilityRow.objects.select_related("service").order_by("pk")
    )


def _constraints() -> tuple[compatibility.Constraint, ...]:
    return tuple(
        compatibility.Constraint(
            id=rule.pk,
            consumer=rule.consumer.slug,
            consumer_range=rule.consumer_range,
            provider=rule.provider.slug,
            provider_range=rule.provider_range,
            severity=compatibility.Severity(rule.severity),
            note=rule.note,
        )
        for rule in Constraint.objects.select_related("consumer", "provider").order_by("pk")
    )
