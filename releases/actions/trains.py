"""What people do with a train: ask for an extra one, hold it, let it go on, cancel it before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.timetables import locked_schedules
from releases.actions.train_endings import end_train
from releases.actions.train_ledgers import open_train
from releases.actions.turns import refuse
from releases.broadcast import publish_train_on_commit
from releases.domain.access import Actor, Permission, require
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.journal import Kind
from releases.domain.timetables import train_label
from releases.domain.trains import AT_STATION, TrainState, why_not_cancel, why_not_hold, why_not_resume
from releases.models import Train, TrainEvent
from releases.queries.clock import database_now
from releases.queries.timetables import known_zone

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.train_ledgers import TrainLedger

REASON_LIMIT = 300
# Another may take the place of these on the same day.
_GIVEN_UP = [TrainState.CANCELLED.value, TrainState.FAILED.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraTrain:
    """A departure besides the rule; without a cut-off it is the departure itself."""

    schedule: str
    departs_at: datetime
    cut_off_at: datetime | None = None


@transaction.atomic(durable=True)
def add_train(*, actor: Actor, extra: ExtraTrain, key: str = "") -> str:
    """Schedule a train besides the rule and return its name; refused in the past and beside one of the same day."""
    require(actor, Permission.RUN_TRAINS)
    schedule = next((each for each in locked_schedules() if each.name == extra.schedule), None)
    if schedule is None:
        raise NotFound(f"There is no schedule {extra.schedule}.")
    print_ = fingerprint("add_train", extra=extra)
    if known := recall(actor=actor, key=key, print_=print_):
        return str(known["train"])
    now, cut_off_at = database_now(), extra.cut_off_at or extra.departs_at
    if extra.departs_at <= now:
        raise InvalidInput("departs_at", "A train departs in the future; let one depart at once by its own command.")
    if cut_off_at > extra.departs_at:
        raise InvalidInput("cut_off_at", "The cut-off comes before the departure.")
    day = extra.departs_at.astimezone(known_zone(schedule.time_zone)).date()
    other = schedule.trains.filter(day_on=day).exclude(state__in=_GIVEN_UP).first()
    if other:
        raise Conflict(f"Train {other.label} of {schedule.name} departs on that day already.")
    train = Train.objects.create(
        schedule=schedule,
        label=train_label(day, set(Train.objects.values_list("label", flat=True))),
        day_on=day,
        departs_at=extra.departs_at,
        cut_off_at=cut_off_at,
        is_extra=True,
        conductor_id=actor.person_id,
    )
    TrainEvent.objects.create(train=train, at=now, actor=actor.name, state=train.state, text="was added by hand.")
    publish_train_on_commit(label=train.label)
    remember(actor=actor, key=key, print_=print_, result={"train": train.label})
    return train.label


@transaction.atomic(durable=True)
def hold_train(*, actor: Actor, label: str, reason: str, key: str = "") -> None:
    """Let a train do nothing further until it is resumed; a promotion that runs already goes on by itself."""
    require(actor, Permission.RUN_TRAINS)
    reason = stated(reason, "Say why the train is held.")
    books = open_train(label=label, actor=actor.name)
    print_ = fingerprint("hold_train", label=label, reason=reason)
    if recall(actor=actor, key=key, print_=print_):
        return
    refuse(why_not_hold(label, books.state))
    hold(books, f"Held by {actor.name}: {reason}")
    remember(actor=actor, key=key, print_=print_, result={"train": label})


def hold(books: TrainLedger, message: str) -> None:
    """Hold a train that may be held, whoever wants it; ``message`` says who and why."""
    books.train.held_in, books.train.message = books.state.value, message
    books.move(TrainState.HELD)
    books.note(Kind.TRAIN_HELD, f"was held: {message}", state="held")
    books.close()


@transaction.atomic(durable=True)
def resume_train(*, actor: Actor, label: str, key: str = "") -> None:
    """Let a held train go on where it was; one whose time of departure is over departs at once."""
    require(actor, Permission.RUN_TRAINS)
    books = open_train(label=label, actor=actor.name)
    print_ = fingerprint("resume_train", label=label)
    if recall(actor=actor, key=key, print_=print_):
        return
    refuse(why_not_resume(label, books.state))
    go_on(books, "was resumed.")
    remember(actor=actor, key=key, print_=print_, result={"train": label})


def go_on(books: TrainLedger, text: str) -> None:
    """Let a held train go on where it was; ``text`` says why it does."""
    train = books.train
    books.move(TrainState(train.held_in))
    if books.state in AT_STATION and train.departs_at < books.now:
        # From now on it is punctual, so that the clock lets it go.
        train.departs_at = books.now
    train.held_in = train.message = ""
    books.note(Kind.TRAIN_RESUMED, text, state=train.state)
    books.close()


@transaction.atomic(durable=True)
def cancel_train(*, actor: Actor, label: str, reason: str, key: str = "") -> None:
    """Let a train go no further; what it did since its departure is undone."""
    require(actor, Permission.RUN_TRAINS)
    reason = stated(reason, "Say why the train is cancelled.")
    books = open_train(label=label, actor=actor.name)
    print_ = fingerprint("cancel_train", label=label, reason=reason)
    if recall(actor=actor, key=key, print_=print_):
        return
    refuse(why_not_cancel(label, books.state))
    end_train(books, TrainState.CANCELLED, f"Cancelled by {actor.name}: {reason}")
    remember(actor=actor, key=key, print_=print_, result={"train": label})


def stated(text: str, missing: str) -> str:
    """Return a reason as it is written down; without one, ``InvalidInput`` says what is ``missing``."""
    if not text.strip():
        raise InvalidInput("reason", missing)
    return text.strip()[:REASON_LIMIT]
