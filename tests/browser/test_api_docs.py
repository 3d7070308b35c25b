from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_api_documentation_works_offline_under_the_policy(page: Page) -> None:
    page.goto("/api/docs")
    expect(page.get_by_role("heading", name="BookVerse Release Board")).to_be_visible()
    page.get_by_role("button", name="POST /api/v1/callbacks Report").click()
    expect(page.get_by_text("Report what became of an order")).to_be_visible()
