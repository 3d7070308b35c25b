"""A provider for each test, and a browser that goes there and back as a person would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx2
import pytest
from django.conf import settings as told
from django.contrib.auth.models import Group
from django.test import Client

from releases.domain.access import Role
from tests.fakes.openid_provider import FakeOpenIdProvider

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if told.SSO_ISSUER:
        return
    off = pytest.mark.skip("single sign-on is off; make test-sso runs it")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(off)


@pytest.fixture
def provider(db: None, httpserver: HTTPServer, settings: Settings) -> FakeOpenIdProvider:
    """A provider that the board was told of, and the groups that people can be put into."""
    fake = FakeOpenIdProvider(httpserver, client_id=told.SSO_CLIENT_ID, client_secret=told.SSO_CLIENT_SECRET)
    settings.SSO_ISSUER = fake.issuer
    settings.SITE_URL = "http://testserver"
    for name in (*Role, "approver: PROD"):
        Group.objects.get_or_create(name=name)
    return fake


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody at a browser of their own."""

    client: Client

    def sent_to_provider(self, wish: str = "") -> str:
        """Follow the link on the sign-in page; return where it leads."""
        answer = self.client.get(f"/sso/start?{urlencode({'next': wish})}" if wish else "/sso/start")
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    def sent_back(self, wish: str = "") -> str:
        """Sign in at the provider; return where it sends people back to."""
        with httpx2.Client(trust_env=False) as browser:
            answer = browser.get(self.sent_to_provider(wish))
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def signs_in(self, wish: str = "") -> Response:
        """Go all the way."""
        return self.client.get(self.sent_back(wish))

    @property
    def is_signed_in(self) -> bool:
        return self.client.get("/trains").status_code == 200


@pytest.fixture
def person(provider: FakeOpenIdProvider) -> Person:
    return Person(client=Client())
