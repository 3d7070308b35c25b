"""The matrix: what is known of every version, of one of them, and of the versions of two services together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from releases.domain.errors import InvalidInput, NotFound
from releases.domain.version_evidence import Known, companions, pair_reasons, survey
from releases.domain.versions import InvalidVersion, Version, highest, parse
from releases.models import Deployment, PlatformVersion, Release, Service, ServiceVersion
from releases.queries.catalog import services_in_order
from releases.queries.observations import sightings_of
from releases.queries.rules import declared_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from releases.domain.findings import Pair
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Reason
    from releases.domain.version_evidence import Companion, Statement, Survey

# How many of the newest versions of each service may be asked for; a search for what is known looks at the most.
COUNTS = (10, 25, 50, 100, 200)
MOST = COUNTS[-1]
# Each version of the one service is weighed with each of the other.
MOST_IN_PAIR = 50
COMPANION_VERSIONS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixQuestion:
    """What the address asks; ``at`` names the versions whose evidence is wanted: one, or both of a pair."""

    service: str = ""
    platform: str = ""
    known: str = ""
    search: str = ""
    newest: int = COUNTS[0]
    pair: str = ""
    at: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCell:
    version: str
    known: tuple[Known, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """``total`` counts every registered version of the service, shown or not."""

    service: str
    total: int
    cells: tuple[VersionCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairGrid:
    """Every shown consumer version with the worst reason for each of the ``columns``."""

    pair: Pair
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Reason | None, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDetail:
    """The evidence on one version; ``row_id`` is the row of the service in this platform version, if there is one."""

    service: str
    service_id: int
    version: str
    known: tuple[Known, ...]
    statements: tuple[Statement, ...]
    companions: tuple[Companion, ...]
    runs_in: tuple[str, ...]
    is_registered: bool
    row_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDetail:
    """The evidence on two versions together."""

    pair: Pair
    versions: Mapping[str, str]
    reasons: tuple[Reason, ...]
    seen: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixDetail:
    """What the panel beside the matrix shows: at most one of the two."""

    platform: str
    one: VersionDetail | None = None
    both: PairDetail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixPage:
    """``rows`` are empty where a pair is shown."""

    question: MatrixQuestion
    services: tuple[str, ...]
    platforms: tuple[str, ...]
    pairs: tuple[Pair, ...]
    rows: tuple[ServiceRow, ...]
    grid: PairGrid | None
    detail: MatrixDetail

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max((len(row.cells) for row in self.rows), default=1)


def matrix_page(question: MatrixQuestion) -> MatrixPage:
    """Return the whole page, in a number of queries that depends on what is asked and not on how much there is."""
    rules, platforms = declared_rules(), _platforms()
    asked = _opened(question, rules, platforms)
    pair = _pair(question.pair, asked.book.pairs)
    services = tuple(service.slug for service in services_in_order(rules.depends_on))
    return MatrixPage(
        question=question,
        services=services,
        platforms=tuple(str(each) for each in sorted(_known_platforms(rules, platforms), reverse=True)),
        pairs=asked.book.pairs,
        rows=() if pair else tuple(_rows(question, asked, services)),
        grid=_grid(question, asked, pair) if pair else None,
        detail=_detail(question, asked),
    )


def matrix_detail(question: MatrixQuestion) -> MatrixDetail:
    """Return the evidence on what ``at`` names alone."""
    return _detail(question, _opened(question, declared_rules(), _platforms()))


def _opened(question: MatrixQuestion, rules: Rules, platforms: Iterable[str]) -> Survey:
    """Look from the platform version that is asked for, else from the newest that is known."""
    newest = highest(_known_platforms(rules, platforms))
    platform = _version("platform", question.platform) if question.platform else newest
    return survey(rules, platform_version=platform, sightings=sightings_of(rules.observations))


def _platforms() -> list[str]:
    """Read every platform version that was given out, and those that releases are on their way to."""
    given = PlatformVersion.objects.values_list("version", flat=True)
    return [*given, *Release.objects.values_list("target_version", flat=True).distinct()]


def _known_platforms(rules: Rules, platforms: Iterable[str]) -> set[Version]:
    """Stable platform versions only: rows are written for those, prereleases of one are its labels on the way."""
    found = set()
    for text in {*platforms, *(row.platform_version for row in rules.rows)}:
        try:
            found.add(parse(text))
        except InvalidVersion:
            continue
    return {version for version in found if not version.is_prerelease}


def _version(field: str, text: str) -> Version:
    try:
        return parse(text)
    except InvalidVersion as mistake:
        raise InvalidInput(field, mistake.message) from mistake


def _pair(asked: str, pairs: Sequence[Pair]) -> Pair | None:
    if not asked:
        return None
    found = next((pair for pair in pairs if asked == f"{pair.consumer}:{pair.provider}"), None)
    if found is None:
        message = "These two services have nothing to do with each other; choose one of the offered pairs."
        raise InvalidInput("pair", message)
    return found


def _newest(limit: int, *, services: Iterable[str] | None = None, search: str = "") -> dict[str, list[Version]]:
    """Read the newest valid versions of each service, newest first, in one query."""
    found = ServiceVersion.objects.exclude(sort_key=b"")
    if services is not None:
        found = found.filter(service__slug__in=list(services))
    if search:
        named = Q(service__slug__icontains=search) | Q(service__name__icontains=search)
        found = found.filter(named | Q(version__icontains=search))
    newest_first = (F("sort_key").desc(), F("version").desc())
    place = Window(RowNumber(), partition_by=F("service_id"), order_by=newest_first)
    ranked = found.annotate(place=place).filter(place__lte=limit).order_by("service_id", "place")
    versions: defaultdict[str, list[Version]] = defaultdict(list)
    for slug, text in ranked.values_list("service__slug", "version"):
        versions[slug].append(parse(text))
    return versions


def _rows(question: MatrixQuestion, asked: Survey, services: Sequence[str]) -> Iterable[ServiceRow]:
    # What is known of a version is not in the database as such, so a filter by it looks at as many as it may.
    limit = MOST if question.known else question.newest
    found = _newest(limit, services=[question.service] if question.service else None, search=question.search)
    counted = ServiceVersion.objects.values_list("service__slug").annotate(Count("pk"))
    totals: dict[str, int] = dict(counted.order_by())
    for service in services:
        versions = found.get(service, [])
        known_of = asked.known_of(service, versions)
        cells = [VersionCell(version=each.raw, known=known) for each, known in zip(versions, known_of, strict=True)]
        if question.known:
            cells = [cell for cell in cells if question.known in cell.known]
        if cells or not (question.service or question.search or question.known):
            shown = tuple(cells[: question.newest])
            yield ServiceRow(service=service, total=totals.get(service, 0), cells=shown)


def _grid(question: MatrixQuestion, asked: Survey, pair: Pair) -> PairGrid:
    limit = min(question.newest, MOST_IN_PAIR)
    found = _newest(limit, services=(pair.consumer, pair.provider))
    consumers, providers = found.get(pair.consumer, []), found.get(pair.provider, [])
    judged = pair_reasons(asked.book, pair, consumers, providers)
    return PairGrid(
        pair=pair,
        columns=tuple(version.raw for version in providers),
        rows=tuple((version.raw, reasons) for version, reasons in zip(consumers, judged, strict=True)),
    )


def _detail(question: MatrixQuestion, asked: Survey) -> MatrixDetail:
    platform = str(asked.book.platform_version or "")
    versions = {service: _version("at", text) for service, text in question.at}
    if len(versions) == 1:
        [(service, version)] = versions.items()
        return MatrixDetail(platform=platform, one=_version_detail(asked, service, version))
    if versions:
        return MatrixDetail(platform=platform, both=_pair_detail(asked, versions))
    return MatrixDetail(platform=platform)


def _version_detail(asked: Survey, slug: str, version: Version) -> VersionDetail:
    service = Service.objects.filter(slug=slug).first()
    if service is None:
        message = f"There is no service {slug}."
        raise NotFound(message)
    others = {name for pair in asked.pairs_with(slug) for name in (pair.consumer, pair.provider)} - {slug}
    running = Deployment.objects.filter(service=service, version=version.raw).order_by("stage__position")
    return VersionDetail(
        service=slug,
        service_id=service.pk,
        version=version.raw,
        known=asked.known(slug, version),
        statements=asked.statements(slug, version),
        companions=companions(asked, slug, version, _newest(COMPANION_VERSIONS, services=others)),
        runs_in=tuple(running.values_list("stage__name", flat=True)),
        is_registered=service.versions.filter(version=version.raw).exists(),
        row_id=asked.row_of(slug),
    )


def _pair_detail(asked: Survey, versions: Mapping[str, Version]) -> PairDetail:
    pair = next((pair for pair in asked.book.pairs if {pair.consumer, pair.provider} == versions.keys()), None)
    if pair is None:
        message = "These services have nothing to do with each other."
        raise NotFound(message)
    return PairDetail(
        pair=pair,
        versions={service: version.raw for service, version in versions.items()},
        reasons=asked.book.check(pair, versions),
        seen=asked.together(pair, versions),
    )
