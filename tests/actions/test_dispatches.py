"""Asking services: once per attempt, repeated where nothing was done, whatever dies on the way."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions import dispatches
from releases.actions.dispatches import send_due_dispatches
from releases.actions.steering import cancel, pause_promotion, resume_promotion
from releases.actions.sweeping import take_over
from releases.domain.aggregation import Answer
from releases.models import Dispatch, Promotion, Service
from tests import factories
from tests.factories import person, slot, step_of, tell, token_of
from tests.fakes.service import Reply
from tests.ports import free_port
from tests.threads import at_once
from tests.waiting import until

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.fakes.service import FakeService, Order

MINUTE = timedelta(minutes=1)


def promoting_at(service: FakeService) -> Promotion:
    factories.load_bookverse(service.url)
    return factories.promote(factories.created())


def make_due() -> None:
    """Let the waiting time before the next try, and any sender's claim, be over."""
    Dispatch.objects.update(next_send_at=F("opened_at"))
    Dispatch.objects.exclude(claimed_until=None).update(claimed_until=F("opened_at"))


def lose_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next sender die between the service's answer and its own note of it."""

    def die(*_arguments: object) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(dispatches, "_settle", die)
        with pytest.raises(SystemError):
            send_due_dispatches()


def test_an_order_says_everything_that_the_contract_names(service: FakeService) -> None:
    promotion = promoting_at(service)
    send_due_dispatches()

    [order] = service.taken()

    dispatch = slot(promotion, "inventory")
    deadline = order.body["deadline"]
    assert (order.path, order.key, order.content_type) == (
        "/inventory/deployments",
        str(dispatch.key),
        "application/json",
    )
    assert order.body == {
        "correlation_id": str(dispatch.session.correlation_id),
        "attempt": 1,
        "stage": "DEV",
        "service": "inventory",
        "from_version": "1.2.3",
        "to_version": "1.4.0",
        "platform_version": "2.2.0-alpha.1",
        "callback_url": "http://127.0.0.1:8000/api/v1/callbacks",
        "callback_token": token_of(dispatch),
        "deadline": deadline,
    }
    assert datetime.fromisoformat(deadline) == dispatch.session.opened_at + timedelta(seconds=10)


def test_a_service_that_runs_nothing_yet_is_asked_without_a_from_version(service: FakeService) -> None:
    factories.load_bookverse(service.url)
    Service.objects.get(slug="inventory").deployments.all().delete()
    factories.promote(factories.created())
    send_due_dispatches()

    [order] = service.taken()

    assert order.body["from_version"] is None


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_means_that_the_service_has_the_order(service: FakeService, status: int) -> None:
    promotion = promoting_at(service)
    service.answer(status)

    send_due_dispatches()

    dispatch = slot(promotion, "inventory")
    assert (dispatch.state, dispatch.sends) == ("dispatched", 1)
    assert dispatch.session.deadline_at == (dispatch.sent_at or dispatch.opened_at) + timedelta(seconds=10)
    assert factories.kinds(promotion.release)[-1] == "dispatch.sent"


@pytest.mark.parametrize("status", [401, 403])
def test_a_business_refusal_is_received_but_no_error(service: FakeService, status: int) -> None:
    promotion = promoting_at(service)
    service.answer(status)
    send_due_dispatches()

    step = step_of(promotion, "inventory")
    summary = factories.session_of(promotion).summary

    assert (step.state, step.reason, step.message) == (
        "rejected",
        "refused",
        f"The service refused the order with {status}.",
    )
    assert summary is not None
    assert (summary["received"], summary["respondents"], summary["errors"]) == (1, 0, 0)


@pytest.mark.parametrize("status", [302, 400, 404, 409, 410, 422, 500, 502, 504])
def test_any_other_answer_fails_the_service(service: FakeService, status: int) -> None:
    promotion = promoting_at(service)
    service.answer(status)
    send_due_dispatches()

    step = step_of(promotion, "inventory")

    assert (step.state, step.reason, step.message) == (
        "failed",
        "connection_closed",
        f"The service answered {status}.",
    )


def test_a_redirect_is_not_followed(service: FakeService) -> None:
    promoting_at(service)
    service.answer(307, Location=f"{service.url}/elsewhere")
    send_due_dispatches()

    assert [order.path for order in service.taken()] == ["/inventory/deployments"]


