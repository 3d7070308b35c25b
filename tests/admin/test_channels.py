"""Channels and the words for them: addresses go in and never come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases import conf
from releases.clients.vault import seal, unseal
from releases.models import Channel, MessageTemplate

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

ADD = "/admin/releases/channel/add/"
SECRET = "TIiajkdnlazkcOXrIdevi7FQ"
SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}"


def form(address: str = SLACK) -> dict[str, str]:
    return {"name": "team", "address": address, "events": "promotion.*", "active": "on"}


def test_an_address_is_stored_sealed_and_never_shown(administrator: Client) -> None:
    assert administrator.post(ADD, form()).status_code == 302
    channel = Channel.objects.get()
    pages = [
        administrator.get(path).content.decode()
        for path in ("/admin/releases/channel/", f"/admin/releases/channel/{channel.pk}/change/", "/deliveries")
    ]

    assert unseal(channel.sealed_address, conf.vault_keys()) == SLACK
    assert [SECRET in page or channel.sealed_address in page for page in pages] == [False, False, False]
    assert ["slack://…" in page for page in pages] == [True, True, False]


def test_a_refused_form_does_not_give_the_address_back(administrator: Client) -> None:
    answer = administrator.post(ADD, {**form(), "events": "promotion.vanished"})

    assert (answer.status_code, SECRET in answer.content.decode(), Channel.objects.count()) == (200, False, 0)


def test_an_empty_address_keeps_the_present_one(administrator: Client) -> None:
    administrator.post(ADD, form())
    channel = Channel.objects.get()
    path = f"/admin/releases/channel/{channel.pk}/change/"
    seen = administrator.get(path).content.decode().partition('name="_seen" value="')[2].partition('"')[0]
    answer = administrator.post(path, {**form(""), "events": "*", "_seen": seen})

    assert answer.status_code == 302
    assert list(Channel.objects.values_list("events", "sealed_address")) == [("*", channel.sealed_address)]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "Enter where to send to."),
        ("hello", "Nobody can be told by such an address"),
        ("slack://", "Nobody can be told by such an address"),
        ("xml://example.org/", "Addresses of the kind xml are not allowed; NOTIFY_SCHEMES allows mailto"),
        ("json://10.0.0.1/hook", "10.0.0.1 is outside the networks that OUTBOUND_ALLOW"),
        ("jsons://169.254.169.254/latest", "169.254.169.254 is outside the networks that OUTBOUND_ALLOW"),
        ("json://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1] is outside the networks that OUTBOUND_ALLOW"),
        ("json://localhost:6379/", "localhost is outside the networks that OUTBOUND_ALLOW"),
        ("mailto://robot:word@example.org?smtp=192.168.1.1", "192.168.1.1 is outside the networks that OUTBOUND_ALLOW"),
        ("env:NOT_THERE_AT_ALL", "The environment variable NOT_THERE_AT_ALL is not set here."),
    ],
)
def test_an_address_that_may_not_be_is_refused(
    administrator: Client, settings: Settings, address: str, why: str
) -> None:
    settings.OUTBOUND_ALLOW = []
    answer = administrator.post(ADD, form(address))

    assert (answer.status_code, Channel.objects.count()) == (200, 0)
    assert why in answer.content.decode()


def test_a_reference_is_shown_for_what_it_is(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_CHANNEL", SLACK)
    administrator.post(ADD, form("env:TEAM_CHANNEL"))
    page = administrator.get("/admin/releases/channel/").content.decode()

    assert ("env:TEAM_CHANNEL" in page, SECRET in page) == (True, False)


def test_an_address_whose_key_is_gone_says_so(administrator: Client) -> None:
    Channel.objects.create(name="team", sealed_address=seal(SLACK, ["gone"]))

    assert "unreadable; enter it again" in administrator.get("/admin/releases/channel/").content.decode()


def test_the_words_of_an_event_are_previewed(administrator: Client) -> None:
    words = {"kind": "promotion.held", "title": "{version}", "text": "<b>{sentence}</b> says {actor}"}
    assert administrator.post("/admin/releases/messagetemplate/add/", words).status_code == 302
    pk = MessageTemplate.objects.get().pk
    page = administrator.get(f"/admin/releases/messagetemplate/{pk}/change/").content.decode()

    assert "&lt;b&gt;The promotion to QA is held by inventory&lt;/b&gt; says maria" in page


def test_a_placeholder_that_nothing_fills_is_refused(administrator: Client) -> None:
    words = {"kind": "promotion.held", "title": "{verison}", "text": "{sentence}"}
    answer = administrator.post("/admin/releases/messagetemplate/add/", words)

    assert (
        "Nothing is called {verison}; there are {sentence}," in answer.content.decode(),
        MessageTemplate.objects.count(),
    ) == (
        True,
        0,
    )
