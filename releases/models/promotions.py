"""Promotions, their steps, and what they left running in each stage."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.domain.lifecycle import OPEN_PROMOTIONS, OnFailure, PromotionState, SlotState
from releases.models.catalog import Service, Stage
from releases.models.releases import Release

_OPEN = sorted(state.value for state in OPEN_PROMOTIONS)


class Promotion(models.Model):
    """One release in one stage; the phases are those of the plan when it started.

    ``on_failure`` says what follows by itself when it is held; ``rolled_back_at`` since when what it brought is on its
    way back, so that the release has not reached the stage any more.

    ``forecast`` is the one given when it started, None where none was. ``waited_ms`` is for how long it was held or
    paused, without the wait that goes on since ``waiting_since``.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="promotions")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="promotions")
    version = models.CharField(max_length=128)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in PromotionState],
        default=PromotionState.RUNNING.value,
    )
    phases = models.JSONField()
    phase = models.PositiveSmallIntegerField(default=0)
    timeout_ms = models.PositiveIntegerField()
    strategy = models.CharField(max_length=8)
    inbox = models.ForeignKey("Inbox", on_delete=models.PROTECT, null=True, related_name="promotions")
    epoch = models.PositiveBigIntegerField()
    on_failure = models.CharField(
        max_length=12,
        choices=[(answer.value, answer.value) for answer in OnFailure],
        default=OnFailure.HOLD.value,
    )
    rolled_back_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="promotions")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    forecast = models.JSONField(null=True)
    waited_ms = models.PositiveBigIntegerField(default=0)
    waiting_since = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("stage",), condition=Q(state__in=_OPEN), name="one_open_promotion_per_stage"
            ),
            models.UniqueConstraint(
                fields=("release",),
                condition=Q(state__in=_OPEN),
                name="one_open_promotion_per_release",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in PromotionState]),
                name="promotion_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, finished_at=None) | ~Q(state__in=_OPEN) & ~Q(finished_at=None),
                name="promotion_ends_when_it_closes",
            ),
            models.CheckConstraint(
                condition=Q(on_failure__in=[answer.value for answer in OnFailure]),
                name="promotion_answer_to_failure_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version} to {self.stage}"


class PromotionStep(models.Model):
    """One service of one promotion, across all its attempts; the address is the one it had at the start.

    Without ``to_version`` the service is uninstalled.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="steps")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="steps")
    phase = models.PositiveSmallIntegerField()
    from_version = models.CharField(max_length=255, blank=True)
    to_version = models.CharField(max_length=255, blank=True)
    dispatch_url = models.URLField(max_length=300)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in SlotState],
        default=SlotState.PENDING.value,
    )
    reason = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=500, blank=True)
    percent = models.PositiveSmallIntegerField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("phase", "service__slug")
        constraints = (
            models.UniqueConstraint(fields=("promotion", "service"), name="one_step_per_service"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SlotState]),
                name="step_state_is_known",
            ),
            models.CheckConstraint(condition=Q(percent=None) | Q(percent__lte=100), name="step_percent_to_100"),
        )

    def __str__(self) -> str:
        return f"{self.service} to {self.to_version or 'nothing'}"


class Deployment(models.Model):
    """What a service runs in a stage, by its own last accepted word."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="deployments")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="deployments")
    version = models.CharField(max_length=255)
    step = models.ForeignKey(PromotionStep, on_delete=models.PROTECT, null=True, related_name="+")
    deployed_by = models.CharField(max_length=150)
    deployed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("stage", "service"), name="one_deployment_per_stage_service"),)

    def __str__(self) -> str:
        return f"{self.service} {self.version} in {self.stage}"
