"""What may keep a release out of a stage: freezes, sign-offs that are wanted, and who let one pass."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from releases.domain.access import Role
from releases.domain.gates import GateKind, InFlight
from releases.domain.hotfixes import Urgency
from releases.domain.plan_kinds import HOTFIX
from releases.domain.signoffs import Decision
from releases.models.catalog import Stage
from releases.models.releases import Release

_ROLES = [(role.value, role.value) for role in Role if role is not Role.VIEWER]
_KINDS = [(kind.value, kind.value) for kind in GateKind]
MOST_SIGNERS = 20


class Freeze(models.Model):
    """No promotion starts in ``stage`` between the two moments; what already runs goes on, or was paused then."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="freezes")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    in_flight = models.CharField(
        max_length=8,
        choices=[(each.value, each.value) for each in InFlight],
        default=InFlight.FINISH.value,
        editable=False,
    )
    declared_by = models.CharField(max_length=150, blank=True, editable=False)
    lifted_by = models.CharField(max_length=150, blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_freeze_ends_later"),)

    def __str__(self) -> str:
        return f"{self.stage} is frozen until {self.ends_at:%Y-%m-%d %H:%M}"


class ApprovalRule(models.Model):
    """So many people of a role must sign a release off before it is promoted to the stage."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="approval_rules")
    role = models.CharField(max_length=32, choices=_ROLES, default=Role.APPROVER.value)
    count = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SIGNERS)],
        help_text="How many of them; whoever planned the release is never one of them.",
    )
    kind = models.CharField(
        max_length=16, blank=True, help_text="Only for releases of this kind, such as independent; empty for any."
    )
    urgency = models.CharField(
        max_length=8,
        blank=True,
        choices=[(urgency.value, urgency.value) for urgency in Urgency],
        help_text="Only for hotfixes of this urgency, in the place of the role's rules without one; empty for any.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("stage__position", "role", "kind", "urgency")
        constraints = (
            models.UniqueConstraint(
                fields=("stage", "role", "kind", "urgency"), name="one_approval_rule_per_role_kind_and_urgency"
            ),
            models.CheckConstraint(
                condition=Q(urgency="") | Q(kind__in=["", HOTFIX]),
                name="only_hotfixes_have_an_urgency",
                violation_error_message="Only hotfixes have an urgency: leave the kind empty, or say hotfix.",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="an_approval_rule_asks_for_somebody"),
        )

    def __str__(self) -> str:
        what = f" for a {self.urgency} hotfix" if self.urgency else f" for kind {self.kind}" if self.kind else ""
        return f"{self.stage} needs {self.count} of role {self.role}{what}"


class SignOff(models.Model):
    """One person's yes or no to a release in a stage; ``agreed`` holds the reasons of the verdict that was seen."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="signoffs")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="signoffs")
    role = models.CharField(max_length=32, choices=_ROLES)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signoffs")
    decision = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Decision])
    reason = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64)
    agreed = models.JSONField()
    signed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("release", "stage", "role", "person"),
                condition=Q(withdrawn_at=None),
                name="one_person_signs_once_per_role",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.decision} {self.release} for {self.stage}"


class Bypass(models.Model):
    """An administrator lets one release pass one closed gate of one stage, until it expires."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="bypasses")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="bypasses")
    gate = models.CharField(max_length=16, choices=_KINDS)
    reason = models.CharField(max_length=300)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name_plural = "bypasses"
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="a_bypass_expires_later"),
        )

    def __str__(self) -> str:
        return f"{self.granted_by} lets {self.release} pass the {self.gate} of {self.stage}"
