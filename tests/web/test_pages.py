"""Every page, for everybody, with much and with nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from releases.domain.access import Role
from releases.models import Dependency, Service, ServiceVersion
from releases.web.views import board
from tests import factories
from tests.factories import created, finish, promote, tell
from tests.live.html import parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

PAGES = (
    "/",
    "/releases",
    "/plans/new",
    "/releases/2.2.0-alpha.1",
    "/services/web",
    "/catalog/collection",
    "/debts",
    "/forecasts",
)
LISTS = ("/", "/releases", "/plans/new")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", list(Role))
def test_everybody_who_is_signed_in_may_look(manager: Client, address: str, role: Role) -> None:
    created()

    answer = browser_of("kim", role).get(address)

    assert answer.status_code == 200
    parse_html(answer.content.decode())


@pytest.mark.parametrize("address", PAGES)
def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None, address: str) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("address", LISTS)
def test_a_board_that_knows_nothing_yet_says_so(db: None, address: str) -> None:
    assert browser_of("maria", Role.MANAGER).get(address).status_code == 200


@pytest.mark.parametrize("address", ["/releases/9.9.9", "/services/nobody", "/releases/2.1.0", "/nowhere"])
def test_what_is_not_there_is_not_found(manager: Client, address: str) -> None:
    assert manager.get(address).status_code == 404


def test_browsers_find_the_icon_that_they_ask_for_by_habit(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/favicon-neutral.svg"


@pytest.mark.parametrize("address", ["/releases/%00", "/releases/2.2.0%00", "/releases?q=%00", "/releases?state=%00"])
def test_a_nul_in_an_address_is_no_fault_of_ours(manager: Client, address: str) -> None:
    assert manager.get(address).status_code in {200, 404, 422}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_while_the_database_is_away_people_are_asked_to_come_back(
    manager: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_refusals: str) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(board, "board_view", fail)

    answer = manager.get("/", headers=headers)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("address", ["/releases?cursor=abc", "/releases?cursor=-1", "/plans/new?kind=train"])
def test_an_address_that_was_meddled_with_is_refused(manager: Client, address: str) -> None:
    assert manager.get(address).status_code == 422


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_not_posted_to(manager: Client, address: str) -> None:
    created()

    assert manager.post(address).status_code == 405


def test_a_page_may_be_asked_for_its_head_alone(manager: Client) -> None:
    assert manager.head("/").status_code == 200


@pytest.mark.parametrize("label", ["2.2.0-alpha.1", "2.2.0-beta.1"])
def test_every_label_of_a_release_leads_to_its_page(manager: Client, label: str) -> None:
    release = created()
    finish(promote(release))
    release.refresh_from_db()
    promote(release, "QA")

    page = parse_html(manager.get(f"/releases/{label}").content.decode())

    assert page.find("release-head").attributes["data-title"] == "2.2.0-beta.1"


def test_an_alias_of_a_service_leads_to_its_page(manager: Client) -> None:
    page = parse_html(manager.get("/services/bookverse-web").content.decode())

    assert page.first("h1").text == "Web"


def test_releases_are_found_by_any_label_and_by_title(manager: Client) -> None:
    created(title="Autumn")
    created(title="Winter")

    found = [
        "Autumn" in (page := manager.get(f"/releases?q={words}").content.decode()) and "Winter" not in page
        for words in ("autumn", "alpha.1")
    ]

    assert found == [True, True]


def test_releases_are_found_by_state(manager: Client) -> None:
    promote(created(title="Autumn"))
    created(title="Winter")

    page = manager.get("/releases?state=promoting").content.decode()

    assert ("Autumn" in page, "Winter" in page) == (True, False)


def test_a_long_list_goes_on_on_another_page(manager: Client) -> None:
    for number in range(26):
        created(title=f"Release number {number:02}")
    first = parse_html(manager.get("/releases").content.decode())
    more = next(
        link.attributes["href"]
        for link in first.descendants()
        if link.tag == "a" and "cursor=" in link.attributes.get("href", "")
    )

    second = manager.get(f"/releases{more}").content.decode()

    assert ("Release number 00" in second, "Release number 25" in second) == (True, False)


def test_every_page_has_the_same_strict_policy(manager: Client) -> None:
    created()

    policies = {manager.get(address)["Content-Security-Policy"] for address in PAGES}

    assert len(policies) == 1
    assert "default-src 'none'" in policies.pop()


@pytest.mark.parametrize(("theme", "kept"), [("dark", "dark"), ("light", "light"), ("pink", "")])
def test_a_theme_is_remembered(manager: Client, theme: str, kept: str) -> None:
    answer = manager.post("/theme/", {"theme": theme, "next": "/releases"})

    assert (answer["Location"], answer.cookies["theme"].value) == ("/releases", kept)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_theme_leads_nowhere_else(manager: Client, target: str) -> None:
    assert manager.post("/theme/", {"theme": "dark", "next": target})["Location"] == "/"


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("address", LISTS)
def test_a_list_of_three_releases_costs_no_more_queries_than_one(manager: Client, address: str) -> None:
    promote(created())
    one = queries_of(manager, address)
    for _ in range(2):
        created()

    assert queries_of(manager, address) == one


def grow(count: int) -> None:
    """Add services that depend on web, each with versions."""
    for number in range(count):
        service = Service.objects.create(
            slug=f"more-{number}",
            name=f"More {number}",
            application_key=f"more-{number}",
            dispatch_url="http://127.0.0.1:9/",
        )
        Dependency.objects.create(consumer=service, provider=Service.objects.get(slug="web"))
        ServiceVersion.objects.create(service=service, version="1.0.0", registry_status="COMPLETED")


@pytest.mark.parametrize("address", [*LISTS, "/services/web"])
def test_more_services_cost_no_more_queries(manager: Client, address: str) -> None:
    grow(1)
    one = queries_of(manager, address)
    Service.objects.filter(slug="more-0").delete()
    grow(3)

    assert queries_of(manager, address) == one


def test_a_release_page_costs_the_same_in_every_state_of_its_promotion(manager: Client) -> None:
    promotion = promote(created())
    address = "/releases/2.2.0-alpha.1"
    tell(promotion, "inventory", "progress")
    counts = [queries_of(manager, address)]
    tell(promotion, "inventory", "succeeded")
    for service in ("checkout", "recommendations"):
        tell(promotion, service, "failed")
        counts.append(queries_of(manager, address))

    assert counts == [counts[0]] * 3


def test_a_release_page_of_a_planned_release_shows_every_service(manager: Client) -> None:
    created()

    page = parse_html(manager.get("/releases/2.2.0-alpha.1").content.decode())

    assert [page.find(f"step-{service}").attributes["data-state"] for service in factories.SERVICES] == ["pending"] * 5
