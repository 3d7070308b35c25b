"""Which exact sets of versions ran together, where, for how long and how well."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.models.catalog import Stage
from releases.models.releases import Release


class Observation(models.Model):
    """One exact set in one stage, from the moment that it was complete until the first of its services moved.

    Only the system writes it. ``digest`` identifies the set whatever the stage; ``probes`` and ``failed_probes`` count
    what the deployed services answered meanwhile. ``recorded_by`` and ``sessions`` tell where it comes from: who
    promoted it there, and the correlation ids under which its services said that they run it.
    """

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="observations")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="observations")
    platform_version = models.CharField(max_length=128)
    manifest = models.JSONField()
    digest = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    probes = models.PositiveIntegerField(default=0)
    failed_probes = models.PositiveIntegerField(default=0)
    first_failure_at = models.DateTimeField(null=True)
    recorded_by = models.CharField(max_length=150, blank=True)
    sessions = models.JSONField(default=list)

    class Meta:
        indexes = (models.Index(fields=("digest",)), models.Index(fields=("stage", "-began_at")))
        constraints = (
            models.UniqueConstraint(
                fields=("stage",), condition=Q(ended_at=None), name="one_open_observation_per_stage"
            ),
            models.CheckConstraint(condition=Q(failed_probes__lte=models.F("probes")), name="failed_probes_were_made"),
        )

    def __str__(self) -> str:
        return f"Platform {self.platform_version} in {self.stage}"
