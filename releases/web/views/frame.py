"""Signing in, and the theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from releases.domain.access import Role
from releases.web.context import THEMES

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse

ONE_YEAR_S = 365 * 24 * 3600
DEMO_ACCOUNTS = (
    ("manager", Role.MANAGER.value),
    ("approver", Role.APPROVER.value),
    ("viewer", Role.VIEWER.value),
    ("admin", Role.ADMIN.value),
)


class PasswordForm(AuthenticationForm):
    """With ``SSO_ONLY`` the way in for superusers, should the provider be away."""

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse whoever has to sign in with the organisation's account; only the right password is told so."""
        super().confirm_login_allowed(user)
        if settings.SSO_ISSUER and settings.SSO_ONLY and not user.is_superuser:
            raise ValidationError(f"Passwords are for superusers only. Sign in with {settings.SSO_NAME}.")


class SignIn(LoginView):
    """Names the demo's accounts where there is a demo."""

    authentication_form = PasswordForm

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo's accounts."""
        accounts = DEMO_ACCOUNTS if settings.DEMO else ()
        return {**super().get_context_data(**kwargs), "demo_accounts": accounts}


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Answer browsers that ask by habit, from pages that name no icon: the admin's and the API's."""
    return redirect(static("favicon-neutral.svg"))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie, so that the server sends the page in it."""
    target = str(request.POST.get("next", "/"))
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(target if safe else "/")
    theme = request.POST.get("theme")
    if theme in THEMES:
        response.set_cookie("theme", str(theme), max_age=ONE_YEAR_S, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
