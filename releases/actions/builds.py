"""Builds of trains: ordered once, sent until somebody took the order, and ended by a report or by the clock."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.callbacks import ForgedCallback
from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.actions.sweeping import ABSENCE
from releases.actions.train_ledgers import open_train
from releases.clients.builds import BuildRequest, send_builds
from releases.clients.signing import callback_token, is_token, token_hash
from releases.domain.aggregation import Answer, Sending, sending_outcome
from releases.domain.backoff import SENDING
from releases.domain.builds import BUILD_MOVES, OPEN_BUILDS, BuildState, Reading, read_report, reported_state
from releases.domain.journal import Kind
from releases.domain.lifecycle import move
from releases.models import BuildOrder, Pulse
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from releases.actions.train_ledgers import TrainLedger
    from releases.domain.aggregation import CallbackStatus
    from releases.models import Train

NO_HASH = "0" * 64
BATCH = 20
# Longer than one POST can take (5 s to connect, 30 s to answer).
SENDING_TAKES = timedelta(seconds=45)
PULSE = "builds"
_OPEN = [state.value for state in OPEN_BUILDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What the build system says of an order; ``sequence`` numbers its reports where it does."""

    order: UUID
    status: CallbackStatus
    percent: int | None = None
    message: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReceipt:
    """What the build system is told: where the order stands now, and what its report was worth."""

    state: str
    duplicate: bool
    late: bool


def order_build(train: Train) -> BuildOrder | None:
    """Return the train's order, opened now if there is none yet; None where no build system is configured."""
    known = BuildOrder.objects.filter(train=train).first()
    if known is not None or not conf.build_url():
        return known
    return _open(train.label)


@transaction.atomic(durable=True)
def _open(label: str) -> BuildOrder:
    books = open_train(label=label, actor="board")
    known = BuildOrder.objects.filter(train=books.train).first()
    if known is not None:
        return known
    key = uuid.uuid4()
    token = callback_token(signing_key=conf.signing_key(), dispatch_key=key)
    return BuildOrder.objects.create(
        train=books.train,
        key=key,
        token_hash=token_hash(token),
        url=conf.build_url(),
        branch=f"release/{label}",
        opened_at=books.now,
        next_send_at=books.now,
        give_up_at=books.now + conf.undeliverable_after(),
        deadline_at=books.now + timedelta(minutes=books.train.schedule.build_minutes),
    )


def keep_building() -> None:
    """Send the orders that are due."""
    if _due(database_now()).exists():
        _send(_claim())


def end_overdue_builds() -> None:
    """Grant the time that the board was away, then end the builds that nobody reports on any more.

    Apart from sending, which may wait for the build system: then nobody would tell that wait from the board's absence.
    """
    if not BuildOrder.objects.filter(state__in=_OPEN).exists():
        return
    _grant_absence()
    overdue = BuildOrder.objects.filter(state__in=_OPEN, deadline_at__lte=database_now())
    for order in overdue.select_related("train"):
        _time_out(order)


@transaction.atomic(durable=True)
def _grant_absence() -> None:
    """Extend open orders by the time in which nobody was there to send them, or to hear how the build goes."""
    now = database_now()
    pulse, is_new = Pulse.objects.select_for_update().get_or_create(name=PULSE, defaults={"at": now})
    last_seen, pulse.at = pulse.at, now
    pulse.save(update_fields=["at"])
    if is_new or now - last_seen <= ABSENCE:
        return
    # Whoever locks several releases takes them in this order, or two of them wait for each other.
    in_turn = BuildOrder.objects.filter(state__in=_OPEN).order_by("train__release_id", "pk")
    for pk, label in in_turn.values_list("pk", "train__label"):
        _extend(pk, label, last_seen)


def _extend(pk: int, label: str, last_seen: datetime) -> None:
    books = open_train(label=label, actor="board")
    # Read in its turn: what ended meanwhile needs no time any more.
    order = BuildOrder.objects.filter(pk=pk, state__in=_OPEN).first()
    if order is None:
        return
    # Before the order's own last news the board was evidently there, whatever the pulse says.
    absence = books.now - max(last_seen, order.opened_at, order.heard_at or order.opened_at)
    if absence <= ABSENCE:
        return
    order.deadline_at, order.give_up_at = order.deadline_at + absence, order.give_up_at + absence
    order.save(update_fields=["deadline_at", "give_up_at"])
    text = f"gives its build {round(absence.total_seconds())} seconds more: the board was away for so long."
    books.note(Kind.TRAIN_STEP, text, state="late", phase="build")
    books.close()


def _due(now: datetime) -> QuerySet[BuildOrder]:
    due = _pending().filter(free(now), next_send_at__lte=now)
    return due.select_related("train__release", "train__schedule").order_by("next_send_at")


def _pending() -> QuerySet[BuildOrder]:
    return BuildOrder.objects.filter(state=BuildState.PENDING.value)


@transaction.atomic(durable=True)
def _claim() -> list[BuildOrder]:
    now = database_now()
    return take(_due(now), now, at_most=BATCH, counted_in="sends")


