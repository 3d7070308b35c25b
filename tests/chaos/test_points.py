"""Every place where a process may die has a name, and is either required of a run or exempt for a reason."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from releases import broadcast, enqueue
from releases.actions import collections
from releases.actions.dispatches import send_due_dispatches
from releases.actions.steering import pause_promotion
from releases.domain.access import SYSTEM
from releases.domain.errors import NotFound
from releases.queries.clock import database_now
from tests import factories
from tests.chaos.app.arming import Armed
from tests.chaos.app.hooks import hooked
from tests.chaos.app.wishes import read_points, written
from tests.chaos.points import EMBEDDED_TRANSACTIONS, EXEMPT, EXEMPT_REQUESTS, REQUESTS, TRANSACTIONS
from tests.factories import person
from tests.fakes.service import fake_service
from tests.quality.sources import ROOT, files_under, syntax_of
from tests.waiting import PATIENCE_S, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.hints import Messenger
    from releases.models import Promotion

LESSON = """
A new transaction is a new place to die. Name it in tests/chaos/points.py: required, with the processes that reach it,
so that a run with --failpoints stops there; or exempt, with the reason why nothing is lost where it is not tried.
"""


def transactions(path: str) -> Iterator[str]:
    """Names of the functions of a module that open a transaction, by decorator or inside."""
    for function in (node for node in ast.walk(syntax_of(path)) if isinstance(node, ast.FunctionDef)):
        opened = [item.context_expr for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items]
        if any("transaction.atomic" in ast.unparse(each) for each in (*function.decorator_list, *opened)):
            yield f"{PurePath(path).stem}.{function.name}"


def clients_that_ask() -> set[str]:
    """Names of the modules that send requests."""
    return {
        PurePath(path).stem
        for path in files_under("releases/clients/", ending=".py")
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"client.stream", "client.get", "client.post", "client.request"}
    }


def test_every_transaction_is_required_or_exempt() -> None:
    found = {name for path in files_under("releases/actions/", ending=".py") for name in transactions(path)}
    assert found == {*TRANSACTIONS, *EMBEDDED_TRANSACTIONS, *EXEMPT}, LESSON


def test_nothing_is_both_required_and_exempt() -> None:
    assert {*TRANSACTIONS, *EMBEDDED_TRANSACTIONS, *REQUESTS} & {*EXEMPT, *EXEMPT_REQUESTS} == set()


def test_every_request_is_required_or_exempt() -> None:
    named = {name.partition(".")[0] for name in (*REQUESTS, *EXEMPT_REQUESTS)}
    assert clients_that_ask() == named, LESSON


@pytest.fixture
def told(transactional_db: None) -> Iterator[list[str]]:
    names: list[str] = []
    for messenger in (broadcast.MESSENGER, enqueue.MESSENGER):
        _let_finish(messenger)
    with hooked(names.append):
        yield names


def _let_finish(messenger: Messenger) -> None:
    """Wait until what was left before has been sent: it comes in order, and belongs to another test."""
    is_sent = threading.Event()
    messenger.leave("the last of another test", is_sent.set)
    assert is_sent.wait(PATIENCE_S)


@pytest.fixture
def promotion(transactional_db: None) -> Promotion:
    return factories.promoting()


def test_an_action_tells_of_its_commit_before_anybody_hears_of_it(promotion: Promotion, told: list[str]) -> None:
    pause_promotion(actor=person(), version=promotion.version)

    until(lambda: "broadcast.publish:after" in told, what=lambda: told)
    assert [name for name in told if name.startswith(("steering.", "broadcast."))] == [
        "steering.pause_promotion:before-commit",
        "steering.pause_promotion:after-commit",
        "broadcast.publish:before",
        "broadcast.publish:after",
    ]


def test_an_action_that_is_refused_tells_of_no_commit(promotion: Promotion, told: list[str]) -> None:
    with pytest.raises(NotFound):
        pause_promotion(actor=SYSTEM, version="no such version")

    assert [name for name in told if name.startswith("steering.")] == []


def test_a_savepoint_is_no_commit(transactional_db: None, told: list[str]) -> None:
    with transaction.atomic():
        request_collection_inside = collections._open_collection(SYSTEM, database_now())  # noqa: SLF001

    assert (request_collection_inside.pk is None, [name for name in told if "collection" in name]) == (False, [])


def test_an_order_tells_of_its_claim_its_request_and_its_answer(transactional_db: None, told: list[str]) -> None:
    with fake_service() as service:
        factories.load_bookverse(service.url)
        factories.promote(factories.created())
        told.clear()
        send_due_dispatches()

    assert [name for name in told if name.startswith(("dispatches.", "services."))] == [
        "dispatches._claim:before-commit",
        "dispatches._claim:after-commit",
        "services.post:before",
        "services.post:after",
        "dispatches._settle:before-commit",
        "dispatches._settle:after-commit",
    ]


def test_who_dies_before_the_commit_has_changed_nothing(promotion: Promotion) -> None:
    actor = person()
    armed = Armed(last_visits={"steering.pause_promotion:before-commit": 1}, die=_die)
    with pytest.raises(SystemError), hooked(armed.reached):
        pause_promotion(actor=actor, version=promotion.version)

    promotion.refresh_from_db()
    assert (promotion.state, connection.in_atomic_block) == ("running", False)


def test_who_dies_after_the_commit_has_told_nobody(promotion: Promotion, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, left = person(), list[object]()
    monkeypatch.setattr(broadcast.MESSENGER, "leave", lambda about, _hint: left.append(about))
    armed = Armed(last_visits={"steering.pause_promotion:after-commit": 1}, die=_die)
    with pytest.raises(SystemError), hooked(armed.reached):
        pause_promotion(actor=actor, version=promotion.version)

    promotion.refresh_from_db()
    assert (promotion.state, left) == ("paused", [])


def _die(point: str) -> None:
    raise SystemError(point)


def test_a_process_dies_at_the_visit_that_it_was_told() -> None:
    deaths: list[str] = []
    armed = Armed(last_visits={"a:before": 2}, die=deaths.append)

    for point in ("a:before", "b:before", "a:before", "a:before"):
        armed.reached(point)

    assert deaths == ["a:before"]


def test_points_are_read_as_they_are_written() -> None:
    points = {"dispatches._claim:before-commit": 3, "services.post:after": 1}
    assert read_points(written(points)) == points


# An action of that name without a table, so that the process need not make a database first.
AN_ACTION = """
import django
django.setup()
from django.db import transaction
def act(): pass
act.__module__, act.__qualname__ = "releases.actions.steering", "cancel"
transaction.atomic(act)()
"""


@pytest.mark.process
def test_a_process_notes_where_it_dies_and_is_killed(tmp_path: Path) -> None:
    hits = tmp_path / "hits"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "sqlite://:memory:",
        "CHAOS_POINT": "steering.cancel:before-commit:1",
        "CHAOS_HITS": str(hits),
    }
    done = subprocess.run([sys.executable, "-c", AN_ACTION], cwd=ROOT, env=environment, check=False)

    assert (done.returncode, hits.read_text()) == (-signal.SIGKILL, "steering.cancel:before-commit\n")
