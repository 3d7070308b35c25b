"""Validations: what is asked of a stage, the runs, and what each scenario found."""

from __future__ import annotations

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from releases.domain.errors import InvalidInput
from releases.domain.validation import Outcome, RunState, Scenario
from releases.domain.validation_setup import MOST_REQUESTS, read_fields, read_paths, read_protected
from releases.models.catalog import Service, Stage
from releases.models.releases import Release

_SCENARIOS = [(scenario.value, scenario.value) for scenario in Scenario]


def usually_required() -> list[str]:
    """Return what a new stage requires: everything but what needs a baseline, or an AppTrust, first."""
    return [scenario.value for scenario in Scenario if scenario not in {Scenario.PERFORMANCE, Scenario.INTEGRITY}]


class ValidationTarget(models.Model):
    """How one stage is validated: where its shop answers, what things are called there, and what must pass."""

    stage = models.OneToOneField(Stage, on_delete=models.CASCADE, related_name="validation_target")
    catalog = models.ForeignKey(
        Service,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The service that lists the books and their stock; empty if none.",
    )
    orders = models.ForeignKey(
        Service,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The service that takes orders; empty if none.",
    )
    addresses = models.JSONField(
        default=dict,
        blank=True,
        help_text='Base addresses in this stage by service, such as {"inventory": "https://inventory.qa.example"}; '
        "a service that is left out is asked at its own base address.",
    )
    paths = models.JSONField(
        default=dict,
        blank=True,
        help_text="Paths that differ from the usual ones: books, stock, cart, orders, order, cancel, health. "
        "{id} and {stage} are filled in; without cancel a test order stays.",
    )
    fields = models.JSONField(
        default=dict,
        blank=True,
        help_text="Names that differ from the usual ones: books, book_id, stock, price, order_id, user, items, "
        "line_book, line_quantity, total, version. A dot leads into an object.",
    )
    protected = models.TextField(
        blank=True,
        max_length=2000,
        help_text="What must answer 401 or 403 without a token, one a line, such as: checkout GET /api/v1/orders",
    )
    required = models.JSONField(default=usually_required, blank=True)
    run_after_promotion = models.BooleanField(
        default=False, help_text="Validate whenever a promotion to this stage has succeeded."
    )
    requests = models.PositiveSmallIntegerField(
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_REQUESTS)],
        help_text="How many requests the response time is measured with.",
    )
    slower_percent = models.PositiveSmallIntegerField(
        default=50,
        validators=[MaxValueValidator(1000)],
        help_text="How much slower than the last released version the 95th percentile may be, in percent.",
    )
    slack_ms = models.PositiveSmallIntegerField(
        default=25, validators=[MaxValueValidator(10_000)], help_text="And this many ms more, for the noise."
    )

    class Meta:
        ordering = ("stage__position",)

    def __str__(self) -> str:
        return f"Validation of {self.stage}"

    def clean(self) -> None:
        """Refuse what a run could not read."""
        for name, read in (("paths", read_paths), ("fields", read_fields), ("protected", read_protected)):
            try:
                read(getattr(self, name))
            except InvalidInput as mistake:
                raise ValidationError({name: mistake.message}) from mistake
        if not isinstance(self.addresses, dict) or not all(map(_is_address, self.addresses.values())):
            raise ValidationError({"addresses": "Give an object of services and http or https addresses."})
        known = {scenario.value for scenario in Scenario}
        if not isinstance(self.required, list) or not known.issuperset(map(str, self.required)):
            raise ValidationError({"required": f"Choose from {', '.join(Scenario)}."})


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) <= 300  # noqa: PLR2004


class ValidationRun(models.Model):
    """One validation of a release in a stage; ``epoch`` is the stage's, so that a later promotion there is noticed.

    Open until ``finished_at``; ``due_at`` is from when anybody may carry it out, ``claimed_until`` who is at it.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="validations")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="validations")
    version = models.CharField(max_length=128)
    scenarios = models.JSONField()
    required = models.JSONField()
    key = models.UUIDField(default=uuid4, unique=True)
    epoch = models.PositiveBigIntegerField()
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in RunState],
        default=RunState.REQUESTED.value,
    )
    message = models.CharField(max_length=500, blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("due_at",), condition=Q(finished_at=None), name="validations_to_carry_out"),
            models.Index(fields=("release", "stage", "-requested_at"), name="validations_newest_first"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("release", "stage"), condition=Q(finished_at=None), name="one_open_validation_per_release"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RunState]), name="validation_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.REQUESTED.value, finished_at=None)
                | ~Q(state=RunState.REQUESTED.value) & ~Q(finished_at=None),
                name="validation_ends_with_a_result",
            ),
        )

    def __str__(self) -> str:
        return f"Validation of {self.version} in {self.stage}"


class ValidationResult(models.Model):
    """What one scenario of a run found; ``measured_ms`` is its p95 where it measured one."""

    run = models.ForeignKey(ValidationRun, on_delete=models.CASCADE, related_name="results")
    scenario = models.CharField(max_length=16, choices=_SCENARIOS)
    outcome = models.CharField(
        max_length=16,
        choices=[(each.value, each.value) for each in Outcome if each is not Outcome.NOT_REACHED],
    )
    message = models.CharField(max_length=700, blank=True)
    steps = models.JSONField()
    duration_ms = models.PositiveIntegerField(default=0)
    measured_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "scenario"), name="one_result_per_scenario"),)

    def __str__(self) -> str:
        return f"{self.scenario}: {self.outcome}"
