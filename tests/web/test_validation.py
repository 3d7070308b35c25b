"""The panel of a release's validation, and its button with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from releases.actions.validations import carry_out_due_validation
from releases.domain.access import Role
from releases.models import ValidationRun, ValidationTarget
from tests.actions.validating import in_dev
from tests.factories import NEXT, created, finish, load_bookverse, person, promote
from tests.fakes.shop import fake_shop
from tests.live.html import parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.models import Release
    from tests.fakes.shop import Shop
    from tests.live.html import Element

PAGE = "/releases/2.2.0-alpha.1"
SCRIPTED = pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with fake_shop(NEXT) as running:
        load_bookverse(running.url)
        yield running


@pytest.fixture
def release(shop: Shop) -> Release:
    return in_dev()


@pytest.fixture
def maria(shop: Shop) -> Client:
    return browser_of("maria", Role.MANAGER)


def panel(client: Client) -> Element:
    return parse_html(client.get(PAGE).content.decode()).find("release-validation")


@SCRIPTED
def test_the_button_asks_for_every_scenario(release: Release, maria: Client, headers: dict[str, str]) -> None:
    answer = maria.post(f"{PAGE}/validate", {"stage": "DEV"}, headers=headers)

    assert (answer.status_code, answer.get("Location")) == ((200, None) if headers else (302, PAGE))
    assert len(ValidationRun.objects.get().scenarios) == 6


@SCRIPTED
def test_a_viewer_is_refused(release: Release, headers: dict[str, str]) -> None:
    answer = browser_of("vera", Role.VIEWER).post(f"{PAGE}/validate", {"stage": "DEV"}, headers=headers)

    assert answer.status_code == 403
    assert ValidationRun.objects.count() == 0


@SCRIPTED
def test_a_stale_page_is_refused(release: Release, maria: Client, headers: dict[str, str]) -> None:
    answer = maria.post(f"{PAGE}/validate", {"stage": "DEV", "lock_version": "0"}, headers=headers)

    assert answer.status_code == 409


def test_a_stage_that_was_meddled_with_is_not_found(release: Release, maria: Client) -> None:
    assert maria.post(f"{PAGE}/validate", {"stage": "M\x00OON" * 20}).status_code == 404


def test_a_link_does_not_validate(release: Release, maria: Client) -> None:
    assert maria.get(f"{PAGE}/validate").status_code == 405


def test_a_form_of_another_site_does_not_validate(release: Release) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="maria"))

    assert client.post(f"{PAGE}/validate", {"stage": "DEV"}).status_code == 403


def test_before_the_first_stage_the_panel_says_what_will_appear(shop: Shop, maria: Client) -> None:
    created()

    found = panel(maria).text

    assert "2.2.0-alpha.1 is in no stage yet: promote it first." in found
    assert "Once the release runs in a stage it can be validated there" in found


def test_without_a_target_the_panel_says_where_to_configure_one(shop: Shop, maria: Client) -> None:
    finish(promote(created()))

    found = panel(maria).text

    assert found.startswith("Validation of DEV Not configured")
    assert "DEV has no validation target, so nothing of it is validated and nothing counts as passed." in found
    assert "add one for DEV" not in found


def test_an_administrator_gets_the_link_to_add_a_target(shop: Shop) -> None:
    finish(promote(created()))
    person("anna", Role.ADMIN)

    link = panel(browser_of("anna", Role.ADMIN)).first("a")

    assert (link.text, link.attributes["href"]) == ("add one for DEV", "/admin/releases/validationtarget/add/")


def test_with_a_target_and_no_run_the_panel_waits(release: Release, maria: Client) -> None:
    assert "Nothing was validated in DEV yet." in panel(maria).text


def test_a_run_on_its_way_shows_what_is_awaited(release: Release, maria: Client) -> None:
    maria.post(f"{PAGE}/validate", {"stage": "DEV"})

    found = panel(maria).text

    assert "The scenarios are carried out one after the other." in found
    assert found.count("Pending") == 6


def test_a_failed_step_is_named_with_what_was_expected_and_found(release: Release, shop: Shop, maria: Client) -> None:
    shop.answers["POST /api/v1/orders"] = lambda: (500, {"detail": "<b>out of ink</b>"})
    maria.post(f"{PAGE}/validate", {"stage": "DEV"})
    carry_out_due_validation()

    found = panel(maria)

    assert "expected 2xx , found 500" in found.text
    assert "<b>out of ink</b>" in found.text
    assert "Read the order Not reached. The step before it did not pass." in found.text


def test_an_earlier_stage_stays_to_be_looked_at(release: Release, maria: Client) -> None:
    maria.post(f"{PAGE}/validate", {"stage": "DEV"})
    carry_out_due_validation()
    release.refresh_from_db()
    finish(promote(release, "QA"))

    found = panel(maria)

    assert found.text.startswith("Validation of QA Not configured")
    assert found.first("details").attributes["id"] == "validated-DEV"


def test_the_panel_takes_as_many_queries_with_results_as_without(release: Release, maria: Client) -> None:
    before = queries_of(maria)
    for _ in range(3):
        release.refresh_from_db()
        maria.post(f"{PAGE}/validate", {"stage": "DEV"})
        carry_out_due_validation()

    assert queries_of(maria) == before


def queries_of(client: Client) -> int:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        client.get(PAGE)
    return len(queries)


def test_a_target_is_validated_when_it_is_saved(shop: Shop) -> None:
    person("anna", Role.ADMIN)
    anna = browser_of("anna", Role.ADMIN)
    form = {
        "stage": "1",
        "addresses": '{"web": "ftp://web"}',
        "paths": '{"moon": "/"}',
        "fields": "{}",
        "protected": "checkout orders",
        "required": ["journey"],
        "requests": "500",
        "slower_percent": "50",
        "slack_ms": "25",
    }

    answer = anna.post("/admin/releases/validationtarget/add/", form)

    errors = answer.context["adminform"].form.errors
    assert [name for name in ("paths", "requests") if name in errors] == ["paths", "requests"]
    assert ValidationTarget.objects.count() == 0
