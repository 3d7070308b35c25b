"""Fetching documents from services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from releases.clients import documents
from releases.clients.documents import MAX_BYTES, fetch_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer


def test_each_address_is_asked_once(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_json({"openapi": "3.1.0"})
    url = httpserver.url_for("/a")

    found = fetch_documents([url, url])

    assert ({address: each.document for address, each in found.items()}, len(httpserver.log)) == (
        {url: {"openapi": "3.1.0"}},
        1,
    )


def test_a_document_of_just_the_largest_size_is_read(httpserver: HTTPServer) -> None:
    frame = len('{"a":""}')
    httpserver.expect_request("/a").respond_with_data('{"a":"' + "x" * (MAX_BYTES - frame) + '"}')
    url = httpserver.url_for("/a")

    assert fetch_documents([url])[url].error == ""


def test_an_answer_without_end_is_cut_off(httpserver: HTTPServer) -> None:
    def without_end() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    httpserver.expect_request("/a").respond_with_response(Response(without_end()))
    url = httpserver.url_for("/a")

    assert fetch_documents([url])[url].error == f"GET {url}: the answer is larger than 1,048,576 bytes"


def test_one_that_drips_is_given_up(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WHOLE_S", 0.0)
    httpserver.expect_request("/a").respond_with_json({})
    url = httpserver.url_for("/a")

    assert fetch_documents([url])[url].error == f"GET {url}: no whole answer within 0 s"


def test_an_address_outside_the_allowed_networks_is_not_asked(httpserver: HTTPServer, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []
    url = httpserver.url_for("/a")

    assert ("OUTBOUND_ALLOW" in fetch_documents([url])[url].error, httpserver.log) == (True, [])


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "nowhere", "http://"])
def test_an_address_that_is_none_is_an_error(url: str) -> None:
    assert fetch_documents([url])[url].error.startswith(f"GET {url}: ")
