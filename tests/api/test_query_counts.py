from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.models import Service, ServiceVersion
from tests.api.calling import create_candidate, finish_promotion, promote
from tests.api.platform import RELEASED

if TYPE_CHECKING:
    from tests.api.calling import Caller


def queries(viewer: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert viewer.get(path).status_code == 200
    return len(captured)


def test_three_releases_cost_no_more_queries_than_one(manager: Caller, viewer: Caller, candidate: str) -> None:
    alone = queries(viewer, "/releases")
    for _ in range(2):
        create_candidate(manager)
    assert queries(viewer, "/releases") == alone


def test_more_services_cost_no_more_queries(viewer: Caller) -> None:
    before = queries(viewer, "/services")
    for number in range(3):
        Service.objects.create(slug=f"extra-{number}", application_key=f"extra-{number}", dispatch_url="http://a.test")
    assert queries(viewer, "/services") == before


def test_more_versions_cost_no_more_queries(viewer: Caller) -> None:
    before = queries(viewer, "/services/inventory/versions")
    inventory = Service.objects.get(slug="inventory")
    for number in range(3):
        ServiceVersion.objects.create(service=inventory, version=f"0.1.{number}", **RELEASED)
    assert queries(viewer, "/services/inventory/versions") == before


@pytest.mark.parametrize("path", ["/releases/2.2.0-alpha.1/journal", "/releases/2.2.0-alpha.1/journal?limit=200"])
def test_a_longer_journal_costs_no_more_queries(manager: Caller, viewer: Caller, candidate: str, path: str) -> None:
    before = queries(viewer, path)
    promote(manager)
    finish_promotion()
    assert queries(viewer, path) == before


def test_a_session_of_two_slots_costs_no_more_queries_than_one_of_one(manager: Caller, candidate: str) -> None:
    first = promote(manager)["correlation_id"]
    finish_promotion()
    steps = manager.get(f"/releases/{candidate}").json()["steps"]
    second = next(step["correlation_id"] for step in steps if step["service"] == "checkout")
    assert queries(manager, f"/sessions/{second}") == queries(manager, f"/sessions/{first}")