def _send(claimed: list[BuildOrder]) -> None:
    orders = {str(order.key): order for order in claimed}

    def settle(request: BuildRequest, answer: Answer) -> None:
        order = orders[request.order]
        _settle(order, answer)

    with renewing(lambda: _renew(numbers(claimed)), at_most=SENDING_TAKES):
        send_builds([_request(order) for order in claimed], settle)


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_pending(), claims)


def _request(order: BuildOrder) -> BuildRequest:
    return BuildRequest(
        url=order.url,
        order=str(order.key),
        train=order.train.label,
        branch=order.branch,
        platform_version=order.train.release.target_version if order.train.release else "",
        versions=order.train.versions,
        callback_url=conf.build_callback_url(),
        callback_token=callback_token(signing_key=conf.signing_key(), dispatch_key=order.key),
        deadline=_first_deadline(order).isoformat(),
    )


def _first_deadline(order: BuildOrder) -> datetime:
    """What the build system is told whenever it is asked: a repeated order must say the same."""
    return order.opened_at + timedelta(minutes=order.train.schedule.build_minutes)


@transaction.atomic(durable=True)
def _settle(claimed: BuildOrder, answer: Answer) -> None:
    """Write down an answer, unless a report or a later claim already went further."""
    books = open_train(label=claimed.train.label, actor="board")
    order = BuildOrder.objects.get(pk=claimed.pk)
    if order.claim_no != claimed.claim_no or order.state != BuildState.PENDING.value:
        return
    order.claimed_until = None
    outcome, problem = sending_outcome(answer), answer.error or f"the build system answered {answer.status}"
    if outcome is Sending.DELIVERED:
        _change(books, order, BuildState.DISPATCHED, "")
    elif outcome is Sending.RETRY and order.give_up_at > books.now:
        order.next_send_at = books.now + wait(SENDING, order.sends, retry_after=answer.retry_after)
        order.message = problem[:500]
    else:
        _change(books, order, BuildState.FAILED, f"could not be ordered: {problem}")
    order.save(update_fields=["claimed_until", "next_send_at", "message", "state", "finished_at"])
    books.close()


@transaction.atomic(durable=True)
def _time_out(found: BuildOrder) -> None:
    books = open_train(label=found.train.label, actor="board")
    order = BuildOrder.objects.get(pk=found.pk)
    if order.state not in _OPEN:
        return
    minutes = books.train.schedule.build_minutes
    _change(books, order, BuildState.TIMED_OUT, f"No result within {minutes} minutes.")
    order.save(update_fields=["message", "state", "finished_at"])
    books.close()


@transaction.atomic(durable=True)
def record_build_report(*, report: BuildReport, token: str) -> BuildReceipt:
    """Store and apply what the build system reports; ``ForgedCallback`` unless the token is that of the order."""
    known = BuildOrder.objects.select_related("train").filter(key=report.order).first()
    # An unknown order is weighed like a wrong token, so that both get the same answer at the same cost.
    if not is_token(token, known.token_hash if known else NO_HASH) or known is None:
        raise ForgedCallback("There is no such order, or the token is not its token.")
    books = open_train(label=known.train.label, actor="build")
    order = BuildOrder.objects.get(pk=known.pk)
    reading = read_report(BuildState(order.state), report.status, sequence=report.sequence, seen=order.sequence)
    if reading is Reading.APPLIED:
        _apply(books, order, report)
    elif reading is Reading.LATE:
        text = f"heard too late that the build {report.status.value}; kept, not counted."
        books.note(Kind.TRAIN_STEP, text, state="late", phase="build")
        books.close()
    return BuildReceipt(state=order.state, duplicate=reading is Reading.DUPLICATE, late=reading is Reading.LATE)


def _apply(books: TrainLedger, order: BuildOrder, report: BuildReport) -> None:
    order.heard_at, order.percent = books.now, report.percent if report.percent is not None else order.percent
    order.sequence = report.sequence if report.sequence is not None else order.sequence
    _change(books, order, reported_state(report.status), report.message)
    order.save(update_fields=["heard_at", "percent", "sequence", "message", "state", "finished_at"])
    # The phase is looked at now: it need not wait for its next look.
    books.train.steps.filter(phase="build", due_at__isnull=False).update(due_at=books.now)
    books.close()


def _change(books: TrainLedger, order: BuildOrder, state: BuildState, message: str) -> None:
    order.message = message[:500]
    if state.value == order.state:
        return
    order.state = move(BUILD_MOVES, BuildState(order.state), state).value
    if state not in OPEN_BUILDS:
        order.finished_at = books.now
    said = f": {message}" if message else ""
    text = f"has its build of {order.branch} {state.replace('_', ' ')}{said}"
    books.note(Kind.TRAIN_STEP, text, state=state.value, phase="build")


@transaction.atomic(durable=True)
def withdraw_build(label: str) -> str:
    """Expect nothing more of a train's build, and say in a sentence what became of it."""
    books = open_train(label=label, actor="board")
    order = BuildOrder.objects.filter(train=books.train).first()
    if order is None:
        return "Nothing was ordered."
    if order.state not in _OPEN:
        return f"The build had ended ({order.state.replace('_', ' ')}); {order.branch} stays, and nothing deploys it."
    _change(books, order, BuildState.CANCELLED, "The train goes no further.")
    order.save(update_fields=["message", "state", "finished_at"])
    books.close()
    return "The build order was withdrawn; what is still reported is kept as late."
