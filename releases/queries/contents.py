"""What the board knows of what AppTrust lists in versions, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.models import VersionContent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from releases.models import Service

# The others have the same trouble, as a rule.
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadView:
    """A version whose content could not be read so far, and why."""

    version: str
    problem: str
    tries: int
    next_try_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsView:
    """How many versions of a service AppTrust completed, how many of them are read, and what was in the way."""

    completed: int
    read: int
    troubles: tuple[UnreadView, ...]

    @property
    def unread(self) -> int:
        return self.completed - self.read


def contents_of(slug: str, versions: Iterable[str], *, whole: bool) -> dict[str, VersionContent]:
    """Return what was read of these versions of a service, in one query; unless ``whole``, only that it was read."""
    rows = VersionContent.objects.filter(
        service_version__service__slug=slug, service_version__version__in=versions, read_at__isnull=False
    )
    found = rows.select_related("service_version")
    return {row.service_version.version: row for row in (found if whole else found.defer("sources", "releasables"))}


def contents_view(service: Service) -> ContentsView:
    """Return how far reading the contents of a service's versions has come; the contents are not read for it."""
    rows = VersionContent.objects.filter(service_version__service=service)
    unread = rows.filter(read_at=None)
    completed, missing = rows.count(), unread.count()
    troubled = unread.exclude(problem="").order_by("-service_version__sort_key", "-pk")
    return ContentsView(
        completed=completed,
        read=completed - missing,
        troubles=tuple(
            UnreadView(
                version=row.service_version.version,
                problem=row.problem,
                tries=row.tries,
                next_try_at=row.next_try_at,
            )
            for row in troubled.select_related("service_version")[:SHOWN]
        ),
    )
