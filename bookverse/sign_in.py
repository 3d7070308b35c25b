"""What protects the way in: sign-ins that failed too often, and sessions that end."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.shortcuts import render
from django.utils import timezone

from releases.queries.sign_ins import SEEN_AT, SIGNED_IN_AT, is_session_over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest, HttpResponse

# Writing the session down with every request would cost each page a transaction.
TOUCH_EVERY = timedelta(minutes=5)


def locked_out(
    request: HttpRequest, _answer: HttpResponse | None, credentials: Mapping[str, str] | None
) -> HttpResponse:
    """Answer a sign-in that is refused unread: when to come again, and nothing about the account."""
    seconds = _seconds_left(str((credentials or {}).get("username") or ""))
    words = {"next": request.POST.get("next", ""), "locked_minutes": math.ceil(seconds / 60)}
    response = render(request, "registration/login.html", {"form": AuthenticationForm(request), **words}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _seconds_left(username: str) -> int:
    last = AccessAttempt.objects.filter(username=username).order_by("-attempt_time").first()
    ends_at = (last.attempt_time if last else timezone.now()) + settings.AXES_COOLOFF_TIME
    return max(1, math.ceil((ends_at - timezone.now()).total_seconds()))


class SessionLimitMiddleware:
    """Ends the session of somebody who was away for too long, or who signed in too long ago."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out before the view asks who is there."""
        if request.user.is_authenticated:
            if is_session_over(request.session, timezone.now()):
                logout(request)
            else:
                _touch(request.session)
        return self.get_response(request)


def _touch(session: SessionBase) -> None:
    now = timezone.now()
    session.setdefault(SIGNED_IN_AT, now.isoformat())
    if session.get(SEEN_AT, "") < (now - TOUCH_EVERY).isoformat():
        session[SEEN_AT] = now.isoformat()
