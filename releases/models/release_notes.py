"""Release notes as people wrote them; the draft is computed and never stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from releases.models.releases import Release


class NotesRevision(models.Model):
    """One text of a release's notes; rows are added and never changed, and the newest number counts.

    The first edit of the draft is number 1; ``sha256`` is of the text, as the journal has it.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="notes_revisions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("release", "number"), name="one_text_per_notes_revision"),)

    def __str__(self) -> str:
        return f"Notes of {self.release}, revision {self.number}"
