"""Orders to the build system: one for each train, on its way until somebody reports how it ended."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.domain.builds import OPEN_BUILDS, BuildState
from releases.models.claims import Claimable
from releases.models.trains import Train

_OPEN = sorted(state.value for state in OPEN_BUILDS)


class BuildOrder(Claimable):
    """The release branch and build of one train; its token is derived from ``key``, so that any send can be repeated.

    Who sends it claims it; ``sequence`` is that of the last callback that counted.
    """

    train = models.OneToOneField(Train, on_delete=models.PROTECT, related_name="build")
    key = models.UUIDField(unique=True)
    token_hash = models.CharField(max_length=64)
    url = models.URLField(max_length=300)
    branch = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in BuildState],
        default=BuildState.PENDING.value,
    )
    percent = models.PositiveSmallIntegerField(null=True)
    message = models.CharField(max_length=500, blank=True)
    sequence = models.PositiveBigIntegerField(null=True)
    opened_at = models.DateTimeField()
    next_send_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    sends = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("next_send_at",), condition=Q(state=BuildState.PENDING.value), name="builds_to_send"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in BuildState]), name="build_state_is_known"
            ),
            models.CheckConstraint(condition=Q(percent=None) | Q(percent__lte=100), name="build_percent_to_100"),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, finished_at=None) | ~Q(state__in=_OPEN) & ~Q(finished_at=None),
                name="build_ends_when_it_closes",
            ),
        )

    def __str__(self) -> str:
        return f"Build of {self.train}"
