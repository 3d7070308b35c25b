"""What hotfixes owe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from releases.actions.debts import pay_debt
from releases.domain.errors import InvalidInput
from releases.queries.debts import debt_page, paying_refusal
from releases.web.requests import actor, form_key, go

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List what is owed, or what was paid, in the order in which it arose."""
    refusal = paying_refusal(actor(request))
    paid = bool(request.GET.get("paid"))
    debts, next_cursor = debt_page(refusal=refusal, paid=paid, after=_cursor(request.GET.get("cursor", "")))
    context = {"debts": debts, "paid": paid, "next_cursor": next_cursor, "refusal": refusal}
    return render(request, "releases/debts.html", context)


@require_POST
@login_required
def pay(request: HttpRequest, number: int) -> HttpResponse:
    """Note how a debt was made up for; a release's page gets its news by its socket."""
    how = str(request.POST.get("how", ""))
    if "\x00" in how:
        raise InvalidInput("how", "Say in printable characters how this was made up for.")
    version = pay_debt(actor=actor(request), debt_id=number, how=how, key=form_key(request))
    if request.POST.get("from") != "debts":
        return go(request, "web:release", version)
    if request.headers.get("HX-Request"):
        return HttpResponse("", headers={"HX-Redirect": reverse("web:debts")})
    return redirect("web:debts")


def _cursor(raw: str) -> int:
    if raw and not (raw.isascii() and raw.isdigit() and len(raw) < 19):  # noqa: PLR2004 (what fits the column)
        raise InvalidInput("cursor", "The cursor is the number from a page's own link.")
    return int(raw or 0)
