"""Where everything answers."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from bookverse.metrics import metrics
from bookverse.probes import healthz, readyz
from releases.api.board_api import api

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("releases.web.urls")),
]
if settings.SSO_ISSUER:
    urlpatterns.append(path("sso/", include("bookverse.sso.urls")))
