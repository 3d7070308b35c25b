"""A release that runs in DEV beside a shop on loopback, and what its validation found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.actions.validations import ValidationRequest, carry_out_due_validation, request_validation
from releases.models import Release, Service, Stage, ValidationTarget
from releases.queries.validations import latest_run
from tests.factories import created, finish, person, promote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.domain.validation import Scenario
    from releases.queries.validation_views import ScenarioView, ValidationView

APPTRUST_TOKEN = "token-of-apptrust"
CONTENT = "/apptrust/api/v1/applications/bookverse-platform/versions/2.2.0-alpha.1/content"


def target(stage: str = "DEV", **changes: object) -> ValidationTarget:
    shape = {
        "catalog": Service.objects.get(slug="inventory"),
        "orders": Service.objects.get(slug="checkout"),
        "protected": "checkout GET /api/v1/admin",
        "paths": {"cancel": "/api/v1/orders/{id}/cancel"},
        "requests": 3,
        **changes,
    }
    return ValidationTarget.objects.create(stage=Stage.objects.get(name=stage), **shape)


def recorded(server: HTTPServer, settings: Settings, versions: Mapping[str, str]) -> None:
    """Let AppTrust have 2.2.0-alpha.1 as these versions of the services; to be called before the first promotion."""
    settings.JFROG_URL, settings.JFROG_ACCESS_TOKEN = server.url_for("").rstrip("/"), APPTRUST_TOKEN
    settings.PLATFORM_APPLICATION_KEY = "bookverse-platform"
    sources = [
        {"type": "application_version", "application_key": f"bookverse-{service}", "version": version}
        for service, version in versions.items()
    ]
    server.expect_request(CONTENT, query_string={"include": "sources", "limit": "250"}).respond_with_json(
        {"application_key": "bookverse-platform", "version": "2.2.0-alpha.1", "sources": sources}
    )


def in_dev() -> Release:
    """It runs in DEV, which may be validated."""
    target()
    release = created()
    finish(promote(release))
    release.refresh_from_db()
    return release


def ask(release: Release, *scenarios: Scenario, stage: str = "", key: str = "", **more: int) -> int:
    request = ValidationRequest(version=release.version, stage=stage, scenarios=scenarios, **more)
    return request_validation(actor=person(), request=request, key=key).run_id


def validate(release: Release, *scenarios: Scenario, stage: str = "DEV") -> ValidationView:
    ask(release, *scenarios, stage=stage)
    carry_out_due_validation()
    return view(release, stage)


def view(release: Release, stage: str = "DEV") -> ValidationView:
    return latest_run(release, Stage.objects.get(name=stage))


def outcomes(found: ValidationView) -> dict[str, str]:
    return {each.scenario: each.outcome for each in found.scenarios}


def scenario(found: ValidationView, name: Scenario) -> ScenarioView:
    return next(each for each in found.scenarios if each.scenario == name)
