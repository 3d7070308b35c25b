"""Strategy ``inbox``: the results of every phase are posted, signed, until the inbox has them or is given up."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from releases.actions import deliveries
from releases.actions.deliveries import send_due_deliveries
from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.steering import cancel
from releases.clients.signing import webhook_signature
from releases.domain.errors import InvalidInput
from releases.models import Delivery, Inbox, Promotion
from tests import factories
from tests.factories import person, promote, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from tests.fakes.service import FakeService


def inbox_at(url: str, name: str = "ops") -> Inbox:
    return Inbox.objects.create(name=name, url=url)


@pytest.fixture
def inbox(service: FakeService) -> Inbox:
    factories.load_bookverse()
    return inbox_at(f"{service.url}/results")


@pytest.fixture
def promotion(inbox: Inbox) -> Promotion:
    return promote(factories.created(), strategy="inbox", inbox="ops")


def make_due() -> None:
    Delivery.objects.update(next_send_at=F("opened_at"), claimed_until=None)


def told(promotion: Promotion) -> list[str]:
    return [kind for kind in factories.kinds(promotion.release) if kind.startswith("inbox.")]


def secret_of(name: str) -> bytes:
    printed = StringIO()
    call_command("inbox_secret", name, stdout=printed)
    return b64decode(printed.getvalue().strip().removeprefix("whsec_"))


def test_the_results_of_a_phase_are_posted_once_it_is_over(service: FakeService, promotion: Promotion) -> None:
    assert send_due_deliveries() == 0
    tell(promotion, "inventory", "succeeded", message="healthy")
    assert send_due_deliveries() == 1

    [post] = service.taken()

    session = promotion.sessions.get(phase=0)
    assert (post.path, post.content_type, post.body["type"]) == ("/results", "application/json", "session.closed")
    assert (post.body["data"]["correlation_id"], post.body["data"]["release"], post.body["data"]["stage"]) == (
        str(session.correlation_id),
        "2.2.0-alpha.1",
        "DEV",
    )
    assert post.body["data"]["summary"] == session.summary
    assert [(slot["source"], slot["state"], slot["message"]) for slot in post.body["data"]["slots"]] == [
        ("inventory", "succeeded", "healthy")
    ]
    assert (send_due_deliveries(), told(promotion)) == (0, ["inbox.delivered"])


def test_a_post_is_signed_with_the_inboxs_secret(service: FakeService, promotion: Promotion) -> None:
    tell(promotion, "inventory", "succeeded")
    send_due_deliveries()

    [post] = service.taken()

    assert UUID(post.headers["webhook-id"].removeprefix("msg_")) == Delivery.objects.get().message_id
    assert post.headers["webhook-signature"] == webhook_signature(
        secret=secret_of("ops"),
        message_id=post.headers["webhook-id"],
        timestamp=int(post.headers["webhook-timestamp"]),
        body=post.raw,
    )


def test_another_generation_has_another_secret(inbox: Inbox) -> None:
    before = secret_of("ops")
    Inbox.objects.update(generation=2)

    assert secret_of("ops") != before


def test_the_secret_of_an_unknown_inbox_is_not_printed(inbox: Inbox) -> None:
    with pytest.raises(CommandError, match=r"There is no inbox audit; there are: ops\."):
        call_command("inbox_secret", "audit")


def test_every_phase_is_posted(service: FakeService, promotion: Promotion) -> None:
    factories.finish(promotion)
    send_due_deliveries()

    assert sorted(post.body["data"]["phase"] for post in service.taken()) == [1, 2, 3, 4]


def test_a_cancelled_phase_is_posted_too(service: FakeService, promotion: Promotion) -> None:
    cancel(actor=person(), version=promotion.version)
    send_due_deliveries()

    assert [post.body["data"]["state"] for post in service.taken()] == ["cancelled"]


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503, None])
def test_what_an_inbox_did_not_take_is_posted_again_as_it_was(
    service: FakeService, promotion: Promotion, status: int | None
) -> None:
    tell(promotion, "inventory", "succeeded")
    service.answer(status)
    send_due_deliveries()
    assert (send_due_deliveries(), told(promotion)) == (0, [])
    make_due()
    send_due_deliveries()

    first, second = service.taken()

    assert (first.headers["webhook-id"], first.raw) == (second.headers["webhook-id"], second.raw)
    assert (told(promotion), Delivery.objects.get().tries) == (["inbox.delivered"], 2)


def test_an_inbox_that_asks_for_time_gets_it(service: FakeService, promotion: Promotion) -> None:
    tell(promotion, "inventory", "succeeded")
    service.answer(503, Retry_After="60")
    send_due_deliveries()

    delivery = Delivery.objects.get()

    assert delivery.next_send_at - delivery.opened_at >= timedelta(seconds=60)
    assert delivery.problem == "the inbox answered 503"


def test_an_inbox_that_is_gone_is_given_up_at_once(service: FakeService, promotion: Promotion) -> None:
    tell(promotion, "inventory", "succeeded")
    service.answer(410)
    send_due_deliveries()
    make_due()

    assert (send_due_deliveries(), told(promotion)) == (0, ["inbox.gave_up"])
    assert promotion.release.entries.get(kind="inbox.gave_up").payload["reason"] == "the inbox answered 410"


def test_an_inbox_that_takes_nothing_is_given_up_in_the_end(service: FakeService, promotion: Promotion) -> None:
    tell(promotion, "inventory", "succeeded")
    Delivery.objects.update(give_up_at=F("opened_at"))
    service.answer(500)
    send_due_deliveries()
    make_due()

    assert (send_due_deliveries(), told(promotion)) == (0, ["inbox.gave_up"])


def test_a_delivery_whose_sender_died_is_repeated(
    service: FakeService, promotion: Promotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise SystemError("killed")

    tell(promotion, "inventory", "succeeded")
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "_settle", die)
        with pytest.raises(SystemError):
            send_due_deliveries()
    assert send_due_deliveries() == 0
    Delivery.objects.update(claimed_until=F("opened_at"))
    send_due_deliveries()

    first, second = service.taken()

    assert (first.headers["webhook-id"], told(promotion)) == (second.headers["webhook-id"], ["inbox.delivered"])


def test_senders_at_the_same_moment_post_once(service: FakeService, promotion: Promotion) -> None:
    tell(promotion, "inventory", "succeeded")

    at_once(*[send_due_deliveries] * 4)

    assert (len(service.taken()), told(promotion)) == (1, ["inbox.delivered"])


def test_other_strategies_post_nothing(inbox: Inbox) -> None:
    factories.finish(promote(factories.created()))

    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"strategy": "inbox", "inbox": "audit"}, "There is no inbox audit; the inboxes are ops, pager."),
        ({"strategy": "inbox"}, "Name an inbox; the inboxes are ops, pager."),
        ({"inbox": "ops"}, "Only strategy inbox posts to an inbox; leave inbox out, or ask for that strategy."),
    ],
)
def test_an_inbox_that_does_not_fit_is_refused(inbox: Inbox, wish: dict[str, Any], message: str) -> None:
    inbox_at("http://127.0.0.1:9", "pager")
    release = factories.created()

    with pytest.raises(InvalidInput) as refusal:
        promote_release(actor=person(), request=PromotionRequest(version=release.version, stage="DEV", **wish))

    assert (refusal.value.field, refusal.value.message) == ("inbox", message)
    assert Promotion.objects.count() == 0


def test_where_there_is_no_inbox_one_has_to_be_added(transactional_db: None) -> None:
    factories.load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        promote(factories.created(), strategy="inbox", inbox="ops")

    assert refusal.value.message == "There is no inbox ops; an administrator has to add one first."


def test_a_key_stands_for_one_inbox(inbox: Inbox) -> None:
    release, actor = factories.created(), person()
    wish = PromotionRequest(version=release.version, stage="DEV", strategy="inbox", inbox="ops")

    first, again = (promote_release(actor=actor, request=wish, key="autumn") for _ in range(2))

    assert first == again
