"""What services promise each other: documents, the endpoints that are relied on, and the probes of a deployment."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from simple_history.models import HistoricalRecords

from releases.domain.contracts import Maturity, Method, Probe, ProbeOutcome
from releases.models.catalog import Service, ServiceVersion, Stage
from releases.models.compatibility import validate_range, validate_version

_PATH = RegexValidator(r"^/[^\s?#]*$", "Give a path that begins with /, for example /api/v1/books/{id}.")


class ApiDocument(models.Model):
    """The OpenAPI document of one version of a service; it is given once and never changes."""

    service_version = models.OneToOneField(ServiceVersion, on_delete=models.CASCADE, related_name="document")
    sha256 = models.CharField(max_length=64, editable=False)
    content = models.JSONField(editable=False)
    uploaded_by = models.CharField(max_length=150, editable=False)
    uploaded_at = models.DateTimeField(editable=False)

    def __str__(self) -> str:
        return f"API of {self.service_version}"


class DocumentFetch(models.Model):
    """How asking a service for the document of a version that it runs has gone so far; gone once there is one."""

    service_version = models.OneToOneField(ServiceVersion, on_delete=models.CASCADE, related_name="document_fetch")
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Fetching the API of {self.service_version}"


class Contract(models.Model):
    """An endpoint of ``provider`` that ``consumer`` relies on."""

    consumer = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="contracts")
    consumer_range = models.CharField(max_length=200, default="*", validators=[validate_range])
    provider = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="promises")
    method = models.CharField(max_length=8, choices=[(method.value, method.value) for method in Method])
    path = models.CharField(max_length=300, validators=[_PATH], help_text="For example /api/v1/books/{id}.")
    built_for = models.CharField(
        max_length=128,
        blank=True,
        validators=[validate_version],
        help_text="The provider's version that the consumer was built for; other documents are compared to its own.",
    )
    stable_since = models.CharField(
        max_length=128, blank=True, validators=[validate_version], help_text="No earlier version keeps this promise."
    )
    maturity = models.CharField(
        max_length=8,
        choices=[(maturity.value, maturity.value) for maturity in Maturity],
        default=Maturity.STABLE.value,
    )
    request_schema = models.JSONField(null=True, blank=True, help_text="JSON schema of what the consumer sends.")
    response_schema = models.JSONField(null=True, blank=True, help_text="JSON schema of what the consumer reads.")
    note = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("consumer", "consumer_range", "provider", "method", "path"),
                name="one_contract_per_consumer_and_endpoint",
            ),
        )

    def __str__(self) -> str:
        return f"{self.consumer} calls {self.method} {self.path} of {self.provider}"


class BreakingChange(models.Model):
    """Something that a version of a service broke; without a path it may concern every endpoint."""

    provider = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="breaking_changes")
    version = models.CharField(max_length=128, validators=[validate_version])
    method = models.CharField(max_length=8, blank=True, choices=[(method.value, method.value) for method in Method])
    path = models.CharField(max_length=300, blank=True, validators=[_PATH])
    text = models.CharField(max_length=300)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"{self.provider} {self.version}: {self.text}"


class DeploymentContract(models.Model):
    """What ``consumer`` (the chart) expects every deployed service to answer; ``provider`` narrows it to one."""

    consumer = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="deployment_contracts")
    provider = models.ForeignKey(
        Service,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for every deployed service but the consumer itself.",
    )
    probe = models.CharField(max_length=16, choices=[(probe.value, probe.value) for probe in Probe])
    path = models.CharField(max_length=300, validators=[_PATH])
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("consumer", "provider", "probe"), name="one_contract_per_service_and_probe"
            ),
            models.UniqueConstraint(
                fields=("consumer", "probe"), condition=Q(provider=None), name="one_contract_for_all_per_probe"
            ),
        )

    def __str__(self) -> str:
        return f"{self.consumer} expects {self.probe} of {self.provider or 'every service'} at {self.path}"


class ProbeRound(models.Model):
    """One round of probing everything that is deployed; open until ``finished_at``."""

    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        get_latest_by = "requested_at"
        constraints = (
            # The expression is the same for all that are open, so that one of them can be.
            models.UniqueConstraint(
                IsNull(F("finished_at"), True),  # noqa: FBT003 (the signature is Django's)
                condition=Q(finished_at=None),
                name="one_open_probe_round",
            ),
        )

    def __str__(self) -> str:
        return f"Probing {self.pk}"


class ProbeResult(models.Model):
    """What one service answered to one probe, when it ran this version in this stage."""

    round = models.ForeignKey(ProbeRound, on_delete=models.CASCADE, related_name="results")
    contract = models.ForeignKey(DeploymentContract, on_delete=models.CASCADE, related_name="results")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="probe_results")
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=255)
    outcome = models.CharField(max_length=16, choices=[(each.value, each.value) for each in ProbeOutcome])
    message = models.CharField(max_length=300, blank=True)
    took_ms = models.PositiveIntegerField(null=True)
    probed_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("stage", "service", "-probed_at"), name="probes_newest_first"),)

    def __str__(self) -> str:
        return f"{self.contract}: {self.outcome}"
