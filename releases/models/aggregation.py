"""Fan-outs: sessions, their dispatches (one slot each) and every callback that came back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from releases.domain.aggregation import CallbackStatus, Disposition
from releases.domain.lifecycle import OPEN_SLOTS, SessionState, SlotState
from releases.models.claims import Claimable
from releases.models.promotions import Promotion, PromotionStep

_OPEN = sorted(state.value for state in OPEN_SLOTS)


class AggregationSession(models.Model):
    """One fan-out of one phase; ``deadline_at`` is set by the first request that a service answered.

    ``traceparent`` is the trace that its orders belong to, whoever sends them; empty while traces are off.
    """

    correlation_id = models.UUIDField(unique=True)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="sessions")
    phase = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in SessionState],
        default=SessionState.RUNNING.value,
    )
    timeout_ms = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    summary = models.JSONField(null=True)
    traceparent = models.CharField(max_length=55, blank=True)

    class Meta:
        indexes = (models.Index(fields=("deadline_at",), condition=Q(state="running"), name="open_session_deadlines"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SessionState]),
                name="session_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="running", closed_at=None, summary=None)
                | ~Q(state="running") & ~Q(closed_at=None) & ~Q(summary=None),
                name="session_closes_with_its_summary",
            ),
        )

    def __str__(self) -> str:
        return str(self.correlation_id)

    @property
    def expected_deadline_at(self) -> datetime:
        """The deadline, or where it will be at the earliest while no service has been reached yet."""
        return self.deadline_at or self.earliest_deadline_at

    @property
    def earliest_deadline_at(self) -> datetime:
        """What every service of the session is told, whenever it is asked: a repeated order must say the same."""
        return self.opened_at + timedelta(milliseconds=self.timeout_ms)


class Dispatch(Claimable):
    """One attempt to move one step. ``key`` is its identity on the wire, the same for every repeated send.

    Who sends it or asks about it claims it; ``lease_until`` is how long the service may stay silent, ``status_url``
    where it tells how far it is, ``asked_at`` since when its answer is waited for.
    """

    session = models.ForeignKey(AggregationSession, on_delete=models.PROTECT, related_name="dispatches")
    step = models.ForeignKey(PromotionStep, on_delete=models.PROTECT, related_name="dispatches")
    attempt = models.PositiveSmallIntegerField()
    key = models.UUIDField(unique=True)
    token_hash = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in SlotState],
        default=SlotState.PENDING.value,
    )
    reason = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=500, blank=True)
    percent = models.PositiveSmallIntegerField(null=True)
    last_sequence = models.PositiveBigIntegerField(null=True)
    opened_at = models.DateTimeField()
    next_send_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    sends = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    status_url = models.URLField(max_length=500, blank=True)
    asked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "dispatches"
        indexes = (
            models.Index(fields=("next_send_at",), condition=Q(state="pending"), name="dispatches_to_send"),
            models.Index(fields=("lease_until",), condition=Q(state__in=_OPEN), name="open_leases"),
            models.Index(
                fields=("asked_at",), condition=Q(state__in=_OPEN, asked_at__isnull=False), name="services_to_ask"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("session", "step"), name="one_slot_per_source"),
            models.UniqueConstraint(fields=("step", "attempt"), name="one_dispatch_per_attempt"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SlotState]),
                name="dispatch_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, closed_at=None) | ~Q(state__in=_OPEN) & ~Q(closed_at=None),
                name="slot_ends_when_it_closes",
            ),
        )

    def __str__(self) -> str:
        return f"{self.step} attempt {self.attempt}"


class Callback(models.Model):
    """What a service reported, as it came, with what became of it; kept even when it changed nothing."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="callbacks")
    status = models.CharField(max_length=16, choices=[(status.value, status.value) for status in CallbackStatus])
    sequence = models.PositiveBigIntegerField(null=True)
    percent = models.PositiveSmallIntegerField(null=True)
    message = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    message_id = models.CharField(max_length=128, blank=True)
    disposition = models.CharField(max_length=16, choices=[(value.value, value.value) for value in Disposition])
    received_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("-received_at",)),)
        constraints = (
            models.UniqueConstraint(
                fields=("dispatch", "sequence"),
                condition=Q(sequence__isnull=False),
                name="one_callback_per_sequence",
            ),
            models.UniqueConstraint(
                fields=("dispatch", "message_id"),
                condition=~Q(message_id=""),
                name="one_callback_per_signed_message",
            ),
        )

    def __str__(self) -> str:
        return f"{self.status} for {self.dispatch}"
