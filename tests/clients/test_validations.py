"""The requests of a validation: what is sent, and what is not waited for."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from releases.clients import validations
from releases.clients.validations import carry_out
from releases.domain.validation import Scenario
from releases.domain.validation_setup import DeployedService, Setup

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

PATIENCE_S = 20


def setup_of(url: str) -> Setup:
    services = (DeployedService(slug="web", version="3.0.2", url=url),)
    return Setup(key="k", stage="QA", catalog_url=url, orders_url=url, services=services, requests=2)


def health(url: str) -> tuple[str, str]:
    (found,) = carry_out(setup_of(url), [Scenario.HEALTH])
    return found.outcome, found.message


def url_of(server: HTTPServer) -> str:
    return server.url_for("").rstrip("/")


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health").respond_with_response(Response(status=302, headers={"Location": "/other"}))

    url = url_of(httpserver)
    assert health(url) == ("failed", f"web: GET {url}/health answered 302.")


def test_what_is_no_json_is_a_failure(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health").respond_with_data("<html>")

    assert health(url_of(httpserver)) == ("failed", "web: The answer is not JSON.")


def test_a_service_that_never_answers_is_not_waited_for(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validations, "WHOLE_S", 0.2)
    silent = Event()

    def stay_silent(_request: Request) -> Response:
        silent.wait(PATIENCE_S)
        return Response()

    httpserver.expect_request("/health").respond_with_handler(stay_silent)
    try:
        outcome, message = health(url_of(httpserver))
    finally:
        silent.set()
    assert (outcome, message) == ("error", f"web: GET {url_of(httpserver)}/health had no whole answer after 0 s.")


def test_a_scenario_that_takes_too_long_ends(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validations, "SCENARIO_S", 0.0)

    assert health(url_of(httpserver)) == ("error", "web: The scenario took longer than 0 s.")


def test_nothing_compressed_is_asked_for(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health").respond_with_json({"version": "3.0.2"})

    assert health(url_of(httpserver)) == ("passed", "1 step passed.")
    assert httpserver.log[0][0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "http://127.0.0.1:99999"])
def test_an_address_that_leads_nowhere_is_an_error(url: str) -> None:
    assert health(url)[0] == "error"
