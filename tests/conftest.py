"""What every test gets: a database in a file, no network, and the same hypothesis examples for everyone in CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management.commands.flush import Command
from django.db import connections, transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from releases.actions.journal_guard import lifted_guard
from releases.live.hub import READER
from tests.emptying import empty_tables
from tests.loopback import stay_on_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.plugin import DjangoDbBlocker

hypothesis_settings.register_profile("dev", deadline=None, max_examples=50)
hypothesis_settings.register_profile(
    "ci",
    deadline=None,  # a busy machine is no finding
    derandomize=True,
    max_examples=200,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

stay_on_loopback(except_urls=[os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: playwright leaves a loop running in the main thread, where no other loop can start."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        elsewhere = pytest.mark.skip("makes sense on PostgreSQL only; make test-postgres runs it")
        for item in items:
            if item.get_closest_marker("postgres"):
                item.add_marker(elsewhere)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give each run, and each worker of a run, an SQLite file that threads and child processes can open."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        folder: Path = tmp_path_factory.mktemp("database")
        database["TEST"]["NAME"] = str(folder / "board.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the thread that reads for live pages give its connection back before the database goes."""
    yield
    with django_db_blocker.unblock():
        READER.submit(connections.close_all).result()


@pytest.fixture(scope="session", autouse=True)
def only_what_holds_something_is_emptied() -> Iterator[None]:
    """After a test that commits, delete rows instead of truncating every table, which takes longer than most tests."""

    def empty(command: Command, *args: object, **options: Any) -> None:
        with transaction.atomic(), lifted_guard():
            empty_tables()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", empty)
        yield
