"""What the frame of every page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from releases.domain.access import Permission, why_not
from releases.queries.access import NOBODY, actor_of
from releases.queries.debts import debts_of

if TYPE_CHECKING:
    from django.http import HttpRequest

THEMES = ("light", "dark")


def page_frame(request: HttpRequest) -> dict[str, object]:
    """Return the theme, names, and what to offer, and how much whoever looks owes."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    person = NOBODY if user is None else actor_of(user)
    return {
        "theme": theme if theme in THEMES else "",
        "platform_name": settings.PLATFORM_NAME,
        "sso_name": settings.SSO_NAME if settings.SSO_ISSUER else "",
        "sso_only": settings.SSO_ONLY,
        "own_debts": debts_of(user.pk) if user is not None and user.pk else 0,
        "may_plan": not why_not(person, Permission.PLAN),
        "may_administer": not why_not(person, Permission.EDIT_RULES),
    }
