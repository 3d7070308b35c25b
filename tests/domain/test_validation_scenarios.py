"""The scenarios as conversations: no network, every answer as the test gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.validation import Outcome, Scenario, ScenarioResult
from releases.domain.validation_exchange import Answer, Ask
from releases.domain.validation_scenarios import DEFINITIONS, converse
from releases.domain.validation_setup import (
    Baseline,
    DeployedService,
    Fields,
    Paths,
    ProtectedPath,
    Recorded,
    SealedSet,
    Setup,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = "https://shop"
WEB = DeployedService(slug="web", version="3.0.2", url=SHOP, application_key="bookverse-web")
SETUP = Setup(
    key="k",
    stage="QA",
    catalog_url=SHOP,
    orders_url=SHOP,
    services=(WEB,),
    protected=(ProtectedPath(service="web", method="GET", path="/admin"),),
    requests=3,
    sealed=SealedSet(services=(WEB,)),
    recorded=Recorded(name="bookverse-platform 2.2.0", url=f"{SHOP}/content"),
)
SAFE = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=63072000",
}
BYTES = st.binary(max_size=40) | st.sampled_from(
    [b"[]", b"{}", b"null", b'{"books": [null]}', b'{"books": [{"id": 1}]}']
)


def hold(scenario: Scenario, answer: Callable[[Ask], Answer], setup: Setup = SETUP) -> ScenarioResult:
    conversation = converse(scenario, setup)
    try:
        ask = next(conversation)
        while True:
            ask = conversation.send(answer(ask))
    except StopIteration as end:
        result: ScenarioResult = end.value
        return result


def say(document: object, **more: object) -> Answer:
    return Answer(**{"status": 200, "body": json.dumps(document).encode(), "headers": SAFE, "took_ms": 7, **more})  # type: ignore[arg-type]


def security(**more: object) -> ScenarioResult:
    def answer(ask: Ask) -> Answer:
        return say({}, status=401) if ask.url.endswith("/admin") else say({}, **{"tls": "TLSv1.3", **more})

    return hold(Scenario.SECURITY, answer)


def test_every_scenario_is_defined() -> None:
    assert list(DEFINITIONS) == list(Scenario)


@given(st.sampled_from(Scenario), st.integers(0, 999), BYTES)
def test_whatever_is_answered_is_a_result(scenario: Scenario, status: int, body: bytes) -> None:
    """Nothing but what every scenario expects passes, and nothing raises."""
    found = hold(scenario, lambda _ask: Answer(status=status, body=body))

    assert found.outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.NOT_CONFIGURED}


@pytest.mark.parametrize("scenario", list(Scenario))
def test_nobody_answering_is_an_error(scenario: Scenario) -> None:
    assert hold(scenario, lambda _ask: Answer(error="Nobody there.")).outcome is Outcome.ERROR


@pytest.mark.parametrize("scenario", list(Scenario))
def test_nothing_configured_is_not_passed(scenario: Scenario) -> None:
    setup = Setup(key="k", stage="QA", catalog_url="", orders_url="")

    assert hold(scenario, lambda _ask: say({}), setup).outcome is Outcome.NOT_CONFIGURED


@pytest.mark.parametrize("scenario", list(Scenario))
def test_an_exception_is_an_error_of_the_step_it_happened_in(scenario: Scenario) -> None:
    class Broken(Answer):
        @property
        def is_good(self) -> bool:
            raise ZeroDivisionError

        @property
        def headers(self) -> dict[str, str]:
            raise ZeroDivisionError

    found = hold(scenario, lambda _ask: object.__new__(Broken))

    assert found.outcome is Outcome.ERROR


def test_tls_and_headers_are_looked_at_where_the_address_is_https() -> None:
    found = security()

    assert [(step.name, step.outcome, step.observed) for step in found.steps] == [
        ("web: headers", "passed", ""),
        ("web: TLS", "passed", "TLSv1.3"),
        ("web: GET /admin", "passed", "401"),
    ]


@pytest.mark.parametrize(
    ("protocol", "message"),
    [("TLSv1.1", "web: TLS: The protocol is out of date."), ("", "web: TLS: The protocol is not known.")],
)
def test_a_weak_protocol_does_not_pass(protocol: str, message: str) -> None:
    found = security(tls=protocol)

    assert (found.outcome is Outcome.PASSED, found.message) == (False, message)


@pytest.mark.parametrize("missing", sorted(SAFE))
def test_each_header_is_needed(missing: str) -> None:
    found = security(headers={name: value for name, value in SAFE.items() if name != missing})

    assert found.message == f"web: headers: Missing: {missing}."


@pytest.mark.parametrize(("header", "value"), [("server", "nginx/1.25.3"), ("x-powered-by", "PHP/8")])
def test_no_header_may_tell_a_version(header: str, value: str) -> None:
    assert security(headers={**SAFE, header: value}).message == f"web: headers: The {header} header tells a version."


def test_a_server_without_its_version_is_fine() -> None:
    assert security(headers={**SAFE, "server": "uvicorn"}).outcome is Outcome.PASSED


@pytest.mark.parametrize(("baseline", "outcome"), [(7, "passed"), (2, "failed")])
def test_the_response_time_is_compared_with_the_baseline(baseline: int, outcome: str) -> None:
    setup = Setup(
        key="k",
        stage="QA",
        catalog_url=SHOP,
        orders_url="",
        requests=3,
        slower_percent=100,
        slack_ms=0,
        baseline=Baseline(p95_ms=baseline, version="2.1.0"),
    )

    found = hold(Scenario.PERFORMANCE, lambda _ask: say({}), setup)

    assert (found.outcome, found.measured_ms) == (outcome, 7)


def shop(ask: Ask) -> Answer:
    """Speak of things in other names than the usual ones, one level down."""
    if ask.url.endswith("/things"):
        return say({"data": [{"sku": "b-1", "left": {"now": 4}}]})
    if ask.method == "POST":
        assert ask.body == {"buyer": {"name": "release-board"}, "lines": [{"sku": "b-1", "n": 1}]} or "cart" in ask.url
        return say({"data": {"no": 17}}, status=201)
    return say({"data": {"no": 17}})


def test_paths_and_names_are_those_of_the_stage() -> None:
    setup = Setup(
        key="k",
        stage="QA",
        catalog_url=SHOP,
        orders_url=SHOP,
        paths=Paths(books="/things", cart="/cart", orders="/purchases", order="/purchases/{id}"),
        fields=Fields(
            books="data",
            book_id="sku",
            stock="left.now",
            price="",
            order_id="data.no",
            user="buyer.name",
            items="lines",
            line_book="sku",
            line_quantity="n",
        ),
    )

    found = hold(Scenario.JOURNEY, shop, setup)

    assert [(step.name, step.outcome) for step in found.steps] == [
        ("List the books", "passed"),
        ("Add to the cart", "passed"),
        ("Place an order", "passed"),
        ("Read the order", "passed"),
    ]


def test_text_of_anybody_is_kept_storable() -> None:
    found = hold(Scenario.HEALTH, lambda _ask: say({"version": "1\0\ud800" + "9" * 500}))

    observed = found.steps[0].observed
    assert ("\0" in observed, len(observed) <= 300, observed.encode()[:2]) == (False, True, b"1?")
