"""Versions that were taken back, and what the registry still has to be told of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.models.catalog import Service, Stage
from releases.models.claims import Retried
from releases.models.releases import Release


class Quarantine(Retried):
    """One version that a rollback took out of a stage; nobody plans with it until the registry's tag is lifted.

    ``told_at`` is when the registry had it rolled back and tagged, ``registry_stage`` where it has the version since.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="quarantines")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="quarantines")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="quarantines")
    version = models.CharField(max_length=255)
    began_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    registry_stage = models.CharField(max_length=64, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("next_try_at",), condition=Q(told_at=None, lifted_at=None), name="quarantines_to_tell"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("release", "service"), name="one_quarantine_per_service_taken_back"),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.version} in quarantine"
