"""Notifications: people are told in words, at addresses that nobody gets to see."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from apprise import Apprise
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from django.db.models import F

from releases import conf
from releases.actions.deliveries import send_due_deliveries
from releases.actions.redelivering import redeliver
from releases.clients.vault import seal
from releases.models import Channel, Delivery, MessageTemplate
from tests import factories
from tests.factories import person, promote, tell
from tests.fakes.certified import certified_server
from tests.fakes.mail import mail_server

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.models import Release
    from tests.fakes.service import FakeService

SECRET = "very-hidden"


def address(service: FakeService) -> str:
    return service.url.replace("http://", f"json://robot:{SECRET}@") + f"/hook/{SECRET}"


def channel(sealed: str, name: str = "team") -> Channel:
    return Channel.objects.create(name=name, sealed_address=sealed, events="promotion.held")


@pytest.fixture
def release(service: FakeService) -> Release:
    factories.load_bookverse()
    channel(seal(address(service), conf.vault_keys()))
    return factories.created(title="Autumn")


def hold(release: Release) -> None:
    tell(promote(release), "inventory", "failed", message="schema mismatch")


def test_a_channel_is_told_in_words(service: FakeService, release: Release) -> None:
    hold(release)
    send_due_deliveries()

    [order] = service.taken()
    assert (order.path, order.body["title"], order.body["message"], order.body["type"]) == (
        f"/hook/{SECRET}",
        "BookVerse 2.2.0-alpha.1",
        "The promotion to DEV is held by inventory.\nhttp://127.0.0.1:8000/releases/2.2.0-alpha.1",
        "warning",
    )
    assert Delivery.objects.get().delivered_at is not None


def test_people_are_told_by_mail(release: Release) -> None:
    with mail_server() as mails:
        sent = f"mailto://127.0.0.1:{mails.port}?from=board@example.org&to=team@example.org"
        Channel.objects.update(sealed_address=seal(sent, conf.vault_keys()))
        hold(release)
        send_due_deliveries()

    [mail] = mails.taken
    body = mail.get_body(("plain",))
    assert body is not None
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "board@example.org",
        "team@example.org",
        "BookVerse 2.2.0-alpha.1",
    )
    told = "The promotion to DEV is held by inventory. http://127.0.0.1:8000/releases/2.2.0-alpha.1"
    assert " ".join(body.get_content().split()) == told
    assert Delivery.objects.get().delivered_at is not None


def test_a_room_of_discord_is_told(service: FakeService, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    # Discord lives in one place, so that no address can name another.
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"{service.url}/api/webhooks")
    Channel.objects.update(sealed_address=seal("discord://1234567890/room-secret", conf.vault_keys()))
    hold(release)
    send_due_deliveries()

    [order] = service.taken()
    said = order.body["content"].splitlines()
    assert (order.path, said[:2]) == (
        "/api/webhooks/1234567890/room-secret",
        ["BookVerse 2.2.0-alpha.1", "The promotion to DEV is held by inventory."],
    )


def test_a_channel_of_slack_is_told(httpserver: HTTPServer, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    # As with Discord.
    monkeypatch.setattr(NotifySlack, "webhook_url", httpserver.url_for("/services"))
    place = "T12345678/B12345678/a1b2c3d4e5f6g7h8i9j0k1l2"
    httpserver.expect_request(f"/services/{place}", method="POST").respond_with_data("ok")
    Channel.objects.update(sealed_address=seal(f"slack://{place}/", conf.vault_keys()))
    hold(release)
    send_due_deliveries()

    [(request, _)] = httpserver.log
    [attachment] = request.json["attachments"]
    assert (attachment["title"], attachment["text"]) == (
        "BookVerse 2.2.0-alpha.1",
        "The promotion to DEV is held by inventory.\nhttp://127.0.0.1:8000/releases/2.2.0-alpha.1",
    )
    assert Delivery.objects.get().delivered_at is not None


def test_a_team_is_told_by_a_workflow_of_teams(
    release: Release, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with certified_server(tmp_path) as (teams, certificate):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        path = "/workflows/a1b2c3/triggers/manual/paths/invoke"
        teams.expect_request(path, method="POST").respond_with_data(status=202)
        sent = f"workflows://127.0.0.1:{teams.port}/a1b2c3/{SECRET}/"
        Channel.objects.update(sealed_address=seal(sent, conf.vault_keys()))
        hold(release)
        send_due_deliveries()

    [(request, _)] = teams.log
    [attachment] = request.json["attachments"]
    texts = [block["text"] for block in attachment["content"]["body"] if block["type"] == "TextBlock"]
    assert (request.args["sig"], texts) == (
        SECRET,
        [
            "BookVerse 2.2.0-alpha.1",
            "The promotion to DEV is held by inventory.\nhttp://127.0.0.1:8000/releases/2.2.0-alpha.1",
        ],
    )
    assert Delivery.objects.get().delivered_at is not None


def test_each_kind_of_address_that_is_allowed_without_a_setting_is_one_that_there_is() -> None:
    plugins = Apprise().details()["schemas"]
    known = {scheme for each in plugins for kind in ("protocols", "secure_protocols") for scheme in each[kind] or ()}

    assert set(conf.notify_schemes()) - known == set()


def test_the_words_for_an_event_can_be_others(service: FakeService, release: Release) -> None:
    text = "{title} needs somebody in {stage}: {sentence} {braces}"
    MessageTemplate.objects.create(kind="promotion.held", title="{event}", text=text)
    hold(release)
    send_due_deliveries()

    [order] = service.taken()
    assert (order.body["title"], order.body["message"]) == (
        "promotion.held",
        "Autumn needs somebody in DEV: The promotion to DEV is held by inventory {braces}",
    )


def test_what_was_not_taken_is_tried_again_and_given_up_in_the_end(service: FakeService, release: Release) -> None:
    hold(release)
    service.answer(500, 500)
    send_due_deliveries()
    waiting = Delivery.objects.get()
    Delivery.objects.update(next_send_at=F("opened_at"), give_up_at=F("opened_at"))
    send_due_deliveries()
    given_up = Delivery.objects.get()

    assert (waiting.tries, waiting.is_open, given_up.tries, given_up.is_open) == (1, True, 2, False)
    assert "500" in given_up.problem
    assert len(service.taken()) == 2


def test_the_address_is_in_no_log_and_no_problem(
    service: FakeService, release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hold(release)
    Delivery.objects.update(give_up_at=F("opened_at"))
    service.answer(500)
    send_due_deliveries()

    delivery = Delivery.objects.get()
    assert delivery.gave_up_at is not None
    assert SECRET not in caplog.text + delivery.problem + delivery.body
    assert SECRET not in Channel.objects.get().sealed_address


def test_a_redirect_is_not_followed(service: FakeService, release: Release) -> None:
    hold(release)
    service.answer(302, Location=f"{service.url}/elsewhere")
    send_due_deliveries()

    assert ([order.path for order in service.taken()], Delivery.objects.get().is_open) == ([f"/hook/{SECRET}"], True)


def test_a_host_that_is_not_allowed_any_more_is_not_asked(
    service: FakeService, release: Release, settings: Settings
) -> None:
    hold(release)
    settings.OUTBOUND_ALLOW = []
    send_due_deliveries()

    assert (service.taken(), Delivery.objects.get().problem) == (
        [],
        "127.0.0.1 is outside the networks that OUTBOUND_ALLOW and public addressing permit.",
    )


def test_a_kind_that_is_not_allowed_any_more_is_not_asked(
    service: FakeService, release: Release, settings: Settings
) -> None:
    hold(release)
    settings.NOTIFY_SCHEMES = ["slack"]
    send_due_deliveries()

    assert (service.taken(), Delivery.objects.get().problem) == (
        [],
        "Addresses of the kind json are not allowed; NOTIFY_SCHEMES allows slack.",
    )


def test_an_address_can_live_in_the_environment(
    service: FakeService, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel.objects.update(sealed_address="env:TEAM_CHANNEL")
    hold(release)
    send_due_deliveries()
    missing = Delivery.objects.get().problem
    monkeypatch.setenv("TEAM_CHANNEL", address(service))
    Delivery.objects.update(next_send_at=F("opened_at"))
    send_due_deliveries()

    assert (missing, len(service.taken())) == ("The environment variable TEAM_CHANNEL is not set here.", 1)


def test_an_old_key_still_reads_and_a_lost_one_is_told(
    service: FakeService, release: Release, settings: Settings
) -> None:
    old = settings.SECRET_KEY
    hold(release)
    settings.SECRETS_KEY = ["new"]
    send_due_deliveries()
    lost = Delivery.objects.get().problem
    settings.SECRETS_KEY = ["new", old]
    Delivery.objects.update(next_send_at=F("opened_at"))
    send_due_deliveries()

    assert (lost, len(service.taken())) == ("It was stored with a key that is gone; enter the address again.", 1)


def test_a_channel_that_is_switched_off_is_not_told(service: FakeService, release: Release) -> None:
    Channel.objects.update(active=False)
    hold(release)

    assert (send_due_deliveries(), Delivery.objects.count()) == (0, 0)


def test_a_notification_can_be_sent_again(service: FakeService, release: Release) -> None:
    hold(release)
    send_due_deliveries()
    redeliver(actor=person(), delivery_id=Delivery.objects.get().pk)
    send_due_deliveries()

    one, other = service.taken()
    assert one.body == other.body
