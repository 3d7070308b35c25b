"""What AppTrust should know of a release as a whole, and whether it does."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.models.claims import Retried
from releases.models.releases import Release


class RegistryRecord(Retried):
    """The version of the platform's application in AppTrust that stands for a release, named as its manifest is.

    ``wanted_stage`` is where it should be by now, empty for nowhere yet; ``registry_stage`` is where AppTrust has it;
    ``told_at`` is since when that is the same, None while it is not.
    """

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="registry_record")
    application_key = models.CharField(max_length=64)
    version = models.CharField(max_length=128)
    wanted_stage = models.CharField(max_length=64, blank=True)
    registry_stage = models.CharField(max_length=64, blank=True)
    is_known = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("next_try_at",), condition=Q(told_at=None), name="records_to_tell"),)

    def __str__(self) -> str:
        return f"{self.application_key} {self.version}"
