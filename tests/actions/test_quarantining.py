"""What is taken back goes to quarantine: here at once, in AppTrust as soon as it hears, and nobody brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bookverse.demo.addresses import DEMO_TOKEN
from releases.actions.collections import collect_due_versions, request_collection
from releases.actions.quarantining import tell_registry
from releases.actions.recovery import answer_failures
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.clients.quarantines import Taken, TakenBack, tell_taken_back
from releases.domain.access import SYSTEM
from releases.domain.errors import Conflict, VerdictRefused
from releases.models import Deployment, JournalEntry, Quarantine, Release, Service, ServiceVersion
from releases.queries.clock import database_now
from tests.demo.running import running_demo
from tests.factories import LIVE, NEXT, STAGES, bring, created, finish, load_bookverse, person, promote, promoting, tell
from tests.flows.racing import unsound_journals
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)
INVENTORY = "/apptrust/api/v1/applications/bookverse-inventory/versions/1.4.0"


@pytest.fixture
def apptrust(tmp_path: Path, settings: Settings) -> Iterator[httpx2.Client]:
    """The simulated AppTrust, which the board talks to."""
    with running_demo(tmp_path, "apptrust") as running, running.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        settings.JFROG_URL, settings.JFROG_ACCESS_TOKEN = str(client.base_url).rstrip("/"), DEMO_TOKEN
        yield client


def released(*stages: str) -> Release:
    load_bookverse()
    release = created()
    bring(release, *stages)
    return release


def start(release: Release, **request: object) -> Release:
    wanted = RollbackRequest(version=release.version, reason="orders fail", **request)  # type: ignore[arg-type]
    return Release.objects.get(version=roll_back(actor=person(), request=wanted))


def taken_back(*stages: str) -> Release:
    """Return a rollback that is through."""
    rollback = start(released(*(stages or STAGES)))
    finish(rollback.promotions.get())
    rollback.refresh_from_db()
    return rollback


def standing(apptrust: httpx2.Client, version: str = "1.4.0") -> tuple[str, str]:
    """Return where AppTrust has a version of inventory, and under which tag."""
    path = f"/apptrust/api/v1/applications/bookverse-inventory/versions/{version}/content"
    found = apptrust.get(path).json()
    return found["current_stage"], found["tag"]


def rollbacks_of(apptrust: httpx2.Client) -> int:
    log = apptrust.get("/apptrust/api/v1/activity/log?application_key=bookverse-inventory").json()
    return [entry["event_type"] for entry in log].count("version_rollback")


def tag(service: str = "inventory", version: str = "1.4.0") -> str:
    return ServiceVersion.objects.values_list("tag", flat=True).get(service__slug=service, version=version)


def told(release: Release) -> list[tuple[str, str]]:
    """Return what the journal says of quarantines and of the registry."""
    lines = JournalEntry.objects.filter(release=release, kind__regex="^(registry|version)[.]").order_by("sequence")
    return list(lines.values_list("kind", "service"))


def again() -> None:
    """Let the time of the next try come."""
    Quarantine.objects.update(next_try_at=database_now())
    tell_registry()


def collect() -> None:
    request_collection(actor=SYSTEM)
    collect_due_versions()


def test_a_version_goes_to_quarantine_when_its_service_is_back() -> None:
    rollback = start(released())
    before = (tag("helm", "1.1.1"), told(rollback))
    tell(rollback.promotions.get(), "helm", "succeeded")

    assert before == ("", [])
    assert (tag("helm", "1.1.1"), tag(), told(rollback)) == ("quarantine", "", [("version.quarantined", "helm")])


def test_apptrust_takes_back_what_it_has_in_that_stage_and_tags_it(apptrust: httpx2.Client) -> None:
    rollback = taken_back()
    told_of = tell_registry()
    known = Quarantine.objects.get(service__slug="inventory")

    assert (told_of, standing(apptrust), rollbacks_of(apptrust)) == (5, ("STAGING", "quarantine"), 1)
    assert (known.told_at is not None, known.registry_stage, known.problem) == (True, "STAGING", "")
    assert told(rollback)[5:]
    assert {kind for kind, _ in told(rollback)[5:]} == {"registry.told"}
    assert (tell_registry(), unsound_journals()) == (0, {})


def test_a_stage_in_which_apptrust_does_not_have_it_is_left_alone(apptrust: httpx2.Client) -> None:
    taken_back("DEV")
    tell_registry()

    assert (standing(apptrust), rollbacks_of(apptrust)) == (("PROD", "quarantine"), 0)


def test_whoever_dies_before_writing_it_down_takes_nothing_back_twice(apptrust: httpx2.Client) -> None:
    taken_back()
    lost: list[TakenBack] = []
    taken = Taken(
        quarantine_id=0, application_key="bookverse-inventory", version="1.4.0", stage="PROD", tag="quarantine"
    )
    tell_taken_back([taken], lambda _taken, answer: lost.append(answer))
    tell_registry()

    assert (lost, rollbacks_of(apptrust)) == ([TakenBack(stage="STAGING")], 1)
    assert Quarantine.objects.get(service__slug="inventory").told_at is not None


def test_several_processes_tell_it_once(apptrust: httpx2.Client) -> None:
    rollback = taken_back()
    at_once(*[tell_registry] * 4)

    assert (rollbacks_of(apptrust), [kind for kind, _ in told(rollback)].count("registry.told")) == (1, 5)


def test_an_apptrust_that_does_not_answer_is_told_again_and_the_journal_says_so_once(
    httpserver: HTTPServer, settings: Settings
) -> None:
    httpserver.expect_request(f"{INVENTORY}/content").respond_with_json(
        {"errors": [{"status": 503, "message": "maintenance"}]}, status=503, headers={"Retry-After": "60"}
    )
    settings.JFROG_URL = httpserver.url_for("").rstrip("/")
    rollback = taken_back()
    Quarantine.objects.exclude(service__slug="inventory").delete()
    at = database_now()
    tell_registry()
    again()
    waiting = Quarantine.objects.get()

    assert waiting.problem == f"AppTrust GET {INVENTORY}/content: 503: maintenance"
    assert (waiting.told_at, waiting.tries, (waiting.next_try_at - at).total_seconds() > 50) == (None, 2, True)
    assert told(rollback)[5:] == [("registry.unreached", "inventory")]
    assert tag() == "quarantine"


def test_it_hears_of_it_once_it_is_back(apptrust: httpx2.Client, settings: Settings) -> None:
    taken_back()
    there, settings.JFROG_URL = settings.JFROG_URL, "http://127.0.0.1:1"
    tell_registry()
    away = Quarantine.objects.get(service__slug="inventory").problem
    settings.JFROG_URL = there
    again()

    assert (away != "", standing(apptrust)) == (True, ("STAGING", "quarantine"))
    assert Quarantine.objects.get(service__slug="inventory").problem == ""


def test_a_version_that_apptrust_does_not_know_stays_in_quarantine_here(apptrust: httpx2.Client) -> None:
    taken_back()
    Service.objects.filter(slug="inventory").update(application_key="bookverse-nothing")
    tell_registry()
    known = Quarantine.objects.get(service__slug="inventory")
    entry = JournalEntry.objects.get(kind="registry.told", service="inventory")

    assert (known.told_at is not None, entry.payload["is_known"], tag()) == (True, False, "quarantine")
    assert known.problem == "AppTrust does not know this version."


def test_without_a_registry_it_waits_for_one(settings: Settings) -> None:
    settings.JFROG_URL = ""
    taken_back()

    assert (tell_registry(), Quarantine.objects.filter(told_at=None).count()) == (0, 5)


def test_a_list_from_before_brings_nothing_back(apptrust: httpx2.Client) -> None:
    taken_back()
    collect()

    assert (tag(), Quarantine.objects.filter(lifted_at=None).count()) == ("quarantine", 5)


def test_who_empties_the_tag_in_apptrust_lifts_it(apptrust: httpx2.Client) -> None:
    taken_back()
    tell_registry()
    apptrust.patch(INVENTORY, json={"tag": ""})
    collect()

    assert (tag(), Quarantine.objects.get(service__slug="inventory").lifted_at is not None) == ("", True)


def test_another_tag_is_no_way_out(apptrust: httpx2.Client) -> None:
    taken_back()
    tell_registry()
    apptrust.patch(INVENTORY, json={"tag": "latest"})
    collect()
    kept = tag()
    again()

    assert (kept, standing(apptrust)) == ("quarantine", ("STAGING", "quarantine"))


def test_what_is_in_quarantine_is_neither_planned_nor_promoted() -> None:
    load_bookverse()
    release = created()
    other = created(helm=LIVE["helm"])
    bring(release, "DEV")
    finish(start(release).promotions.get())
    with pytest.raises(Conflict) as refusal:
        promote(other)
    planned = created(helm="1.1.0", web="3.0.1", checkout="1.5.2", recommendations="2.1.0")

    assert str(refusal.value) == (
        "In quarantine by now: checkout 1.5.3, inventory 1.4.0, recommendations 2.2.0, web 3.0.2. "
        "Plan a release without them."
    )
    assert planned.manifest["inventory"] == "1.3.0"


def test_what_runs_in_a_later_stage_is_spared() -> None:
    load_bookverse()
    release = created()
    bring(release, "DEV")
    Deployment.objects.filter(stage__name="PROD", service__slug="web").update(version=NEXT["web"])
    rollback = start(release)
    moves = {move["service"]: move["spared"] for move in rollback.plan["changes"]}

    assert moves == dict.fromkeys(NEXT, "") | {"web": "It runs in PROD."}
    assert rollback.plan["quarantine"] == ["checkout", "helm", "inventory", "recommendations"]


def test_who_does_not_want_it_takes_back_without_quarantine() -> None:
    rollback = start(released("DEV"), quarantine=False)
    finish(rollback.promotions.get())

    assert (Quarantine.objects.count(), tag()) == (0, "")


def test_an_undone_promotion_blames_nobody() -> None:
    promotion = promoting("DEV", on_failure="roll_back")
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed")
    tell(promotion, "recommendations", "succeeded")
    answer_failures()
    finish(Release.objects.get(kind="rollback").promotions.get())

    assert Quarantine.objects.count() == 0


def test_nobody_goes_back_to_what_is_in_quarantine() -> None:
    release = released("DEV")
    ServiceVersion.objects.filter(service__slug="web", version=LIVE["web"]).update(tag="quarantine")
    with pytest.raises(VerdictRefused) as refusal:
        start(release)

    assert str(refusal.value) == "2.1.0 had what is in quarantine by now: web 3.0.1."
