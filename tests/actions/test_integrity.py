"""The integrity of what a stage runs, asked of a shop and an AppTrust on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.validations import carry_out_due_validation
from releases.domain.validation import Scenario
from releases.models import Release, Service, ValidationTarget
from tests.actions.validating import APPTRUST_TOKEN, CONTENT, in_dev, recorded, scenario, target, validate, view
from tests.factories import LIVE, NEXT, created, finish, person, promote, register

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

    from releases.queries.validation_views import ScenarioView
    from tests.fakes.shop import Shop


@pytest.fixture(autouse=True)
def apptrust(shop: Shop, httpserver: HTTPServer, settings: Settings) -> HTTPServer:
    """It has the release as its manifest is."""
    recorded(httpserver, settings, NEXT)
    return httpserver


def integrity(release: Release) -> ScenarioView:
    return scenario(validate(release, Scenario.INTEGRITY), Scenario.INTEGRITY)


def broken(found: ScenarioView) -> list[tuple[str, str, str]]:
    return [
        (step.name, step.expected, step.observed)
        for step in found.steps
        if step.outcome not in {"passed", "not_reached"}
    ]


def test_what_runs_and_what_apptrust_has_is_what_the_manifest_holds() -> None:
    found = integrity(in_dev())

    # The manifest, each service on both sides, AppTrust's record and that it holds nothing else.
    assert (found.outcome, found.message, len(found.steps)) == ("passed", "13 steps passed.", 13)


def test_a_deployment_past_the_board_is_seen(shop: Shop) -> None:
    release = in_dev()
    shop.versions["web"] = "3.9.0"

    found = integrity(release)

    assert (found.outcome, broken(found)) == ("failed", [("web: running", NEXT["web"], "3.9.0")])


def test_a_record_of_other_versions_is_seen(apptrust: HTTPServer, settings: Settings) -> None:
    release = in_dev()
    apptrust.clear_all_handlers()
    recorded(apptrust, settings, {**NEXT, "web": "3.9.0"})

    found = integrity(release)

    assert (found.outcome, broken(found)) == ("failed", [("web: AppTrust", NEXT["web"], "3.9.0")])


def test_a_service_that_nobody_answers_for_is_an_error() -> None:
    release = in_dev()
    Service.objects.filter(slug="web").update(base_url="http://127.0.0.1:9")

    found = integrity(release)

    assert (found.outcome, [name for name, _, _ in broken(found)]) == ("error", ["web: running"])


def test_an_apptrust_that_nobody_answers_for_is_an_error(settings: Settings) -> None:
    release = in_dev()
    settings.JFROG_URL = "http://127.0.0.1:9"

    found = integrity(release)

    assert (found.outcome, [name for name, _, _ in broken(found)]) == ("error", ["AppTrust's record"])


@pytest.mark.parametrize("name", ["JFROG_URL", "JFROG_ACCESS_TOKEN", "PLATFORM_APPLICATION_KEY"])
def test_without_apptrust_it_is_not_configured(name: str, settings: Settings) -> None:
    release = in_dev()
    setattr(settings, name, "")

    found = integrity(release)

    assert (found.outcome, found.message) == (
        "not_configured",
        f"AppTrust's record: AppTrust is not asked: set {name}.",
    )


def test_a_release_that_apptrust_was_not_told_of_is_not_configured(settings: Settings) -> None:
    settings.PLATFORM_APPLICATION_KEY = ""
    release = in_dev()
    settings.PLATFORM_APPLICATION_KEY = "bookverse-platform"

    assert integrity(release).message == (
        "AppTrust's record: AppTrust was never told of 2.2.0-alpha.1, so it has no record to compare."
    )


def test_a_stage_that_requires_it_passes_only_with_it(shop: Shop) -> None:
    release = in_dev()
    ValidationTarget.objects.update(required=["integrity"])
    sound = validate(release).state
    shop.versions["web"] = "3.9.0"

    assert (sound, validate(release).state) == ("passed", "failed")


def test_a_promotion_and_a_rollback_are_compared_by_themselves(shop: Shop) -> None:
    """The set that was live before the board was has no record in AppTrust, so that side is not known."""
    target(run_after_promotion=True)
    release = created()
    finish(promote(release))
    carry_out_due_validation()
    release.refresh_from_db()
    request = RollbackRequest(version=release.version, reason="orders fail")
    rollback = Release.objects.get(version=roll_back(actor=person(), request=request))
    finish(rollback.promotions.get())
    shop.versions = dict(LIVE)
    carry_out_due_validation()

    assert scenario(view(release), Scenario.INTEGRITY).outcome == "passed"
    after = scenario(view(rollback), Scenario.INTEGRITY)
    assert [(step.name, step.outcome) for step in after.steps][:7] == [
        ("Manifest", "passed"),
        *((f"{service}: running", "passed") for service in sorted(LIVE)),
        ("AppTrust's record", "not_configured"),
    ]


def test_a_rollback_is_compared_with_the_record_of_what_it_went_back_to(shop: Shop) -> None:
    first = in_dev()
    register({"checkout": ["1.5.4"]})
    second = created()
    finish(promote(second))
    second.refresh_from_db()
    request = RollbackRequest(version=second.version, reason="orders fail")
    rollback = Release.objects.get(version=roll_back(actor=person(), request=request))
    finish(rollback.promotions.get())
    rollback.refresh_from_db()

    found = integrity(rollback)

    record = next(step for step in found.steps if step.name == "AppTrust's record")
    assert (found.outcome, record.message) == ("passed", f"AppTrust has bookverse-platform {first.version}.")


def test_apptrusts_token_goes_to_apptrust_only(apptrust: HTTPServer, shop: Shop, settings: Settings) -> None:
    settings.VALIDATION_TOKEN = "secret-of-the-shop"
    release = in_dev()
    shop.calls.clear()
    apptrust.clear_log()

    integrity(release)

    assert {call.authorization for call in shop.calls} == {"Bearer secret-of-the-shop"}
    assert [(asked.path, asked.headers["Authorization"]) for asked, _ in apptrust.log] == [
        (CONTENT, f"Bearer {APPTRUST_TOKEN}")
    ]
