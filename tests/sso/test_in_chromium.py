"""The way to the provider and back in Chromium: its policies, its cookies, and what a person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from bookverse.asgi import application
from tests.browser.board_server import serving
from tests.browser.complaints import Complaints, assert_accessible
from tests.browser.conftest import LEFT_EARLY, STATIC_FILES, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.fixtures import Settings

    from tests.fakes.openid_provider import FakeOpenIdProvider

__all__ = ["chromium"]  # a fixture: its name here is what makes it one
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings(STATIC_FILES, LEFT_EARLY),
]


@pytest.fixture
def page(provider: FakeOpenIdProvider, chromium: Browser, settings: Settings) -> Iterator[Page]:
    """Somebody before the sign-in page. The provider is ``localhost`` and the board an address: two sites."""
    provider.asks = True
    complaints = Complaints()
    with serving(application) as url:
        settings.SITE_URL = url
        context = chromium.new_context(base_url=url)
        page = context.new_page()
        complaints.listen_to(page)
        page.goto("/trains")
        yield page
        context.close()
    assert complaints.heard == []


def test_a_person_signs_in_with_the_account_of_their_organisation(page: Page) -> None:
    assert_accessible(page)
    page.get_by_role("link", name="Sign in with Example Books").click()
    page.get_by_role("button", name="Go on as maria").click()
    expect(page).to_have_url("/trains")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_who_is_not_let_in_there_reads_why_and_can_try_again(provider: FakeOpenIdProvider, page: Page) -> None:
    provider.error = "access_denied"
    page.get_by_role("link", name="Sign in with Example Books").click()
    page.get_by_role("button", name="Go on as maria").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_have_count(2)
    expect(page.get_by_role("alert")).to_contain_text("Example Books did not let you in here, or you turned back.")
    assert_accessible(page)
    page.get_by_role("link", name="To the sign-in page").click()
    expect(page.get_by_role("link", name="Sign in with Example Books")).to_be_visible()
