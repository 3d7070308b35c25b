"""What hotfixes owe, and paying it."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from ninja import Query, Router, Schema

from releases.actions.debts import pay_debt
from releases.api.authentication import actor_behind
from releases.api.bodies import DebtBody
from releases.api.fields import MAX_BIGINT, Cursor, IdempotencyKey, Limit
from releases.domain.errors import NotFound
from releases.queries.debts import debt_page, paying_refusal

router = Router(tags=["debts"])


class DebtsQuery(Schema):
    limit: Limit = 25
    cursor: Cursor = 0
    paid: bool = False


class DebtAnswer(Schema):
    """``cause`` is ``skipped``, or how a test ended that did not pass; ``paid_at`` is null while it is owed."""

    id: int
    release: str
    kind: str
    subject: str
    cause: str
    text: str
    owner: str
    due_on: date
    is_overdue: bool
    created_at: datetime
    paid_at: datetime | None
    paid_by: str
    how: str


class DebtPage(Schema):
    items: list[DebtAnswer]
    next_cursor: int | None


class PaidDebt(Schema):
    release: str


@router.get("/debts", response=DebtPage)
def list_debts(request: HttpRequest, query: Query[DebtsQuery]) -> dict[str, object]:
    """What is owed, or with ``paid`` what was made up for, in the order in which it arose."""
    refusal = paying_refusal(actor_behind(request))
    items, cursor = debt_page(refusal=refusal, paid=query.paid, after=query.cursor, limit=query.limit)
    return {"items": items, "next_cursor": cursor}


@router.post("/debts/{debt_id}/pay", response=PaidDebt)
def pay(request: HttpRequest, debt_id: int, body: DebtBody, key: IdempotencyKey) -> dict[str, str]:
    """Say how a debt was made up for; 409 when it is paid already."""
    if not 0 < debt_id <= MAX_BIGINT:
        message = f"There is no debt {debt_id}."
        raise NotFound(message)
    return {"release": pay_debt(actor=actor_behind(request), debt_id=debt_id, how=body.how, key=key or "")}
