"""What is known of single versions under one platform version, and which versions of others go with them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.evidence import open_rules
from releases.domain.inference import Likelihood
from releases.domain.observations import tell
from releases.domain.verdicts import conclude
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.rules import Denial, Failure, Observation, Rules
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Key, Version

    # By service, then by the version's whole string.
    Sightings = Mapping[str, Mapping[str, tuple[Observation, ...]]]

# Ranges that single out no version: a denial of everything says nothing of one of them.
_ANY = frozenset({"*", "x", "X"})
SHOWN_SETS = 8


class Known(StrEnum):
    """What can be known of a version, strongest first."""

    FAILED = "failed"
    DECLARED = "declared"
    PROBES_FAILED = "probes_failed"
    OBSERVED = "observed"
    INFERRED = "inferred"
    UNLIKELY = "unlikely"
    NOTHING = "nothing_known"


_NOTHING = (Known.NOTHING,)
_GUESSED = {
    Likelihood.LIKELY: Known.INFERRED,
    Likelihood.POSSIBLE: Known.INFERRED,
    Likelihood.UNLIKELY: Known.UNLIKELY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that is known, as a sentence, with the evidence behind it."""

    known: Known
    text: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Neighbouring versions of which the same evidence says the same; the reasons are the newest's, worst first."""

    versions: tuple[Version, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Another service that a version has to do with, and its versions, newest first."""

    pair: Pair
    service: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything declared and seen, indexed by single versions for one platform version."""

    book: RuleBook
    sightings: Sightings
    failures: Mapping[str, Mapping[Key, tuple[Failure, ...]]]
    denials: Mapping[str, tuple[Denial, ...]]

    def known(self, service: str, version: Version) -> tuple[Known, ...]:
        """Everything that is known of the version, strongest first; ``(NOTHING,)`` where nothing is."""
        return self.known_of(service, (version,))[0]

    def known_of(self, service: str, versions: Iterable[Version]) -> list[tuple[Known, ...]]:
        """Tell it of many versions of one service, in their order; what concerns the service is looked up once."""
        approved, seen = self.book.approved.get(service, {}), self.sightings.get(service, {})
        failed, denied, around = self.failures.get(service, {}), self.denials.get(service), self.book.around
        found = []
        for version in versions:
            known = []
            if version.key in failed or (denied and any(self._denied(service, version))):
                known.append(Known.FAILED)
            if version.key in approved:
                known.append(Known.DECLARED)
            if version.raw in seen:
                known.append(_health(seen[version.raw]))
            if around and (guessed := _GUESSED.get(around.guess(service, version).likelihood)):
                known.append(guessed)
            found.append(tuple(known) or _NOTHING)
        return found

    def statements(self, service: str, version: Version) -> tuple[Statement, ...]:
        """Spell out what is known of the version, strongest first, and what other platform versions say of it."""
        return (*self._refusals(service, version), *self._rows(service, version), *self._others(service, version))

    def pairs_with(self, service: str) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.book.pairs if service in {pair.consumer, pair.provider})

    def row_of(self, service: str) -> int | None:
        """Id of the row that this platform version has for the service."""
        platform = self.book.platform_version
        if platform is None:
            return None
        rows = (row for row in self.book.rules.rows if row.service == service)
        return next((row.id for row in rows if platform.key in _keys([row.platform_version])), None)

    def together(self, pair: Pair, versions: Mapping[str, Version]) -> tuple[Statement, ...]:
        """Tell in which sets both of these versions ran."""
        runs = [self.sightings.get(name, {}).get(versions[name].raw, ()) for name in (pair.consumer, pair.provider)]
        shared = {each.id for each in runs[0]} & {each.id for each in runs[1]}
        return tuple(_seen(tuple(each for each in runs[0] if each.id in shared), "both"))

    def _denied(self, service: str, version: Version) -> Iterator[Denial]:
        for denial in self.denials.get(service, ()):
            text = denial.service_range if denial.service == service else denial.other_range
            if text.strip() not in _ANY and _admits(text, version):
                yield denial

    def _refusals(self, service: str, version: Version) -> Iterator[Statement]:
        for failure in self.failures.get(service, {}).get(version.key, ()):
            where = f" in {failure.stage}" if failure.stage else ""
            text = f"{failure.text}{where}: {failure.reason}"
            yield Statement(known=Known.FAILED, text=text, evidence=failure.evidence)
        for denial in self._denied(service, version):
            yield Statement(known=Known.FAILED, text=f"{denial.text}: {denial.reason}", evidence=denial.evidence)

    def _rows(self, service: str, version: Version) -> Iterator[Statement]:
        if row := self.book.approved.get(service, {}).get(version.key):
            until = f" until {row.expires_on:%Y-%m-%d}" if row.expires_on else ""
            text = f"Approved for platform {row.platform_version}{until}."
            yield Statement(known=Known.DECLARED, text=text, evidence=f"row:{row.id}")
        if (past := self.book.expired.get(service, {}).get(version.key)) and past.expires_on:
            text = f"Was approved for platform {past.platform_version} until {past.expires_on:%Y-%m-%d}, which is over."
            yield Statement(known=Known.NOTHING, text=text, evidence=f"row:{past.id}")

    def _others(self, service: str, version: Version) -> Iterator[Statement]:
        yield from _seen(self.sightings.get(service, {}).get(version.raw, ()), "it")
        if self.book.around:
            guess = self.book.around.guess(service, version)
            evidence = ",".join(f"row:{row}" for row in guess.rows)
            yield Statement(known=_GUESSED.get(guess.likelihood, Known.NOTHING), text=guess.text, evidence=evidence)
        for row in self.book.rules.rows:
            is_elsewhere = row.service == service and row.platform_version != str(self.book.platform_version)
            if is_elsewhere and version.key in _keys(row.approved):
                text = f"Approved for platform {row.platform_version}, which decides nothing here."
                yield Statement(known=Known.NOTHING, text=text, evidence=f"row:{row.id}")


