"""Hotfixes: the table of what each urgency may skip, the hotfixes themselves, and what they owe."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from releases.domain.hotfixes import DebtCause, DebtKind, Urgency
from releases.domain.validation import Scenario
from releases.models.catalog import Stage
from releases.models.releases import Release

_URGENCIES = [(urgency.value, urgency.value) for urgency in Urgency]


class HotfixPolicy(models.Model):
    """What a hotfix of this urgency may skip, and what must have passed before the last stage takes it."""

    urgency = models.CharField(max_length=8, choices=_URGENCIES, unique=True)
    skips = models.JSONField(default=list, blank=True, help_text="Names of the stages that it does not go through.")
    scenarios = models.JSONField(
        default=list,
        blank=True,
        help_text="What must have passed in the stage before the last; what did not run has not.",
    )
    budget_minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 90)],
        help_text="How long it may take from its creation until it is live.",
    )
    debt_days = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(365)], help_text="Days until what was skipped is made up for."
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "hotfix policies"
        constraints = (
            models.CheckConstraint(
                condition=Q(urgency__in=[urgency.value for urgency in Urgency]), name="policy_urgency_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.urgency} hotfixes"

    def clean(self) -> None:
        """Refuse to skip the last stage, and to test where nothing comes before it."""
        known = {scenario.value for scenario in Scenario}
        if not isinstance(self.scenarios, list) or not known.issuperset(map(str, self.scenarios)):
            raise ValidationError({"scenarios": f"Choose from {', '.join(Scenario)}."})
        stages = list(Stage.objects.values_list("name", flat=True))
        if not isinstance(self.skips, list) or not set(stages).issuperset(map(str, self.skips)):
            raise ValidationError({"skips": f"Choose from {', '.join(stages)}."})
        if stages and stages[-1] in self.skips:
            raise ValidationError({"skips": f"A hotfix is for {stages[-1]}, so it cannot skip that."})
        if self.scenarios and len(set(stages) - set(self.skips)) == 1:
            raise ValidationError({"skips": f"Leave a stage before {stages[-1]}, in which the tests can run."})


class Hotfix(models.Model):
    """What is particular of a release that is a hotfix; the table's line is copied, so that later edits change nothing.

    ``versions`` are those that it brings, by service. ``live_at`` is when it was live in the platform's last stage.
    """

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="hotfix")
    urgency = models.CharField(max_length=8, choices=_URGENCIES)
    reason = models.CharField(max_length=500)
    versions = models.JSONField()
    skipped_stages = models.JSONField()
    scenarios = models.JSONField()
    skipped_scenarios = models.JSONField()
    budget_ms = models.PositiveBigIntegerField()
    debt_days = models.PositiveSmallIntegerField()
    live_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "hotfixes"
        constraints = (
            models.CheckConstraint(
                condition=Q(urgency__in=[urgency.value for urgency in Urgency]), name="hotfix_urgency_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.urgency} hotfix {self.release.version}"


class Debt(models.Model):
    """Something that a hotfix left out, or that failed on its way: owed until somebody says how it was made up for."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="debts")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in DebtKind])
    subject = models.CharField(max_length=32, help_text="The stage or the scenario.")
    cause = models.CharField(max_length=16, choices=[(cause.value, cause.value) for cause in DebtCause])
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="debts")
    created_at = models.DateTimeField()
    due_on = models.DateField()
    paid_at = models.DateTimeField(null=True)
    paid_by = models.CharField(max_length=150, blank=True)
    how = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = (models.Index(fields=("due_on",), condition=Q(paid_at=None), name="debts_to_pay"),)
        constraints = (
            models.UniqueConstraint(fields=("release", "kind", "subject"), name="one_debt_per_subject"),
            models.CheckConstraint(
                condition=Q(paid_at=None, how="") | (~Q(paid_at=None) & ~Q(how="")), name="a_paid_debt_says_how"
            ),
        )

    def __str__(self) -> str:
        return f"{self.release}: {self.text}"
