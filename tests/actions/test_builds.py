"""Builds of trains: ordered once, sent until taken, ended by a report or by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from releases.actions.builds import PULSE, BuildReport, end_overdue_builds, keep_building, record_build_report
from releases.actions.callbacks import ForgedCallback
from releases.actions.trains import cancel_train
from releases.domain.aggregation import CallbackStatus
from releases.models import BuildOrder, Pulse
from releases.queries.clock import database_now
from tests.factories import kinds, person
from tests.fakes.service import fake_service
from tests.trains import told
from tests.travelling import look, open_promotion, planned, platform, release_of, said, states, undone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.actions.builds import BuildReceipt
    from tests.fakes.service import FakeService, Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ci(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> Iterator[FakeService]:
    """A board whose build system is a fake."""
    with platform(httpserver), fake_service() as running:
        settings.BUILD_URL = f"{running.url}/builds"
        yield running


def report(order: Order, status: str, **more: Any) -> BuildReceipt:
    fields: dict[str, Any] = {"order": UUID(order.body["order"]), "status": CallbackStatus(status), **more}
    return record_build_report(report=BuildReport(**fields), token=order.body["callback_token"])


def test_the_build_system_is_told_what_to_build_and_where_to_report(ci: FakeService) -> None:
    train = planned()
    keep_building()
    order = ci.next()
    deadline = BuildOrder.objects.get().deadline_at.isoformat()
    assert (order.path, order.key) == ("/builds", order.body["order"])
    assert {name: order.body[name] for name in order.body if name not in {"order", "callback_token"}} == {
        "train": train.label,
        "branch": f"release/{train.label}",
        "platform_version": "2.2.0",
        "versions": train.versions,
        "callback_url": "http://127.0.0.1:8000/api/v1/builds/callbacks",
        "deadline": deadline,
    }
    assert (states(train)["build"], states(train)["testing"]) == ("running", "pending")


def test_the_train_goes_on_when_the_build_has_succeeded(ci: FakeService) -> None:
    train = planned()
    keep_building()
    order = ci.next()
    report(order, "accepted", sequence=1)
    report(order, "progress", percent=40, sequence=2)
    look(train)
    assert said(train, "build") == f"release/{train.label} is being built (in progress, 40 % done)."

    receipt = report(order, "succeeded", message="5 images", sequence=3)
    look(train)
    assert (receipt.state, receipt.duplicate, receipt.late) == ("succeeded", False, False)
    assert said(train, "build") == f"release/{train.label} was built: 5 images."
    assert open_promotion(train).stage.name == "DEV"


@pytest.mark.parametrize("status", ["failed", "rejected"])
def test_a_build_that_fails_fails_the_train_and_its_release_is_given_up(ci: FakeService, status: str) -> None:
    train = planned()
    keep_building()
    report(ci.next(), status, message="tests are red")
    look(train)
    assert (train.state, states(train)["build"], release_of(train).state) == ("failed", "failed", "cancelled")
    assert train.message == f"Build: The build of release/{train.label} {status}: tests are red"
    assert undone(train)["build"] == (
        f"The build had ended ({status}); release/{train.label} stays, and nothing deploys it."
    )


def test_a_build_is_ordered_once_however_often_anybody_looks(ci: FakeService) -> None:
    train = planned()
    for _ in range(3):
        look(train)
        keep_building()
    assert (len(ci.taken()), BuildOrder.objects.count()) == (1, 1)


def test_an_order_that_was_not_taken_is_repeated_with_the_same_key_and_token(ci: FakeService) -> None:
    ci.answer(503)
    planned()
    keep_building()
    BuildOrder.objects.update(next_send_at=database_now())
    keep_building()
    first, second = ci.taken()
    assert (first.key, first.body["callback_token"]) == (second.key, second.body["callback_token"])
    assert BuildOrder.objects.get().state == "dispatched"


def test_an_order_that_nobody_takes_fails_the_train(ci: FakeService) -> None:
    ci.answer(503)
    train = planned()
    BuildOrder.objects.update(give_up_at=database_now())
    keep_building()
    look(train)
    assert train.message == (
        f"Build: The build of release/{train.label} failed: could not be ordered: the build system answered 503"
    )


def test_an_order_that_is_refused_fails_the_train(ci: FakeService) -> None:
    ci.answer(422)
    train = planned()
    keep_building()
    look(train)
    assert (train.state, BuildOrder.objects.get().state) == ("failed", "failed")


def test_an_address_outside_what_is_allowed_is_never_asked(ci: FakeService, settings: Settings) -> None:
    planned()
    settings.OUTBOUND_ALLOW = []
    BuildOrder.objects.update(give_up_at=database_now())
    keep_building()
    assert (ci.taken(), BuildOrder.objects.get().state) == ([], "failed")


def test_a_build_that_nobody_reports_on_times_out(ci: FakeService) -> None:
    train = planned()
    keep_building()
    BuildOrder.objects.update(deadline_at=database_now())
    end_overdue_builds()
    look(train)
    assert train.message == (f"Build: The build of release/{train.label} timed out: No result within 30 minutes.")


def test_a_report_after_the_end_is_kept_as_late_and_changes_nothing(ci: FakeService) -> None:
    train = planned()
    keep_building()
    order = ci.next()
    cancel_train(actor=person(), label=train.label, reason="wrong")
    look(train)
    receipt = report(order, "succeeded")
    assert (receipt.state, receipt.late) == ("cancelled", True)
    assert told(train)[-1] == "heard too late that the build succeeded; kept, not counted."
    assert undone(train)["build"] == "The build order was withdrawn; what is still reported is kept as late."


def test_the_same_report_twice_is_told_to_be_a_duplicate(ci: FakeService) -> None:
    train = planned()
    keep_building()
    order = ci.next()
    receipts = [report(order, "succeeded", sequence=1) for _ in range(2)]
    assert ([receipt.duplicate for receipt in receipts], told(train).count("x")) == ([False, True], 0)


def test_a_claim_that_lapsed_is_taken_over_and_settled_once(ci: FakeService) -> None:
    planned()
    BuildOrder.objects.update(claim_no=1, claimed_until=database_now() - timedelta(seconds=1), sends=1)
    keep_building()
    assert (len(ci.taken()), BuildOrder.objects.get().claim_no) == (1, 2)


@pytest.mark.parametrize("forge", ["token", "order"])
def test_a_forged_report_is_refused_and_never_says_why(ci: FakeService, forge: str) -> None:
    planned()
    keep_building()
    order = ci.next()
    token = "0" * 64 if forge == "token" else order.body["callback_token"]
    named = uuid4() if forge == "order" else UUID(order.body["order"])
    with pytest.raises(ForgedCallback) as refusal:
        record_build_report(report=BuildReport(order=named, status=CallbackStatus.SUCCEEDED), token=token)
    assert str(refusal.value) == "There is no such order, or the token is not its token."


def be_away(minutes: float) -> None:
    """Let everything that an open build knows be so long ago, and nobody have looked since."""
    long = timedelta(minutes=minutes)
    Pulse.objects.filter(name=PULSE).update(at=database_now() - long)
    for order in BuildOrder.objects.all():
        order.opened_at, order.deadline_at = order.opened_at - long, order.deadline_at - long
        order.give_up_at, order.heard_at = order.give_up_at - long, order.heard_at and order.heard_at - long
        order.save()


def test_time_in_which_no_process_ran_is_not_the_build_systems_fault(ci: FakeService) -> None:
    train = planned(build_minutes=30)
    keep_building()
    report(ci.next(), "accepted", sequence=1)
    end_overdue_builds()
    be_away(60)

    end_overdue_builds()

    order = BuildOrder.objects.get()
    left = order.deadline_at - database_now()
    assert (order.state, timedelta(minutes=29) < left <= timedelta(minutes=30)) == ("accepted", True)
    assert told(train)[-1] == "gives its build 3600 seconds more: the board was away for so long."
    assert kinds(release_of(train))[-1] == "train.step"


def test_what_was_heard_meanwhile_was_not_the_boards_absence(ci: FakeService) -> None:
    train = planned(build_minutes=30)
    keep_building()
    order = ci.next()
    end_overdue_builds()
    Pulse.objects.filter(name=PULSE).update(at=database_now() - timedelta(hours=1))
    report(order, "accepted", sequence=1)
    before = BuildOrder.objects.get().deadline_at

    end_overdue_builds()

    assert (BuildOrder.objects.get().deadline_at, "more:" in told(train)[-1]) == (before, False)


def test_a_repeated_order_says_the_same_deadline_after_an_absence(ci: FakeService) -> None:
    planned(build_minutes=30)
    ci.answer(503)
    keep_building()
    first = ci.next().body
    end_overdue_builds()
    Pulse.objects.filter(name=PULSE).update(at=database_now() - timedelta(hours=1))
    opened_at = BuildOrder.objects.get().opened_at - timedelta(minutes=10)
    BuildOrder.objects.update(opened_at=opened_at)
    end_overdue_builds()
    BuildOrder.objects.update(
        opened_at=opened_at + timedelta(minutes=10), next_send_at=database_now(), claimed_until=None
    )

    keep_building()

    assert ci.next().body == first
