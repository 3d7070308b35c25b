"""Debts that later releases pay: what counts as making up for what a hotfix left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.actions import debts as acting
from releases.actions.debts import keep_debts, pay_debt, pay_made_up_debts
from releases.actions.releases import NewRelease
from releases.domain.plans import PlanRequest
from releases.models import Debt, Pulse, Release
from releases.queries.debts import made_up_debts, open_debts
from releases.queries.replay import journal_of, replayed_release, stored_release
from tests.factories import LIVE, bring, created, created_alone, kinds, load_bookverse, person, stored
from tests.hotfixing import live_hotfix, note_validation

pytestmark = pytest.mark.django_db


def unpaid() -> list[str]:
    return list(Debt.objects.filter(paid_at=None).order_by("pk").values_list("subject", flat=True))


def indebted() -> Release:
    """A CRITICAL hotfix of checkout 1.5.3 that skipped DEV and QA."""
    load_bookverse()
    return live_hotfix()


def test_a_later_release_with_the_hotfix_pays_for_the_stage_that_was_skipped() -> None:
    hotfix = indebted()
    before = unpaid()
    bring(later := created(), "DEV")
    later.refresh_from_db()

    assert pay_made_up_debts() == 1
    paid = Debt.objects.exclude(paid_at=None).get()

    assert (before[:2], unpaid()) == (["DEV", "QA"], before[1:])
    assert (paid.subject, paid.paid_by, paid.how) == ("DEV", "board", f"{later.version} went through DEV")
    assert kinds(hotfix)[-1] == "debt.paid"


def test_a_test_that_a_later_release_passes_is_made_up_for() -> None:
    indebted()
    bring(later := created(), "DEV")
    later.refresh_from_db()
    note_validation(later, "DEV", journey="passed", security="failed")

    pay_made_up_debts()

    assert ("journey" in unpaid(), "security" in unpaid()) == (False, True)
    assert Debt.objects.get(subject="journey").how == f"{later.version} passed end-to-end journey in DEV"


def test_the_hotfix_itself_may_pass_its_test_afterwards() -> None:
    hotfix = indebted()
    note_validation(hotfix, "PROD", journey="passed")

    pay_made_up_debts()

    assert "journey" not in unpaid()


def test_a_release_without_the_hotfix_pays_nothing() -> None:
    indebted()
    request = PlanRequest(overrides={"checkout": LIVE["checkout"]}, reason="the fix breaks orders")
    bring(stored(NewRelease(request=request, sight_unseen=True)), "DEV")

    assert (pay_made_up_debts(), "DEV" in unpaid()) == (0, True)


def test_what_was_passed_before_the_debt_arose_pays_nothing() -> None:
    load_bookverse()
    bring(created_alone(checkout="1.5.3"), "DEV")
    live_hotfix()

    assert pay_made_up_debts() == 0


def test_what_is_on_its_way_back_pays_nothing() -> None:
    indebted()
    bring(later := created(), "DEV")
    later.promotions.update(rolled_back_at=Debt.objects.earliest("pk").created_at + timedelta(minutes=1))

    assert pay_made_up_debts() == 0


def test_a_debt_is_paid_once_whoever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    indebted()
    bring(created(), "DEV")
    debt = Debt.objects.get(subject="DEV")
    found = made_up_debts()
    pay_debt(actor=person(), debt_id=debt.pk, how="ran it in DEV")

    nothing_left = pay_made_up_debts()

    monkeypatch.setattr(acting, "made_up_debts", lambda: found)
    pay_made_up_debts()

    debt.refresh_from_db()
    assert (debt.paid_by, nothing_left) == ("maria", 0)


def test_the_board_looks_every_few_seconds_and_only_while_something_is_owed() -> None:
    load_bookverse()
    keep_debts()
    untouched = Pulse.objects.filter(name=acting.PULSE).exists()
    live_hotfix()
    bring(created(), "DEV")
    keep_debts()
    first = open_debts()
    bring(Release.objects.latest("pk"), "QA")
    keep_debts()
    at_once = open_debts()
    Pulse.objects.filter(name=acting.PULSE).update(at=Pulse.objects.get(name=acting.PULSE).at - acting.LOOK_EVERY)
    keep_debts()

    assert (untouched, at_once, open_debts()) == (False, first, first - 1)


def test_the_journal_replays_to_what_is_stored() -> None:
    hotfix = indebted()
    bring(created(), "DEV")
    pay_made_up_debts()
    hotfix.refresh_from_db()

    assert replayed_release(hotfix, len(journal_of(hotfix))) == stored_release(hotfix)
