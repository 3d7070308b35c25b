"""What the release's page shows of a comparison with the manifest, for each way that it can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.domain.validation import Scenario
from releases.models import Service
from tests.actions.validating import ask, in_dev, recorded, validate
from tests.factories import NEXT, load_bookverse, person
from tests.fakes.shop import fake_shop
from tests.live.html import parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.models import Release
    from tests.fakes.shop import Shop


@pytest.fixture
def shop(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> Iterator[Shop]:
    recorded(httpserver, settings, NEXT)
    with fake_shop(NEXT) as running:
        load_bookverse(running.url)
        yield running


@pytest.fixture
def release(shop: Shop) -> Release:
    return in_dev()


def shown(release: Release) -> str:
    """Return the words of the scenario on the page, for somebody who may only look."""
    person("vera", Role.VIEWER)
    page = browser_of("vera", Role.VIEWER).get(f"/releases/{release.version}").content.decode()
    return parse_html(page).find("scenario-DEV-integrity").text


def test_on_its_way_it_is_pending(release: Release) -> None:
    ask(release, Scenario.INTEGRITY)

    assert shown(release) == "Integrity Pending optional"


def test_what_matches_is_said_of_each_service_and_side(release: Release) -> None:
    validate(release, Scenario.INTEGRITY)

    found = shown(release)

    assert found.startswith("Integrity Passed optional 13 steps")
    assert found.count("Matches the manifest.") == 2 * len(NEXT)


def test_what_differs_says_what_was_found_and_what_to_do(release: Release, shop: Shop) -> None:
    shop.versions["web"] = "<b>3.9.0</b>"
    validate(release, Scenario.INTEGRITY)

    found = shown(release)

    assert found.startswith("Integrity Failed")
    assert (
        "web: running Failed. Differs: it was deployed past the board, or not replaced. Deploy 3.0.2 to DEV again, "
        "or bring <b>3.9.0</b> there with a release of its own. expected 3.0.2 , found <b>3.9.0</b>"
    ) in found


def test_what_cannot_be_reached_is_named_and_leaves_its_side_unreached(release: Release, settings: Settings) -> None:
    settings.JFROG_URL = "http://127.0.0.1:9"
    validate(release, Scenario.INTEGRITY)

    found = shown(release)

    assert "AppTrust's record Broken. GET http://127.0.0.1:9/apptrust/" in found
    assert found.count("Not reached.") == len(NEXT) + 1


def test_without_an_address_it_is_not_configured(release: Release) -> None:
    Service.objects.filter(slug="web").update(base_url="")
    validate(release, Scenario.INTEGRITY)

    found = shown(release)

    assert found.startswith("Integrity Not configured")
    assert "web: running Not configured. No address is configured." in found
