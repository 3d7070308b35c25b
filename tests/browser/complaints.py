"""What a browser complains about while a test drives it: script errors, policy violations, failed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

from tests.loopback import is_local

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, Response

# A refusal is shown on the page; Chromium notes its status in the console as well.
REFUSALS = frozenset({403, 409, 422})
# Failed requests are judged by their status, below; the other is said when a person leaves a page that just opened.
NO_COMPLAINT = ("Failed to load resource", "WebSocket is closed before the connection is established")
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


class Complaints:
    """Collects the complaints of the pages it listens to; a test passes when there are none."""

    # Not a slotted dataclass: playwright notes what it wrapped on the object whose methods it calls.
    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen_to(self, page: Page, *, expecting: frozenset[int] = frozenset()) -> None:
        """Note every complaint of the page from now on, but not the statuses that the test is about."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("response", lambda response: self._response(response, REFUSALS | expecting))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(known in message.text for known in NO_COMPLAINT):
            self.heard.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        # Addresses that the page made itself, data: and blob:, have no host.
        if not is_local(urlsplit(request.url).hostname or ""):
            self.heard.append(f"the page asked another machine: {request.url}")

    def _response(self, response: Response, expected: frozenset[int]) -> None:
        if response.status >= 400 and response.status not in expected:
            self.heard.append(f"answered {response.status}: {response.request.method} {response.url}")


def assert_accessible(page: Page) -> None:
    """Fail with each axe-core violation of the page as it stands now: its rule, what to mend, and where."""
    violations = Axe().run(page, options=RULES).response["violations"]
    found = [f"{violation['id']}: {violation['help']} at {_places(violation['nodes'])}" for violation in violations]
    assert not found, "\n".join(found)


def _places(nodes: list[dict[str, list[object]]]) -> str:
    return ", ".join(" ".join(map(str, node["target"])) for node in nodes)
