"""What a file of each kind of rule holds: services by slug, stages by name, rows by what makes them unique."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field

from releases.admin.exchange import RuleResource, VersionsWidget, service_field, stage_field
from releases.domain.gates import planning_mistake
from releases.domain.ignores import code_mistake, expiry_mistake
from releases.models import (
    ApprovalRule,
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    DeploymentContract,
    Freeze,
    Ignore,
    VerifiedFailure,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CompatibilityRowResource(RuleResource):
    service = service_field("service")
    approved = Field(attribute="approved", column_name="approved", widget=VersionsWidget())

    class Meta:
        model = CompatibilityRow
        fields = ("platform_version", "service", "approved", "expires_on", "note")
        import_id_fields = ("platform_version", "service")


class ConstraintResource(RuleResource):
    consumer = service_field("consumer")
    provider = service_field("provider")

    class Meta:
        model = Constraint
        fields = ("id", "consumer", "consumer_range", "provider", "provider_range", "severity", "note")


class DenialResource(RuleResource):
    service = service_field("service")
    other = service_field("other")

    class Meta:
        model = Denial
        fields = ("id", "service", "service_range", "other", "other_range", "reason")


class VerifiedFailureResource(RuleResource):
    service = service_field("service")
    other = service_field("other")
    stage = stage_field("stage")

    class Meta:
        model = VerifiedFailure
        fields = ("service", "version", "other", "other_version", "stage", "reason", "url", "seen_at")
        import_id_fields = ("service", "version", "other", "other_version")


class IgnoreResource(RuleResource):
    """Whoever imports it is who decides it."""

    service = service_field("service")
    other = service_field("other")

    class Meta:
        model = Ignore
        fields = ("id", "code", "service", "other", "observed", "reason", "expires_at")

    def after_init_instance(self, instance: Any, new: Any, row: Any, **options: Any) -> None:  # noqa: ANN401
        super().after_init_instance(instance, new, row, **options)
        if new:
            user: User = options["user"]
            instance.created_by, instance.created_at = user, timezone.now()

    def validate_instance(self, instance: Any, import_validation_errors: Any = None, **options: Any) -> None:  # noqa: ANN401
        found = dict(import_validation_errors or {})
        if mistake := code_mistake(instance.code):
            found.setdefault("code", ValidationError(mistake))
        if instance.expires_at is not None and (mistake := expiry_mistake(instance.expires_at, timezone.now())):
            found.setdefault("expires_at", ValidationError(mistake))
        super().validate_instance(instance, found, **options)


class ContractResource(RuleResource):
    consumer = service_field("consumer")
    provider = service_field("provider")

    class Meta:
        model = Contract
        fields = (
            "consumer",
            "consumer_range",
            "provider",
            "method",
            "path",
            "built_for",
            "stable_since",
            "maturity",
            "request_schema",
            "response_schema",
            "note",
        )
        import_id_fields = ("consumer", "consumer_range", "provider", "method", "path")


class BreakingChangeResource(RuleResource):
    provider = service_field("provider")

    class Meta:
        model = BreakingChange
        fields = ("id", "provider", "version", "method", "path", "text")


class DeploymentContractResource(RuleResource):
    consumer = service_field("consumer")
    provider = service_field("provider")

    class Meta:
        model = DeploymentContract
        fields = ("consumer", "provider", "probe", "path")
        import_id_fields = ("consumer", "provider", "probe")


class DependencyResource(RuleResource):
    consumer = service_field("consumer")
    provider = service_field("provider")

    class Meta:
        model = Dependency
        fields = ("consumer", "provider")
        import_id_fields = ("consumer", "provider")


class FreezeResource(RuleResource):
    """A file may name freezes that are on or over, as long as it leaves them alone."""

    stage = stage_field("stage")

    class Meta:
        model = Freeze
        fields = ("id", "stage", "starts_at", "ends_at", "reason")

    def after_init_instance(self, instance: Any, new: Any, row: Any, **options: Any) -> None:  # noqa: ANN401
        super().after_init_instance(instance, new, row, **options)
        instance.as_stored = None if new else _told_of(instance)

    def validate_instance(self, instance: Any, import_validation_errors: Any = None, **options: Any) -> None:  # noqa: ANN401
        found, stored = dict(import_validation_errors or {}), instance.as_stored
        begin = [] if stored == _told_of(instance) else [instance.starts_at, *(stored[:1] if stored else ())]
        for starts_at in filter(None, begin):
            if mistake := planning_mistake(starts_at, timezone.now()):
                found.setdefault("starts_at", ValidationError(mistake))
        super().validate_instance(instance, found, **options)


def _told_of(freeze: Freeze) -> tuple[Any, ...]:
    return freeze.starts_at, freeze.ends_at, freeze.stage_id, freeze.reason


class ApprovalRuleResource(RuleResource):
    stage = stage_field("stage")

    class Meta:
        model = ApprovalRule
        fields = ("stage", "role", "count", "kind", "urgency")
        import_id_fields = ("stage", "role", "kind", "urgency")
