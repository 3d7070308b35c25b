"""The admin as a whole: entered through the board's own sign-in page, by who has the role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse

from releases.domain.access import Permission, require, why_not
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class AdministrationSite(AdminSite):
    """Asks the roles that pages and API ask, not the staff flag of an account."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may enter."""
        return not why_not(actor_of(request.user), Permission.EDIT_RULES)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:  # noqa: ARG002 (Django's signature)
        """Send on to the board's sign-in page; who is signed in and may not enter is told why."""
        if request.user.is_authenticated:
            require(actor_of(request.user), Permission.EDIT_RULES)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
