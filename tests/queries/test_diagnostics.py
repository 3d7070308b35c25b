"""The diagnostics: what is checked, and what is found where."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.models import Constraint, Contract, Dependency, Deployment, Service, ServiceVersion
from releases.queries.diagnostics import DiagnosticsPage, diagnostics_page
from tests.factories import load_bookverse, register

pytestmark = pytest.mark.django_db


def service(slug: str) -> Service:
    return Service.objects.get(slug=slug)


def found(page: DiagnosticsPage) -> dict[str, list[str]]:
    """Areas with findings, and the services that these are about."""
    return {area.key: [finding.service for finding in area.findings] for area in page.areas if area.findings}


def sound() -> None:
    """Load a platform in which nothing is to be mended."""
    load_bookverse()
    Contract.objects.all().delete()


def test_a_platform_in_order_says_what_was_checked() -> None:
    sound()

    page = diagnostics_page()

    assert (page.worst, page.count, found(page)) == ("healthy", 0, {})
    assert [(area.title, area.checked) for area in page.areas] == [
        ("Dependencies", "9 dependencies between 5 services"),
        ("Registered versions", "11 versions of 5 services"),
        (
            "The newest eligible set",
            "checkout 1.5.3, helm 1.1.1, inventory 1.4.0, recommendations 2.2.0, web 3.0.2",
        ),
        ("What runs now", "DEV, QA, STAGING, PROD"),
        ("Rules", "10 compatibility rules, 10 rows, 0 denials, 0 contracts"),
        ("Contracts and their documents", "0 contracts with 0 services"),
    ]


def test_a_circle_leaves_no_phases_and_names_everybody_in_it_or_behind_it() -> None:
    sound()
    Dependency.objects.create(consumer=service("inventory"), provider=service("checkout"))

    page = diagnostics_page()

    assert (page.phases, page.worst) == ((), "ERROR")
    assert found(page)["dependencies"] == ["inventory", "helm", "recommendations", "web"]


def test_a_service_without_versions_and_a_string_that_is_none_are_found() -> None:
    sound()
    ServiceVersion.objects.filter(service=service("helm")).delete()
    register({"web": ["2024.05.0"]})

    assert found(diagnostics_page())["versions"] == ["helm", "web"]


def test_rules_that_no_set_keeps_are_found_with_the_conflict() -> None:
    sound()
    rule = Constraint.objects.create(
        consumer=service("checkout"), consumer_range="*", provider=service("inventory"), provider_range=">=9.0.0"
    )

    areas = {area.key: area for area in diagnostics_page().areas}

    assert (areas["set"].worst, areas["set"].findings[0].evidence) == ("ERROR", f"constraint:{rule.pk}")


def test_what_runs_and_does_not_fit_is_found_where_it_runs() -> None:
    sound()
    Deployment.objects.filter(stage__name="QA", service=service("recommendations")).update(version="2.2.0")

    [finding] = next(area.findings for area in diagnostics_page().areas if area.key == "stages")

    assert finding.text == (
        "QA runs this now. recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.2.3 is chosen."
    )


def test_a_contract_with_a_service_that_gave_no_document_is_found_for_what_runs_and_what_would_be_chosen() -> None:
    sound()
    Contract.objects.create(
        consumer=service("checkout"), provider=service("inventory"), method="GET", path="/api/v1/books"
    )

    [area] = [area for area in diagnostics_page().areas if area.key == "documents"]

    assert [finding.text.split(" has ")[0] for finding in area.findings] == ["inventory 1.2.3", "inventory 1.4.0"]


def test_contradicting_rules_are_found() -> None:
    sound()
    for provider_range in ("^1.0.0", "^2.0.0"):
        Constraint.objects.create(
            consumer=service("web"), consumer_range="^9.0.0", provider=service("helm"), provider_range=provider_range
        )

    assert "rules" in found(diagnostics_page())


def test_a_board_that_knows_nothing_has_nothing_to_check() -> None:
    page = diagnostics_page()

    assert (page.has_services, page.count) == (False, 0)


def test_the_number_of_queries_does_not_grow() -> None:
    sound()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            diagnostics_page()
        return len(captured)

    before = queries()
    for number in range(10):
        slug = f"more-{number}"
        more = Service.objects.create(slug=slug, name=slug, application_key=slug, dispatch_url="http://127.0.0.1:9")
        Dependency.objects.create(consumer=more, provider=service("inventory"))
        register({slug: ["1.0.0", "1.1.0"]})

    assert queries() == before
