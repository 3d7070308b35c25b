"""The diagnostics page: each finding with a way to mend it and a link, and a calm page where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.models import Constraint, Contract, Dependency, Service
from tests.live.html import parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

    from tests.live.html import Element


def area(client: Client, key: str) -> Element:
    answer = client.get("/diagnostics")
    assert answer.status_code == 200
    return parse_html(answer.content.decode()).find(key)


def links(part: Element) -> list[str]:
    return [each.attributes["href"] for each in part.descendants() if each.tag == "a"]


@pytest.fixture
def sound(manager: Client) -> Client:
    """Somebody who looks at a platform in which nothing is to be mended."""
    Contract.objects.all().delete()
    return manager


@pytest.fixture
def knotted(sound: Client) -> Client:
    slugs = ("inventory", "checkout")
    inventory, checkout = (Service.objects.get(slug=slug) for slug in slugs)
    Dependency.objects.create(consumer=inventory, provider=checkout)
    return sound


@pytest.mark.parametrize("role", list(Role))
def test_everybody_who_is_signed_in_may_look(sound: Client, role: Role) -> None:
    shown = area(browser_of("kim", role), "dependencies").text

    assert shown == (
        "Dependencies Healthy Checked: 9 dependencies between 5 services. There is no circle: everything can be "
        "deployed in 4 phases. Phases 1. inventory 2. checkout, recommendations 3. web 4. helm"
    )


def test_who_is_signed_out_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/diagnostics")["Location"] == "/login/?next=/diagnostics"


def test_the_page_is_not_posted_to(sound: Client) -> None:
    assert sound.post("/diagnostics").status_code == 405


def test_a_circle_is_shown_as_a_path_with_a_way_out(knotted: Client) -> None:
    shown = area(knotted, "dependencies")

    assert "inventory → checkout → inventory is a circle" in shown.text
    assert "Remove one of these dependencies." in shown.text
    assert "/services/inventory" in links(shown)


def test_only_those_who_may_edit_are_sent_to_the_admin(knotted: Client) -> None:
    edits = "/admin/releases/dependency/"

    editor, other = (links(area(client, "dependencies")) for client in (browser_of("ada", Role.ADMIN), knotted))

    assert (edits in editor, edits in other) == (True, False)


def test_a_conflict_names_the_rule_and_leads_to_the_plan(sound: Client) -> None:
    checkout, inventory = (Service.objects.get(slug=slug) for slug in ("checkout", "inventory"))
    rule = Constraint.objects.create(
        consumer=checkout, consumer_range="*", provider=inventory, provider_range=">=9.0.0"
    )

    shown = area(browser_of("ada", Role.ADMIN), "set")

    assert "“checkout * needs inventory >=9.0.0”" in shown.text
    assert {"/plans/new", f"/admin/releases/constraint/{rule.pk}/change/"} <= set(links(shown))