@pytest.mark.parametrize("status", [429, 503, None])
def test_an_order_that_was_not_taken_is_repeated_with_the_same_key(service: FakeService, status: int | None) -> None:
    promotion = promoting_at(service)
    service.answer(status)
    send_due_dispatches()
    assert slot(promotion, "inventory").state == "pending"
    make_due()
    send_due_dispatches()

    first, second = service.taken()

    assert (first.key, first.body["callback_token"]) == (second.key, second.body["callback_token"])
    assert (slot(promotion, "inventory").state, slot(promotion, "inventory").sends) == ("dispatched", 2)


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_a_service_asks_for_is_honoured(service: FakeService, status: int) -> None:
    promotion = promoting_at(service)
    service.answer(status, Retry_After="17")
    send_due_dispatches()

    retrying = promotion.release.entries.get(kind="dispatch.retrying")

    assert retrying.payload["next_in_ms"] == 17_000
    assert slot(promotion, "inventory").next_send_at == retrying.at + timedelta(seconds=17)


@pytest.mark.parametrize("header", ["soon", "Wed, 21 Oct 2015 07:28:00 GMT", "-5"])
def test_an_odd_wait_is_our_own(service: FakeService, header: str) -> None:
    promotion = promoting_at(service)
    service.answer(503, Retry_After=header)
    send_due_dispatches()

    retrying = promotion.release.entries.get(kind="dispatch.retrying")

    assert 800 <= retrying.payload["next_in_ms"] <= 1_200


def test_an_order_waits_for_its_turn_to_be_repeated(service: FakeService) -> None:
    promoting_at(service)
    service.answer(503)
    send_due_dispatches()

    assert send_due_dispatches() == 0
    assert len(service.taken()) == 1


def test_a_service_that_nobody_answers_for_is_tried_again(transactional_db: None) -> None:
    factories.load_bookverse(f"http://127.0.0.1:{free_port()}")
    promotion = factories.promote(factories.created())

    send_due_dispatches()

    assert slot(promotion, "inventory").state == "pending"
    assert factories.kinds(promotion.release)[-1] == "dispatch.retrying"


def test_a_service_that_stays_unreachable_is_given_up(service: FakeService) -> None:
    promotion = promoting_at(service)
    service.answer(503)
    Dispatch.objects.update(give_up_at=F("opened_at"))
    send_due_dispatches()

    step = step_of(promotion, "inventory")

    # How long it took is for the machine to say.
    message = re.sub(r"\d+ s", "a while", step.message)
    assert (step.state, step.reason, message) == (
        "failed",
        "undeliverable",
        "Not reached in a while and 1 tries: the service answered 503",
    )


def test_an_unreachable_service_is_an_error_that_was_not_received(service: FakeService) -> None:
    promotion = promoting_at(service)
    service.answer(503)
    Dispatch.objects.update(give_up_at=F("opened_at"))
    send_due_dispatches()

    summary = factories.session_of(promotion).summary

    assert summary is not None
    assert (summary["status"], summary["received"], summary["errors"]) == ("PARTIAL", 0, 1)


def test_a_phase_is_asked_all_at_once(service: FakeService) -> None:
    promotion = promoting_at(service)
    tell(promotion, "inventory", "succeeded")

    assert send_due_dispatches() == 2
    assert [order.body["service"] for order in service.taken()] == ["checkout", "recommendations"]


def test_senders_at_the_same_moment_ask_a_service_once(service: FakeService) -> None:
    promoting_at(service)

    counts = at_once(*[send_due_dispatches] * 4)

    assert sorted(map(str, counts)) == ["0", "0", "0", "1"]
    assert len(service.taken()) == 1


