"""The inbox: the page, its list as it is asked for again, and the count in the navigation."""

from __future__ import annotations

from django.test import Client

from releases.domain.access import Role
from tests.factories import created
from tests.signing import needs
from tests.web.conftest import browser_of

HTMX = {"HX-Request": "true"}


def test_what_waits_is_listed_with_a_link_to_where_it_is_decided(manager: Client) -> None:
    needs("DEV")
    release = created()
    page = browser_of("anna", Role.APPROVER).get("/inbox").content.decode()
    assert f'href="/releases/{release.version}#release-gates"' in page
    assert "Sign 2.2.0-alpha.1 off for DEV as approver" in page


def test_an_empty_inbox_says_what_will_be_there(manager: Client) -> None:
    assert "Nothing waits for you." in manager.get("/inbox").content.decode()


def test_the_page_asks_for_its_list_alone(manager: Client) -> None:
    part = manager.get("/inbox", headers=HTMX).content.decode()
    assert part.startswith('<section class="panel" id="inbox"')


def test_the_count_is_asked_for_and_says_how_much_waits(manager: Client) -> None:
    needs("DEV")
    created()
    anna = browser_of("anna", Role.APPROVER)
    assert 'hx-trigger="load, every 30s"' in anna.get("/").content.decode()
    assert ">1<" in anna.get("/inbox/count").content.decode()
    assert " hidden" in manager.get("/inbox/count").content.decode()


def test_who_was_signed_out_meanwhile_is_told_nothing(manager: Client) -> None:
    answer = Client().get("/inbox/count")
    assert (answer.status_code, answer.content) == (204, b"")


def test_nobody_sees_the_inbox_without_signing_in(manager: Client) -> None:
    assert Client().get("/inbox").status_code == 302
