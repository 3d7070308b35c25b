"""What AppTrust says that versions consist of, and how asking for it goes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.models.catalog import ServiceVersion
from releases.models.claims import Retried


class VersionContent(Retried):
    """The sources and releasables of a version that AppTrust completed; they never change, so they are read once.

    Both are null until ``read_at``; an empty list is AppTrust's own word.
    """

    service_version = models.OneToOneField(ServiceVersion, on_delete=models.CASCADE, related_name="content")
    sources = models.JSONField(null=True)
    releasables = models.JSONField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("next_try_at",), condition=Q(read_at=None), name="contents_to_read"),)

    def __str__(self) -> str:
        return f"Content of {self.service_version}"
