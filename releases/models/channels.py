"""Where people are told what happens to releases, and in which words."""

from __future__ import annotations

from django.db import models

from releases.domain import telling
from releases.domain.wording import DEFAULT_TEXT, DEFAULT_TITLE
from releases.models.subscriptions import default_events


def told_kinds() -> list[tuple[str, str]]:
    return [(kind, kind) for kind in telling.told_kinds()]


class Channel(models.Model):
    """Somewhere that apprise can notify; its address is as good as a password and shown nowhere."""

    name = models.SlugField(max_length=64, unique=True)
    sealed_address = models.TextField(editable=False)
    events = models.TextField(
        default=default_events,
        max_length=2000,
        help_text="What to hear of, one a line: a kind of the journal (promotion.held) or a pattern (promotion.*, *).",
    )
    stages = models.JSONField(default=list, blank=True, help_text="Only what concerns these stages; none for all.")
    active = models.BooleanField(default=True, help_text="Nothing is sent while this is off.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class MessageTemplate(models.Model):
    """The words for one kind of event in every channel; a kind without a row has the built-in ones."""

    kind = models.CharField(max_length=40, unique=True, choices=told_kinds, verbose_name="event")
    title = models.CharField(max_length=200, default=DEFAULT_TITLE)
    text = models.TextField(max_length=2000, default=DEFAULT_TEXT)

    class Meta:
        ordering = ("kind",)

    def __str__(self) -> str:
        return self.kind
