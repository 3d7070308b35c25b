"""Who is calling: the bearer of a token, or somebody signed in whose page proves itself with a CSRF token."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from releases.domain.access import Actor, Permission, require
from releases.domain.errors import PermissionRefused
from releases.queries.access import actor_of, user_and_scopes_of_token


class BearerToken(HttpBearer):
    """``Authorization: Bearer rb_…``, made by ``manage.py create_token``."""

    def authenticate(self, _request: HttpRequest, token: str) -> Actor | None:
        known = user_and_scopes_of_token(token)
        return _viewer(actor_of(*known)) if known else None


class SignedIn(AuthBase):
    """The session of the pages, with their CSRF token on everything that changes something."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    csrf = True  # makes the documentation page send the token

    def __call__(self, request: HttpRequest) -> Actor | None:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        if check_csrf(request):
            raise PermissionRefused("The CSRF token is missing or wrong; send it as X-CSRFToken.")
        return _viewer(actor_of(request.user))


def _viewer(actor: Actor) -> Actor:
    require(actor, Permission.VIEW)
    return actor


BEARER, SIGNED_IN = BearerToken(), SignedIn()


def actor_behind(request: HttpRequest) -> Actor:
    """Return who an authenticated operation runs for."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def actor_or_nobody(request: HttpRequest) -> Actor | None:
    """Return who calls an operation that is open to everybody."""
    try:
        return BEARER(request) or SIGNED_IN(request)
    except PermissionRefused:
        return None


def for_viewers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only who may look see the documentation; a demo and development show it to everybody."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if settings.DEMO or settings.DEBUG or actor_or_nobody(request):
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path())

    return guarded
