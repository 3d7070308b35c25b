"""Checking the platform's health: by what was observed, once for all processes, told when it changes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F
from werkzeug import Response

from releases import conf
from releases.actions.deliveries import send_due_deliveries
from releases.actions.health import KEEP, keep_health, request_check
from releases.actions.probing import probe_due_round, request_probing
from releases.actions.redelivering import redeliver
from releases.clients.vault import seal
from releases.domain.access import SYSTEM, Role
from releases.domain.errors import PermissionRefused
from releases.models import Channel, Collection, Delivery, Deployment, HealthReport, ProbeResult, Pulse, Subscription
from releases.queries.clock import database_now
from tests.factories import LIVE, load_bookverse, person
from tests.threads import at_once

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

WELL = {
    "service_health": "HEALTHY",
    "inter_service_connectivity": "HEALTHY",
    "database_connectivity": "HEALTHY",
    "external_dependencies": "HEALTHY",
    "performance": "HEALTHY",
}


@pytest.fixture
def services(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> HTTPServer:
    """All services run in every stage, and AppTrust was read; each service answers as the test says."""
    load_bookverse(httpserver.url_for("").rstrip("/"))
    settings.JFROG_URL = "http://127.0.0.1:9"
    settings.REDIS_URL = ""
    now = database_now()
    Collection.objects.create(requested_by="board", requested_at=now, finished_at=now, versions=11)
    return httpserver


def answer(server: HTTPServer, **statuses: int) -> None:
    server.clear()
    for service in LIVE:
        for path in ("/health", "/health/ready", "/health/live"):
            reply = Response(status=statuses.get(service, 200))
            server.expect_request(f"/{service}{path}", method="GET").respond_with_response(reply)


def probe() -> None:
    request_probing(actor=SYSTEM)
    probe_due_round()


def look() -> HealthReport:
    Pulse.objects.filter(name="health").update(at=F("at") - timedelta(hours=1))
    keep_health()
    return HealthReport.objects.latest("pk")


def statuses(row: HealthReport) -> dict[str, str]:
    return {each["check"]: each["status"] for each in row.checks}


def texts(row: HealthReport, check: str) -> list[str]:
    return [each["text"] for part in row.checks if part["check"] == check for each in part["findings"]]


def unhealthy(server: HTTPServer) -> HealthReport:
    answer(server, inventory=503)
    probe()
    return look()


def healthy(server: HTTPServer) -> HealthReport:
    answer(server)
    probe()
    return look()


def test_a_platform_whose_services_answer_is_healthy(services: HTTPServer) -> None:
    row = healthy(services)

    assert (row.status, row.stage, row.platform_version, row.services) == ("HEALTHY", "PROD", "2.1.0", LIVE)
    assert statuses(row) == WELL


def test_a_platform_that_nobody_probed_is_not_known_to_be_healthy(services: HTTPServer) -> None:
    row = look()

    assert row.status == "UNKNOWN"
    assert statuses(row)["service_health"] == "UNKNOWN"


def test_a_failed_probe_makes_the_service_and_what_calls_it_unhealthy(services: HTTPServer) -> None:
    row = unhealthy(services)

    assert row.status == "UNHEALTHY"
    assert "inventory: health check failed: HTTP 503." in texts(row, "service_health")
    assert "checkout calls inventory, which does not answer as it should." in texts(row, "inter_service_connectivity")


def test_what_only_other_stages_say_does_not_count(services: HTTPServer) -> None:
    answer(services)
    probe()
    ProbeResult.objects.filter(stage__name="DEV").update(outcome="failed")

    assert look().status == "HEALTHY"


def test_an_answer_of_another_version_says_nothing(services: HTTPServer) -> None:
    answer(services)
    probe()
    Deployment.objects.filter(stage__name="PROD", service__slug="web").update(version="3.0.2")

    assert texts(look(), "service_health")[-1] == "web: health check was not asked since this version runs."


def test_a_dependency_that_does_not_run_is_a_fault(services: HTTPServer) -> None:
    Deployment.objects.filter(stage__name="PROD", service__slug="inventory").delete()
    row = healthy(services)

    assert "checkout needs inventory, which does not run." in texts(row, "inter_service_connectivity")


def test_versions_that_do_not_fit_are_a_fault_though_all_answer(services: HTTPServer) -> None:
    Deployment.objects.filter(service__slug="recommendations").update(version="2.2.0")
    row = healthy(services)

    [misfit] = [text for text in texts(row, "inter_service_connectivity") if "inventory" in text and "2.2.0" in text]
    assert statuses(row)["inter_service_connectivity"] == "UNHEALTHY"
    assert ">=1.4.0" in misfit


def test_a_registry_that_could_not_be_read_degrades(services: HTTPServer) -> None:
    Collection.objects.update(error="HTTP 500")
    row = healthy(services)

    assert texts(row, "external_dependencies") == ["AppTrust could not be read: HTTP 500."]
    assert row.status == "DEGRADED"


def test_a_redis_that_does_not_answer_degrades(services: HTTPServer, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    row = healthy(services)

    assert texts(row, "external_dependencies")[-1] == (
        "Redis does not answer (ConnectionError); live pages look every two seconds meanwhile."
    )
    assert row.status == "DEGRADED"


def test_services_that_answer_slowly_degrade(services: HTTPServer, settings: Settings) -> None:
    answer(services)
    probe()
    ProbeResult.objects.filter(service__slug="web").update(took_ms=1_500)
    row = look()

    assert (row.status, statuses(row)["performance"]) == ("DEGRADED", "DEGRADED")
    assert "web: 95 % of 3 answers within 1500 ms, more than 1000 ms." in texts(row, "performance")


def test_looks_that_find_the_same_are_one_line_of_the_history(services: HTTPServer) -> None:
    first, second = healthy(services), look()

    assert (HealthReport.objects.count(), second.pk, second.looks) == (1, first.pk, 2)
    assert second.began_at < second.checked_at


def test_each_change_is_another_line(services: HTTPServer) -> None:
    for become in (healthy, unhealthy, healthy):
        become(services)

    assert list(HealthReport.objects.order_by("pk").values_list("status", flat=True)) == [
        "HEALTHY",
        "UNHEALTHY",
        "HEALTHY",
    ]


def test_nobody_looks_again_before_it_is_time(services: HTTPServer) -> None:
    healthy(services)
    keep_health()

    assert HealthReport.objects.get().looks == 1


def test_of_several_processes_one_looks(services: HTTPServer) -> None:
    healthy(services)
    Pulse.objects.filter(name="health").update(at=F("at") - timedelta(hours=1))
    at_once(*[keep_health] * 4)

    assert HealthReport.objects.get().looks == 2


def test_history_that_is_very_old_is_forgotten(services: HTTPServer) -> None:
    row = healthy(services)
    HealthReport.objects.update(began_at=row.began_at - 2 * KEEP, checked_at=row.began_at - 2 * KEEP)
    unhealthy(services)

    assert HealthReport.objects.get().status == "UNHEALTHY"


def test_who_asks_is_answered_by_the_next_sweep_though_nobody_looks_by_itself(
    services: HTTPServer, settings: Settings
) -> None:
    settings.HEALTH_EVERY_S = 0
    keep_health()
    before = HealthReport.objects.count()
    request_check(actor=person())
    keep_health()
    keep_health()

    assert (before, HealthReport.objects.get().looks) == (0, 1)


def test_a_viewer_may_not_ask(services: HTTPServer) -> None:
    with pytest.raises(PermissionRefused, match="To probe services you need the role release manager"):
        request_check(actor=person("vera", Role.VIEWER))


@pytest.fixture
def webhook(services: HTTPServer) -> Subscription:
    return Subscription.objects.create(name="ops", url="http://127.0.0.1:9/hook", events="platform.*")


def told() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("kind", flat=True))


def test_a_change_is_told_once_and_so_is_the_recovery(services: HTTPServer, webhook: Subscription) -> None:
    for become in (healthy, unhealthy, unhealthy, healthy, healthy):
        become(services)

    assert told() == ["platform.unhealthy", "platform.healthy"]


def test_a_platform_that_begins_healthy_is_nothing_to_tell(services: HTTPServer, webhook: Subscription) -> None:
    healthy(services)

    assert told() == []


def test_a_webhook_is_told_the_whole_report(services: HTTPServer, webhook: Subscription) -> None:
    unhealthy(services)
    body = json.loads(Delivery.objects.get().body)

    assert body["type"] == "platform.unhealthy"
    assert (body["data"]["before"], body["data"]["status"]) == ("HEALTHY", "UNHEALTHY")
    assert [each["check"] for each in body["data"]["checks"]] == list(WELL)
    assert body["data"]["links"]["page"] == f"{conf.site_url()}/health"


@pytest.mark.parametrize(("stages", "count"), [([], 1), (["PROD"], 1), (["DEV"], 0)])
def test_who_follows_other_stages_only_is_not_told(
    services: HTTPServer, webhook: Subscription, stages: list[str], count: int
) -> None:
    Subscription.objects.update(stages=stages)
    unhealthy(services)

    assert len(told()) == count


def test_a_channel_is_told_in_words(services: HTTPServer) -> None:
    url = services.url_for("/team").replace("http://", "json://")
    Channel.objects.create(name="team", sealed_address=seal(url, conf.vault_keys()), events="platform.*")
    unhealthy(services)
    note = json.loads(Delivery.objects.get().body)

    assert (note["title"], note["tone"]) == ("BookVerse 2.1.0", "danger")
    assert note["text"].startswith("The platform is unhealthy: inventory: health check failed: HTTP 503.")
    assert note["text"].endswith(f"{conf.site_url()}/health")


def test_what_was_told_can_be_sent_again_though_no_release_is_concerned(
    services: HTTPServer, webhook: Subscription
) -> None:
    unhealthy(services)
    services.expect_request("/hook", method="POST").respond_with_data("", status=410)
    Subscription.objects.update(url=services.url_for("/hook"))
    send_due_deliveries()
    first = Delivery.objects.get()
    again = redeliver(actor=person(), delivery_id=first.pk, key="k")

    assert first.gave_up_at is not None
    assert redeliver(actor=person(), delivery_id=first.pk, key="k") == again
    assert Delivery.objects.get(pk=again).repeats == first


def test_a_receiver_that_takes_no_alert_does_not_degrade_what_the_alert_is_about(
    services: HTTPServer, webhook: Subscription
) -> None:
    unhealthy(services)
    Delivery.objects.update(gave_up_at=database_now())

    assert statuses(healthy(services))["external_dependencies"] == "HEALTHY"
