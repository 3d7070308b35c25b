"""Where everything answers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from releases.api.board_api import api


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("releases.web.urls")),
]
