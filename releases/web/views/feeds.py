"""What other programs show of the board: the feed of released versions, and a badge for each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases.display.atom import Feed, FeedEntry, atom, listed
from releases.display.markdown import rendered
from releases.display.stage_badge import stage_badge
from releases.queries.calendars import is_calendar_key
from releases.queries.released import released_versions, stage_standing

if TYPE_CHECKING:
    from django.http import HttpRequest

    from releases.queries.released import ReleasedVersion

# Who shows a badge asks often; a picture of the past would say that something still runs.
FRESH = {"Cache-Control": "private, max-age=60"}


@require_safe
def released(request: HttpRequest) -> HttpResponse:
    """List the newest versions that went live in the last stage."""
    _let_in(request)
    feed = Feed(
        id=f"tag:{request.get_host()},2026:released",
        url=request.build_absolute_uri(reverse("web:released_feed")),
        page=request.build_absolute_uri(reverse("web:release_list")),
        title=f"{settings.PLATFORM_NAME}: released versions",
        at=timezone.now(),
        entries=[_entry(request, each) for each in released_versions()],
    )
    return HttpResponse(atom(feed), content_type="application/atom+xml; charset=utf-8", headers=FRESH)


def _entry(request: HttpRequest, each: ReleasedVersion) -> FeedEntry:
    title = f"{each.stage} went back to {each.version}" if each.went_back else f"{each.version} is live in {each.stage}"
    return FeedEntry(
        id=f"tag:{request.get_host()},2026:promotion:{each.number}",
        url=request.build_absolute_uri(reverse("web:release", args=[each.release])),
        title=f"{title}: {each.title}" if each.title and not each.went_back else title,
        html=listed(each.changes) + rendered(each.notes),
        author=each.by,
        at=each.at,
        updated_at=each.updated_at,
    )


@require_safe
def badge(request: HttpRequest, stage: str) -> HttpResponse:
    """Draw what a stage runs, and whether something is on its way there."""
    _let_in(request)
    standing = stage_standing(stage)
    drawn = stage_badge(standing.stage, standing.version, standing.state)
    return HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8", headers=FRESH)


def _let_in(request: HttpRequest) -> None:
    """Know who is signed in, or the secret of a calendar's address, which is all that such programs can carry."""
    if not request.user.is_authenticated and not is_calendar_key(request.GET.get("key", "")):
        raise Http404
