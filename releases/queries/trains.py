"""The departure board, one train with its steps, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Max

from releases.domain.access import SYSTEM, Permission, why_not
from releases.domain.boarding import Boarding, Passenger
from releases.domain.errors import NotFound
from releases.domain.trains import (
    AT_STATION,
    OPEN_TRAINS,
    TrainState,
    why_not_cancel,
    why_not_choose_number,
    why_not_depart,
    why_not_hold,
    why_not_resume,
)
from releases.models import Train, TrainEvent, TrainSchedule, TrainStep
from releases.queries.arrivals import arrival_of, why_no_arrival
from releases.queries.boarding import number_problem, train_set
from releases.queries.freezes import freeze_views
from releases.queries.views import Control, control

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.domain.access import Actor
    from releases.domain.plans import Problem
    from releases.domain.verdicts import Reason
    from releases.queries.arrivals import Arrival
    from releases.queries.freeze_views import FreezeView

_OPEN = [state.value for state in OPEN_TRAINS]
ENDED_SHOWN = 10
NOT_FOR_ALL = why_not(SYSTEM, Permission.RUN_TRAINS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainStepView:
    phase: str
    state: str
    message: str
    started_at: datetime | None
    finished_at: datetime | None
    undone: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainLine:
    """One train in a list; ``release`` is the label of its release, empty before it has one."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBoard:
    """Who comes along; ``overall`` is the verdict of the set, empty for one that was never judged."""

    passengers: tuple[Passenger, ...]
    overall: str
    reasons: tuple[Reason, ...]
    problems: tuple[Problem, ...]
    moving: int

    @property
    def summary(self) -> str:
        """Count them as people do: ``3 on board, 1 late, 1 not coming``."""
        counts = {state: sum(each.state is state for each in self.passengers) for state in Boarding}
        words = (f"{count} {state.replace('_', ' ')}" for state, count in counts.items() if count)
        return ", ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainView:
    """One train: how it stands, who is on board, what it went through, and its buttons.

    ``sequence`` grows with each of its events; ``arrival`` is None where nothing is to be foreseen: because of
    ``why_no_arrival``, which is empty else. ``offered_version`` is a free number to choose, if one is known.
    """

    line: TrainLine
    sequence: int
    steps: tuple[TrainStepView, ...]
    events: tuple[TrainEvent, ...]
    on_board: OnBoard
    arrival: Arrival | None
    why_no_arrival: str
    depart: Control
    hold: Control
    resume: Control
    cancel: Control
    choose_number: Control
    offered_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureBoard:
    """``next`` is the train that leaves first, with who is on board; ``freezes`` are those that are not over.

    It is the same for everybody: there is no button on it.

    ``sequence`` grows with each event of any train.
    """

    sequence: int
    next: TrainView | None
    departures: tuple[TrainLine, ...]
    ended: tuple[TrainLine, ...]
    freezes: tuple[FreezeView, ...]
    has_schedules: bool


def running_refusal(actor: Actor) -> str:
    """Return why this actor may not run trains; empty when they may."""
    return why_not(actor, Permission.RUN_TRAINS)


def train_sequence(label: str) -> int:
    """Return the number of a train's newest event, 0 before the first; raise ``Train.DoesNotExist`` for no train."""
    newest = Train.objects.annotate(newest=Max("events__pk")).values_list("newest", flat=True)
    return newest.get(label=label) or 0


def departures_sequence() -> int:
    """Return the number of the newest event of any train, 0 before the first."""
    return TrainEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0


def departure_board() -> DepartureBoard:
    """Return everything that the departure board shows, in a fixed number of queries."""
    sequence, trains = departures_sequence(), _trains()
    coming = list(trains.filter(state__in=_OPEN).order_by("departs_at", "pk"))
    ended = trains.exclude(state__in=_OPEN).order_by("-departs_at", "-pk")[:ENDED_SHOWN]
    first = next((train for train in coming if train.departed_at is None), None)
    return DepartureBoard(
        sequence=sequence,
        next=_view(first, NOT_FOR_ALL) if first else None,
        departures=tuple(map(line_of, coming)),
        ended=tuple(map(line_of, ended)),
        freezes=freeze_views(SYSTEM),
        has_schedules=TrainSchedule.objects.exists(),
    )


