"""Trains: the schedules that they run by, each departure, its eight steps, and what happened to it."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from releases.domain.trains import TrainPhase, TrainState, TrainStepState
from releases.models.catalog import Collection
from releases.models.releases import Release

_DAY, _WEEK = 24 * 60, 7 * 24 * 60


class TrainSchedule(models.Model):
    """By which rule trains depart; each runs in the name and with the permissions of the ``conductor``."""

    name = models.SlugField(max_length=64, unique=True)
    recurrence = models.CharField(
        max_length=200,
        default="FREQ=WEEKLY;INTERVAL=2",
        help_text="A recurrence rule (RFC 5545) of days, for example FREQ=WEEKLY;INTERVAL=2 or FREQ=MONTHLY;BYDAY=1TU.",
    )
    starts_on = models.DateField(help_text="The first day that the rule counts from.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="For example Europe/Berlin.")
    departure_time = models.TimeField(help_text="By the clocks of the time zone, summer and winter.")
    cut_off_minutes = models.PositiveIntegerField(
        default=_DAY,
        validators=[MaxValueValidator(4 * _WEEK)],
        help_text="How long before the departure versions must be registered, in minutes.",
    )
    conductor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="train_schedules",
        help_text="In whose name, and with whose permissions, its trains run.",
    )
    builds_optional = models.BooleanField(
        default=False, help_text="Go on without a build where no build system is configured."
    )
    tests_optional = models.BooleanField(default=False, help_text="Go on without tests where none are configured.")
    build_minutes = models.PositiveIntegerField(
        default=30, validators=[MaxValueValidator(_DAY)], help_text="How long a build may take."
    )
    watch_minutes = models.PositiveIntegerField(
        default=10, validators=[MaxValueValidator(_DAY)], help_text="How long production is watched after the arrival."
    )
    active = models.BooleanField(default=True, help_text="Without it no further trains are scheduled.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Train(models.Model):
    """One departure; ``label`` reads ``2026-W48``. ``versions`` is its manifest once it was determined.

    ``held_in`` is the state that a hold interrupted. ``target_version`` is the number that somebody chose for its
    platform version, ``number_reason`` says why; both are empty where the changes determine it. An ``is_extra`` train
    was asked for by a person, so the schedule neither moves nor drops it.
    """

    schedule = models.ForeignKey(TrainSchedule, on_delete=models.PROTECT, related_name="trains")
    label = models.CharField(max_length=16, unique=True)
    day_on = models.DateField()
    departs_at = models.DateTimeField()
    cut_off_at = models.DateTimeField()
    is_extra = models.BooleanField(default=False)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in TrainState],
        default=TrainState.SCHEDULED.value,
    )
    held_in = models.CharField(max_length=16, blank=True)
    message = models.CharField(max_length=500, blank=True)
    conductor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trains")
    versions = models.JSONField(default=dict)
    passengers = models.JSONField(default=list)
    target_version = models.CharField(max_length=128, blank=True)
    number_reason = models.CharField(max_length=500, blank=True, help_text="Who chose the number and why, a sentence.")
    release = models.OneToOneField(Release, on_delete=models.PROTECT, null=True, related_name="train")
    departed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("departs_at", "pk")
        indexes = (models.Index(fields=("state", "departs_at")),)
        constraints = (
            models.UniqueConstraint(
                fields=("schedule", "day_on"),
                condition=~Q(state__in=[TrainState.CANCELLED.value, TrainState.FAILED.value]),
                name="one_train_per_schedule_and_day",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in TrainState]), name="train_state_is_known"
            ),
            models.CheckConstraint(condition=Q(cut_off_at__lte=F("departs_at")), name="train_cuts_off_before_it_goes"),
        )

    def __str__(self) -> str:
        return self.label


class TrainStep(models.Model):
    """One phase of a departed train: looked after once ``due_at`` is over, undone once ``undo_due_at`` is."""

    train = models.ForeignKey(Train, on_delete=models.PROTECT, related_name="steps")
    phase = models.CharField(max_length=16, choices=[(phase.value, phase.value) for phase in TrainPhase])
    position = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in TrainStepState],
        default=TrainStepState.PENDING.value,
    )
    message = models.CharField(max_length=500, blank=True)
    collection = models.ForeignKey(Collection, on_delete=models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undo_due_at = models.DateTimeField(null=True)
    undone = models.CharField(max_length=500, blank=True, help_text="What was undone of it, in a sentence.")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        indexes = (
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="train_steps_due"),
            models.Index(fields=("undo_due_at",), condition=Q(undo_due_at__isnull=False), name="train_steps_to_undo"),
        )
        constraints = (
            models.UniqueConstraint(fields=("train", "phase"), name="one_train_step_per_phase"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in TrainStepState]), name="train_step_state_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.phase} of {self.train}"


class TrainEvent(models.Model):
    """What happened to a train, in order; rows are only added. ``state`` gives the line its look."""

    train = models.ForeignKey(Train, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    state = models.CharField(max_length=16)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.train}: {self.text}"


class CalendarLink(models.Model):
    """One person's secret address of the calendar feed; another generation has another secret, which no table holds."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_link")
    generation = models.PositiveIntegerField(default=1)
    rotated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Calendar of {self.user}"
