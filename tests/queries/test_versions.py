from __future__ import annotations

import pytest

from releases.models import Service, ServiceVersion
from releases.queries.versions import version_choices, version_rows
from tests.factories import load_bookverse, register

pytestmark = pytest.mark.django_db

SHUFFLED = ["1.9.0", "2.0.0", "1.10.0-rc.9", "2024.05.0", "10.0.0", "1.10.0", "1.10.0-rc.10", "1.10.0-alpha", "9.9.9"]
NEWEST_FIRST = [
    "10.0.0",
    "9.9.9",
    "2.0.0",
    "1.10.0",
    "1.10.0-rc.10",
    "1.10.0-rc.9",
    "1.10.0-alpha",
    "1.9.0",
    "2024.05.0",
]


@pytest.fixture(autouse=True)
def registered() -> None:
    load_bookverse()
    ServiceVersion.objects.filter(service__slug="web").delete()
    register({"web": SHUFFLED})


def test_the_database_sorts_versions_by_precedence() -> None:
    rows = ServiceVersion.objects.filter(service__slug="web").order_by("-sort_key", "-version")
    assert [row.version for row in rows] == NEWEST_FIRST


def test_versions_are_read_newest_first_for_each_service() -> None:
    found = version_rows()
    assert [row.version for row in found["web"]] == NEWEST_FIRST
    assert [row.version for row in found["inventory"]] == ["1.4.0", "1.3.0", "1.2.3"]


def test_choices_are_sorted_whatever_order_the_rows_come_in() -> None:
    rows = Service.objects.get(slug="web").versions.order_by("version")
    assert [choice.version for choice in version_choices(rows)] == NEWEST_FIRST


def test_builds_of_one_precedence_have_an_order_too() -> None:
    register({"web": ["2.0.0+b", "2.0.0+a"]})
    rows = Service.objects.get(slug="web").versions.filter(version__startswith="2.0.0")
    assert [choice.version for choice in version_choices(rows)] == ["2.0.0+b", "2.0.0+a", "2.0.0"]
