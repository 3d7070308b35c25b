"""Work that is due: who is at it, and how trying it goes."""

from __future__ import annotations

from django.db import models


class Claimable(models.Model):
    """A row that one process at a time works on: it has it until ``claimed_until``, under the number ``claim_no``."""

    claim_no = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Retried(Claimable):
    """What is tried from ``next_try_at`` on until it succeeds; ``problem`` is that of the last try."""

    next_try_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True
