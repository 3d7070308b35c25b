"""Hotfixes: stored with their release, measured and charged with what they left out once they are live."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from releases.domain.hotfixes import owed_by
from releases.domain.journal import Kind
from releases.domain.validation import Scenario
from releases.models import Debt, Hotfix
from releases.queries.hotfixes import hotfix_of, newest_tests

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.plans import Plan
    from releases.models import Release, Stage


def store_hotfix(release: Release, plan: Plan, reason: str) -> None:
    """Keep what the plan's urgency meant when it was accepted; any other kind of plan has nothing of it."""
    if plan.hotfix is None:
        return
    Hotfix.objects.create(
        release=release,
        urgency=plan.hotfix.urgency.value,
        reason=reason,
        versions={change.service: change.to_version for change in plan.changed if change.to_version},
        skipped_stages=list(plan.hotfix.skipped_stages),
        scenarios=[scenario.value for scenario in plan.hotfix.scenarios],
        skipped_scenarios=[scenario.value for scenario in plan.hotfix.skipped_scenarios],
        budget_ms=plan.hotfix.budget_ms,
        debt_days=plan.hotfix.debt_days,
    )


def charge_hotfix(ledger: Ledger, stage: Stage) -> None:
    """Note how long a hotfix took to the end of its way, and what it owes now; nothing for other releases."""
    hotfix = hotfix_of(ledger.release)
    if hotfix is None:
        return
    hotfix.live_at = ledger.now
    hotfix.save(update_fields=["live_at"])
    took = round((ledger.now - ledger.release.created_at) / timedelta(milliseconds=1))
    ledger.append(Kind.HOTFIX_LIVE, stage=stage.name, urgency=hotfix.urgency, took_ms=took, budget_ms=hotfix.budget_ms)
    if debts := _debts(ledger, hotfix):
        Debt.objects.bulk_create(debts)
        ledger.append(
            Kind.DEBT_INCURRED,
            owner=ledger.release.created_by.get_username(),
            due_on=debts[0].due_on.isoformat(),
            debts=[debt.text for debt in debts],
        )


def _debts(ledger: Ledger, hotfix: Hotfix) -> list[Debt]:
    release = ledger.release
    expected = [Scenario(name) for name in {*hotfix.scenarios, *hotfix.skipped_scenarios}]
    due_on = (ledger.now + timedelta(days=hotfix.debt_days)).astimezone(UTC).date()
    return [
        Debt(
            release=release,
            kind=owed.kind.value,
            subject=owed.subject,
            cause=owed.cause.value,
            text=owed.text,
            owner_id=release.created_by_id,
            created_at=ledger.now,
            due_on=due_on,
        )
        for owed in owed_by(hotfix.skipped_stages, expected, newest_tests(release))
    ]
