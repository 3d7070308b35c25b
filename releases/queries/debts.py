"""What hotfixes owe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet

from releases.domain.access import Permission, why_not
from releases.domain.hotfixes import DebtKind, carries, name_of
from releases.domain.lifecycle import PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.validation import Outcome, RunState, Scenario
from releases.models import Debt, Promotion, ValidationResult
from releases.queries.clock import database_now
from releases.queries.hotfix_views import DebtView
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from releases.domain.access import Actor

DEBTS = 50
# What ends is looked at within seconds, so what makes up for a debt is among the newest.
LOOKED_AT = 100


def debt_views(debts: QuerySet[Debt], refusal: str) -> tuple[DebtView, ...]:
    """Return debts in one query: what is due first comes first, what is paid last; ``refusal`` keeps from paying."""
    today = database_now().astimezone(UTC).date()
    ordered = debts.select_related("release", "owner").order_by(F("paid_at").asc(nulls_first=True), "due_on", "pk")
    return tuple(_view(debt, today, refusal) for debt in ordered)


def paying_refusal(actor: Actor) -> str:
    """Return why this actor may not pay debts; empty when they may."""
    return why_not(actor, Permission.OPERATE)


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


def debts_of(person_id: int) -> int:
    """Count what somebody owes."""
    return Debt.objects.filter(paid_at=None, owner=person_id).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """A debt that something has made up for since it arose; ``how`` says what."""

    debt_id: int
    release_id: int
    how: str


def made_up_debts() -> tuple[MadeUp, ...]:
    """Return the open debts whose stage or test a set with the hotfix has passed since, by release."""
    owed = Debt.objects.filter(paid_at=None, release__hotfix__isnull=False).select_related("release__hotfix")
    found = ((debt, _made_up(debt)) for debt in owed.order_by("release_id", "pk"))
    return tuple(MadeUp(debt_id=debt.pk, release_id=debt.release_id, how=how) for debt, how in found if how)


def _made_up(debt: Debt) -> str:
    brought: Mapping[str, str] = debt.release.hotfix.versions
    passed = _stages_reached(debt) if debt.kind == DebtKind.STAGE.value else _tests_passed(debt)
    return next((how for manifest, how in passed if carries(manifest, brought)), "")


def _stages_reached(debt: Debt) -> Iterator[tuple[Mapping[str, str], str]]:
    reached = Promotion.objects.filter(
        stage__name=debt.subject,
        state=PromotionState.SUCCEEDED.value,
        rolled_back_at=None,
        finished_at__gt=debt.created_at,
    )
    forward = reached.exclude(release__kind=ROLLBACK).select_related("release").order_by("-finished_at")
    for promotion in forward[:LOOKED_AT]:
        yield promotion.release.manifest, f"{promotion.version} went through {debt.subject}"


def _tests_passed(debt: Debt) -> Iterator[tuple[Mapping[str, str], str]]:
    passed = ValidationResult.objects.filter(
        scenario=debt.subject, outcome=Outcome.PASSED.value, run__finished_at__gt=debt.created_at
    )
    # A run that broke off may have tested what another promotion put there meanwhile.
    sound = passed.exclude(run__state=RunState.ERROR.value).select_related("run__release", "run__stage")
    for result in sound.order_by("-run__finished_at")[:LOOKED_AT]:
        run = result.run
        yield run.release.manifest, f"{run.version} passed {name_of(Scenario(debt.subject))} in {run.stage.name}"


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