def train_view(label: str, refusal: str) -> TrainView:
    """Return one train for everybody who may run trains, or who may not because of ``refusal``.

    ``NotFound`` for a name that no train has.
    """
    train = _trains().filter(label=label).first()
    if train is None:
        raise NotFound(f"There is no train {label[:16]}.")
    return _view(train, refusal)


def train_lines(*, limit: int, before: int | None) -> tuple[tuple[TrainLine, ...], int | None]:
    """Return trains, the latest departure first, and the cursor of those that follow, None at the end."""
    trains = _trains().order_by("-pk")
    page = list(trains.filter(pk__lt=before)[: limit + 1] if before is not None else trains[: limit + 1])
    shown = page[:limit]
    return tuple(map(line_of, shown)), shown[-1].pk if len(page) > limit else None


def _trains() -> QuerySet[Train]:
    return Train.objects.select_related("schedule", "conductor", "release")


def line_of(train: Train) -> TrainLine:
    """Return a train as lists show it."""
    return TrainLine(
        id=train.label,
        schedule=train.schedule.name,
        time_zone=train.schedule.time_zone,
        state=train.state,
        message=train.message,
        departs_at=train.departs_at,
        cut_off_at=train.cut_off_at,
        departed_at=train.departed_at,
        ended_at=train.ended_at,
        conductor=train.conductor.get_username(),
        release=train.release.version if train.release else "",
        is_extra=train.is_extra,
    )


def _view(train: Train, refusal: str) -> TrainView:
    state, events = TrainState(train.state), tuple(train.events.order_by("-pk"))
    steps = list(train.steps.order_by("position"))
    arrival, problem = arrival_of(train, steps), number_problem(train)
    not_number = why_not_choose_number(train.label, state, is_asked=problem is not None)
    return TrainView(
        line=line_of(train),
        sequence=max((event.pk for event in events), default=0),
        steps=tuple(map(_step, steps)),
        events=events,
        on_board=_on_board(train),
        arrival=arrival,
        why_no_arrival="" if arrival else why_no_arrival(train),
        depart=control("depart", refusal or why_not_depart(train.label, state)),
        hold=control("hold", refusal or why_not_hold(train.label, state)),
        resume=control("resume", refusal or why_not_resume(train.label, state)),
        cancel=control("cancel", refusal or why_not_cancel(train.label, state)),
        choose_number=control("choose_number", refusal or not_number),
        offered_version=problem.offered if problem else "",
    )


def _on_board(train: Train) -> OnBoard:
    if train.versions or train.state not in {*AT_STATION, TrainState.HELD}:
        return _as_departed(train)
    found = train_set(train)
    return OnBoard(
        passengers=found.passengers,
        overall=found.plan.verdict.overall.value,
        reasons=tuple(reason for reason in found.plan.verdict.reasons if reason.blocks),
        problems=found.plan.problems,
        moving=found.moving,
    )


def _as_departed(train: Train) -> OnBoard:
    """Return who was on board when the train left, as it was written down then."""
    found = tuple(Passenger(**{**each, "state": Boarding(each["state"])}) for each in train.passengers)
    moving = sum(each.version != each.live for each in found)
    return OnBoard(passengers=found, overall="", reasons=(), problems=(), moving=moving)


def _step(step: TrainStep) -> TrainStepView:
    return TrainStepView(
        phase=step.phase,
        state=step.state,
        message=step.message,
        started_at=step.started_at,
        finished_at=step.finished_at,
        undone=step.undone,
        undone_at=step.undone_at,
    )
