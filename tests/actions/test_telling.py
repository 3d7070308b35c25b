"""Webhooks: what the journal says is posted, signed, to those who follow it, and can be sent again."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook

from releases.actions.deliveries import send_due_deliveries
from releases.actions.ledger import open_ledger
from releases.actions.redelivering import redeliver
from releases.actions.steering import cancel, skip_step
from releases.domain.access import Role
from releases.domain.errors import Conflict, NotFound, PermissionRefused
from releases.domain.journal import Kind
from releases.models import Delivery, Inbox, JournalEntry, Subscription
from tests import factories
from tests.factories import kinds, person, promote, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from releases.models import Release
    from tests.fakes.service import FakeService, Order


def follow(service: FakeService, events: str, *stages: str, name: str = "chat") -> Subscription:
    url = f"{service.url}/{name}"
    return Subscription.objects.create(name=name, url=url, events=events, stages=list(stages))


def secret_of(name: str) -> str:
    printed = StringIO()
    call_command("webhook_secret", name, stdout=printed)
    return printed.getvalue().strip()


def verified(order: Order, secret: str) -> dict[str, Any]:
    said: dict[str, Any] = Webhook(secret).verify(order.raw, dict(order.headers))
    return said


def kinds_of(service: FakeService) -> list[str]:
    send_due_deliveries()
    return [order.body["type"] for order in service.taken()]


@pytest.fixture
def release(service: FakeService) -> Release:
    factories.load_bookverse()
    return factories.created()


def hold(release: Release) -> None:
    tell(promote(release), "inventory", "failed", message="schema mismatch")


def test_what_happens_is_posted_with_the_release_and_where_to_read_on(service: FakeService, release: Release) -> None:
    follow(service, "promotion.held")
    hold(release)
    send_due_deliveries()

    [order] = service.taken()
    said = verified(order, secret_of("chat"))

    entry = release.entries.get(kind="promotion.held")
    assert (said["type"], order.path) == ("promotion.held", "/chat")
    assert said["data"] == {
        "sequence": entry.sequence,
        "actor": entry.actor,
        "service": "",
        "payload": entry.payload,
        "release": {
            "version": "2.2.0-alpha.1",
            "target_version": "2.2.0",
            "kind": "synchronized",
            "title": "",
        },
        "links": {
            "page": "http://127.0.0.1:8000/releases/2.2.0-alpha.1",
            "release": "http://127.0.0.1:8000/api/v1/releases/2.2.0-alpha.1",
            "journal": "http://127.0.0.1:8000/api/v1/releases/2.2.0-alpha.1/journal"
            f"?after={entry.sequence - 1}&limit=1",
        },
    }
    assert (Delivery.objects.get().delivered_at is not None, kinds(release)[-1]) == (True, "promotion.held")


def test_a_subscription_that_has_another_generation_has_another_secret(service: FakeService, release: Release) -> None:
    follow(service, "*")
    before = secret_of("chat")
    Subscription.objects.update(generation=2)

    assert secret_of("chat") != before


def test_the_secret_of_an_unknown_subscription_is_not_printed(service: FakeService, release: Release) -> None:
    follow(service, "*")

    with pytest.raises(CommandError, match=r"There is no subscription audit; there are: chat\."):
        call_command("webhook_secret", "audit")


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ("promotion.*", ["promotion.started", "promotion.held"]),
        ("promotion.held, step.*", ["promotion.held"]),
        ("release.cancelled", []),
    ],
)
def test_a_follower_hears_of_the_kinds_that_it_named(
    service: FakeService, release: Release, events: str, told: list[str]
) -> None:
    follow(service, events)
    hold(release)

    assert sorted(kinds_of(service)) == sorted(told)


@pytest.mark.parametrize(("stage", "told"), [("DEV", ["step.skipped"]), ("PROD", [])])
def test_a_follower_of_a_stage_hears_of_that_stage(
    service: FakeService, release: Release, stage: str, told: list[str]
) -> None:
    follow(service, "step.skipped", stage)
    hold(release)
    skip_step(actor=person(), version=release.version, service="inventory", reason="not needed")

    assert kinds_of(service) == told


def test_a_follower_that_is_switched_off_hears_nothing(service: FakeService, release: Release) -> None:
    follow(service, "*")
    Subscription.objects.update(active=False)
    hold(release)

    assert kinds_of(service) == []


def test_what_was_on_its_way_to_one_who_is_switched_off_is_given_up(service: FakeService, release: Release) -> None:
    follow(service, "promotion.held")
    hold(release)
    Subscription.objects.update(active=False)

    assert kinds_of(service) == []
    assert Delivery.objects.get().problem == "chat is switched off"
    assert Delivery.objects.get().gave_up_at is not None


def test_of_deliveries_nobody_is_told(service: FakeService, release: Release) -> None:
    Inbox.objects.create(name="ops", url=f"{service.url}/ops")
    follow(service, "*")
    tell(promote(release, strategy="inbox", inbox="ops"), "inventory", "succeeded")
    kinds_of(service)
    last = Delivery.objects.latest("pk").pk
    redeliver(actor=person(), delivery_id=last)

    told = Delivery.objects.exclude(subscription=None).values_list("kind", flat=True)
    assert [kind for kind in told if kind.startswith(("inbox.", "delivery."))] == []
    assert {"inbox.delivered", "delivery.repeated"} <= set(kinds(release))


@pytest.mark.parametrize("status", [302, 400, 429, 500, None])
def test_what_was_not_taken_is_posted_again_as_it_was(
    service: FakeService, release: Release, status: int | None
) -> None:
    follow(service, "promotion.held")
    hold(release)
    service.answer(status)
    send_due_deliveries()
    Delivery.objects.update(next_send_at=F("opened_at"))
    send_due_deliveries()

    first, second = service.taken()
    assert (first.headers["webhook-id"], first.raw) == (second.headers["webhook-id"], second.raw)
    assert verified(second, secret_of("chat")) == verified(first, secret_of("chat"))


def test_an_address_that_is_gone_is_given_up_at_once(service: FakeService, release: Release) -> None:
    follow(service, "promotion.held")
    hold(release)
    service.answer(410)
    send_due_deliveries()

    delivery = Delivery.objects.get()
    assert (delivery.problem, delivery.tries, delivery.gave_up_at is not None) == ("chat answered 410", 1, True)


def test_senders_at_the_same_moment_post_once(service: FakeService, release: Release) -> None:
    follow(service, "promotion.held")
    hold(release)

    at_once(*[send_due_deliveries] * 4)

    assert [order.body["type"] for order in service.taken()] == ["promotion.held"]


def test_an_address_in_a_network_that_is_not_allowed_is_not_asked(
    service: FakeService, release: Release, settings: Settings
) -> None:
    follow(service, "promotion.held")
    hold(release)
    settings.OUTBOUND_ALLOW = []

    assert kinds_of(service) == []
    assert "127.0.0.1 is outside the networks that OUTBOUND_ALLOW" in Delivery.objects.get().problem


def test_without_followers_an_entry_costs_what_it_cost(service: FakeService, release: Release) -> None:
    assert _queries_of_an_entry(release) == ["INSERT"]


def test_followers_cost_one_query_for_all_entries(service: FakeService, release: Release) -> None:
    follow(service, "promotion.*")
    follow(service, "*", "PROD", name="other")

    assert [words for words in _queries_of_an_entry(release, times=3) if words == "SELECT"] == ["SELECT"]


def _queries_of_an_entry(release: Release, times: int = 1) -> list[str]:
    with transaction.atomic():
        ledger = open_ledger(release_id=release.pk, actor="board")
        with CaptureQueriesContext(connection) as captured:
            for _ in range(times):
                ledger.append(Kind.PROMOTION_HELD, stage="DEV")
        transaction.set_rollback(True)
    return [query["sql"].lstrip("(").split()[0] for query in captured.captured_queries]


def _sent(service: FakeService, release: Release) -> Delivery:
    follow(service, "promotion.held")
    hold(release)
    send_due_deliveries()
    return Delivery.objects.get()


def test_a_message_can_be_sent_again(service: FakeService, release: Release) -> None:
    first = _sent(service, release)
    again = redeliver(actor=person(), delivery_id=first.pk)
    send_due_deliveries()

    one, other = service.taken()
    assert (one.raw, one.headers["webhook-id"] == other.headers["webhook-id"]) == (other.raw, False)
    entry = JournalEntry.objects.get(kind="delivery.repeated")
    assert (entry.actor, entry.payload) == (
        "maria",
        {"receiver": "chat", "what": "promotion.held", "delivery": again, "repeats": first.pk},
    )


def test_a_key_stands_for_one_repetition(service: FakeService, release: Release) -> None:
    first = _sent(service, release)

    one, same = (redeliver(actor=person(), delivery_id=first.pk, key="again") for _ in range(2))

    assert (one, Delivery.objects.count()) == (same, 2)


def test_what_is_on_its_way_is_not_sent_again(service: FakeService, release: Release) -> None:
    follow(service, "promotion.held")
    hold(release)

    with pytest.raises(Conflict, match="It is still on its way; the board tries again by itself"):
        redeliver(actor=person(), delivery_id=Delivery.objects.get().pk)


def test_what_is_on_its_way_again_waits_for_that(service: FakeService, release: Release) -> None:
    first = _sent(service, release)
    redeliver(actor=person(), delivery_id=first.pk)

    with pytest.raises(Conflict, match="It is on its way again already"):
        redeliver(actor=person(), delivery_id=first.pk)


def test_nothing_is_sent_again_to_one_who_is_switched_off(service: FakeService, release: Release) -> None:
    first = _sent(service, release)
    Subscription.objects.update(active=False)

    with pytest.raises(Conflict, match="chat is switched off"):
        redeliver(actor=person(), delivery_id=first.pk)


def test_who_only_looks_sends_nothing_again(service: FakeService, release: Release) -> None:
    first = _sent(service, release)

    with pytest.raises(PermissionRefused, match="To send a message again you need the role release manager"):
        redeliver(actor=person("vera", Role.VIEWER), delivery_id=first.pk)


def test_an_unknown_message_is_not_sent_again(service: FakeService, release: Release) -> None:
    with pytest.raises(NotFound):
        redeliver(actor=person(), delivery_id=2**63 - 1)


def test_a_cancelled_release_is_told(service: FakeService, release: Release) -> None:
    follow(service, "release.*")
    cancel(actor=person(), version=release.version)

    assert kinds_of(service) == ["release.cancelled"]
