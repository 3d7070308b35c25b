"""Paying what a hotfix owes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.turns import refuse, take_turn
from releases.domain.access import Permission, require
from releases.domain.errors import InvalidInput, NotFound
from releases.domain.journal import Kind
from releases.models import Debt

if TYPE_CHECKING:
    from releases.domain.access import Actor

HOW_LIMIT = 300


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
    turn.claim(None)
    debt.paid_at, debt.paid_by, debt.how = turn.ledger.now, actor.name, how
    debt.save(update_fields=["paid_at", "paid_by", "how"])
    turn.ledger.append(Kind.DEBT_PAID, subject=debt.subject, debt=debt.text, how=how)
    turn.end(paid=debt.pk)
    return release.version


def _release_of(debt_id: int) -> str:
    debt = Debt.objects.select_related("release").filter(pk=debt_id).first()
    if debt is None:
        message = f"There is no debt {debt_id}."
        raise NotFound(message)
    return debt.release.version
