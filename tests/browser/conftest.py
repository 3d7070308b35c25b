"""Chromium, the board and the simulated BookVerse for tests that drive a page as a person would."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from bookverse.asgi import application
from bookverse.demo.addresses import APPTRUST, CI, server_url
from bookverse.embedded import start_embedded
from releases.actions.documents import fetch_due_documents
from releases.actions.probing import keep_probing
from releases.audience import AUDIENCE
from tests.browser.board_server import serving
from tests.browser.complaints import Complaints, assert_accessible
from tests.browser.simulation import Simulation, simulated_bookverse
from tests.browser.snapshot import Snapshot
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoDbBlocker

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Without these Chromium looks for its maker's servers at every start, and cannot start for root.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
COOKIE = settings.SESSION_COOKIE_NAME
Scheme = Literal["light", "dark"]
# WhiteNoise answers with plain iterators, which Django under ASGI reads in a thread and remarks upon.
STATIC_FILES = "ignore:StreamingHttpResponse must consume synchronous iterators:Warning"
# A page that is left before its icon has come: Django then drops the answer, and with it the open file, unclosed.
LEFT_EARLY = "ignore:unclosed file <_io.FileIO name=.*/static/:ResourceWarning"
PATIENCE_MS = 15_000  # how long a locator waits for what should appear


class OpenContext(Protocol):
    """Opens a window with cookies of its own; ``expecting`` are statuses that are no complaint there."""

    def __call__(
        self,
        *,
        scheme: Scheme = ...,
        size: ViewportSize = ...,
        signed_in_as: str = ...,
        script: bool = ...,
        expecting: frozenset[int] = ...,
    ) -> BrowserContext: ...


class SaveScreenshot(Protocol):
    """Saves what a page shows as ``<name>.png``."""

    def __call__(self, page: Page, name: str) -> None: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.filterwarnings(STATIC_FILES, LEFT_EARLY))


def chromium_path() -> str:
    candidates = (os.environ.get("CHROMIUM", ""), *CHROMIUM)
    found = next((path for name in candidates if name and (path := shutil.which(name))), None)
    assert found is not None, "there is no chromium; install Debian's, or name one in CHROMIUM"
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop running in this thread, in which Django would refuse to touch the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def database(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The database of all browser tests: one board serves them, so none of them may empty it under the board."""
    path = tmp_path_factory.mktemp("browser") / "board.sqlite3"
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setitem(connections.settings["default"]["TEST"], "NAME", str(path))
        before = setup_databases(verbosity=0, interactive=False, aliases={"default": False})
        yield path
        teardown_databases(before, verbosity=0)


@pytest.fixture(scope="session")
def bookverse_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the simulated services and AppTrust keep."""
    return tmp_path_factory.mktemp("bookverse")


@pytest.fixture(scope="session")
def bookverse_port(bookverse_data: Path) -> Iterator[int]:
    """Start the simulated BookVerse and point the board at it; yields its first port, which is AppTrust's."""
    with (
        simulated_bookverse(bookverse_data) as port,
        override_settings(
            DEMO=True,
            DEMO_PORT=port,
            JFROG_URL=server_url(APPTRUST, base=port),
            BUILD_URL=f"{server_url(CI, base=port)}/builds",
        ),
    ):
        yield port


@pytest.fixture(scope="session")
def beginning(
    chromium: Browser,
    bookverse_data: Path,
    bookverse_port: int,
    database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Snapshot:
    """The data and accounts of `make run`, kept before the board runs and before anybody did anything."""
    in_another_thread(lambda: call_command("seed_demo", verbosity=0))
    in_another_thread(look_around)
    kept = (database, *bookverse_data.glob("*.sqlite3"))
    snapshot = Snapshot(databases=kept, copies=tmp_path_factory.mktemp("beginning"))
    snapshot.take()
    return snapshot


@pytest.fixture(scope="session")
def address(beginning: Snapshot) -> Iterator[str]:
    """Serve the board, with tasks and schedule in threads of this process as the board does without Redis."""
    with serving(application) as url, override_settings(SITE_URL=url, CALLBACK_BASE_URL=url):
        stop = start_embedded()
        yield url
        stop()


@pytest.fixture
def board(beginning: Snapshot, address: str) -> str:
    """The board and what it works with, set back to their beginning; returns the board's address.

    Sockets outlive their windows a little, and releases get the same keys again: a watch that still ran would show the
    release of the test before.
    """
    until(lambda: not AUDIENCE.present, what=lambda: f"{AUDIENCE.present} pages of the test before are still followed")
    beginning.restore()
    return address


@pytest.fixture
def services(board: str, bookverse_port: int) -> Simulation:
    """The simulated services, all willing and in a hurry until a test says otherwise."""
    simulation = Simulation(port=bookverse_port)
    simulation.hurry()
    return simulation


@pytest.fixture
def manager(services: Simulation, open_context: OpenContext) -> Page:
    """A window of the release manager of the demo, signed in."""
    return open_context(signed_in_as="manager").new_page()


@pytest.fixture
def open_context(chromium: Browser, board: str) -> Iterator[OpenContext]:
    """Open windows as the test asks for them; the test fails at its end with what any page in them complained about."""
    complaints = Complaints()
    with ExitStack() as windows:

        def open_context(
            *,
            scheme: Scheme = "light",
            size: ViewportSize = DESKTOP,
            signed_in_as: str = "",
            script: bool = True,
            expecting: frozenset[int] = frozenset(),
        ) -> BrowserContext:
            context = chromium.new_context(
                base_url=board,
                color_scheme=scheme,
                viewport=size,
                has_touch=size == PHONE,
                reduced_motion="reduce",
                java_script_enabled=script,
            )
            windows.callback(close, context)
            context.set_default_timeout(PATIENCE_MS)
            context.on("page", lambda page: complaints.listen_to(page, expecting=expecting))
            if signed_in_as:
                context.add_cookies([{"name": COOKIE, "value": session_of(signed_in_as), "url": board}])
            return context

        yield open_context
    assert not complaints.heard, "\n".join(complaints.heard)


@pytest.fixture
def page(open_context: OpenContext) -> Page:
    """A window of a person who has not signed in."""
    return open_context().new_page()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    return assert_accessible


@pytest.fixture
def screenshot() -> SaveScreenshot:
    """Save what the page shows as ``<name>.png``; `make screenshots` puts them where README finds them."""
    folder = Path(os.environ.get("SCREENSHOTS") or "test-results/screenshots")

    def save(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return save


def look_around() -> None:
    """Find out what a board does in its first seconds, so that no plan changes while a test looks at it."""
    fetch_due_documents()
    keep_probing()


def in_another_thread(work: Callable[[], object]) -> None:
    """Do what starts a loop of its own, as outbound calls do; playwright's is already running in this thread."""

    def work_and_disconnect() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as threads:
        threads.submit(work_and_disconnect).result()


def close(context: BrowserContext) -> None:
    """Close a window once its pages have loaded, so that a late complaint is heard as well."""
    for page in context.pages:
        page.wait_for_load_state()
    context.close()


def session_of(username: str) -> str:
    """Sign an account in without its form; returns the value of its cookie."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=username))
    return client.cookies[COOKIE].value
