"""A person's own API tokens: seeing, making and revoking them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from releases.actions.tokens import MAXIMUM_DAYS, MAXIMUM_NAME, WantedToken, make_own_token, revoke_own_token
from releases.domain.access import READ_SCOPE
from releases.domain.errors import InvalidInput
from releases.queries.tokens import own_tokens, scope_choices
from releases.web.requests import actor, form_key

if TYPE_CHECKING:
    from django.http import HttpRequest

    from releases.domain.access import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the form, and what is wrong with which field of it."""

    name: str = ""
    scopes: tuple[str, ...] = (READ_SCOPE,)
    days: str = "30"
    problem: str = ""
    field: str = ""


@require_safe
@login_required
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """List the tokens, and offer to make one."""
    return _page(request, actor(request))


@require_POST
@login_required
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """Show the new token in the answer itself: whatever could be asked for again would have to be stored."""
    person = actor(request)
    name, days = str(request.POST.get("name", "")).strip(), str(request.POST.get("days", ""))
    scopes = tuple(str(scope) for scope in request.POST.getlist("scope"))
    try:
        wanted = WantedToken(name=name, scopes=scopes, days=_whole(days))
        secret = make_own_token(actor=person, wanted=wanted, key=form_key(request))
    except InvalidInput as why:
        draft = Draft(name=name, scopes=scopes, days=days, problem=why.message, field=why.field)
        return _page(request, person, draft=draft, status=422)
    return _page(request, person, secret=secret)


@require_POST
@login_required
def revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """End a token."""
    label = revoke_own_token(actor=actor(request), key_id=key_id)
    messages.success(request, f"{label} is revoked; whoever uses it is refused from now on.")
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": reverse("web:tokens")})
    return redirect("web:tokens")


def _whole(days: str) -> int:
    """Return the number; 0, which is refused, for what is none or too large to be read."""
    return int(days) if days.isascii() and days.isdigit() and len(days) <= len(str(MAXIMUM_DAYS)) else 0


def _page(
    request: HttpRequest, person: Actor, *, draft: Draft | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "tokens": own_tokens(person.person_id),
        "choices": scope_choices(),
        "draft": draft or Draft(),
        "secret": secret,
        "most_days": MAXIMUM_DAYS,
        "most_characters": MAXIMUM_NAME,
    }
    return render(request, "releases/tokens.html", context, status=status)
