"""What goes out to others: the addresses that promotions may name, and everything that is on its way to somebody."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.models.aggregation import AggregationSession
from releases.models.channels import Channel
from releases.models.claims import Claimable
from releases.models.releases import Release
from releases.models.subscriptions import Subscription


class Inbox(models.Model):
    """An address that promotions may name; its secret is derived, so that no table holds it."""

    name = models.SlugField(max_length=64, unique=True)
    url = models.URLField(max_length=300, help_text="Where the results of each phase are posted, signed.")
    generation = models.PositiveIntegerField(
        default=1, help_text="Raise it to give the inbox a new secret, which manage.py inbox_secret prints."
    )

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "inboxes"

    def __str__(self) -> str:
        return self.name


class Delivery(Claimable):
    """A message on its way to one receiver: open until delivered or given up.

    An inbox gets the results of a session; a subscription what the journal says of a release (``kind``), and a
    channel the same in words. What concerns the platform as a whole has no ``release``.
    ``message_id`` and ``body`` are the same for every try; who sends it claims it.
    Who sends a message again makes another delivery of the same body, which ``repeats`` the first.
    """

    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, null=True, related_name="deliveries")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, null=True, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, related_name="deliveries")
    session = models.ForeignKey(AggregationSession, on_delete=models.PROTECT, null=True, related_name="deliveries")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="deliveries")
    kind = models.CharField(max_length=40)
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="repetitions")
    message_id = models.UUIDField(unique=True)
    body = models.TextField()
    opened_at = models.DateTimeField()
    next_send_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index(
                fields=("next_send_at",), condition=Q(delivered_at=None, gave_up_at=None), name="deliveries_to_send"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(gave_up_at=None), name="delivery_ends_in_one_way"
            ),
            models.CheckConstraint(
                condition=Q(inbox__isnull=False, subscription=None, channel=None)
                | Q(inbox=None, subscription__isnull=False, channel=None)
                | Q(inbox=None, subscription=None, channel__isnull=False),
                name="delivery_has_one_receiver",
            ),
            models.UniqueConstraint(
                fields=("session",), condition=Q(repeats=None), name="one_delivery_per_session_unless_repeated"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.release or 'the platform'} to {self.receiver}"

    @property
    def receiver(self) -> Inbox | Subscription | Channel:
        """Whoever it goes to; the constraint lets there be one."""
        found = self.inbox or self.subscription or self.channel
        assert found is not None  # noqa: S101 (one of them is there)
        return found

    @property
    def is_open(self) -> bool:
        return self.delivered_at is None and self.gave_up_at is None
