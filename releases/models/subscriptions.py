"""Who is told what happens to releases."""

from __future__ import annotations

from django.db import models

from releases.domain.telling import DEFAULT_EVENTS


def default_events() -> str:
    return "\n".join(DEFAULT_EVENTS)


class Subscription(models.Model):
    """An address that journal entries are posted to as they happen, signed with a secret that is derived."""

    name = models.SlugField(max_length=64, unique=True)
    url = models.URLField(max_length=300, help_text="Where each entry is posted, signed by Standard Webhooks.")
    events = models.TextField(
        default=default_events,
        max_length=2000,
        help_text="What to hear of, one a line: a kind of the journal (promotion.held) or a pattern (promotion.*, *).",
    )
    stages = models.JSONField(default=list, blank=True, help_text="Only what concerns these stages; none for all.")
    active = models.BooleanField(default=True, help_text="Nothing is sent while this is off.")
    generation = models.PositiveIntegerField(
        default=1, help_text="Raise it to give the address a new secret, which manage.py webhook_secret prints."
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
