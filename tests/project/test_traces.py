"""Traces: off unless asked for, and what becomes a span."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from bookverse import tracing as switch
from bookverse.spans import Spans
from releases.models import Pulse
from releases.tracing import Tracing, listen, tracing
from tests.fakes.collector import Collector, Told, collector
from tests.project.test_configuration import PATIENCE_S, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

# The client of Redis loads OpenTelemetry for itself wherever it is installed.
WHOLE_BOARD = """
import sys, redis
known = set(sys.modules)
import bookverse.asgi, bookverse.celery, bookverse.embedded, releases.tasks
print([name for name in sys.modules if name.startswith(("opentelemetry", "bookverse.spans")) and name not in known])
"""
HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
"""
FORK = """
import os, sys, django
django.setup()
from bookverse.tracing import start
from releases.tracing import tracing
start("worker")
with tracing().calling("before"):
    pass
tracing().flush()
if child := os.fork():
    with tracing().calling("parent"):
        pass
    sys.exit(os.waitpid(child, 0)[1])
with tracing().calling("child"):
    pass
tracing().flush()
"""


def python(code: str, **told: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bookverse.settings", **told}
    return subprocess.run(
        # As for the other tests: nothing is collected before them.
        [sys.executable, "-W", "ignore:No directory at", "-c", code],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.fixture
def kept() -> Iterator[Collector]:
    with collector() as kept:
        yield kept


@pytest.fixture
def spans(kept: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Listen as a board does that was told of the collector."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
    spans = Spans("test")
    listen(spans)
    connection.close()
    yield spans
    listen(Tracing())
    connection.execute_wrappers.clear()


def told(kept: Collector) -> list[Told]:
    tracing().flush()
    return kept.spans


def test_while_traces_are_off_the_board_loads_nothing_of_opentelemetry() -> None:
    done = python(WHOLE_BOARD)

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_names_switch_traces_on(
    told: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, expected: bool
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"):
        monkeypatch.setenv(name, told.get(name, ""))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")

    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": told.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")}

    assert switch.traces_wanted(given) is expected


def test_a_board_without_the_extra_refuses_to_start_and_names_it() -> None:
    manage = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'check'])"
    done = python(HIDE + manage, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")

    assert done.returncode == 1
    assert (
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT asks for traces, but OpenTelemetry is not "
        "installed: pip install --require-hashes -r requirements/otel.lock, or leave it empty."
    ) in done.stderr


def test_servers_that_run_no_checks_refuse_as_well() -> None:
    done = run(
        "-c",
        "import bookverse.asgi",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
    )

    assert done.stderr.splitlines()[-2:] == [
        "django.core.exceptions.ImproperlyConfigured: The board does not start:",
        "  OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which the board does not speak: set it to http/protobuf.",
    ]


def test_a_forked_child_sends_for_itself(kept: Collector) -> None:
    done = python(FORK, OTEL_EXPORTER_OTLP_ENDPOINT=kept.url)

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(span.name for span in kept.spans) == ["before", "child", "parent"]
    assert {span.process for span in kept.spans} == {"bookverse-board-worker"}


@pytest.mark.django_db(transaction=True)
def test_a_look_that_finds_nothing_is_not_told(spans: Spans, kept: Collector) -> None:
    with spans.duty("time"):
        Pulse.objects.update_or_create(name="sweeper", defaults={"at": timezone.now()})

    assert told(kept) == []


@pytest.mark.django_db(transaction=True)
def test_a_look_that_finds_something_is_told_with_what_it_did(spans: Spans, kept: Collector) -> None:
    Pulse.objects.create(name="sweeper", at=timezone.now())
    with spans.duty("time"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM releases_pulse WHERE name = 'planted' OR name = %s", ["planted too"])

    statement, duty = told(kept)
    assert (duty.name, duty.parent, duty.attributes["bookverse.duty"]) == ("sweeper time", "", "time")
    assert (statement.name, statement.parent) == ("DELETE", duty.span)
    assert statement.attributes["db.query.text"] == "DELETE FROM releases_pulse WHERE name = ? OR name = %s"


@pytest.mark.django_db(transaction=True)
def test_what_fails_is_told_by_its_kind_alone(spans: Spans, kept: Collector) -> None:
    with suppress(DatabaseError), spans.duty("time"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO no_such_table VALUES ('planted')")

    assert [(span.is_error, span.attributes["error.type"]) for span in told(kept)] == [
        (True, "OperationalError" if connection.vendor == "sqlite" else "ProgrammingError")
    ] * 2
    assert b"planted" not in kept.raw


@pytest.mark.django_db(transaction=True)
def test_the_sampler_that_the_environment_names_is_asked(kept: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    spans = Spans("test")
    with spans.calling("nobody asked"):
        pass
    spans.flush()

    assert kept.spans == []


def test_a_trace_that_others_began_is_gone_on_with_and_one_that_is_none_is_not(spans: Spans, kept: Collector) -> None:
    begun = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for given in (begun, "planted"):
        with spans.calling("ask", within={"traceparent": given}):
            pass

    gone_on, own = told(kept)
    assert f"00-{gone_on.trace}-{gone_on.parent}-01" == begun
    assert own.parent == ""


def test_without_traces_the_promise_of_them_costs_nothing(settings: Settings) -> None:
    settings.TRACES = False
    switch.start("web")

    assert (tracing().is_on, switch.refusal(), dict(tracing().ids()), dict(tracing().carried())) == (False, "", {}, {})
