"""The plan page for services that are released by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import Release
from tests import factories
from tests.factories import new_release

if TYPE_CHECKING:
    from django.test import Client

ADDRESS = "/plans/new?kind=independent"


def fields(**versions: str) -> dict[str, str]:
    new = new_release(kind="independent", **versions)
    chosen = {f"version-{service}": version for service, version in (factories.LIVE | versions).items()}
    return {"kind": "independent", "digest": new.accept_digest, **chosen}


def test_the_page_offers_the_kinds_and_marks_the_one_that_is_shown(manager: Client) -> None:
    page = manager.get(ADDRESS).content.decode()

    assert '<a href="/plans/new?kind=independent" aria-current="true">Independent</a>' in page
    assert '<a href="/plans/new">Synchronized</a>' in page


def test_every_service_stays_live_until_one_is_chosen(manager: Client) -> None:
    view = manager.get(ADDRESS).context["view"]

    assert {choice.service: choice.chosen for choice in view.services} == factories.LIVE
    assert (view.create.allowed, view.now) == (False, None)


def test_the_plan_names_whom_to_verify_again(manager: Client) -> None:
    page = manager.get(f"{ADDRESS}&version-checkout=1.5.3").content.decode()

    assert 'id="plan-reverify"' in page
    assert "Create release" in page


def test_the_address_of_a_preview_leads_back_to_it(manager: Client) -> None:
    answer = manager.post("/plans/preview", fields(checkout="1.5.3"), headers={"HX-Request": "true"})

    assert answer["HX-Replace-Url"] == f"{ADDRESS}&version-checkout=1.5.3"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_release_is_created_with_and_without_script(manager: Client, headers: dict[str, str]) -> None:
    answer = manager.post("/releases/create", fields(checkout="1.5.3"), headers=headers)

    assert answer.headers.get("HX-Redirect", answer.headers.get("Location")) == "/releases/2.1.1-alpha.1"
    assert Release.objects.get().manifest == factories.LIVE | {"checkout": "1.5.3"}


def test_a_kind_that_nobody_knows_is_refused(manager: Client) -> None:
    assert manager.get("/plans/new?kind=surprise").status_code == 422
