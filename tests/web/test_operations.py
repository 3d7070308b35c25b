"""The page for who looks after the board: the facts of five problems, for administrators."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from releases.actions.health import keep_health
from releases.domain.access import Role
from releases.models import Dispatch, HealthReport, Pulse
from releases.queries.clock import database_now
from tests.factories import promoting, session_of, tell
from tests.live.html import parse_html
from tests.quality.sources import text_of
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def shown(problem: str) -> str:
    answer = browser_of("ada", Role.ADMIN).get("/diagnostics/operations")
    assert answer.status_code == 200
    return parse_html(answer.content.decode()).find(problem).text


def test_a_quiet_board_says_that_nothing_happened() -> None:
    assert "Last callback none was ever received" in shown("no-callbacks")
    assert "Timed out within 24 hours 0 of 0 orders Healthy" in shown("many-timeouts")
    assert "Silent for longest nobody is waited for" in shown("many-timeouts")
    assert "Sweeper has not looked yet Unknown" in shown("undetected-disconnects")


def test_the_last_callback_and_who_is_waited_for_are_named() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")

    assert "Last callback inventory: succeeded, applied" in shown("no-callbacks")
    assert "Orders that wait for an answer 2" in shown("no-callbacks")
    assert "Where services report to http://127.0.0.1:8000/api/v1/callbacks" in shown("no-callbacks")


def test_timeouts_are_counted_by_service_and_the_longest_silence_is_named() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    now = database_now()
    lost = Dispatch.objects.filter(session=session_of(promotion), step__service__slug="checkout")
    lost.update(state="timed_out", closed_at=now)

    assert "Timed out within 24 hours 1 of 2 orders Degraded" in shown("many-timeouts")
    assert "By service checkout 1" in shown("many-timeouts")
    assert "Silent for longest recommendations in DEV, attempt 1" in shown("many-timeouts")


def test_a_slot_beyond_its_lease_that_is_still_open_is_a_fault() -> None:
    promoting()
    Dispatch.objects.update(lease_until=database_now() - timedelta(minutes=1))

    assert "Silent beyond lease or deadline 1 Unhealthy" in shown("undetected-disconnects")


def test_a_sweeper_that_looks_has_a_heartbeat_and_one_that_stopped_is_a_fault() -> None:
    keep_health()
    beating = shown("undetected-disconnects")
    Pulse.objects.update(at=database_now() - timedelta(hours=1))

    assert re.search(r"heartbeat every 60 s .* Healthy", beating)
    assert re.search(r"heartbeat every 60 s .* Unhealthy", shown("undetected-disconnects"))


def test_a_heartbeat_that_is_switched_off_is_not_known(settings: Settings) -> None:
    settings.HEALTH_EVERY_S = 0

    assert "Sweeper its heartbeat is off, for HEALTH_EVERY_S is 0 Unknown" in shown("undetected-disconnects")


def test_redis_is_shown_as_the_last_check_found_it(settings: Settings) -> None:
    settings.REDIS_URL = ""
    alone = shown("no-stream")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    before = shown("no-stream")
    keep_health()
    after = shown("no-stream")

    assert HealthReport.objects.count() == 1
    assert "Redis none: one process does everything" in alone
    assert "Redis, at the last check not checked yet Unknown" in before
    assert "Redis, at the last check Redis does not answer (ConnectionError)" in after


def test_memory_and_versions_are_those_of_this_process() -> None:
    assert re.search(r"Memory of this process \d+ MiB now, at most \d+ MiB", shown("memory"))
    assert re.search(r"django \d+\.\d+", shown("versions"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER, Role.APPROVER])
def test_others_are_told_who_may(role: Role) -> None:
    answer = browser_of("kim", role).get("/diagnostics/operations")

    assert answer.status_code == 403
    assert "To look after the board you need the role admin." in answer.content.decode()


def test_the_guide_answers_each_problem_of_the_page() -> None:
    answer = browser_of("ada", Role.ADMIN).get("/diagnostics/operations").content.decode()
    told = re.findall(r"^## (.*)$", text_of("docs/operations.md"), re.MULTILINE)
    anchors = [heading.lower().replace(" ", "-") for heading in told]

    assert re.findall(r'<section class="panel" id="([a-z-]+)"', answer) == [*anchors, "versions"]
