"""The freezes that are on and those to come, with who may declare and lift them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.access import Permission, why_not
from releases.models import Freeze, Stage
from releases.queries.clock import database_now
from releases.queries.freeze_views import FreezePanel, FreezeView
from releases.queries.views import control

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from releases.domain.access import Actor


def freeze_panel(viewer: Actor, stages: Iterable[Stage], *, everywhere: Iterable[Stage]) -> FreezePanel:
    """Return the freezes of these stages; ``everywhere`` are all that there are, which may be frozen at once."""
    names = tuple(stage.name for stage in stages)
    mine = tuple(name for name in names if not why_not(viewer, Permission.FREEZE, name))
    refusal = why_not(viewer, Permission.FREEZE)
    if names and not mine:
        refusal = refusal or why_not(viewer, Permission.FREEZE, names[-1])
    return FreezePanel(
        stages=mine,
        all_stages=not any(why_not(viewer, Permission.FREEZE, stage.name) for stage in everywhere),
        freezes=tuple(view for view in freeze_views(viewer) if view.stage in names),
        freeze=control("freeze", refusal),
    )


def freeze_views(viewer: Actor) -> tuple[FreezeView, ...]:
    """Return the freezes that are not over, by when they begin."""
    now = database_now()
    rows = Freeze.objects.filter(ends_at__gt=now).select_related("stage")
    return tuple(_view(row, viewer, now) for row in rows.order_by("starts_at", "stage__position", "pk"))


def freezes_numbered(numbers: Iterable[int], viewer: Actor) -> tuple[FreezeView, ...]:
    """Return these freezes, over or not."""
    now = database_now()
    rows = Freeze.objects.filter(pk__in=list(numbers)).select_related("stage").order_by("pk")
    return tuple(_view(row, viewer, now) for row in rows)


def _view(freeze: Freeze, viewer: Actor, now: datetime) -> FreezeView:
    return FreezeView(
        id=freeze.pk,
        stage=freeze.stage.name,
        starts_at=freeze.starts_at,
        ends_at=freeze.ends_at,
        reason=freeze.reason,
        by=freeze.declared_by,
        in_flight=freeze.in_flight,
        is_on=freeze.starts_at <= now < freeze.ends_at,
        lift=control("lift", why_not(viewer, Permission.FREEZE, freeze.stage.name)),
    )
