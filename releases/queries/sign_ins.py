"""Whether a session still counts."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"


def is_session_over(session: SessionBase, now: datetime) -> bool:
    """Tell whether somebody signed in too long ago; the store itself ends a session that nobody used for long."""
    began = str(session.get(SIGNED_IN_AT, ""))
    return bool(began) and now > datetime.fromisoformat(began) + settings.SESSION_LONGEST


def account_behind(session_key: str | None) -> User | AnonymousUser:
    """Return whose session this is at present: it may have ended, or the account be gone, since it was read."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    number = session.get(SESSION_KEY)
    if number is None or is_session_over(session, timezone.now()):
        return AnonymousUser()
    return User.objects.filter(pk=number).first() or AnonymousUser()
