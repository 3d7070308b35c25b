"""What the draft of a release's notes is made of, as it is known now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from releases.domain.api_changes import ApiChanges, api_changes
from releases.domain.release_notes import DeclaredBreak, DraftFacts, ServiceDifference, VersionNote
from releases.domain.sort_keys import sort_key_of
from releases.models import ApiDocument, BreakingChange, ServiceVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from releases.domain.promises import Document
    from releases.models import Release

KEPT_COMPARISONS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """How one service differs; empty versions as in ``ServiceDifference``."""

    service: str
    before: str
    after: str

    @property
    def is_move(self) -> bool:
        """Whether the service was there before and still is; only then there are versions in between."""
        return bool(self.before and self.after)

    @property
    def went_down(self) -> bool:
        return self.is_move and sort_key_of(self.after) < sort_key_of(self.before)

    def passes(self, version: str) -> bool:
        """Whether the version is one that comes with the move, or goes with it where it leads down."""
        low, high = self.bounds
        return low < sort_key_of(version) <= high

    @property
    def bounds(self) -> tuple[bytes, bytes]:
        """Sort keys: what lies above the first, up to the second, is what the move passes."""
        low, high = sorted((sort_key_of(self.before), sort_key_of(self.after)))
        return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A stored document, which never changes, known by its digest."""

    sha256: str
    content: Document = field(compare=False)


def draft_facts(release: Release) -> DraftFacts:
    """Return the facts in four queries at most: the plan's own changes, with what was registered about them."""
    steps = [_step(change) for change in release.plan["changes"] if change["from"] != change["to"]]
    notes, breaks, apis = _notes(steps), _breaks(steps), _apis(steps)
    return DraftFacts(
        # A rollback has no baseline; what it takes back is named by its plan.
        baseline=str(release.plan.get("baseline") or release.plan.get("version") or ""),
        words=release.notes,
        differences=[
            ServiceDifference(
                service=step.service,
                before=step.before,
                after=step.after,
                went_down=step.went_down,
                notes=tuple(notes[step.service]),
                breaks=tuple(breaks[step.service]),
                api=apis.get(step.service),
            )
            for step in steps
        ],
    )


def _step(change: Mapping[str, str | None]) -> _Step:
    return _Step(service=change["service"] or "", before=change["from"] or "", after=change["to"] or "")


def _notes(steps: Sequence[_Step]) -> defaultdict[str, list[VersionNote]]:
    found: defaultdict[str, list[VersionNote]] = defaultdict(list)
    rows = ServiceVersion.objects.filter(_any(map(_passed, steps))).exclude(notes="", irreversible="")
    for service, version, text, irreversible in rows.order_by("-sort_key", "-version").values_list(
        "service__slug", "version", "notes", "irreversible"
    ):
        found[service].append(VersionNote(version=version, text=text, irreversible=irreversible))
    return found


def _passed(step: _Step) -> Q:
    if not step.is_move:
        # All of what was ever in a new service is in it now; only its own version says what that is.
        return Q(service__slug=step.service, version=step.after)
    low, high = step.bounds
    return Q(service__slug=step.service, sort_key__gt=low, sort_key__lte=high)


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=()))


def _breaks(steps: Sequence[_Step]) -> defaultdict[str, list[DeclaredBreak]]:
    found: defaultdict[str, list[DeclaredBreak]] = defaultdict(list)
    passed = {step.service: step for step in steps if step.is_move}
    rows = BreakingChange.objects.filter(provider__slug__in=passed).select_related("provider").order_by("pk")
    for row in sorted(rows, key=lambda each: sort_key_of(each.version), reverse=True):
        if passed[row.provider.slug].passes(row.version):
            endpoint = f"{row.method} {row.path}".strip()
            found[row.provider.slug].append(DeclaredBreak(version=row.version, endpoint=endpoint, text=row.text))
    return found


def _apis(steps: Sequence[_Step]) -> Mapping[str, ApiChanges]:
    moved = [step for step in steps if step.is_move]
    ends = _any(
        Q(service_version__service__slug=s.service, service_version__version__in=(s.before, s.after)) for s in moved
    )
    rows = ApiDocument.objects.filter(ends).values_list(
        "service_version__service__slug", "service_version__version", "sha256", "content"
    )
    given = {(service, version): _Given(sha256=sha256, content=content) for service, version, sha256, content in rows}
    return dict(_pairs(moved, given))


def _pairs(moved: Iterable[_Step], given: Mapping[tuple[str, str], _Given]) -> Iterator[tuple[str, ApiChanges]]:
    for step in moved:
        before, after = given.get((step.service, step.before)), given.get((step.service, step.after))
        if before and after:
            yield step.service, _compared(before, after)


@lru_cache(maxsize=KEPT_COMPARISONS)
def _compared(before: _Given, after: _Given) -> ApiChanges:
    return api_changes(before.content, after.content)
