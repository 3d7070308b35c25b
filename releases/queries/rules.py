"""What the administrators declared and the board observed, as the domain weighs it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from releases.domain import rules
from releases.domain.lifecycle import PromotionState
from releases.domain.rules import NO_DOCUMENTS
from releases.models import (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    Hotfix,
    Ignore,
    Observation,
    Promotion,
    Service,
    ServiceVersion,
    Stage,
    VerifiedFailure,
)
from releases.queries.clock import database_now
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
    from releases.domain import contracts

# Sets that ran longer ago say little about today.
OBSERVATIONS = 500
HOTFIXES = 50


def declared_rules() -> rules.Rules:
    """Read every rule as of now, in a fixed number of queries."""
    services = dict(Service.objects.values_list("slug", "required"))
    promises = _contracts()
    return rules.Rules(
        rows=_rows(),
        constraints=(*_constraints(), *_requirements()),
        denials=_denials(),
        failures=_failures(),
        contracts=promises,
        breaking_changes=_breaking_changes(),
        documents=documents_of(promise.provider for promise in promises) if promises else NO_DOCUMENTS,
        observations=_observations(),
        hotfixes=_hotfixes(),
        ignores=_ignores(),
        depends_on=declared_dependencies(),
        required=frozenset(slug for slug, required in services.items() if required),
        optional=frozenset(slug for slug, required in services.items() if not required),
        as_of=database_now(),
    )


def declared_dependencies() -> dict[str, frozenset[str]]:
    """Map every service to those it needs, itself included with none where it needs none."""
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for consumer, provider in Dependency.objects.values_list("consumer__slug", "provider__slug"):
        needs[consumer].add(provider)
    return {slug: frozenset(needs[slug]) for slug in Service.objects.values_list("slug", flat=True)}


def _rows() -> tuple[rules.Row, ...]:
    return tuple(map(row_value, CompatibilityRow.objects.select_related("service").order_by("pk")))


def _constraints() -> tuple[rules.Constraint, ...]:
    return tuple(map(constraint_value, Constraint.objects.select_related("consumer", "provider").order_by("pk")))


def _requirements() -> tuple[rules.Constraint, ...]:
    """What versions state that they require, each as a rule about exactly that version."""
    stating = ServiceVersion.objects.exclude(requires={}).select_related("service").order_by("pk")
    return tuple(
        rules.Constraint(
            id=version.pk,
            consumer=version.service.slug,
            consumer_range=f"={version.version}",
            provider=provider,
            provider_range=required,
            note=f"{version} states this.",
            origin="requirement",
        )
        for version in stating
        for provider, required in sorted(version.requires.items())
    )


def _denials() -> tuple[rules.Denial, ...]:
    return tuple(map(denial_value, Denial.objects.select_related("service", "other").order_by("pk")))


def _failures() -> tuple[rules.Failure, ...]:
    failures = VerifiedFailure.objects.select_related("service", "other", "stage").order_by("pk")
    return tuple(map(failure_value, failures))


def _contracts() -> tuple[contracts.Contract, ...]:
    return tuple(map(contract_value, Contract.objects.select_related("consumer", "provider").order_by("pk")))


def _breaking_changes() -> tuple[contracts.BreakingChange, ...]:
    return tuple(map(breaking_change_value, BreakingChange.objects.select_related("provider").order_by("pk")))


def _observations() -> tuple[rules.Observation, ...]:
    # Their manifests stay unread: the digest names the set, and every verdict reads these.
    newest = Observation.objects.select_related("stage").defer("manifest").order_by("-pk")[:OBSERVATIONS]
    return tuple(
        rules.Observation(
            id=observation.pk,
            stage=observation.stage.name,
            platform_version=observation.platform_version,
            digest=observation.digest,
            began_at=observation.began_at,
            ended_at=observation.ended_at,
            probes=observation.probes,
            failed_probes=observation.failed_probes,
            released_by=observation.recorded_by,
        )
        for observation in newest
    )


def _hotfixes() -> tuple[rules.LiveHotfix, ...]:
    """The newest hotfixes that reached the last stage; one that was taken back from there binds nobody."""
    last = Stage.objects.order_by("-position").values("pk")[:1]
    there = Promotion.objects.filter(state=PromotionState.SUCCEEDED.value, rolled_back_at=None, stage__in=last)
    newest = Hotfix.objects.filter(release__in=there.values("release"))
    return tuple(
        rules.LiveHotfix(
            id=hotfix.pk,
            platform_version=hotfix.release.target_version,
            service=service,
            version=version,
            urgency=hotfix.urgency,
            reason=hotfix.reason,
        )
        for hotfix in newest.select_related("release").order_by("-pk")[:HOTFIXES]
        for service, version in sorted(hotfix.versions.items())
    )


def _ignores() -> tuple[rules.Ignore, ...]:
    ignores = Ignore.objects.select_related("service", "other", "created_by").order_by("pk")
    return tuple(map(ignore_value, ignores))
