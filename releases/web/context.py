"""What the frame of every page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from releases.domain.access import Permission, why_not
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.http import HttpRequest

THEMES = ("light", "dark")


def page_frame(request: HttpRequest) -> dict[str, object]:
    """Return the theme, the platform's name, and whether to offer planning."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    return {
        "theme": theme if theme in THEMES else "",
        "platform_name": settings.PLATFORM_NAME,
        "may_plan": user is not None and not why_not(actor_of(user), Permission.PLAN),
    }
