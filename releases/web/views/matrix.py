"""The matrix of versions and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases.domain.errors import InvalidInput
from releases.domain.version_evidence import Known
from releases.queries.matrix import COUNTS, MatrixQuestion, matrix_detail, matrix_page
from releases.web.requests import actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

MAXIMUM_TEXT = 255
PAIR = 2


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show the matrix with one version's evidence beside it; for htmx that evidence alone."""
    actor(request)
    question = _question(request.GET)
    if request.headers.get("HX-Request"):
        return render(request, "releases/matrix.html#detail", {"detail": matrix_detail(question)})
    page = matrix_page(question)
    context = {"page": page, "detail": page.detail, "counts": COUNTS, "kinds": tuple(Known)}
    return render(request, "releases/matrix.html", context)


def _question(data: QueryDict) -> MatrixQuestion:
    known = _text(data, "known")
    if known and known not in set(Known):
        raise InvalidInput("known", f"What is known is one of {', '.join(Known)}.")
    return MatrixQuestion(
        service=_text(data, "service"),
        platform=_text(data, "platform"),
        known=known,
        search=_text(data, "q"),
        newest=_count(_text(data, "newest")),
        pair=_text(data, "pair"),
        at=_versions(_text(data, "at")),
    )


def _count(text: str) -> int:
    if text and text not in {str(count) for count in COUNTS}:
        raise InvalidInput("newest", f"The number of versions is one of {', '.join(map(str, COUNTS))}.")
    return int(text) if text else COUNTS[0]


def _versions(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``inventory@1.4.0``, or two of them with a comma between."""
    named = [part.partition("@") for part in text.split(",")] if text else []
    if len(named) > PAIR or not all(service and version for service, _, version in named):
        raise InvalidInput("at", "Name a version as inventory@1.4.0, or two of two services with a comma between.")
    return tuple((service, version) for service, _, version in named)


def _text(data: QueryDict, name: str) -> str:
    text = str(data.get(name, "")).strip()
    if "\x00" in text or len(text) > MAXIMUM_TEXT:
        raise InvalidInput(name, f"{name} has at most {MAXIMUM_TEXT} printable characters.")
    return text
