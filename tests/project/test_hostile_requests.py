"""What no browser would send: refused, and no fault of the board, on either database."""

from __future__ import annotations

import random

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from bookverse.session_keys import SessionStore
from releases.domain.access import Role
from tests.factories import created, load_bookverse, person
from tests.fuzzing import SEED, amount, tell
from tests.project.routes import page_patterns

PAGES = amount(200)
HOSTILE = ["", "%00", "%ED%A0%80", "%FF", "9" * 30, "-1", "x" * 3000, "%F0%9F%9A%80", "' OR 1=1 --", "[]", "²", "null"]
NAMES = [
    "q", "cursor", "limit", "page", "at", "pair", "service", "platform", "known", "newest", "version", "versions",
    "stage", "kind", "state", "sequence", "window", "after", "next", "target_version", "urgency", "key", "tab",
]  # fmt: skip
COOKIES = ["", '"aaaaaaaaaa\\000"', '"\\355\\240\\200aaaaaaa"', "a" * 3000, "é", '"', "'\\"]


@pytest.mark.parametrize("key", ["", "a" * 31, "a" * 33, "A" * 32, "\0" * 32, "é" * 32, "a" * 31 + "\n"])
def test_a_key_that_no_session_can_have_is_none(key: str) -> None:
    assert SessionStore(key).session_key is None


def test_a_session_is_found_by_its_key(db: None) -> None:
    session = SessionStore()
    session["name"] = "vera"
    session.save()
    assert SessionStore(session.session_key)["name"] == "vera"


@pytest.mark.parametrize("path", ["/", "/login/", "/admin/", "/metrics", "/api/v1/services", "/api/v1/health"])
@pytest.mark.parametrize("name", [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME])
def test_a_cookie_that_is_none_is_that_of_nobody(db: None, path: str, name: str) -> None:
    client = Client(raise_request_exception=False)
    plain = client.get(path).status_code
    assert {client.get(path, headers={"Cookie": f"{name}={value}"}).status_code for value in COOKIES} == {plain}


def test_no_page_breaks_for_what_its_address_asks(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    load_bookverse()
    created(title="Autumn")
    person("ada", Role.ADMIN)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username="ada"))
    # Not ready is what a board without its servers is.
    paths = sorted(path for path in page_patterns() - {"readyz"} if "<" not in path)
    chance = random.Random(SEED)

    asked = [f"/{chance.choice(paths)}?{chance.choice(NAMES)}={chance.choice(HOSTILE)}" for _ in range(PAGES)]
    broken = [address for address in asked if client.get(address).status_code >= 500]

    tell(capsys, f"{len(asked)} hostile addresses of pages: {len(broken)} broken")
    assert broken == []
