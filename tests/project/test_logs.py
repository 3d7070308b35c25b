"""Log lines: what they say, whom they name, and what is never in them."""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from celery import shared_task
from django.db import transaction
from structlog.contextvars import bound_contextvars, get_contextvars

from bookverse import logs
from bookverse.celery import app
from releases import enqueue
from releases.actions.dispatches import send_due_dispatches
from tests import factories
from tests.api.calling import report
from tests.factories import slot, token_of
from tests.fakes.service import fake_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

SEEN: list[object] = []


@contextmanager
def logged(formatter: logging.Formatter) -> Iterator[list[str]]:
    """Collect what is logged meanwhile, as it would be written."""
    written, lines = io.StringIO(), list[str]()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    root, journal = logging.getLogger(), logging.getLogger("releases.journal")
    level = journal.level
    root.addHandler(handler)
    journal.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        journal.setLevel(level)
        lines += written.getvalue().splitlines()


def test_a_line_is_one_object_even_with_a_traceback() -> None:
    with logged(logs.JsonLines()) as lines:
        try:
            _ = 1 // 0
        except ZeroDivisionError:
            logging.getLogger("board").exception("failed for %s", "web", extra={"release": "2.2.0"})
    [line] = lines
    said: dict[str, Any] = json.loads(line)
    assert "ZeroDivisionError" in said.pop("exception")
    assert said.pop("timestamp").endswith("Z")
    assert said == {"level": "error", "logger": "board", "message": "failed for web", "release": "2.2.0"}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [secret]"),
        ("token rb_ab12_c-d_e is old", "token [secret] is old"),
        ("whsec_AAAA+/bb==", "[secret]"),
        ("{'callback_token': '0123456789abcdef', 'stage': 'DEV'}", "{'callback_token': '[secret]', 'stage': 'DEV'}"),
        ("the token is missing", "the token is missing"),
    ],
)
def test_a_secret_is_masked(line: str, shown: str) -> None:
    assert logs.masked(line) == shown


@pytest.mark.parametrize("formatter", [logs.JsonLines(), logs.Lines("%(message)s")])
def test_both_formats_mask(formatter: logging.Formatter) -> None:
    with logged(formatter) as lines:
        logging.getLogger("board").warning("sent %s", {"callback_token": "0123456789abcdef"})
    assert "0123456789abcdef" not in lines[0]


@pytest.mark.django_db(transaction=True)
def test_the_story_of_an_order_has_one_correlation_id_and_no_token() -> None:
    with fake_service() as service, logged(logs.JsonLines()) as lines:
        factories.load_bookverse(service.url)
        promotion = factories.promote(factories.created())
        send_due_dispatches()
        dispatch = slot(promotion, "inventory")
        report(dispatch, "progress", X_Request_ID="seen-by-proxy")
        [order] = service.taken()
    said = [json.loads(line) for line in lines]
    correlation_id = str(dispatch.session.correlation_id)
    told = [line["message"] for line in said if line.get("correlation_id") == correlation_id]
    assert order.headers["x-correlation-id"] == correlation_id
    assert {"dispatch.sent", "callback.applied"} <= set(told)
    assert [line for line in lines if token_of(dispatch) in line] == []


@pytest.mark.django_db(transaction=True)
def test_what_a_request_causes_is_logged_with_its_id(client: Client) -> None:
    with logged(logs.JsonLines()) as lines:
        answer = client.get("/no/such/address", headers={"X-Request-ID": "from-proxy.1"})
    assert answer["X-Request-ID"] == "from-proxy.1"
    assert [json.loads(line)["request_id"] for line in lines] == ["from-proxy.1"]
    assert "request_id" not in get_contextvars()


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, 'a"b'])
def test_an_id_that_is_none_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert UUID(answer["X-Request-ID"]).hex == answer["X-Request-ID"]


@shared_task(name="tests.note_request")
def note_request() -> None:
    SEEN.append(get_contextvars().get("request_id"))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let hints run in the thread that leaves them, as a worker would."""
    monkeypatch.setattr(enqueue.MESSENGER, "leave", lambda _about, send: send())
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.django_db(transaction=True)
def test_a_task_knows_the_request_that_caused_it(at_once: None) -> None:
    with bound_contextvars(request_id="from-proxy.2"), transaction.atomic():
        enqueue.task_on_commit("tests.note_request")
    assert SEEN == ["from-proxy.2"]
