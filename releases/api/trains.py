"""Trains: the timetable, one train with its steps, and its commands."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from releases.actions import trains
from releases.actions.departures import depart_train
from releases.actions.train_numbers import choose_train_number
from releases.api.authentication import actor_behind
from releases.api.control_answers import ControlAnswer
from releases.api.fields import Cursor, IdempotencyKey, Limit, Reason, Slug, Text, VersionText
from releases.api.forecast_answers import ArrivalAnswer
from releases.queries.trains import TrainLine, running_refusal, train_lines, train_view

if TYPE_CHECKING:
    from releases.domain.access import Actor

router = Router(tags=["trains"])
MOST_YEARS = 2200


def _bookable(moment: datetime) -> datetime:
    if moment.year >= MOST_YEARS:
        message = f"nobody books trains beyond {MOST_YEARS - 1}"
        raise ValueError(message)
    return moment.astimezone(UTC)


TrainId = Annotated[Text, Path(min_length=1, max_length=32)]
Moment = Annotated[AwareDatetime, AfterValidator(_bookable)]


class _Body(Schema):
    model_config = ConfigDict(extra="forbid")


class TrainBody(_Body):
    """A train besides the rule of its schedule; without a cut-off, the departure itself."""

    schedule: Slug
    departs_at: Moment
    cut_off_at: Moment | None = None


class HoldBody(_Body):
    reason: Annotated[Reason, Field(min_length=1, max_length=300)]


class NumberBody(HoldBody):
    version: Annotated[VersionText, Field(max_length=128)]


class TrainLineAnswer(Schema):
    id: str
    schedule: str
    time_zone: str
    state: str
    message: str
    departs_at: datetime
    cut_off_at: datetime
    departed_at: datetime | None
    ended_at: datetime | None
    conductor: str
    release: str
    is_extra: bool


class TrainPage(Schema):
    items: list[TrainLineAnswer]
    next_cursor: int | None


class PassengerAnswer(Schema):
    """``state`` is on_board, late, incompatible or not_coming; ``why`` is a sentence."""

    service: str
    state: str
    live: str
    version: str
    late: str
    why: str


class TrainStepAnswer(Schema):
    phase: str
    state: str
    message: str
    started_at: datetime | None
    finished_at: datetime | None
    undone: str
    undone_at: datetime | None


class TrainAnswer(TrainLineAnswer):
    """``verdict`` is empty once the train has departed: its release has it then.

    ``arrival`` is null where nothing is to be foreseen, and ``why_no_arrival`` says why; it is empty else.
    ``offered_version`` is a free number for a train that is held because its own was used up.
    """

    verdict: str
    passengers: list[PassengerAnswer]
    steps: list[TrainStepAnswer]
    arrival: ArrivalAnswer | None
    why_no_arrival: str
    depart: ControlAnswer
    hold: ControlAnswer
    resume: ControlAnswer
    cancel: ControlAnswer
    choose_number: ControlAnswer
    offered_version: str


class TrainsQuery(Schema):
    limit: Limit = 25
    cursor: Cursor | None = None


@router.get("/trains", response=TrainPage)
def list_trains(request: HttpRequest, query: Query[TrainsQuery]) -> dict[str, object]:
    """Trains, the newest of the timetable first."""
    lines, cursor = train_lines(limit=query.limit, before=query.cursor)
    return {"items": lines, "next_cursor": cursor}


@router.post("/trains", response={201: TrainAnswer})
def add(request: HttpRequest, body: TrainBody, key: IdempotencyKey) -> dict[str, object]:
    """Schedule a train besides the rule."""
    actor = actor_behind(request)
    extra = trains.ExtraTrain(schedule=body.schedule, departs_at=body.departs_at, cut_off_at=body.cut_off_at)
    return _answer(trains.add_train(actor=actor, extra=extra, key=key or ""), actor)


@router.get("/trains/{label}", response=TrainAnswer)
def read(request: HttpRequest, label: TrainId) -> dict[str, object]:
    """One train with who is on board and the steps that it went through."""
    return _answer(label, actor_behind(request))


@router.post("/trains/{label}/depart", response=TrainAnswer)
def depart(request: HttpRequest, label: TrainId, key: IdempotencyKey) -> dict[str, object]:
    """Let a train depart now, in the caller's name; what is registered from now on takes the next one."""
    actor = actor_behind(request)
    depart_train(actor=actor, label=label, key=key or "")
    return _answer(label, actor)


@router.post("/trains/{label}/hold", response=TrainAnswer)
def hold(request: HttpRequest, label: TrainId, body: HoldBody, key: IdempotencyKey) -> dict[str, object]:
    """Let a train start nothing further until it is resumed."""
    actor = actor_behind(request)
    trains.hold_train(actor=actor, label=label, reason=body.reason, key=key or "")
    return _answer(label, actor)


@router.post("/trains/{label}/resume", response=TrainAnswer)
def resume(request: HttpRequest, label: TrainId, key: IdempotencyKey) -> dict[str, object]:
    """Let a held train go on; one whose time of departure is over departs at once."""
    actor = actor_behind(request)
    trains.resume_train(actor=actor, label=label, key=key or "")
    return _answer(label, actor)


@router.post("/trains/{label}/number", response=TrainAnswer)
def choose_number(request: HttpRequest, label: TrainId, body: NumberBody, key: IdempotencyKey) -> dict[str, object]:
    """Let a train that is held because its number was used up go on with another platform version."""
    actor = actor_behind(request)
    choose_train_number(actor=actor, label=label, version=body.version, reason=body.reason, key=key or "")
    return _answer(label, actor)


@router.post("/trains/{label}/cancel", response=TrainAnswer)
def cancel(request: HttpRequest, label: TrainId, body: HoldBody, key: IdempotencyKey) -> dict[str, object]:
    """Let a train go no further; what it did since its departure is undone."""
    actor = actor_behind(request)
    trains.cancel_train(actor=actor, label=label, reason=body.reason, key=key or "")
    return _answer(label, actor)


def _answer(label: str, actor: Actor) -> dict[str, object]:
    view = train_view(label, running_refusal(actor))
    line = {name: getattr(view.line, name) for name in TrainLine.__dataclass_fields__}
    return {
        **line,
        "verdict": view.on_board.overall,
        "passengers": view.on_board.passengers,
        "steps": view.steps,
        "arrival": view.arrival,
        "why_no_arrival": view.why_no_arrival,
        "depart": view.depart,
        "hold": view.hold,
        "resume": view.resume,
        "cancel": view.cancel,
        "choose_number": view.choose_number,
        "offered_version": view.offered_version,
    }
