"""Paying what a hotfix owes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import claim_turn, open_ledger
from releases.actions.turns import refuse, take_turn
from releases.domain.access import Permission, require
from releases.domain.errors import InvalidInput, NotFound
from releases.domain.journal import Kind
from releases.models import Debt, Pulse
from releases.queries.clock import database_now
from releases.queries.debts import made_up_debts

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor

HOW_LIMIT = 300
PULSE = "debts"
LOOK_EVERY = timedelta(seconds=5)
BOARD = "board"


@transaction.atomic(durable=True)
def pay_debt(*, actor: Actor, debt_id: int, how: str, key: str = "") -> str:
    """Note how a debt was made up for, and return its release; refused without words, and when it is paid already."""
    require(actor, Permission.OPERATE)
    how = how.strip()
    if not how or len(how) > HOW_LIMIT:
        message = f"Say in at most {HOW_LIMIT} characters how this was made up for."
        raise InvalidInput("how", message)
    turn = take_turn(actor=actor, version=_release_of(debt_id), key=key, command="pay_debt", debt=debt_id, how=how)
    release = turn.ledger.release
    if turn.answer is not None:
        return release.version
    debt = Debt.objects.get(pk=debt_id)
    if debt.paid_at:
        refuse(f"{debt.paid_by} has paid this debt already: {debt.how}")
    # Of no stage, so whoever may steer in any of them may pay.
    claim_turn(turn.ledger, None)
    _pay(turn.ledger, debt, how)
    turn.end(paid=debt.pk)
    return release.version


def keep_debts() -> None:
    """Pay what later releases have made up for, every few seconds by one process; a board without debts asks once."""
    if Debt.objects.filter(paid_at=None).exists() and _claim(database_now()):
        pay_made_up_debts()


def _claim(now: datetime) -> bool:
    _, is_first = Pulse.objects.get_or_create(name=PULSE, defaults={"at": now})
    due = Pulse.objects.filter(name=PULSE, at__lte=now - LOOK_EVERY)
    return is_first or bool(due.update(at=now))


def pay_made_up_debts() -> int:
    """Pay every debt whose stage or test a set with its hotfix has passed since; return how many there were."""
    found = made_up_debts()
    for each in found:
        _pay_made_up(each.release_id, each.debt_id, each.how)
    return len(found)


@transaction.atomic(durable=True)
def _pay_made_up(release_id: int, debt_id: int, how: str) -> None:
    ledger = open_ledger(release_id=release_id, actor=BOARD)
    debt = Debt.objects.filter(pk=debt_id, paid_at=None).first()
    if debt is None:
        return
    _pay(ledger, debt, how)
    ledger.close()


def _pay(ledger: Ledger, debt: Debt, how: str) -> None:
    debt.paid_at, debt.paid_by, debt.how = ledger.now, ledger.actor, how[:HOW_LIMIT]
    debt.save(update_fields=["paid_at", "paid_by", "how"])
    ledger.append(Kind.DEBT_PAID, subject=debt.subject, debt=debt.text, how=debt.how)


def _release_of(debt_id: int) -> str:
    debt = Debt.objects.select_related("release").filter(pk=debt_id).first()
    if debt is None:
        message = f"There is no debt {debt_id}."
        raise NotFound(message)
    return debt.release.version
