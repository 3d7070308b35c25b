"""/metrics: who may read it, and what it says after something happened."""

from __future__ import annotations

import os
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import OperationalError, transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from prometheus_client.parser import text_string_to_metric_families

from bookverse import exposition
from bookverse.metrics import serve_metrics
from releases import metrics
from releases.actions.tokens import create_token
from releases.domain.access import Role
from releases.queries.clock import database_now
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client

TOKEN = "scrape-" + "0123456789" * 3
PROMETHEUS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", TOKEN)


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return each sample by its name and the values of its labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client: Client) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = client.get("/metrics", headers=PROMETHEUS)
    assert answer.status_code == 200
    return samples(answer.content.decode())


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_who_may_not_look_at_the_board_reads_no_metrics(db: None, client: Client, sent: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=sent)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.content.decode().startswith("Metrics are for those who may look at the board")


def test_without_a_token_of_its_own_an_empty_one_opens_nothing(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "")
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.django_db
def test_a_viewers_token_opens_the_metrics(client: Client) -> None:
    factories.person("viewer", Role.VIEWER)
    token = create_token(username="viewer", scopes=("read",))
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("open_by", ["DEBUG", "DEMO"])
def test_development_and_demo_need_no_token(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, open_by: str
) -> None:
    monkeypatch.setattr(settings, open_by, True)
    assert client.get("/metrics").status_code == 200


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_status_and_never_by_address(client: Client) -> None:
    before = scraped(client)
    client.get("/releases/9.9.9")
    client.get("/no/such/address")
    after = scraped(client)

    def grown(*labels: str) -> float:
        sample = ("board_http_requests_total", labels)
        return after[sample] - before.get(sample, 0.0)

    assert grown("GET", "/releases/<str:version>", "302") == 1
    assert grown("GET", "unknown", "404") == 1
    assert after["board_http_request_seconds_count", ("/releases/<str:version>",)] >= 1
    assert not [labels for _, labels in after if "/no/such/address" in labels]


@pytest.mark.django_db
def test_a_method_that_does_not_exist_makes_no_label_of_its_own(client: Client) -> None:
    client.generic("BREW", "/healthz")
    assert scraped(client)["board_http_requests_total", ("other", "/healthz", "405")] >= 1


@pytest.mark.django_db
def test_the_board_says_how_it_stands(client: Client) -> None:
    promotion = factories.promoting()
    found = scraped(client)
    assert (
        found["board_database_up", ()],
        found["board_open_sessions", ()],
        found["board_open_dispatches", ("pending",)],
        found["board_open_promotions", ("running",)],
        found["board_dispatches_due", ()],
    ) == (1, promotion.sessions.count(), 1, 1, 1)


@pytest.mark.django_db
def test_a_beat_that_never_started_has_neither_age_nor_period(client: Client) -> None:
    before = scraped(client)
    every = IntervalSchedule.objects.create(every=60, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.create(name="collect", task="releases.start_collection", interval=every)
    due = scraped(client)
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=database_now())

    beat = ("board_beat_age_seconds", ()), ("board_beat_period_seconds", ())
    assert [name in before for name in beat] == [False, False]
    assert [name in due for name in beat] == [False, True]
    assert [name in scraped(client) for name in beat] == [True, True]


def test_a_database_that_is_away_hides_nothing_that_was_counted(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(exposition, "board_facts", away)
    found = scraped(client)
    assert found["board_database_up", ()] == 0
    assert ("board_callbacks_total", ("forged",)) in found


@pytest.fixture
def worker() -> Iterator[HTTPConnection]:
    server = serve_metrics(0)
    connection = HTTPConnection("127.0.0.1", server.server_port)
    yield connection
    connection.close()
    server.shutdown()
    server.server_close()


@pytest.mark.django_db(transaction=True)
def test_a_worker_answers_on_a_port_of_its_own(worker: HTTPConnection) -> None:
    worker.request("GET", "/metrics", headers=PROMETHEUS)
    answer = worker.getresponse()
    found = samples(answer.read().decode())
    assert (answer.status, found["board_database_up", ()]) == (200, 1)


@pytest.mark.parametrize(("path", "status"), [("/metrics", 401), ("/", 404)])
def test_a_worker_tells_nobody_else_anything(worker: HTTPConnection, path: str, status: int) -> None:
    worker.request("GET", path)
    assert worker.getresponse().status == status


COUNT_IN_TWO_PROCESSES = """
import os, django
django.setup()
from releases.metrics import CALLBACKS
if not os.fork():
    CALLBACKS.labels("forged").inc(2)
    os._exit(0)
os.wait()
CALLBACKS.labels("forged").inc(3)
from bookverse.exposition import exposition
print(exposition("")[0].decode())
"""


def test_processes_behind_one_port_add_up(tmp_path: Path) -> None:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    away = {"DATABASE_URL": "sqlite://:memory:"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT_IN_TWO_PROCESSES],
        env={**os.environ, **shared, **away},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert samples(done.stdout)["board_callbacks_total", ("forged",)] == 5


def counted(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.django_db
def test_what_was_rolled_back_is_not_counted() -> None:
    before = counted("board_timeouts_total", reason="silent")
    with transaction.atomic():
        metrics.count_on_commit(metrics.TIMEOUTS, "silent")
        transaction.set_rollback(True)
    assert counted("board_timeouts_total", reason="silent") == before