def test_an_order_whose_sender_died_is_repeated_with_the_same_key_and_token(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = promoting_at(service)
    lose_the_sender(monkeypatch)
    assert (slot(promotion, "inventory").state, send_due_dispatches()) == ("pending", 0)
    make_due()
    send_due_dispatches()

    first, second = service.taken()

    assert (first.key, first.body["callback_token"]) == (second.key, second.body["callback_token"])
    assert slot(promotion, "inventory").state == "dispatched"


def test_a_board_that_is_started_again_sends_at_once_what_died_on_the_way(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = promoting_at(service)
    lose_the_sender(monkeypatch)

    take_over()

    assert send_due_dispatches() == 1
    assert slot(promotion, "inventory").state == "dispatched"


def test_a_late_note_of_an_earlier_sender_changes_nothing(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = promoting_at(service)
    lose_the_sender(monkeypatch)
    make_due()
    service.answer(503)
    send_due_dispatches()
    told = factories.kinds(promotion.release)

    dispatches._settle(slot(promotion, "inventory").pk, 1, Answer(status=500))  # noqa: SLF001 (the dead one's note)

    assert (slot(promotion, "inventory").state, factories.kinds(promotion.release)) == ("pending", told)


def test_a_service_may_finish_before_its_answer_to_the_order_arrives(service: FakeService) -> None:
    promotion = promoting_at(service)
    service.replies.put(Reply(before=lambda order: finish_at_once(promotion, order)))
    send_due_dispatches()

    assert slot(promotion, "inventory").state == "succeeded"
    assert "dispatch.sent" not in factories.kinds(promotion.release)


def finish_at_once(promotion: Promotion, order: Order) -> None:
    """Report the result from another connection, as the service's own callback would."""
    [failure] = at_once(lambda: tell(promotion, order.body["service"], "succeeded"))
    assert not isinstance(failure, Exception), failure


def test_a_paused_promotion_sends_nothing_until_it_is_resumed(service: FakeService) -> None:
    promotion = promoting_at(service)
    pause_promotion(actor=person(), version=promotion.version)
    assert send_due_dispatches() == 0
    resume_promotion(actor=person(), version=promotion.version)

    assert send_due_dispatches() == 1


def test_a_cancelled_promotion_sends_nothing(service: FakeService) -> None:
    promotion = promoting_at(service)
    cancel(actor=person(), version=promotion.version)

    assert send_due_dispatches() == 0


def test_an_answer_after_a_cancel_changes_nothing(service: FakeService) -> None:
    promotion = promoting_at(service)
    service.replies.put(Reply(before=lambda _order: at_once(lambda: cancel(actor=person(), version=promotion.version))))

    send_due_dispatches()

    assert (slot(promotion, "inventory").state, step_of(promotion, "inventory").state) == ("cancelled", "cancelled")


def test_a_service_that_hangs_holds_nobody_elses_answer_back(service: FakeService) -> None:
    promotion = promoting_at(service)
    tell(promotion, "inventory", "succeeded")
    seen: list[str] = []

    def wait_for_the_other(order: Order) -> None:
        other = "checkout" if order.body["service"] == "recommendations" else "recommendations"
        [state] = at_once(lambda: until_sent(promotion, other))
        seen.append(str(state))

    service.replies.put(Reply(before=wait_for_the_other))
    send_due_dispatches()

    assert seen == ["dispatched"]


def until_sent(promotion: Promotion, service: str) -> str:
    """Wait until the board has noted that the service has its order."""
    until(lambda: slot(promotion, service).state == "dispatched")
    return slot(promotion, service).state


def test_a_private_address_outside_the_allowed_networks_is_refused_without_connecting(
    service: FakeService, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = ["10.0.0.0/8"]
    promotion = promoting_at(service)

    send_due_dispatches()

    cause = promotion.release.entries.get(kind="dispatch.retrying").payload["reason"]
    assert cause == ("ConnectError: 127.0.0.1 is outside the networks that OUTBOUND_ALLOW and public addressing permit")
    assert service.taken() == []


@pytest.mark.parametrize(
    "url", ["http://[::1", "ftp://127.0.0.1/", "http:///x", f"http://{'a' * 70}.test/", "nonsense"]
)
def test_an_address_that_is_none_fails_only_its_own_service(service: FakeService, url: str) -> None:
    promotion = promoting_at(service)
    tell(promotion, "inventory", "succeeded")
    promotion.steps.filter(service__slug="checkout").update(dispatch_url=url)

    send_due_dispatches()

    assert slot(promotion, "recommendations").state == "dispatched"
    assert (slot(promotion, "checkout").state, slot(promotion, "checkout").sends) == ("pending", 1)
    assert factories.kinds(promotion.release).count("dispatch.retrying") == 1


def test_an_order_whose_sender_died_is_free_within_seconds(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion = promoting_at(service)
    lose_the_sender(monkeypatch)

    claimed_until = slot(promotion, "inventory").claimed_until

    assert claimed_until is not None
    assert claimed_until - slot(promotion, "inventory").opened_at < timedelta(seconds=15)
