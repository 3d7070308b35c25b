"""What the release's page and the API say of AppTrust's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import RegistryRecord
from releases.queries.clock import database_now
from tests.factories import created, promote

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def platform(settings: Settings) -> None:
    settings.PLATFORM_APPLICATION_KEY = "bookverse-platform"


def shown(browser: Client) -> str:
    return " ".join(browser.get("/releases/2.2.0-alpha.1").content.decode().split())


def answered(browser: Client) -> dict[str, object]:
    found: dict[str, object] = browser.get("/api/v1/releases/2.2.0-alpha.1").json()["registry_record"]
    return found


def test_a_release_that_was_never_promoted_has_none(manager: Client) -> None:
    created()
    assert "In AppTrust" not in shown(manager)
    assert answered(manager) is None


def test_one_that_apptrust_is_still_told_of_says_so(manager: Client) -> None:
    promote(created())
    assert "Being told" in shown(manager)
    assert answered(manager) == {
        "application_key": "bookverse-platform",
        "version": "2.2.0-alpha.1",
        "is_known": False,
        "wanted_stage": "",
        "registry_stage": "",
        "told_at": None,
        "problem": "",
    }


def test_one_that_is_not_as_it_should_be_says_what_stands_in_the_way(manager: Client) -> None:
    promote(created())
    RegistryRecord.objects.update(problem="AppTrust release: no signed builds", is_known=True, wanted_stage="DEV")
    page = shown(manager)
    assert "Not as it should be" in page
    assert "AppTrust release: no signed builds It should be in DEV. The board tries again by itself" in page


def test_one_that_is_where_it_should_be_says_where(manager: Client) -> None:
    promote(created())
    RegistryRecord.objects.update(told_at=database_now(), is_known=True, wanted_stage="DEV", registry_stage="DEV")
    page = shown(manager)
    assert "Recorded" in page
    assert '<span class="mono">bookverse-platform 2.2.0-alpha.1</span> <span class="muted">in DEV, since' in page
