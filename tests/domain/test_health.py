"""Five checks and the one status that follows: the worst wins, and what nobody knows is not healthy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.health import (
    Check,
    CheckResult,
    DatabaseFacts,
    Edge,
    Finding,
    Health,
    Probed,
    Report,
    connectivity,
    database,
    external,
    percentile,
    performance,
    service_health,
    worst_of,
)
from releases.domain.promises import ProbeOutcome

STATUSES = st.lists(st.sampled_from(list(Health)), min_size=1)
WELL = {Health.HEALTHY}


def probed(service: str = "web", outcome: ProbeOutcome | None = ProbeOutcome.PASSED, message: str = "") -> Probed:
    return Probed(service=service, probe="health_check", outcome=outcome, message=message)


def found(result: CheckResult) -> list[tuple[Health, str]]:
    return [(finding.status, finding.text) for finding in result.findings]


@given(STATUSES)
def test_only_where_everything_is_healthy_the_whole_is(statuses: list[Health]) -> None:
    assert (worst_of(statuses) is Health.HEALTHY) is (set(statuses) == WELL)


@given(STATUSES)
def test_one_that_is_unhealthy_makes_the_whole_so(statuses: list[Health]) -> None:
    assert worst_of([*statuses, Health.UNHEALTHY]) is Health.UNHEALTHY


def test_nothing_looked_at_is_not_healthy() -> None:
    assert worst_of([]) is Health.UNKNOWN
    assert {result.status for result in (service_health([]), external([]), performance({}, limit_ms=1))} == {
        Health.UNKNOWN
    }


@pytest.mark.parametrize(
    ("outcome", "message", "status", "text"),
    [
        (ProbeOutcome.PASSED, "HTTP 200", Health.HEALTHY, "web passed 1 probe."),
        (ProbeOutcome.FAILED, "HTTP 503", Health.UNHEALTHY, "web: health check failed: HTTP 503."),
        (ProbeOutcome.ERROR, "ConnectError", Health.UNHEALTHY, "web: health check got no answer: ConnectError."),
        (
            ProbeOutcome.NOT_CONFIGURED,
            "",
            Health.UNKNOWN,
            "web: health check cannot be sent, for the service has no base URL.",
        ),
        (None, "", Health.UNKNOWN, "web: health check was not asked since this version runs."),
    ],
)
def test_a_service_is_as_its_probes_say(outcome: ProbeOutcome | None, message: str, status: Health, text: str) -> None:
    assert found(service_health([probed(outcome=outcome, message=message)])) == [(status, text)]


def test_a_service_is_as_its_worst_probe_says() -> None:
    result = service_health([probed("web"), probed("web", ProbeOutcome.FAILED), probed("checkout")])

    assert [(finding.subject, finding.status) for finding in result.findings] == [
        ("checkout", Health.HEALTHY),
        ("web", Health.UNHEALTHY),
    ]


def test_answers_of_long_ago_say_nothing() -> None:
    result = service_health([probed("web")], stale="nobody probed it for 2 hours.")

    assert found(result) == [(Health.UNKNOWN, "web: nobody probed it for 2 hours.")]


@pytest.mark.parametrize(
    ("edge", "outcome", "status", "text"),
    [
        (("1.2.3", ""), ProbeOutcome.PASSED, Health.HEALTHY, "web reaches api 1.2.3, which answers and fits."),
        (("", ""), ProbeOutcome.PASSED, Health.UNHEALTHY, "web needs api, which does not run."),
        (("1.2.3", "They do not fit."), ProbeOutcome.PASSED, Health.UNHEALTHY, "They do not fit."),
        (
            ("1.2.3", ""),
            ProbeOutcome.FAILED,
            Health.UNHEALTHY,
            "web calls api, which does not answer as it should.",
        ),
        (("1.2.3", ""), None, Health.UNKNOWN, "web calls api, which is not known to answer."),
    ],
)
def test_a_connection_is_as_good_as_what_it_leads_to(
    edge: tuple[str, str], outcome: ProbeOutcome | None, status: Health, text: str
) -> None:
    serves, misfit = edge
    edges = [Edge(consumer="web", provider="api", serves=serves, misfit=misfit)]

    assert found(connectivity(edges, service_health([probed("api", outcome)]))) == [(status, text)]


def test_a_database_is_judged_by_its_answer_its_connections_and_what_gets_done() -> None:
    well = database(DatabaseFacts(name="PostgreSQL", took_ms=3, overdue_sessions=0, connections=5, limit=100))
    bad = database(DatabaseFacts(name="PostgreSQL", took_ms=900, overdue_sessions=1, connections=95, limit=100))

    assert {finding.status for finding in well.findings} == WELL
    assert [finding.text for finding in bad.findings] == [
        "PostgreSQL answered in 900 ms, more than 250 ms.",
        "95 of 100 connections are in use.",
        "1 session past the deadline is still open.",
    ]
    assert bad.status is Health.DEGRADED


@pytest.mark.parametrize(("ms", "status"), [(100, Health.HEALTHY), (101, Health.DEGRADED), (301, Health.UNHEALTHY)])
def test_a_service_is_slow_beyond_the_limit_and_unhealthy_far_beyond(ms: int, status: Health) -> None:
    assert performance({"web": [ms] * 20}, limit_ms=100).status is status


def test_one_slow_answer_in_twenty_is_forgiven() -> None:
    assert percentile([10] * 19 + [9_000]) == 10
    assert percentile([10] * 18 + [9_000] * 2) == 9_000
    assert percentile([7]) == 7


def test_a_report_tells_its_worst_trouble_first() -> None:
    degraded = Finding(subject="a", status=Health.DEGRADED, text="It is slow.")
    down = [Finding(subject=name, status=Health.UNHEALTHY, text=f"{name} is down.") for name in ("b", "c")]
    report = Report(
        stage="PROD",
        platform_version="2.1.0",
        services={},
        checks=(
            CheckResult(check=Check.PERFORMANCE, findings=(degraded,)),
            CheckResult(check=Check.SERVICES, findings=tuple(down)),
            CheckResult(check=Check.DATABASE, findings=(Finding(subject="d", status=Health.HEALTHY, text="Fine."),)),
        ),
    )

    assert (report.status, report.trouble) == (Health.UNHEALTHY, "b is down. And 1 more. It is slow.")
