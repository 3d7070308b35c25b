"""The two routes of single sign-on: where it starts, and where the provider sends people back to."""

from __future__ import annotations

import logging
import re
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bookverse.sso.mapping import groups_meant
from bookverse.sso.provider import Conversation, NotSignedIn, explained_failures, provider_for
from releases.actions.accounts import Visitor, admit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

BACKEND = "bookverse.roles.RoleBackend"
# The first of these that the provider tells is somebody's name here; it is never what an account is found by.
NAMES = ("preferred_username", "email", "sub")
ERROR_CODE = re.compile(r"[a-z_]{1,40}")


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody on to the provider.

    A link, not a form: it changes nothing but what this browser waits for, and Chromium applies ``form-action`` to each
    redirect after a form, so that the policy would have to name whatever the provider itself sends people on to.
    """
    if request.user.is_authenticated:
        return redirect(_wanted(request))
    nonce = secrets.token_urlsafe(32)
    try:
        with explained_failures():
            answer: HttpResponse = provider_for(request).redirect(
                request,
                AuthProcess.LOGIN,
                next_url=_wanted(request),
                nonce=nonce,
                auth_params={"nonce": nonce},
            )
    except NotSignedIn as failure:
        return _explained(request, failure)
    return answer


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Let in whom the provider vouches for, or say why not."""
    try:
        state = _state_of(request)
        user = _vouched_for(request, state)
    except NotSignedIn as failure:
        return _explained(request, failure)
    # Nothing of who was here before, not even how long ago they came.
    request.session.flush()
    login(request, user, backend=BACKEND)
    return redirect(state["next"])


def _wanted(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _state_of(request: HttpRequest) -> Mapping[str, Any]:
    """Return what this browser waits for; it is used up, so that coming back twice is refused."""
    try:
        state: Mapping[str, Any] = provider_for(request).unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied as failure:
        sentence = "This sign-in was not begun in this browser, is over, or was begun too long ago. Sign in again."
        raise NotSignedIn(sentence, HTTPStatus.BAD_REQUEST) from failure
    return state


def _vouched_for(request: HttpRequest, state: Mapping[str, Any]) -> User:
    if "code" not in request.GET or "error" in request.GET:
        raise _refused_by_provider(request.GET.get("error", ""))
    with explained_failures():
        claims = Conversation(request, settings.SSO_ISSUER).claims(
            request.GET["code"], verifier=state["pkce_code_verifier"], nonce=state["nonce"]
        )
        visitor = _visitor(claims)
    admission = admit(visitor)
    if admission.user is None:
        raise NotSignedIn(admission.refusal, HTTPStatus.FORBIDDEN)
    return admission.user


def _refused_by_provider(code: str) -> NotSignedIn:
    logger.warning(
        "The provider of single sign-on refused: %s", code if ERROR_CODE.fullmatch(code) else "no known code"
    )
    if code == "access_denied":
        return NotSignedIn(
            f"{settings.SSO_NAME} did not let you in here, or you turned back. Sign in again, or ask there.",
            HTTPStatus.FORBIDDEN,
        )
    return NotSignedIn(
        f"The sign-in service of {settings.SSO_NAME} could not sign you in. Try again in a moment; "
        "if that does not help, tell an administrator, whom the log tells more.",
        HTTPStatus.BAD_GATEWAY,
    )


def _visitor(claims: Mapping[str, Any]) -> Visitor:
    if settings.SSO_ROLES and settings.SSO_GROUPS_CLAIM not in claims:
        logger.warning(
            "The provider of single sign-on says nothing of %s (SSO_GROUPS_CLAIM)", settings.SSO_GROUPS_CLAIM
        )
    return Visitor(
        provider=settings.SSO_ISSUER,
        subject=claims["sub"],
        name=next(str(claims[name]) for name in NAMES if claims.get(name)),
        groups=groups_meant(claims.get(settings.SSO_GROUPS_CLAIM), settings.SSO_ROLES),
    )


def _explained(request: HttpRequest, failure: NotSignedIn) -> HttpResponse:
    refusal = {
        "title": "You are not signed in",
        "message": failure.sentence,
        "next_url": reverse("web:login"),
        "next_label": "To the sign-in page",
    }
    return render(request, "releases/refusal.html", {"refusal": refusal}, status=failure.status)
