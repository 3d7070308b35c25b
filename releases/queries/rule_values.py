"""One stored rule as the domain weighs it, whether it is saved yet or not; a new one has the id 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain import contracts, rules

if TYPE_CHECKING:
    from releases.models import (
        BreakingChange,
        CompatibilityRow,
        Constraint,
        Contract,
        Denial,
        Ignore,
        VerifiedFailure,
    )


def row_value(row: CompatibilityRow) -> rules.Row:
    return rules.Row(
        id=row.pk or 0,
        platform_version=row.platform_version,
        service=row.service.slug,
        approved=tuple(row.approved),
        expires_on=row.expires_on,
    )


def constraint_value(rule: Constraint) -> rules.Constraint:
    return rules.Constraint(
        id=rule.pk or 0,
        consumer=rule.consumer.slug,
        consumer_range=rule.consumer_range,
        provider=rule.provider.slug,
        provider_range=rule.provider_range,
        severity=rules.Severity(rule.severity),
        note=rule.note,
    )


def denial_value(denial: Denial) -> rules.Denial:
    return rules.Denial(
        id=denial.pk or 0,
        service=denial.service.slug,
        service_range=denial.service_range,
        other=denial.other.slug,
        other_range=denial.other_range,
        reason=denial.reason,
    )


def failure_value(failure: VerifiedFailure) -> rules.Failure:
    return rules.Failure(
        id=failure.pk or 0,
        service=failure.service.slug,
        version=failure.version,
        other=failure.other.slug,
        other_version=failure.other_version,
        reason=failure.reason,
        stage=failure.stage.name if failure.stage else "",
    )


def contract_value(contract: Contract) -> contracts.Contract:
    return contracts.Contract(
        id=contract.pk or 0,
        consumer=contract.consumer.slug,
        consumer_range=contract.consumer_range,
        provider=contract.provider.slug,
        method=contracts.Method(contract.method),
        path=contract.path,
        built_for=contract.built_for,
        stable_since=contract.stable_since,
        maturity=contracts.Maturity(contract.maturity),
        request_schema=contract.request_schema,
        response_schema=contract.response_schema,
    )


def breaking_change_value(change: BreakingChange) -> contracts.BreakingChange:
    return contracts.BreakingChange(
        id=change.pk or 0,
        provider=change.provider.slug,
        version=change.version,
        method=change.method,
        path=change.path,
        text=change.text,
    )


def ignore_value(ignore: Ignore) -> rules.Ignore:
    return rules.Ignore(
        id=ignore.pk or 0,
        code=ignore.code,
        service=ignore.service.slug,
        other=ignore.other.slug if ignore.other else "",
        observed=ignore.observed,
        reason=ignore.reason,
        by=ignore.created_by.get_username(),
        expires_at=ignore.expires_at,
    )
