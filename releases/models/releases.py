"""Releases: one attempt to bring a platform version through the stages."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from releases.domain.lifecycle import ReleaseState


class Release(models.Model):
    """``version`` is the newest label (2.2.0-alpha.1, later 2.2.0-beta.1 …); every label leads here.

    ``sequence`` and ``seal`` are those of its last journal entry: the row lock orders everything that happens to a
    release. ``lock_version`` grows with every act of a person, so that a page can tell that it is out of date.
    """

    version = models.CharField(max_length=128, unique=True)
    target_version = models.CharField(max_length=128)
    kind = models.CharField(max_length=16)
    title = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in ReleaseState],
        default=ReleaseState.PLANNED.value,
    )
    path = models.JSONField(
        default=list, blank=True, help_text="Names of the stages it goes through, in order; empty for all."
    )
    manifest = models.JSONField()
    plan = models.JSONField(help_text="The plan as it was accepted.")
    digest = models.CharField(max_length=64)
    sequence = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True)
    lock_version = models.PositiveIntegerField(default=1)
    rolls_back = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="rollbacks",
        help_text="The release that this one takes back; only for kind rollback.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="releases")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("-created_at",)), models.Index(fields=("state", "-created_at")))
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ReleaseState]),
                name="release_state_is_known",
            ),
        )

    def __str__(self) -> str:
        return self.version
