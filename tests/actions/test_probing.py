"""Probing what is deployed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F
from werkzeug import Response

from releases.actions import probing
from releases.actions.probing import keep_probing, probe_due_round, request_probing
from releases.domain.access import SYSTEM, Role
from releases.domain.errors import PermissionRefused
from releases.models import Deployment, DeploymentContract, Observation, ProbeResult, ProbeRound, Service
from releases.queries.clock import database_now
from tests.factories import LIVE, STAGES, load_bookverse, person
from tests.threads import at_once, on_its_own_connection

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer

PROBED = ("checkout", "inventory", "recommendations", "web")


@pytest.fixture
def services(transactional_db: None, httpserver: HTTPServer) -> HTTPServer:
    """All services run in every stage; each answers as the test says, below its own name."""
    load_bookverse(httpserver.url_for("").rstrip("/"))
    return httpserver


def answer(server: HTTPServer, service: str, status: int) -> None:
    for path in ("/health", "/health/ready", "/health/live"):
        server.expect_request(f"/{service}{path}", method="GET").respond_with_response(Response(status=status))


def all_well(server: HTTPServer) -> None:
    for service in PROBED:
        answer(server, service, 200)


def probe() -> ProbeRound:
    request_probing(actor=SYSTEM)
    probe_due_round()
    return ProbeRound.objects.latest("pk")


def outcomes(service: str, stage: str = "PROD") -> dict[str, str]:
    found = ProbeResult.objects.filter(round=ProbeRound.objects.latest("pk"), service__slug=service, stage__name=stage)
    return dict(found.values_list("contract__probe", "outcome"))


def each(outcome: str) -> dict[str, str]:
    return dict.fromkeys(("health_check", "readiness_probe", "liveness_probe"), outcome)


def observed(stage: str = "PROD") -> tuple[int, int, bool]:
    observation = Observation.objects.get(stage__name=stage, ended_at=None)
    return observation.probes, observation.failed_probes, observation.first_failure_at is not None


def test_every_service_that_runs_is_probed_in_every_stage(services: HTTPServer) -> None:
    all_well(services)

    probe()

    found = Counter(ProbeResult.objects.values_list("stage__name", "service__slug"))
    assert found == {(stage, service): 3 for stage in STAGES for service in PROBED}


def test_an_address_that_serves_several_stages_is_asked_once(services: HTTPServer) -> None:
    all_well(services)

    probe()

    assert Counter(request.path for request, _ in services.log) == {
        f"/{service}{path}": 1 for service in PROBED for path in ("/health", "/health/ready", "/health/live")
    }


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "passed"), (204, "passed"), (302, "failed"), (404, "failed"), (503, "failed")]
)
def test_only_a_good_answer_passes(services: HTTPServer, status: int, outcome: str) -> None:
    answer(services, "inventory", status)

    probe()

    assert outcomes("inventory") == each(outcome)
    result = ProbeResult.objects.filter(service__slug="inventory").first()
    assert result is not None
    assert (result.message, result.version, result.took_ms is None) == (f"HTTP {status}", LIVE["inventory"], False)


def test_a_service_that_does_not_answer_is_an_error(services: HTTPServer) -> None:
    Service.objects.filter(slug="inventory").update(base_url="http://127.0.0.1:9")

    probe()

    result = ProbeResult.objects.filter(service__slug="inventory").first()
    assert result is not None
    assert (outcomes("inventory"), result.took_ms, bool(result.message)) == (each("error"), None, True)


def test_a_service_without_an_address_is_not_configured(services: HTTPServer) -> None:
    Service.objects.filter(slug="inventory").update(base_url="")

    probe()

    assert outcomes("inventory") == each("not_configured")


def test_an_address_outside_the_allowed_networks_is_not_asked(services: HTTPServer, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []
    all_well(services)

    probe()

    assert (outcomes("inventory"), services.log) == (each("error"), [])


def test_what_is_observed_counts_its_probes(services: HTTPServer) -> None:
    all_well(services)

    probe()
    probe()

    assert observed() == (24, 0, False)


def test_what_is_observed_counts_the_probes_that_failed_and_when_the_first_did(services: HTTPServer) -> None:
    for service in PROBED:
        answer(services, service, 503 if service == "inventory" else 200)
    probe()
    first = Observation.objects.get(stage__name="PROD", ended_at=None).first_failure_at

    probe()

    observation = Observation.objects.get(stage__name="PROD", ended_at=None)
    assert (observed(), observation.first_failure_at) == ((24, 6, True), first)


def test_a_probe_that_could_not_be_made_is_not_counted(services: HTTPServer) -> None:
    Service.objects.update(base_url="")

    probe()

    assert observed() == (0, 0, False)


def test_a_set_that_does_not_run_as_observed_is_not_credited(services: HTTPServer) -> None:
    all_well(services)
    Deployment.objects.filter(service__slug="web", stage__name="PROD").update(version="3.0.2")

    probe()

    assert (observed("PROD"), observed("QA")) == ((0, 0, False), (12, 0, False))


def test_several_processes_carry_a_round_out_once(services: HTTPServer) -> None:
    all_well(services)
    request_probing(actor=SYSTEM)

    at_once(*[probe_due_round] * 4)

    assert (ProbeResult.objects.count(), observed()) == (48, (12, 0, False))


def test_a_round_whose_prober_died_is_taken_up_by_another(
    services: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise SystemError("killed")

    all_well(services)
    request_probing(actor=SYSTEM)
    with monkeypatch.context() as patch:
        patch.setattr(probing, "probe", die)
        with pytest.raises(SystemError):
            probe_due_round()
    probe_due_round()
    assert ProbeRound.objects.get().finished_at is None
    ProbeRound.objects.update(claimed_until=F("requested_at") - timedelta(seconds=1))

    probe_due_round()

    assert (ProbeRound.objects.get().finished_at is None, ProbeResult.objects.count()) == (False, 48)


def test_who_finishes_after_another_has_stores_nothing(services: HTTPServer) -> None:
    def overtake(_request: object) -> Response:
        on_its_own_connection(lambda: ProbeRound.objects.update(finished_at=database_now()))
        return Response(status=200)

    services.expect_request("/inventory/health").respond_with_handler(overtake)

    probe()

    assert (ProbeResult.objects.count(), observed()) == (0, (0, 0, False))


def test_a_second_request_joins_the_first(db: None) -> None:
    assert request_probing(actor=person()) == request_probing(actor=person("tom"))


def test_requests_at_the_same_moment_share_one_round(transactional_db: None) -> None:
    at_once(*[lambda: request_probing(actor=SYSTEM)] * 4)

    assert ProbeRound.objects.count() == 1


def test_a_viewer_asks_for_no_probes(db: None) -> None:
    with pytest.raises(PermissionRefused):
        request_probing(actor=person("vera", Role.VIEWER))


def test_old_results_are_forgotten(services: HTTPServer) -> None:
    all_well(services)
    old = probe()
    ProbeRound.objects.filter(pk=old.pk).update(finished_at=database_now() - probing.KEEP - timedelta(seconds=1))

    new = probe()

    assert list(ProbeResult.objects.values_list("round", flat=True).distinct()) == [new.pk]
    assert list(ProbeRound.objects.all()) == [new]


def test_what_runs_is_probed_again_when_it_is_time(services: HTTPServer, settings: Settings) -> None:
    settings.PROBE_EVERY_S = 60
    all_well(services)

    keep_probing()
    keep_probing()
    assert ProbeRound.objects.count() == 1
    ProbeRound.objects.update(requested_at=database_now() - timedelta(seconds=61))
    keep_probing()

    assert list(ProbeRound.objects.values_list("requested_by", flat=True)) == ["board", "board"]


def test_zero_seconds_probe_only_what_somebody_asks_for(services: HTTPServer, settings: Settings) -> None:
    settings.PROBE_EVERY_S = 0
    all_well(services)

    keep_probing()
    assert ProbeRound.objects.count() == 0
    request_probing(actor=person())
    keep_probing()

    assert ProbeResult.objects.count() == 48


def test_without_a_contract_nothing_is_probed_by_itself(services: HTTPServer) -> None:
    DeploymentContract.objects.all().delete()

    keep_probing()

    assert ProbeRound.objects.count() == 0
