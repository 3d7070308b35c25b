"""What each scenario finds, against a shop on loopback."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from releases.domain.validation import Scenario
from releases.models import Release, Service, ValidationRun, ValidationTarget
from tests.actions.validating import outcomes, scenario, target, validate
from tests.factories import created, finish, promote, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import Settings

    from tests.fakes.shop import Shop


def test_a_sound_stage_passes(release: Release, shop: Shop) -> None:
    found = validate(release)

    assert (found.state, found.message) == (
        "passed",
        "4 of 6 scenarios passed, none failed; without a result: performance, integrity.",
    )
    assert outcomes(found) == {
        "journey": "passed",
        "health": "passed",
        "performance": "not_configured",
        "security": "passed",
        "consistency": "passed",
        "integrity": "not_configured",
    }


def test_the_stock_is_as_before_where_test_orders_can_be_cancelled(release: Release, shop: Shop) -> None:
    before = dict(shop.stock)

    validate(release)

    assert shop.stock == before


def test_a_test_order_that_is_not_taken_back_costs_its_copies(release: Release, shop: Shop) -> None:
    ValidationTarget.objects.update(paths={})

    validate(release)

    assert sum(shop.stock.values()) == 5 + 9 - 1 - 2


def test_a_journey_has_its_four_steps_and_takes_its_order_back(release: Release) -> None:
    steps = scenario(validate(release), Scenario.JOURNEY).steps

    assert [(step.name, step.outcome) for step in steps] == [
        ("List the books", "passed"),
        ("Check the stock", "passed"),
        ("Place an order", "passed"),
        ("Read the order", "passed"),
        ("Cancel the test order", "passed"),
    ]


def test_a_journey_names_the_step_it_failed_at_and_reaches_no_further(release: Release, shop: Shop) -> None:
    shop.answers["POST /api/v1/orders"] = lambda: (500, {"detail": "schema mismatch"})

    found = validate(release)

    journey = scenario(found, Scenario.JOURNEY)
    assert [step.outcome for step in journey.steps] == ["passed", "passed", "failed", "not_reached", "not_reached"]
    url = f"{shop.url}/checkout/api/v1/orders"
    assert journey.message == f"Place an order: POST {url} answered 500: schema mismatch."
    assert (found.state, found.message) == ("failed", f"Journey: {journey.message}")


def test_an_empty_catalogue_is_a_failure_with_a_name(release: Release, shop: Shop) -> None:
    shop.stock.clear()

    journey = scenario(validate(release), Scenario.JOURNEY)

    assert (journey.outcome, journey.message) == (
        "failed",
        "List the books: The catalogue is empty: there is no book to order.",
    )


def test_nobody_answering_is_an_error_of_the_step(release: Release) -> None:
    ValidationTarget.objects.update(addresses={"checkout": "http://127.0.0.1:9"})

    found = validate(release)

    journey = scenario(found, Scenario.JOURNEY)
    assert [step.outcome for step in journey.steps] == ["passed", "passed", "error", "not_reached", "not_reached"]
    assert found.state == "error" or scenario(found, Scenario.HEALTH).outcome == "error"


def test_an_address_outside_the_allowed_networks_is_not_asked(release: Release, settings: Settings, shop: Shop) -> None:
    settings.OUTBOUND_ALLOW = []
    shop.calls.clear()

    found = validate(release, Scenario.JOURNEY)

    assert scenario(found, Scenario.JOURNEY).outcome == "error"
    assert shop.calls == []


def test_an_answer_without_end_is_not_read(release: Release, shop: Shop) -> None:
    shop.answers["GET /api/v1/books"] = lambda: (200, b" " * 65_537)

    journey = scenario(validate(release), Scenario.JOURNEY)

    url = f"{shop.url}/inventory/api/v1/books"
    assert journey.message == f"List the books: GET {url} answers more than 65,536 bytes."


def test_another_version_than_the_release_brought_fails_the_health(release: Release, shop: Shop) -> None:
    shop.versions["web"] = "3.0.1"

    health = scenario(validate(release), Scenario.HEALTH)

    failed = [step for step in health.steps if step.outcome != "passed"]
    assert [(step.name, step.outcome, step.expected, step.observed) for step in failed] == [
        ("web", "failed", "3.0.2", "3.0.1")
    ]


def test_what_is_protected_must_refuse(release: Release, shop: Shop) -> None:
    shop.answers["GET /api/v1/admin"] = lambda: (200, {})

    security = scenario(validate(release), Scenario.SECURITY)

    assert security.message == "checkout: GET /api/v1/admin: It answers without a token."


@pytest.mark.parametrize(
    ("header", "value", "message"),
    [
        ("X-Content-Type-Options", "", "Missing: x-content-type-options."),
        ("Content-Security-Policy", "", "Missing: content-security-policy."),
        ("X-Powered-By", "shop/1.4", "The x-powered-by header tells a version."),
    ],
)
def test_headers_are_looked_at(release: Release, shop: Shop, header: str, value: str, message: str) -> None:
    shop.headers[header] = value

    security = scenario(validate(release), Scenario.SECURITY)

    assert (security.outcome, security.message) == ("failed", f"checkout: headers: {message}")


def test_a_total_that_is_no_sum_is_inconsistent(release: Release, shop: Shop) -> None:
    shop.surcharge = 1

    consistency = scenario(validate(release), Scenario.CONSISTENCY)

    failed = [step for step in consistency.steps if step.outcome == "failed"]
    assert [(step.name, step.expected, step.observed) for step in failed] == [("Total of the lines", "200", "201")]


def test_stock_that_does_not_fall_is_inconsistent(release: Release, shop: Shop) -> None:
    order = shop.order

    def forgetful(key: str, body: dict[str, object]) -> dict[str, object]:
        before = dict(shop.stock)
        placed = order(key, body)
        shop.stock.update(before)
        return placed

    shop.order = forgetful  # type: ignore[method-assign] # what this test is about

    consistency = scenario(validate(release, Scenario.CONSISTENCY), Scenario.CONSISTENCY)

    failed = [step for step in consistency.steps if step.outcome == "failed"]
    assert [(step.name, step.expected, step.observed) for step in failed] == [("Stock after the order", "7", "9")]


def test_a_service_without_an_address_is_not_configured(release: Release) -> None:
    Service.objects.filter(slug="web").update(base_url="")

    found = validate(release)

    assert scenario(found, Scenario.HEALTH).outcome == "not_configured"
    assert (found.state, found.message) == (
        "not_configured",
        "Required and not run: health, security. That counts as not passed.",
    )


def test_a_scenario_that_was_not_asked_for_has_not_passed(release: Release) -> None:
    found = validate(release, Scenario.HEALTH)

    assert scenario(found, Scenario.JOURNEY).message == "Not part of this run."
    assert (found.state, found.message) == (
        "not_configured",
        "Required and not run: journey, security, consistency. That counts as not passed.",
    )


def later_release(shop: Shop, *, baseline_ms: int) -> Release:
    """Let a release that measured ``baseline_ms`` in DEV reach PROD, and bring the next one to DEV."""
    first = created()
    finish(promote(first))
    validate(first)
    ValidationRun.objects.get().results.filter(scenario="performance").update(measured_ms=baseline_ms)
    for stage in ("QA", "STAGING", "PROD"):
        first.refresh_from_db()
        finish(promote(first, stage))
    register({"checkout": ["1.5.4"]})
    later = created()
    finish(promote(later))
    shop.versions["checkout"] = "1.5.4"
    return later


def test_a_later_release_is_measured_against_the_released_one(shop: Shop) -> None:
    target(slower_percent=50, slack_ms=10_000)

    performance = scenario(validate(later_release(shop, baseline_ms=20)), Scenario.PERFORMANCE)

    compared = performance.steps[1]
    assert (compared.outcome, compared.message, compared.expected) == (
        "passed",
        "2.2.0-alpha.1 took 20 ms.",
        "at most 10030 ms",
    )


def test_a_release_that_is_slower_than_it_may_be_fails(shop: Shop) -> None:
    target(slower_percent=0, slack_ms=0)
    later = later_release(shop, baseline_ms=0)
    shop.answers["GET /api/v1/books"] = slow(shop)

    performance = scenario(validate(later), Scenario.PERFORMANCE)

    assert (performance.outcome, performance.steps[1].expected) == ("failed", "at most 0 ms")


def slow(shop: Shop) -> Callable[[], tuple[int, object]]:
    """Take a moment longer than nothing."""

    def answer() -> tuple[int, object]:
        time.sleep(0.005)
        return 200, {"books": [shop.book(each) for each in shop.stock]}

    return answer


def test_what_was_only_recorded_has_not_passed(release: Release) -> None:
    performance = scenario(validate(release), Scenario.PERFORMANCE)

    assert performance.outcome == "not_configured"
    assert performance.measured_ms is not None
    assert performance.steps[1].message.startswith("There is no baseline yet: ")
