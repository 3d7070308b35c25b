"""Probing services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from releases.clients.probes import ProbeAnswer, probe
from releases.domain.promises import ProbeOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer


def test_nothing_to_probe_is_nothing_answered() -> None:
    assert probe([]) == {}


def test_each_address_has_its_own_answer(httpserver: HTTPServer) -> None:
    statuses = {"/a": 200, "/b": 503, "/c": 302}
    for path, status in statuses.items():
        httpserver.expect_request(path).respond_with_response(Response(status=status))

    answers = probe(httpserver.url_for(path) for path in statuses)

    assert [(answer.outcome, answer.message) for answer in answers.values()] == [
        (ProbeOutcome.PASSED, "HTTP 200"),
        (ProbeOutcome.FAILED, "HTTP 503"),
        (ProbeOutcome.FAILED, "HTTP 302"),
    ]
    assert all(answer.took_ms is not None for answer in answers.values())


def test_more_addresses_than_connections_are_all_asked(httpserver: HTTPServer) -> None:
    urls = [httpserver.url_for(f"/{number}") for number in range(80)]
    for number in range(80):
        httpserver.expect_request(f"/{number}").respond_with_data("")

    assert {answer.outcome for answer in probe(urls).values()} == {ProbeOutcome.PASSED}


def test_a_body_without_end_is_not_read(httpserver: HTTPServer) -> None:
    def without_end() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    httpserver.expect_request("/a").respond_with_response(Response(without_end()))
    url = httpserver.url_for("/a")

    assert probe([url])[url].outcome is ProbeOutcome.PASSED


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.0.0.1:99999/", "nowhere", "http://"])
def test_where_nobody_answers_is_an_error(url: str) -> None:
    answer = probe([url])[url]

    assert (answer.outcome, answer.took_ms, bool(answer.message)) == (ProbeOutcome.ERROR, None, True)


def test_an_address_outside_the_allowed_networks_is_not_asked(httpserver: HTTPServer, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []
    url = httpserver.url_for("/a")

    answer = probe([url])[url]

    assert (answer == ProbeAnswer(outcome=ProbeOutcome.ERROR, message=answer.message), httpserver.log) == (True, [])
    assert "OUTBOUND_ALLOW" in answer.message
