"""AppTrust keeps its own record of a release: created with the first promotion, and in the stage that it is in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bookverse.demo.addresses import DEMO_TOKEN
from releases.actions.registry_records import tell_due_records
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.clients.registry_records import Standing, Wanted, tell_records
from releases.models import JournalEntry, RegistryRecord, Release
from releases.queries.clock import database_now
from tests.demo.running import running_demo
from tests.factories import NEXT, STAGES, bring, created, finish, load_bookverse, person, promote
from tests.flows.racing import unsound_journals
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)
PLATFORM = "/apptrust/api/v1/applications/bookverse-platform/versions"
VERSION = f"{PLATFORM}/2.2.0-alpha.1"


@pytest.fixture(autouse=True)
def platform(settings: Settings) -> None:
    settings.PLATFORM_APPLICATION_KEY = "bookverse-platform"


@pytest.fixture
def apptrust(tmp_path: Path, settings: Settings) -> Iterator[httpx2.Client]:
    """The simulated AppTrust, which the board talks to."""
    with running_demo(tmp_path, "apptrust") as running, running.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        settings.JFROG_URL, settings.JFROG_ACCESS_TOKEN = str(client.base_url).rstrip("/"), DEMO_TOKEN
        yield client


def release() -> Release:
    load_bookverse()
    return created()


def content(apptrust: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = apptrust.get(f"{VERSION}/content?include=sources").json()
    return found


def history(apptrust: httpx2.Client) -> list[str]:
    """Return what happened to the platform's versions in AppTrust, oldest first."""
    log = apptrust.get("/apptrust/api/v1/activity/log?application_key=bookverse-platform").json()
    return [entry["event_type"].removeprefix("version_") for entry in reversed(log)]


def told() -> list[tuple[str, str]]:
    """Return what the journals say of the record, with the stage or the reason."""
    lines = JournalEntry.objects.filter(kind__startswith="platform.").order_by("pk")
    return [(line.kind, line.payload.get("registry_stage", line.payload.get("reason", ""))) for line in lines]


def again() -> None:
    """Let the time of the next try come."""
    RegistryRecord.objects.update(next_try_at=database_now())
    tell_due_records()


def test_the_first_promotion_creates_the_version_of_exactly_the_set(apptrust: httpx2.Client) -> None:
    promote(release())
    tell_due_records()
    found = content(apptrust)

    assert {each["application_key"]: each["version"] for each in found["sources"]} == {
        f"bookverse-{service}": version for service, version in NEXT.items()
    }
    assert (found["status"], found["current_stage"]) == ("COMPLETED", "")
    assert told() == [("platform.recorded", "")]


def test_it_follows_the_release_through_every_stage(apptrust: httpx2.Client) -> None:
    moving, seen = release(), []
    for stage in STAGES:
        bring(moving, stage)
        tell_due_records()
        seen.append(content(apptrust)["current_stage"])

    assert (seen, content(apptrust)["release_status"]) == (list(STAGES), "RELEASED")
    assert history(apptrust) == ["creation", *["promotion"] * 4]
    assert not unsound_journals()


def test_one_that_was_not_told_in_between_goes_where_its_release_is(apptrust: httpx2.Client) -> None:
    bring(release(), "DEV", "QA")
    tell_due_records()

    assert (content(apptrust)["current_stage"], history(apptrust)) == ("QA", ["creation", "promotion"])


def test_what_is_taken_back_goes_back_there_too(apptrust: httpx2.Client) -> None:
    moving = release()
    for stage in STAGES:
        bring(moving, stage)
        tell_due_records()
    back = roll_back(actor=person(), request=RollbackRequest(version=moving.version, reason="orders fail"))
    finish(Release.objects.get(version=back).promotions.get())
    tell_due_records()

    assert (content(apptrust)["current_stage"], history(apptrust)[-1]) == ("STAGING", "rollback")
    assert RegistryRecord.objects.count() == 1


