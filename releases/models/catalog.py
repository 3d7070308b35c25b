"""What exists: stages, services, who needs whom, and the versions that the registry knows."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from simple_history.models import HistoricalRecords

MOST_SOAK_MINUTES = 60 * 24 * 90


class Stage(models.Model):
    """A place that versions live in, in order; ``epoch`` fences late writers of an earlier promotion."""

    name = models.CharField(max_length=32, unique=True)
    position = models.PositiveSmallIntegerField(unique=True)
    channel = models.CharField(
        max_length=16,
        blank=True,
        help_text="Prerelease channel of platform versions here (alpha, beta, rc); empty in the last stage.",
    )
    admits_prereleases = models.BooleanField(default=False, help_text="Services may run prereleases here.")
    soak_minutes = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_SOAK_MINUTES)],
        help_text="How long a release must have run in the stage before it; 0 for not at all.",
    )
    requires_validation = models.BooleanField(
        default=False, help_text="Takes only what passed its newest validation in the stage before."
    )
    live_version = models.ForeignKey(
        "releases.PlatformVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="live_in",
        editable=False,
    )
    live_since_at = models.DateTimeField(null=True, blank=True, editable=False)
    epoch = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A deployable microservice; pages and documents may also call it by one of its aliases."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    application_key = models.CharField(max_length=64, unique=True, help_text="The application's key in AppTrust.")
    dispatch_url = models.URLField(max_length=300, help_text="Where the board asks it to move to a version.")
    base_url = models.URLField(
        max_length=300, blank=True, help_text="Where it answers probes and serves its API document; empty if nowhere."
    )
    openapi_path = models.CharField(
        max_length=200,
        blank=True,
        default="/openapi.json",
        help_text="Its API document, below that; {version} stands for the version that is asked for; empty if none.",
    )
    required = models.BooleanField(default=True, help_text="A platform version without it is incomplete.")
    signs_callbacks = models.BooleanField(
        default=False,
        help_text="Its callbacks count only when they are signed by Standard Webhooks with what "
        "manage.py callback_secret prints; the token of the order is then not enough.",
    )
    secret_generation = models.PositiveIntegerField(
        default=1, help_text="Another number makes another secret; the old one counts no more."
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug


class ServiceAlias(models.Model):
    """Another name of a service, resolved where names come in."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name_plural = "service aliases"

    def __str__(self) -> str:
        return self.name


class Dependency(models.Model):
    """``consumer`` calls ``provider``, so the provider is promoted first."""

    consumer = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="needs")
    provider = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="needed_by")
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = (
            models.UniqueConstraint(fields=("consumer", "provider"), name="one_dependency_per_pair"),
            models.CheckConstraint(condition=~Q(consumer=F("provider")), name="no_service_needs_itself"),
        )

    def __str__(self) -> str:
        return f"{self.consumer} needs {self.provider}"


class ServiceVersion(models.Model):
    """A version as the registry reports it; invalid strings are kept too, with why they are invalid."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=255)
    sort_key = models.BinaryField(
        max_length=1024, editable=False, help_text="Sorts as precedence does; empty for what is no version."
    )
    invalid_because = models.CharField(max_length=300, blank=True)
    tag = models.CharField(max_length=128, blank=True)
    registry_status = models.CharField(max_length=32)
    release_status = models.CharField(max_length=32, blank=True)
    registry_stage = models.CharField(max_length=64, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    requires = models.JSONField(default=dict, blank=True, help_text="Ranges of other services, by slug.")
    irreversible = models.CharField(
        max_length=300,
        blank=True,
        help_text="What it does that going back does not undo, for example: drops the table of old orders.",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("service", "version"), name="one_row_per_service_version"),)
        indexes = (models.Index(fields=("service", "-sort_key"), name="versions_newest_first"),)

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


class Collection(models.Model):
    """One collection of versions from the registry; open until ``finished_at``."""

    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    versions = models.PositiveIntegerField(default=0)

    class Meta:
        get_latest_by = "requested_at"
        constraints = (
            # The expression is the same for all that are open, so that one of them can be.
            models.UniqueConstraint(
                IsNull(F("finished_at"), True),  # noqa: FBT003 (the signature is Django's)
                condition=Q(finished_at=None),
                name="one_open_collection",
            ),
        )

    def __str__(self) -> str:
        return f"Collection {self.pk}"
