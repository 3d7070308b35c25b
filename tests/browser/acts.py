"""What a person does and sees on the pages, in the words that the pages use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

SERVICES = ("inventory", "checkout", "recommendations", "web", "helm")
PHASES = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))
LONG_MS = 30_000  # a whole promotion on a busy machine


def sign_in(page: Page, name: str) -> None:
    """Fill the form; the demo's passwords are the names."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Sign in").click()


def badge(page: Page) -> Locator:
    return page.locator("#live-badge")


def open_live(page: Page, path: str) -> None:
    """Open a page that follows what happens, and wait until it does."""
    page.goto(path)
    expect(badge(page)).to_have_text("Live")


def create_release(page: Page) -> None:
    """Create the release that the plan page proposes, and wait until its page is live."""
    page.goto("/plans/new")
    page.get_by_role("button", name="Create release").click()
    expect(heading(page)).to_have_text("Platform 2.2.0-alpha.1")
    expect(badge(page)).to_have_text("Live")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def head(page: Page) -> Locator:
    return page.locator("#release-head")


def row(page: Page, service: str) -> Locator:
    return page.get_by_role("table").get_by_role("row").filter(has=page.get_by_role("rowheader", name=service)).first


def node(page: Page, service: str) -> Locator:
    return page.get_by_role("group", name="Dependency graph").get_by_role("listitem").filter(has_text=service)


def state(place: Locator) -> Locator:
    """The badge of a row, a node or the head."""
    return place.locator(".badge").first


def promote(page: Page, stage: str) -> None:
    """Press the button, and confirm where the page asks for it."""
    page.get_by_role("button", name=f"Promote to {stage}").click()
    if stage == "PROD":
        page.get_by_role("dialog").get_by_role("button", name=re.compile(r"Promote \S+ to PROD")).click()


def expect_arrived(page: Page, stage: str, version: str) -> None:
    expect(head(page)).to_contain_text(f"{stage} runs {version}.", timeout=LONG_MS)


def expect_held(page: Page, stage: str) -> None:
    expect(state(head(page))).to_have_text(f"Held in {stage}", timeout=LONG_MS)


def post(context: BrowserContext, path: str, **fields: str) -> tuple[int, str]:
    """Send a form without its page, as somebody may who knows the address; returns the status and what it says."""
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    answer = context.request.post(path, form={"csrfmiddlewaretoken": token, **fields})
    return answer.status, answer.text()
