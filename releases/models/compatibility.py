"""What administrators declare about versions that fit together, or do not."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.rules import Severity
from releases.domain.versions import InvalidVersion, parse
from releases.models.catalog import Service, Stage


def validate_version(value: str) -> None:
    """Refuse what is not SemVer 2.0.0, saying why."""
    try:
        parse(value)
    except InvalidVersion as refusal:
        raise ValidationError(refusal.message) from refusal


def validate_versions(value: object) -> None:
    """Refuse anything but a non-empty list of SemVer strings."""
    if not isinstance(value, list) or not value:
        message = 'Give a list of versions, for example ["1.2.3", "1.2.4"].'
        raise ValidationError(message)
    for version in value:
        validate_version(str(version))


def validate_range(value: str) -> None:
    """Refuse what is not a version range, saying why; an empty one would silently admit everything."""
    if not value.strip():
        message = "Give a range, or * for any version."
        raise ValidationError(message)
    try:
        compile_range(value)
    except InvalidRange as refusal:
        raise ValidationError(refusal.message) from refusal


class CompatibilityRow(models.Model):
    """The versions of one service that were approved for one platform version."""

    platform_version = models.CharField(max_length=128, validators=[validate_version])
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="rows")
    approved = models.JSONField(validators=[validate_versions], help_text='For example ["1.2.3", "1.2.4"].')
    expires_on = models.DateField(
        null=True, blank=True, help_text="Last day on which the approval counts; empty for an approval without end."
    )
    note = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("platform_version", "service"), name="one_row_per_platform_service"),
        )

    def __str__(self) -> str:
        return f"Platform {self.platform_version}: {self.service} {', '.join(map(str, self.approved))}"


class Constraint(models.Model):
    """``consumer`` in its range needs ``provider`` in its range (the admin calls it a compatibility rule)."""

    consumer = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="constraints")
    consumer_range = models.CharField(max_length=200, validators=[validate_range])
    provider = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="constrained_by")
    provider_range = models.CharField(max_length=200, validators=[validate_range])
    severity = models.CharField(
        max_length=8,
        choices=[(Severity.ERROR.value, "Error: blocks"), (Severity.WARNING.value, "Warning: tells")],
        default=Severity.ERROR.value,
    )
    note = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "compatibility rule"

    def __str__(self) -> str:
        return f"{self.consumer} {self.consumer_range} needs {self.provider} {self.provider_range}"


class Denial(models.Model):
    """Two services that must not run together in these ranges, whatever else speaks for them."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="denials")
    service_range = models.CharField(max_length=200, validators=[validate_range])
    other = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="denied_by")
    other_range = models.CharField(max_length=200, validators=[validate_range])
    reason = models.CharField(max_length=300)
    history = HistoricalRecords()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(service=F("other")), name="no_service_is_denied_itself"),)

    def __str__(self) -> str:
        return f"{self.service} {self.service_range} never with {self.other} {self.other_range}"


class VerifiedFailure(models.Model):
    """Two exact versions that were seen to fail together; builds of the same precedence are the same version."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="failures")
    version = models.CharField(max_length=128, validators=[validate_version])
    other = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="failed_with")
    other_version = models.CharField(max_length=128, validators=[validate_version])
    stage = models.ForeignKey(Stage, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300)
    url = models.URLField(max_length=300, blank=True, help_text="Where the failure is described.")
    seen_at = models.DateTimeField()
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(service=F("other")), name="no_service_fails_with_itself"),
            models.UniqueConstraint(
                fields=("service", "version", "other", "other_version"), name="one_failure_per_pair_of_versions"
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.version} failed with {self.other} {self.other_version}"


class Ignore(models.Model):
    """A reason that somebody decided to live with for a while; it stays visible and counts as a warning."""

    code = models.CharField(max_length=64, help_text="The reason's code, for example range-broken.")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="ignores")
    other = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    observed = models.CharField(
        max_length=128, blank=True, help_text="Only while this version is observed; empty for any."
    )
    reason = models.CharField(max_length=300)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "ignored reason"

    def __str__(self) -> str:
        pair = f"{self.service} and {self.other}" if self.other else str(self.service)
        return f"{self.code} of {pair} until {self.expires_at:%Y-%m-%d %H:%M}"
