"""Letting trains depart: by the clock, or by a person who does not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.train_ledgers import open_train
from releases.actions.trains import hold
from releases.actions.turns import refuse
from releases.domain.access import Actor, Permission, require
from releases.domain.journal import Kind
from releases.domain.trains import (
    TrainPhase,
    TrainState,
    TrainStepState,
    why_not_by_itself,
    why_not_depart,
)
from releases.models import Train, TrainStep
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from releases.actions.train_ledgers import TrainLedger


@transaction.atomic(durable=True)
def depart_train(*, actor: Actor, label: str, key: str = "") -> None:
    """Let a train depart now, in this person's name; what is registered from now on takes the next one."""
    require(actor, Permission.RUN_TRAINS)
    books = open_train(label=label, actor=actor.name)
    print_ = fingerprint("depart_train", label=label)
    if recall(actor=actor, key=key, print_=print_):
        return
    refuse(why_not_depart(label, books.state))
    books.train.conductor_id = actor.person_id
    _depart(books)
    remember(actor=actor, key=key, print_=print_, result={"train": label})


def depart_due_trains() -> None:
    """Let every train depart whose time has come; one that nobody saw off in time waits for somebody."""
    due = Train.objects.filter(state=TrainState.CUT_OFF.value, departs_at__lte=database_now())
    for label in due.order_by("departs_at", "pk").values_list("label", flat=True):
        _depart_if_due(label)


@transaction.atomic(durable=True)
def _depart_if_due(label: str) -> None:
    books = open_train(label=label, actor="board")
    # Looked at again in its turn: somebody may have held it, or let it go.
    if books.state is not TrainState.CUT_OFF or books.train.departs_at > books.now:
        return
    if refusal := why_not_by_itself(books.train.departs_at, books.now):
        hold(books, refusal)
    else:
        _depart(books)


def _depart(books: TrainLedger) -> None:
    train = books.train
    books.move(TrainState.DEPARTED)
    train.departed_at, train.message = books.now, ""
    train.cut_off_at = min(train.cut_off_at, books.now)
    TrainStep.objects.bulk_create(
        TrainStep(train=train, phase=phase.value, position=position, **_beginning(books, position))
        for position, phase in enumerate(TrainPhase)
    )
    books.note(Kind.TRAIN_STEP, "departed.", state=train.state)
    books.close()


def _beginning(books: TrainLedger, position: int) -> dict[str, object]:
    if position:
        return {}
    return {"state": TrainStepState.RUNNING.value, "started_at": books.now, "due_at": books.now}
