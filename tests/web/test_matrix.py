"""The matrix page: filters in the address, the evidence beside it, and the part of it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.models import CompatibilityRow
from tests.factories import created, register
from tests.live.html import Element, parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

ADDRESSES = (
    "/matrix",
    "/matrix?known=observed&newest=25&platform=2.1.0&q=web&service=web",
    "/matrix?known=failed",
    "/matrix?pair=recommendations:inventory",
    "/matrix?pair=recommendations:inventory&at=recommendations@2.2.0,inventory@1.3.0",
    "/matrix?at=web@3.0.2",
    "/matrix?at=web@9.9.9&platform=7.0.0",
)


def page(client: Client, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return parse_html(answer.content.decode())


def links(part: Element) -> list[str]:
    return [each.attributes.get("href", "") for each in part.descendants() if each.tag == "a"]


def cell(whole: Element, at: str) -> Element:
    cells = (each for each in whole.first("table").descendants() if each.tag == "a")
    return next(each for each in cells if each.attributes["href"].endswith(f"at={at}"))


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("role", list(Role))
def test_everybody_who_is_signed_in_may_look(manager: Client, address: str, role: Role) -> None:
    page(browser_of("kim", role), address)


@pytest.mark.parametrize("address", ["/matrix", "/matrix?known=declared", "/diagnostics"])
def test_a_board_that_knows_nothing_yet_says_so(db: None, address: str) -> None:
    shown = page(browser_of("maria", Role.MANAGER), address)

    assert "No service is known yet" in shown.find("main").text


def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/matrix?q=web")["Location"] == "/login/?next=/matrix%3Fq%3Dweb"


def test_a_cell_says_in_words_what_is_known_and_leads_to_its_evidence(manager: Client) -> None:
    found = cell(page(manager, "/matrix?platform=2.1.0&q=web"), "web@3.0.1")

    assert found.text == "3.0.1 : declared, observed"
    assert found.attributes["href"] == "?platform=2.1.0&q=web&newest=10&at=web@3.0.1"


def test_a_build_is_written_so_that_its_plus_arrives(manager: Client) -> None:
    register({"web": ["3.0.3+build.7"]})

    address = cell(page(manager, "/matrix"), "web@3.0.3%2Bbuild.7").attributes["href"]

    assert "web 3.0.3+build.7" in page(manager, f"/matrix{address}").find("detail-title").text


def test_the_chosen_version_is_marked_in_the_matrix(manager: Client) -> None:
    found = cell(page(manager, "/matrix?at=web@3.0.2"), "web@3.0.2")

    assert found.attributes["aria-current"] == "true"


def test_the_filters_show_what_was_asked(manager: Client) -> None:
    form = page(manager, "/matrix?known=observed&newest=25&platform=2.1.0&q=web&service=web").first("form")
    main = page(manager, "/matrix?known=observed&newest=25&platform=2.1.0&q=web&service=web").find("main")

    values = {each.attributes["name"]: each.attributes["value"] for each in main.descendants() if _is_filled(each)}
    chosen = [each.text for each in main.descendants() if each.tag == "option" and "selected" in each.attributes]
    assert form.tag == "form"
    assert (values, chosen) == ({"q": "web", "platform": "2.1.0"}, ["web", "observed", "25"])


def _is_filled(each: Element) -> bool:
    return each.tag == "input" and bool(each.attributes.get("value")) and each.attributes.get("type") != "hidden"


def test_htmx_gets_the_evidence_alone(manager: Client) -> None:
    answer = manager.get("/matrix?at=recommendations@2.2.0", headers={"HX-Request": "true"})

    part = parse_html(answer.content.decode())
    assert [each.tag for each in part.descendants() if each.tag in {"main", "table"}] == []
    assert part.find("detail-title").text == "recommendations 2.2.0"


def test_a_pair_cell_says_what_its_reason_says(manager: Client) -> None:
    whole = page(manager, "/matrix?pair=recommendations:inventory&platform=2.2.0")

    broken = cell(whole, "recommendations@2.2.0,inventory@1.3.0")

    assert broken.text == "2.2.0 with 1.3.0: broken"


def test_nothing_that_matches_offers_everything(manager: Client) -> None:
    shown = page(manager, "/matrix?q=nothing-like-it").find("main")

    assert "No version matches “nothing-like-it”." in shown.text


def test_the_evidence_links_to_the_admin_for_those_who_may_edit(manager: Client) -> None:
    row = CompatibilityRow.objects.get(platform_version="2.1.0", service__slug="web")
    address = "/matrix?platform=2.1.0&at=web@3.0.1"

    editor = links(page(browser_of("ada", Role.ADMIN), address).find("matrix-detail"))
    other = links(page(manager, address).find("matrix-detail"))

    assert f"/admin/releases/compatibilityrow/{row.pk}/change/" in editor
    assert [link for link in other if link.startswith("/admin/")] == []


def test_an_editor_is_offered_a_row_where_there_is_none(manager: Client) -> None:
    address = "/matrix?platform=2.7.0&at=web@3.0.2"

    offered = links(page(browser_of("ada", Role.ADMIN), address).find("matrix-detail"))

    adding = [link for link in offered if "compatibilityrow/add" in link]
    assert [link.split("?")[1].split("&")[0] for link in adding] == ["platform_version=2.7.0"]


@pytest.mark.parametrize(
    "question",
    [
        "known=rumoured",
        "newest=11",
        "newest=-1",
        "platform=two",
        "pair=inventory:web",
        "at=web",
        "at=web@3.0.1,web2@1.0.0,web3@1.0.0",
        "at=web@latest",
        "q=%00",
        f"q={'x' * 256}",
    ],
)
def test_an_address_that_was_meddled_with_is_refused(manager: Client, question: str) -> None:
    assert manager.get(f"/matrix?{question}").status_code == 422


def test_what_is_not_there_is_not_found(manager: Client) -> None:
    assert manager.get("/matrix?at=nobody@1.0.0").status_code == 404


def test_the_matrix_is_not_posted_to(manager: Client) -> None:
    assert manager.post("/matrix").status_code == 405


def test_a_release_on_its_way_gives_the_platform_version_that_is_looked_from(manager: Client) -> None:
    created()

    assert "weighed for platform 2.2.0" in page(manager, "/matrix").find("main").text
