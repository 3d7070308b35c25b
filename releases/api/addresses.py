"""Absolute addresses in answers, under the host name that the caller used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from django.http import HttpRequest


def release_url(request: HttpRequest, version: str) -> str:
    """Return the release in this API."""
    return request.build_absolute_uri(reverse("api:release", args=[version]))


def stream_url(request: HttpRequest, correlation_id: str) -> str:
    """Return where a session can be followed."""
    return request.build_absolute_uri(reverse("api:session_stream", args=[correlation_id]))


def board_url(request: HttpRequest, version: str) -> str:
    """Return the release's page."""
    return request.build_absolute_uri(reverse("web:release", args=[version]))
