"""What hotfixes owe."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet

from releases.models import Debt
from releases.queries.clock import database_now
from releases.queries.hotfix_views import DebtView
from releases.queries.views import Control

if TYPE_CHECKING:
    from datetime import date

DEBTS = 50


def debt_views(debts: QuerySet[Debt], refusal: str) -> tuple[DebtView, ...]:
    """Return debts in one query: what is due first comes first, what is paid last; ``refusal`` keeps from paying."""
    today = database_now().astimezone(UTC).date()
    ordered = debts.select_related("release", "owner").order_by(F("paid_at").asc(nulls_first=True), "due_on", "pk")
    return tuple(_view(debt, today, refusal) for debt in ordered)


def debt_page(
    *, refusal: str = "", paid: bool = False, after: int = 0, limit: int = DEBTS
) -> tuple[tuple[DebtView, ...], int | None]:
    """Return a page of debts that are open, or that are paid, in the order in which they arose, and the next cursor."""
    found = Debt.objects.filter(pk__gt=after, paid_at__isnull=not paid).order_by("pk")
    keys = list(found.values_list("pk", flat=True)[: limit + 1])
    views = debt_views(Debt.objects.filter(pk__in=keys[:limit]), refusal)
    return views, keys[limit - 1] if len(keys) > limit else None


def open_debts() -> int:
    """Count what is owed."""
    return Debt.objects.filter(paid_at=None).count()


def _view(debt: Debt, today: date, refusal: str) -> DebtView:
    why_not = refusal or ("It is paid." if debt.paid_at else "")
    return DebtView(
        id=debt.pk,
        release=debt.release.version,
        kind=debt.kind,
        subject=debt.subject,
        cause=debt.cause,
        text=debt.text,
        owner=debt.owner.get_username(),
        due_on=debt.due_on,
        is_overdue=debt.paid_at is None and debt.due_on < today,
        created_at=debt.created_at,
        paid_at=debt.paid_at,
        paid_by=debt.paid_by,
        how=debt.how,
        pay=Control(verb="pay", allowed=not why_not, why_not=why_not),
    )
