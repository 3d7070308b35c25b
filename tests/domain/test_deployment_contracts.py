"""What the chart expects of every deployed service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.domain.contracts import Probe, ProbeOutcome
from releases.domain.deployment_contracts import DeploymentContract, ProbeOrder, expand, probe_reason
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

DEPLOYED = {"web": "3.0.1", "helm": "1.1.0", "checkout": "1.5.2"}
HEALTH = DeploymentContract(id=7, consumer="helm", probe=Probe.HEALTH_CHECK, path="/health")
ORDER = ProbeOrder(service="web", probe=Probe.HEALTH_CHECK, path="/health", contract_id=7, consumer="helm")


def ordered(*contracts: DeploymentContract) -> list[tuple[str, str, str, int]]:
    return [(order.service, order.probe.value, order.path, order.contract_id) for order in expand(contracts, DEPLOYED)]


def test_a_contract_for_all_is_one_for_each_deployed_service_but_its_own() -> None:
    assert ordered(HEALTH) == [("checkout", "health_check", "/health", 7), ("web", "health_check", "/health", 7)]


def test_a_contract_for_one_service_is_about_that_one_alone() -> None:
    assert ordered(replace(HEALTH, provider="web")) == [("web", "health_check", "/health", 7)]


def test_what_is_not_deployed_and_the_chart_itself_are_not_probed() -> None:
    assert ordered(replace(HEALTH, provider="inventory"), replace(HEALTH, provider="helm")) == []


def test_the_order_of_the_contracts_has_no_influence() -> None:
    ready = DeploymentContract(id=3, consumer="helm", probe=Probe.READINESS, path="/ready")
    special = replace(HEALTH, id=1, provider="web", path="/health/deep")
    assert (
        ordered(ready, special, HEALTH)
        == ordered(HEALTH, special, ready)
        == [
            ("checkout", "health_check", "/health", 7),
            ("checkout", "readiness_probe", "/ready", 3),
            ("web", "health_check", "/health", 7),
            ("web", "health_check", "/health/deep", 1),
            ("web", "readiness_probe", "/ready", 3),
        ]
    )


def test_a_failed_probe_names_everything() -> None:
    assert probe_reason(ORDER, ProbeOutcome.FAILED, version="3.0.1", message="HTTP 503.") == Reason(
        code="probe-failed",
        severity=Severity.ERROR,
        service="helm",
        other="web",
        observed="3.0.1",
        required="health_check /health",
        evidence="deployment_contract:7",
        text="helm expects health_check of web 3.0.1 at /health; it failed: HTTP 503.",
        fix="Mend web, or correct the path of the deployment contract.",
    )


@pytest.mark.parametrize(
    ("outcome", "code", "severity", "ending"),
    [
        (ProbeOutcome.PASSED, "probe-passed", Severity.OK, "it passed."),
        (ProbeOutcome.FAILED, "probe-failed", Severity.ERROR, "it failed."),
        (ProbeOutcome.ERROR, "probe-unanswered", Severity.UNKNOWN, "it got no answer."),
        (
            ProbeOutcome.NOT_CONFIGURED,
            "probe-not-configured",
            Severity.UNKNOWN,
            "it could not be sent, because the service has no base URL.",
        ),
        (None, "never-probed", Severity.UNKNOWN, "it was never sent."),
    ],
)
def test_only_a_pass_is_fine(outcome: ProbeOutcome | None, code: str, severity: Severity, ending: str) -> None:
    reason = probe_reason(ORDER, outcome)
    assert (reason.code, reason.severity) == (code, severity)
    assert reason.text == f"helm expects health_check of web at /health; {ending}"
    assert bool(reason.fix) is (severity is not Severity.OK)


def test_every_outcome_has_a_meaning() -> None:
    assert {probe_reason(ORDER, outcome).code for outcome in ProbeOutcome} == {
        "probe-passed",
        "probe-failed",
        "probe-unanswered",
        "probe-not-configured",
    }
