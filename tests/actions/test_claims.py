"""Claims live as long as who holds them, and not longer than the work may take."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions import claims, dispatches
from releases.actions.claims import renewing
from releases.actions.dispatches import send_due_dispatches
from releases.models import Dispatch
from tests import factories
from tests.factories import slot
from tests.fakes.service import Reply
from tests.threads import PATIENCE_S, at_once
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.models import Promotion
    from tests.fakes.service import FakeService

INTERVAL = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "RENEW_EVERY_S", INTERVAL.total_seconds())


def is_anybody_renewing() -> bool:
    return any(thread.name == "claims" for thread in threading.enumerate())


def test_work_that_hangs_is_given_up() -> None:
    renewals: list[int] = []

    with renewing(lambda: renewals.append(1), at_most=3 * INTERVAL):
        until(lambda: not is_anybody_renewing())

    assert len(renewals) == 3


def test_nothing_is_renewed_once_the_work_is_done() -> None:
    with renewing(lambda: None, at_most=timedelta(hours=1)):
        assert is_anybody_renewing()

    assert not is_anybody_renewing()


def test_work_that_fails_is_not_renewed_either() -> None:
    with pytest.raises(SystemError), renewing(lambda: None, at_most=timedelta(hours=1)):
        raise SystemError

    assert not is_anybody_renewing()


def test_a_renewal_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    renewals: list[int] = []

    def fail_once() -> None:
        renewals.append(1)
        if len(renewals) == 1:
            raise SystemError("the database is away")

    with renewing(fail_once, at_most=timedelta(hours=1)):
        until(lambda: len(renewals) > 1)

    assert [record.message for record in caplog.records] == ["a claim was not renewed"]


def promoting_at(service: FakeService) -> Promotion:
    factories.load_bookverse(service.url)
    return factories.promote(factories.created())


def test_a_claim_is_renewed_while_the_service_makes_up_its_mind(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = promoting_at(service)
    claimed: list[datetime | None] = []

    def has_been_renewed_twice() -> bool:
        present = slot(promotion, "inventory").claimed_until
        claimed.extend([] if present in claimed else [present])
        return len(claimed) == 3

    service.replies.put(Reply(before=lambda _order: at_once(lambda: until(has_been_renewed_twice))))
    send_due_dispatches()

    assert claimed == sorted(filter(None, claimed))
    assert (len(claimed), slot(promotion, "inventory").claimed_until) == (3, None)


def test_a_claim_that_became_anothers_is_not_renewed(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = promoting_at(service)

    renewed = threading.Event()
    renew = dispatches._renew  # noqa: SLF001 (what every second does)

    def renew_and_tell(held: Mapping[int, int]) -> None:
        renew(held)
        renewed.set()

    def lose_the_claim() -> None:
        Dispatch.objects.update(claim_no=F("claim_no") + 1, claimed_until=F("opened_at"))
        monkeypatch.setattr(dispatches, "_renew", renew_and_tell)
        assert renewed.wait(PATIENCE_S)

    service.replies.put(Reply(before=lambda _order: at_once(lose_the_claim)))
    send_due_dispatches()

    dispatch = slot(promotion, "inventory")
    assert (dispatch.state, dispatch.claimed_until) == ("pending", dispatch.opened_at)