def test_whoever_dies_before_writing_it_down_creates_and_moves_nothing_twice(apptrust: httpx2.Client) -> None:
    bring(release(), "DEV")
    record = RegistryRecord.objects.get()
    applications = json.loads(record.release.stored_manifest.body)["applications"]
    wanted = Wanted(
        record_id=record.pk,
        application_key=record.application_key,
        version=record.version,
        applications={each["application_key"]: each["version"] for each in applications},
        stage="DEV",
        stages=STAGES,
    )
    lost: list[Standing] = []
    tell_records([wanted], lambda _wanted, standing: lost.append(standing))
    tell_due_records()

    assert lost == [Standing(stage="DEV", is_known=True)]
    assert (history(apptrust), told()) == (["creation", "promotion"], [("platform.recorded", "DEV")])


def test_several_processes_tell_it_once(apptrust: httpx2.Client) -> None:
    bring(release(), "DEV")
    at_once(*[tell_due_records] * 4)

    assert (history(apptrust), told()) == (["creation", "promotion"], [("platform.recorded", "DEV")])


@pytest.mark.parametrize("failure", ["status", "body"])
def test_a_gate_of_apptrust_that_says_no_is_told_once_and_tried_again(apptrust: httpx2.Client, failure: str) -> None:
    moving = release()
    promote(moving)
    tell_due_records()
    apptrust.put("/settings", json={"gate": "fail", "failure": failure, "policies": "signed-builds"})
    finish(moving.promotions.get())
    tell_due_records()
    refused = RegistryRecord.objects.get()
    again()
    apptrust.put("/settings", json={"gate": "pass"})
    again()

    assert (refused.told_at, refused.is_known, refused.registry_stage) == (None, True, "")
    assert "violat" in refused.problem or "policy violations" in refused.problem
    assert [kind for kind, _ in told()] == ["platform.recorded", "platform.unrecorded", "platform.recorded"]
    assert content(apptrust)["current_stage"] == "DEV"


def test_a_version_of_that_name_with_other_sources_is_left_alone_and_named(apptrust: httpx2.Client) -> None:
    other = [{"application_key": "bookverse-web", "version": "3.0.1"}]
    apptrust.post(f"{PLATFORM}?async=false", json={"version": "2.2.0-alpha.1", "sources": {"versions": other}})
    bring(release(), "DEV")
    tell_due_records()
    record = RegistryRecord.objects.get()

    assert record.problem.startswith("AppTrust has another version of this name: bookverse-checkout missing instead")
    assert "bookverse-web 3.0.1 instead of 3.0.2" in record.problem
    assert (record.told_at, history(apptrust)) == (None, ["creation"])


def test_an_apptrust_without_the_application_says_what_is_missing(apptrust: httpx2.Client, settings: Settings) -> None:
    settings.PLATFORM_APPLICATION_KEY = "bookverse-nothing"
    promote(release())
    tell_due_records()

    assert told() == [("platform.unrecorded", "AppTrust has no application bookverse-nothing; create it there.")]


def test_an_apptrust_that_is_away_is_told_when_it_is_back(httpserver: HTTPServer, settings: Settings) -> None:
    httpserver.expect_request(f"{VERSION}/content").respond_with_json(
        {"errors": [{"status": 503, "message": "maintenance"}]}, status=503, headers={"Retry-After": "60"}
    )
    settings.JFROG_URL = httpserver.url_for("").rstrip("/")
    promote(release())
    at = database_now()
    tell_due_records()
    waiting = RegistryRecord.objects.get()
    again()

    assert waiting.problem == f"AppTrust GET {VERSION}/content: 503: maintenance"
    assert (waiting.told_at, (waiting.next_try_at - at).total_seconds() > 50) == (None, True)
    assert [kind for kind, _ in told()] == ["platform.unrecorded"]


def test_without_the_setting_nothing_is_recorded(settings: Settings) -> None:
    settings.PLATFORM_APPLICATION_KEY = ""
    bring(release(), "DEV")

    assert (tell_due_records(), RegistryRecord.objects.count()) == (0, 0)
