"""The manifest of a release as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from releases.queries.manifests import manifest_of
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest

    from releases.queries.manifests import ManifestView


@require_safe
@login_required
def as_yaml(request: HttpRequest, version: str) -> HttpResponse:
    """Download the manifest as BookVerse's pipelines read it."""
    actor(request)
    found = manifest_of(version)
    return _named(HttpResponse(found.yaml, content_type="application/yaml"), found, "yaml")


@require_safe
@login_required
def as_json(request: HttpRequest, version: str) -> HttpResponse:
    """Download the same as JSON."""
    actor(request)
    found = manifest_of(version)
    answer = JsonResponse(found.document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _named(answer, found, "json")


def _named(answer: HttpResponse, found: ManifestView, ending: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{found.id}.{ending}"'
    return answer
