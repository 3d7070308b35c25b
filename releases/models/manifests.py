"""Manifests: what each release consists of, written down once."""

from __future__ import annotations

from django.db import models

from releases.models.releases import Release


class Manifest(models.Model):
    """Write-once: triggers refuse UPDATE, DELETE and TRUNCATE as they do for the journal.

    ``body`` is JSON, kept as text so that it is handed out as it was written; ``sha256`` is of its characters and is
    part of the journal's first entry. ``is_derived`` marks one that was made afterwards, for a release that was created
    before there were manifests.
    """

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="stored_manifest")
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    is_derived = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Manifest of {self.release}"
