"""What administrators declare about versions that fit together."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from releases.domain.compatibility import Severity
from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.versions import InvalidVersion, parse
from releases.models.catalog import Service


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

    class Meta:
        verbose_name = "compatibility rule"

    def __str__(self) -> str:
        return f"{self.consumer} {self.consumer_range} needs {self.provider} {self.provider_range}"
