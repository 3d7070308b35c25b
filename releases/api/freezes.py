"""Freezes: what is frozen, freezing stages at once, and lifting that early."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from releases.actions.freezes import FreezeRequest, freeze_stages, lift_freezes
from releases.api.authentication import actor_behind
from releases.api.bodies import FreezeBody, LiftBody
from releases.api.control_answers import ControlAnswer
from releases.api.fields import IdempotencyKey
from releases.queries.freezes import freeze_views, freezes_numbered

router = Router(tags=["gates"])


class FreezeAnswer(Schema):
    """``by`` is empty where nobody knows who declared it; ``is_on`` is false before it begins and when it is over."""

    id: int
    stage: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str
    in_flight: Literal["finish", "pause"]
    is_on: bool
    lift: ControlAnswer


class FreezesAnswer(Schema):
    items: list[FreezeAnswer]


class FrozenAnswer(FreezesAnswer):
    """One freeze for each stage; ``paused`` names the releases whose promotion was paused."""

    paused: Annotated[list[str], Field(default_factory=list)]


class LiftedAnswer(Schema):
    stages: list[str]


@router.get("/freezes", response=FreezesAnswer)
def list_freezes(request: HttpRequest) -> dict[str, object]:
    """The freezes that are on and those to come, by when they begin."""
    return {"items": freeze_views(actor_behind(request))}


@router.post("/freezes", response={201: FrozenAnswer})
def freeze(request: HttpRequest, body: FreezeBody, key: IdempotencyKey) -> dict[str, object]:
    """Freeze stages from now on, all of them where none is named, and pause what is on its way there if so chosen."""
    actor = actor_behind(request)
    wish = FreezeRequest(stages=tuple(body.stages), reason=body.reason, hours=body.hours, in_flight=body.in_flight)
    frozen = freeze_stages(actor=actor, request=wish, key=key or "")
    return {"items": freezes_numbered(frozen.freezes, actor), "paused": frozen.paused}


@router.post("/freezes/lift", response=LiftedAnswer)
def lift(request: HttpRequest, body: LiftBody, key: IdempotencyKey) -> dict[str, object]:
    """End freezes before their time; what they paused stays paused until it is resumed."""
    numbers, actor = tuple(body.freezes), actor_behind(request)
    return {"stages": lift_freezes(actor=actor, numbers=numbers, reason=body.reason, key=key or "")}
