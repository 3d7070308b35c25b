"""Every refusal as problem details (RFC 9457), in this one place."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.responses import Response

from releases.actions.callbacks import ForgedCallback
from releases.api.reasons import reason_documents
from releases.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionRefused,
    ReleaseError,
    VerdictRefused,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "1"

_STATUS: tuple[tuple[type[ReleaseError], HTTPStatus], ...] = (
    (ForgedCallback, HTTPStatus.UNAUTHORIZED),
    (PermissionRefused, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
)


class TooLarge(ReleaseError):
    """The body is larger than this call takes."""

    code = "too-large"


class FieldError(Schema):
    """``loc`` leads to the part of the request that is wrong, ``msg`` says what is."""

    loc: list[str | int]
    msg: str


class Problem(Schema):
    """Problem details by RFC 9457; ``reasons`` where a verdict refuses, ``errors`` where the request is malformed."""

    type: str
    title: str
    status: int
    detail: str
    reasons: list[dict[str, Any]] | None = None
    errors: list[FieldError] | None = None


def problem(status: HTTPStatus, code: str, detail: str, **more: object) -> HttpResponse:
    """Return an answer of that status; ``code`` is stable for scripts, ``detail`` a sentence for people."""
    document = {
        "type": f"urn:bookverse:problem:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": int(status),
        "detail": detail,
        **more,
    }
    response = Response(document, status=status, content_type=MEDIA_TYPE)
    if status is HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = RETRY_AFTER_S
    return response


def answer_with_problems(api: NinjaAPI) -> None:
    """Register how each exception is answered."""
    api.add_exception_handler(ReleaseError, _refused)
    api.add_exception_handler(ValidationError, _malformed)
    api.add_exception_handler(AuthenticationError, _unauthenticated)
    api.add_exception_handler(HttpError, _unreadable)
    api.add_exception_handler(Http404, _no_such_route)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(OperationalError, _database_away)
    api.add_exception_handler(InterfaceError, _database_away)
    api.add_exception_handler(DataError, _unstorable)
    api.add_exception_handler(IntegrityError, _lost_race)


def _refused(_request: HttpRequest, refusal: ReleaseError | type[ReleaseError]) -> HttpResponse:
    assert isinstance(refusal, ReleaseError)  # noqa: S101 (ninja's types also allow the class)
    if isinstance(refusal, TooLarge):
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, refusal.code, refusal.message)
    status = next((status for kind, status in _STATUS if isinstance(refusal, kind)), HTTPStatus.CONFLICT)
    return problem(status, refusal.code, refusal.message, **_explanation(refusal))


def _explanation(refusal: ReleaseError) -> dict[str, object]:
    match refusal:
        case InvalidInput():
            return {"errors": [{"loc": ["body", *refusal.field.split(".")], "msg": refusal.message}]}
        case VerdictRefused():
            return {"reasons": reason_documents(refusal.reasons)}
        case _:
            return {}


def _malformed(_request: HttpRequest, mistake: ValidationError | type[ValidationError]) -> HttpResponse:
    """Say where and what, never what was sent: that may be a secret."""
    found: Iterable[dict[str, Any]] = getattr(mistake, "errors", [])
    errors = [{"loc": _place(error["loc"]), "msg": error["msg"]} for error in found]
    where = ", ".join(".".join(map(str, error["loc"])) for error in errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", f"Malformed: {where}.", errors=errors)


def _place(loc: Iterable[str | int]) -> list[str | int]:
    """Leave out the name of the parameter that holds the whole body."""
    place = list(loc)
    return [place[0], *place[2:]] if place[0] == "body" and len(place) > 1 else place


def _unauthenticated(_request: HttpRequest, _error: object) -> HttpResponse:
    detail = "Send a token as 'Authorization: Bearer rb_…', or sign in."
    return problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", detail)


def _unreadable(_request: HttpRequest, _error: object) -> HttpResponse:
    """Ninja raises this for a body that its parser refuses."""
    errors = [{"loc": ["body"], "msg": "This is not a JSON document."}]
    detail = "The body is not a JSON document."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors=errors)


def _no_such_route(_request: HttpRequest, _error: object) -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, "not-found", "There is no such address; /api/docs lists them.")


def _too_big(_request: HttpRequest, _error: object) -> HttpResponse:
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        TooLarge.code,
        "The body is over 1 MiB, which is the limit of every call; that of a callback is 64 KiB.",
    )


def _database_away(_request: HttpRequest, error: object) -> HttpResponse:
    LOG.warning("database away: %s", error)
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The database is away for a moment; try again.")


def _unstorable(_request: HttpRequest, error: object) -> HttpResponse:
    LOG.warning("not stored: %s", error)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", "The database cannot store this.", errors=[])


def _lost_race(_request: HttpRequest, error: object) -> HttpResponse:
    LOG.warning("lost a race: %s", error)
    detail = "Somebody did the same at the same moment. Look again, then decide."
    return problem(HTTPStatus.CONFLICT, Conflict.code, detail)
