"""Who is needed now: each person sees what waits for them, the oldest first, and nothing that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from releases.actions.freezes import FreezeRequest, freeze_stages, lift_freezes
from releases.actions.steering import pause_promotion
from releases.actions.trains import hold_train
from releases.domain.access import Role
from releases.models import Debt, Release, Train
from releases.queries.inbox import inbox
from tests.factories import bring, created, finish, load_bookverse, person, promote, promoting, tell
from tests.hotfixing import live_hotfix
from tests.signing import approver, needs, signed
from tests.trains import next_train

pytestmark = pytest.mark.django_db


def titles(name: str = "maria", role: Role = Role.MANAGER) -> list[str]:
    return [item.title for item in inbox(person(name, role))]


@pytest.fixture
def release() -> Release:
    load_bookverse()
    needs("DEV", count=2)
    return created()


def test_a_sign_off_waits_for_who_can_give_it_with_what_is_missing(release: Release) -> None:
    (item,) = inbox(approver())
    assert (item.kind, item.title, item.detail, item.since) == (
        "sign_off",
        "Sign 2.2.0-alpha.1 off for DEV as approver",
        "DEV needs 2 sign-offs of role approver.",
        release.created_at,
    )
    assert (titles(), titles("vera", Role.VIEWER)) == ([], [])


def test_who_signed_is_not_needed_any_more_but_others_are(release: Release) -> None:
    signed(release, approver())
    assert (titles("anna", Role.APPROVER), len(titles("ben", Role.APPROVER))) == ([], 1)
    signed(release, approver("ben"))
    assert titles("carl", Role.APPROVER) == []


def test_nobody_waits_for_a_release_that_was_rejected_is_closed_or_on_its_way(release: Release) -> None:
    needs("QA")
    signed(release, approver(), reject="vouchers")
    assert titles("ben", Role.APPROVER) == []
    Release.objects.update(state="cancelled")
    assert titles("ben", Role.APPROVER) == []


def test_the_sign_off_of_the_next_stage_waits_since_the_release_arrived_before_it() -> None:
    load_bookverse()
    needs("QA")
    release = created()
    promotion = promote(release)
    assert titles("anna", Role.APPROVER) == []
    finish(promotion)
    (item,) = inbox(approver())
    assert (item.stage, item.since) == ("QA", promotion.finished_at)


def test_nobody_is_asked_to_sign_what_they_planned(release: Release) -> None:
    needs("DEV", role=Role.MANAGER)
    assert (titles(), len(titles("peter"))) == ([], 1)


def test_a_rule_for_another_kind_or_stage_asks_nobody() -> None:
    load_bookverse()
    needs("DEV", kind="hotfix")
    needs("QA")
    created()
    assert titles("anna", Role.APPROVER) == []


def test_a_held_promotion_waits_for_who_may_steer_it_with_what_failed() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed", message="disk full")
    (item,) = inbox(person())
    assert (item.kind, item.title, item.detail) == (
        "held",
        "2.2.0-alpha.1 is held in DEV",
        "inventory failed: disk full",
    )
    assert item.since == promotion.release.entries.get(kind="promotion.held").at
    assert titles("vera", Role.VIEWER) == []


def test_a_token_sees_what_its_scopes_let_it_decide() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version=promotion.release.version)
    elsewhere, here = (replace(person(), scopes=frozenset({f"promote:{stage}"})) for stage in ("QA", "DEV"))
    assert ([item.kind for item in inbox(elsewhere)], [item.kind for item in inbox(here)]) == ([], ["paused"])


def test_what_a_freeze_paused_waits_for_somebody_when_the_freeze_is_over() -> None:
    promoting()
    request = FreezeRequest(stages=("DEV",), reason="incident", hours=1, in_flight="pause")
    frozen = freeze_stages(actor=person(), request=request)
    assert titles() == []
    lift_freezes(actor=person(), numbers=frozen.freezes)
    assert titles() == ["2.2.0-alpha.1 is paused in DEV"]


def test_a_debt_waits_for_its_owner_and_once_it_is_due_for_everybody() -> None:
    load_bookverse()
    live_hotfix(outcomes={})
    Debt.objects.exclude(pk=Debt.objects.order_by("pk")[0].pk).delete()
    debt = Debt.objects.get()
    assert (len(titles()), titles("peter")) == (1, [])
    yesterday = (timezone.now() - timedelta(days=1)).date()
    Debt.objects.update(due_on=yesterday)
    (item,) = inbox(person("peter"))
    assert (item.kind, item.state, item.title, item.debt) == ("debt", "overdue", debt.text, debt.pk)
    assert item.detail == f"{debt.release.version} owes it by {yesterday:%Y-%m-%d}; maria answers for it."
    Debt.objects.update(paid_at=timezone.now(), paid_by="maria", how="ran it")
    assert titles() == []


def test_a_held_train_waits_for_who_runs_trains() -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="incident")
    (item,) = inbox(person("peter"))
    assert (item.kind, item.title, item.train) == ("train_held", f"Train {train.label} is held", train.label)
    assert titles("anna", Role.APPROVER) == []


def test_a_failed_train_waits_until_the_next_one_has_left() -> None:
    failed = next_train()
    following = Train.objects.exclude(pk=failed.pk).order_by("departs_at")[0]
    now = timezone.now()
    Train.objects.filter(pk=failed.pk).update(
        state="failed", message="The build failed.", departed_at=now, ended_at=now
    )
    (item,) = inbox(person())
    assert (item.kind, item.title, item.detail, item.since) == (
        "train_failed",
        f"Train {failed.label} failed",
        "The build failed.",
        now,
    )
    Train.objects.filter(pk=following.pk).update(state="departed", departed_at=now + timedelta(days=7))
    assert titles() == []


def test_the_oldest_comes_first() -> None:
    load_bookverse()
    older, newer = created(title="older"), created(title="newer")
    needs("DEV")
    Release.objects.filter(pk=newer.pk).update(created_at=older.created_at - timedelta(hours=1))
    assert [item.release for item in inbox(approver())] == [newer.version, older.version]


def test_more_releases_cost_no_more_queries(release: Release) -> None:
    anna = approver()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            inbox(anna)
        return len(captured)

    alone = cost()
    for number in range(3):
        created(title=f"another {number}")
    assert (len(inbox(anna)), cost()) == (4, alone)


def test_nothing_waits_on_a_new_board() -> None:
    load_bookverse()
    bring(created(), "DEV")
    assert [titles(role.value.replace(" ", ""), role) for role in Role] == [[], [], [], []]
