"""A platform, people with tokens, and services that are asked on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.calling import Caller, caller_for, create_candidate
from tests.api.platform import build_platform

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return ("127.0.0.1", 0)


@pytest.fixture
def platform(db: None) -> None:
    build_platform()


@pytest.fixture
def reachable_platform(transactional_db: None, httpserver: HTTPServer) -> HTTPServer:
    """Its services accept every order."""
    build_platform(httpserver.url_for("").rstrip("/"))
    for slug in ("inventory", "recommendations", "checkout", "web", "helm"):
        httpserver.expect_request(f"/{slug}", method="POST").respond_with_json({}, status=202)
    return httpserver


@pytest.fixture
def manager(platform: None) -> Caller:
    return caller_for("manager")


@pytest.fixture
def viewer(platform: None) -> Caller:
    return caller_for("viewer")


@pytest.fixture
def nobody(platform: None) -> Caller:
    return Caller()


@pytest.fixture
def candidate(manager: Caller) -> str:
    """A release that was not promoted yet."""
    return create_candidate(manager)
