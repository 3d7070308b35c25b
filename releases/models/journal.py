"""The journal: what happened to a release, numbered without gaps; every live view replays it."""

from __future__ import annotations

from django.db import models

from releases.models.releases import Release


class JournalEntry(models.Model):
    """Append-only; ``sequence`` starts at 1 for each release. ``service`` is empty for what concerns them all.

    ``seal`` covers the entry and all before it (``domain.sealing``). Triggers refuse UPDATE, DELETE and TRUNCATE on
    PostgreSQL, UPDATE and DELETE on SQLite. There a migration that alters this table copies it and thereby drops the
    triggers: it has to create them again.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="entries")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=150)
    service = models.CharField(max_length=64, blank=True)
    payload = models.JSONField()
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = (
            models.UniqueConstraint(fields=("release", "sequence"), name="journal_is_numbered_once"),
            models.CheckConstraint(condition=models.Q(sequence__gte=1), name="journal_starts_at_one"),
        )

    def __str__(self) -> str:
        return f"{self.release} #{self.sequence} {self.kind}"