def survey(rules: Rules, *, platform_version: Version | None, sightings: Sightings) -> Survey:
    """Index the rules for looking up single versions; prereleases are weighed as the first stages weigh them."""
    failures: defaultdict[str, dict[Key, tuple[Failure, ...]]] = defaultdict(dict)
    for failure in rules.failures:
        for service, text in ((failure.service, failure.version), (failure.other, failure.other_version)):
            for key in _keys([text]):
                failures[service][key] = (*failures[service].get(key, ()), failure)
    denials: defaultdict[str, list[Denial]] = defaultdict(list)
    for denial in rules.denials:
        denials[denial.service].append(denial)
        denials[denial.other].append(denial)
    return Survey(
        book=open_rules(rules, platform_version=platform_version, include_prereleases=True),
        sightings=sightings,
        failures=failures,
        denials={service: tuple(found) for service, found in denials.items()},
    )


def companions(
    asked: Survey, service: str, version: Version, candidates: Mapping[str, Sequence[Version]]
) -> tuple[Companion, ...]:
    """Tell, for each service that this one has to do with, how its versions go with this version."""
    found = []
    for pair in asked.pairs_with(service):
        other = pair.provider if service == pair.consumer else pair.consumer
        groups = _groups(asked.book, pair, {service: version}, other, candidates.get(other, ()))
        found.append(Companion(pair=pair, service=other, groups=tuple(groups)))
    return tuple(sorted(found, key=lambda companion: companion.service))


def pair_reasons(
    book: RuleBook, pair: Pair, consumers: Sequence[Version], providers: Sequence[Version]
) -> tuple[tuple[Reason | None, ...], ...]:
    """Judge every consumer version with every provider version, a row per consumer: each one's worst reason.

    Versions that no evidence tells apart are judged once: a reason's sentence may name another of their kind. None
    stands where nothing is known and neither needs the other.
    """
    rows = [(book.signature(pair, pair.consumer, version), version) for version in consumers]
    columns = [(book.signature(pair, pair.provider, version), version) for version in providers]
    judged: dict[tuple[Hashable, Hashable], Reason | None] = {}
    for row, consumer in rows:
        for column, provider in columns:
            if (row, column) not in judged:
                reasons = book.check(pair, {pair.consumer: consumer, pair.provider: provider})
                judged[row, column] = next(iter(conclude(reasons).reasons), None)
    return tuple(tuple(judged[row, column] for column, _ in columns) for row, _ in rows)


def _groups(
    book: RuleBook, pair: Pair, chosen: Mapping[str, Version], other: str, versions: Sequence[Version]
) -> Iterator[Group]:
    judged = [(version, conclude(book.check(pair, {**chosen, other: version})).reasons) for version in versions]
    for _, alike in groupby(
        judged, key=lambda each: [(reason.code, reason.counts_as, reason.evidence) for reason in each[1]]
    ):
        group = tuple(alike)
        yield Group(versions=tuple(version for version, _ in group), reasons=group[0][1])


def _seen(observations: tuple[Observation, ...], what: str) -> Iterator[Statement]:
    """Tell the newest of the sets, and how many there were before them."""
    newest = sorted(observations, key=lambda each: (each.began_at, each.id), reverse=True)
    for each in newest[:SHOWN_SETS]:
        text = tell(f"Platform {each.platform_version} with {what}", each)
        yield Statement(known=_health((each,)), text=text, evidence=f"observation:{each.id}")
    if earlier := tuple(newest[SHOWN_SETS:]):
        sets = "1 earlier set" if len(earlier) == 1 else f"{len(earlier)} earlier sets"
        yield Statement(known=_health(earlier), text=f"It also ran in {sets}.")


def _health(seen: tuple[Observation, ...]) -> Known:
    return Known.PROBES_FAILED if any(each.failed_probes for each in seen) else Known.OBSERVED


def _admits(text: str, version: Version) -> bool:
    """Whether a denial's range means the version; what cannot be read is told on the diagnostics page, not here."""
    try:
        return compile_range(text).admits(version, include_prereleases=True)
    except InvalidRange:
        return False


def _keys(texts: Sequence[str]) -> set[Key]:
    keys = set()
    for text in texts:
        try:
            keys.add(parse(text).key)
        except InvalidVersion:
            continue
    return keys
