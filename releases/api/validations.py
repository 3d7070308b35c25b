"""Validations of what a stage runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from releases.actions.validations import ValidationRequest, request_validation
from releases.api.addresses import board_url, release_url
from releases.api.answers import RequestedValidationAnswer
from releases.api.authentication import actor_behind
from releases.api.bodies import ValidationBody
from releases.api.fields import IdempotencyKey, VersionText

router = Router(tags=["validations"])


@router.post("/releases/{version}/validations", response={202: RequestedValidationAnswer})
def validate(
    request: HttpRequest,
    response: HttpResponse,
    version: VersionText,
    key: IdempotencyKey,
    body: ValidationBody | None = None,
) -> dict[str, object]:
    """Validate a release where it runs; what was found is part of the release, under ``validation``."""
    said = body or ValidationBody()
    wanted = ValidationRequest(
        version=version,
        stage=said.stage or "",
        scenarios=tuple(said.scenarios),
        lock_version=said.lock_version,
    )
    found = request_validation(actor=actor_behind(request), request=wanted, key=key or "")
    response["Location"] = release_url(request, version)
    return {
        "run_id": found.run_id,
        "stage": found.stage,
        "scenarios": list(found.scenarios),
        "url": release_url(request, version),
        "board_url": board_url(request, version),
    }
