"""Platform versions: the SemVer of the whole and the manifest behind it."""

from __future__ import annotations

from django.db import models


class PlatformVersion(models.Model):
    """A name that was given once and is never given again; ``manifest`` maps each service to its version."""

    version = models.CharField(max_length=128, unique=True)
    manifest = models.JSONField()
    release = models.ForeignKey(
        "releases.Release",
        on_delete=models.PROTECT,
        null=True,
        related_name="labels",
        help_text="Empty for a version that was live before the board was.",
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version
