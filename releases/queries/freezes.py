"""The freezes that are on and those to come, with who may declare and lift them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.access import SYSTEM, Permission, why_not
from releases.models import Freeze, Stage
from releases.queries.clock import database_now
from releases.queries.freeze_views import FreezePanel, FreezeView
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from releases.domain.access import Actor


NOT_FOR_ALL = why_not(SYSTEM, Permission.FREEZE)


def freezing_refusal(actor: Actor) -> str:
    """Return why this actor may not freeze stages; empty when they may."""
    return why_not(actor, Permission.FREEZE)


def freeze_panel(refusal: str, stages: Iterable[Stage]) -> FreezePanel:
    """Return the freezes of these stages for everybody who may freeze, or who may not because of ``refusal``."""
    names = tuple(stage.name for stage in stages)
    return FreezePanel(
        stages=names,
        freezes=tuple(view for view in _views(refusal) if view.stage in names),
        freeze=_control("freeze", refusal),
    )


def freeze_views(actor: Actor) -> tuple[FreezeView, ...]:
    """Return the freezes that are not over, by when they begin."""
    return _views(freezing_refusal(actor))


def freezes_numbered(numbers: Iterable[int], actor: Actor) -> tuple[FreezeView, ...]:
    """Return these freezes, over or not."""
    now, refusal = database_now(), freezing_refusal(actor)
    rows = Freeze.objects.filter(pk__in=list(numbers)).select_related("stage").order_by("pk")
    return tuple(_view(row, refusal, now) for row in rows)


def _views(refusal: str) -> tuple[FreezeView, ...]:
    now = database_now()
    rows = Freeze.objects.filter(ends_at__gt=now).select_related("stage")
    return tuple(_view(row, refusal, now) for row in rows.order_by("starts_at", "stage__position", "pk"))


def _view(freeze: Freeze, refusal: str, now: datetime) -> FreezeView:
    return FreezeView(
        id=freeze.pk,
        stage=freeze.stage.name,
        starts_at=freeze.starts_at,
        ends_at=freeze.ends_at,
        reason=freeze.reason,
        by=freeze.declared_by,
        in_flight=freeze.in_flight,
        is_on=freeze.starts_at <= now < freeze.ends_at,
        lift=_control("lift", refusal),
    )


def _control(verb: str, refusal: str) -> Control:
    return Control(verb=verb, allowed=not refusal, why_not=refusal)
