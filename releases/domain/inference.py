"""What rows of neighbouring platform versions suggest about one that has none: a guess with its grounds, no verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.versions import Flag, InvalidVersion, Version, classify, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.domain.rules import Rules


class Likelihood(StrEnum):
    """How far the rows carry, best first."""

    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"
    UNLIKELY = "UNLIKELY"
    UNKNOWN = "UNKNOWN"


WORST_FIRST = (Likelihood.UNLIKELY, Likelihood.UNKNOWN, Likelihood.POSSIBLE, Likelihood.LIKELY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One service's likelihood; ``rows`` are the ids of the rows that it rests on, ``text`` the rule in words."""

    service: str
    likelihood: Likelihood
    rows: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Guesses about a whole set, by service name; the set is as likely as its worst service."""

    guesses: tuple[Guess, ...]

    @property
    def likelihood(self) -> Likelihood:
        found = {guess.likelihood for guess in self.guesses}
        return next((each for each in WORST_FIRST if each in found), Likelihood.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Neighbour:
    """What one platform version with rows approves: by service, the row's id and its versions."""

    platform: Version
    approved: Mapping[str, tuple[int, tuple[Version, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """The nearest platform versions with rows at or around a platform version, inside the same compatible line."""

    platform: Version
    below: _Neighbour | None
    above: _Neighbour | None
    broken: Mapping[str, tuple[Version, ...]]

    def guess(self, service: str, version: Version) -> Guess:
        """Judge one service by what the neighbours approve of it."""
        lower, upper = _approved(self.below, service), _approved(self.above, service)
        if lower is None:
            text = f"No platform version below {self.platform} in its line has a row for {service}."
            return Guess(service=service, likelihood=Likelihood.UNKNOWN, rows=(), text=text)
        rows = tuple(row for row, _ in (lower, upper) if row) if upper else (lower[0],)
        likelihood, text = self._weigh(service, version, lower[1], upper[1] if upper else ())
        return Guess(service=service, likelihood=likelihood, rows=rows, text=text)

    def _weigh(
        self, service: str, version: Version, lower: tuple[Version, ...], upper: tuple[Version, ...]
    ) -> tuple[Likelihood, str]:
        newest = max(lower)
        if crossed := self._crossed(service, newest, version):
            text = f"{service} {version} is past {crossed}, where something broke, and {newest} is the last approved."
            return Likelihood.UNLIKELY, text
        if upper and min(lower) <= version <= max(upper):
            text = f"{service} {version} lies between {min(lower)} and {max(upper)}, approved below and above."
            return Likelihood.LIKELY, text
        if any(_is_within(version, approved) for approved in lower):
            return Likelihood.POSSIBLE, f"{service} {version} is a compatible step from {newest}, approved below."
        if version < min(lower):
            return Likelihood.UNKNOWN, f"{service} {version} is older than {min(lower)}, the oldest approved below."
        return Likelihood.UNLIKELY, f"{service} {version} is no compatible step from {newest}, approved below."

    def _crossed(self, service: str, approved: Version, version: Version) -> Version | None:
        low, high = sorted((approved, version))
        return next((broken for broken in self.broken.get(service, ()) if low < broken <= high), None)


def _approved(neighbour: _Neighbour | None, service: str) -> tuple[int, tuple[Version, ...]] | None:
    return neighbour.approved.get(service) if neighbour else None


def _is_within(version: Version, approved: Version) -> bool:
    """Whether a caret range on the approved version would admit it."""
    if version.core == approved.core:
        return version >= approved
    if version < approved or version.major != approved.major:
        return False
    return bool(approved.major) or Flag.BREAKING not in classify(approved, version).flags


def neighbourhood(rules: Rules, platform: Version) -> Neighbourhood | None:
    """Find the neighbours; None where the platform version has rows of its own, so that nothing is to be guessed."""
    sets = _row_sets(rules)
    if platform.key in {neighbour.platform.key for neighbour in sets}:
        return None
    line = [neighbour for neighbour in sets if _line(neighbour.platform) == _line(platform)]
    return Neighbourhood(
        platform=platform,
        below=max((each for each in line if each.platform < platform), key=_platform_key, default=None),
        above=min((each for each in line if each.platform > platform), key=_platform_key, default=None),
        broken=_boundaries(rules),
    )


def infer_compatibility(platform: Version, versions: Mapping[str, Version], rules: Rules) -> Inference:
    """Guess how likely a set fits a platform version without rows; nothing to go by gives UNKNOWN."""
    around = neighbourhood(rules, platform)
    guesses = (around.guess(service, version) for service, version in sorted(versions.items())) if around else ()
    return Inference(guesses=tuple(guesses))


def _platform_key(neighbour: _Neighbour) -> tuple[object, ...]:
    return neighbour.platform.key


def _line(version: Version) -> tuple[int, ...]:
    """Versions of one line may be compared: the same major, and under 0.x the same minor."""
    return (version.major,) if version.major else (0, version.minor)


def _row_sets(rules: Rules) -> list[_Neighbour]:
    today = rules.as_of.date() if rules.as_of else None
    found: dict[str, dict[str, tuple[int, tuple[Version, ...]]]] = {}
    for row in sorted(rules.rows, key=lambda row: row.id):
        approved = tuple(_readable(row.approved))
        is_expired = today is not None and row.expires_on is not None and row.expires_on < today
        if approved and not is_expired and any(_readable([row.platform_version])):
            found.setdefault(row.platform_version, {}).setdefault(row.service, (row.id, approved))
    return [_Neighbour(platform=parse(platform), approved=approved) for platform, approved in found.items()]


def _readable(texts: Iterable[str]) -> list[Version]:
    versions = []
    for text in texts:
        try:
            versions.append(parse(text))
        except InvalidVersion:
            continue
    return versions


def _boundaries(rules: Rules) -> dict[str, tuple[Version, ...]]:
    """Versions of each service at which something broke or first became stable."""
    found: dict[str, set[Version]] = {}
    named = [(change.provider, change.version) for change in rules.breaking_changes]
    named += [(contract.provider, contract.stable_since) for contract in rules.contracts if contract.stable_since]
    for service, text in named:
        found.setdefault(service, set()).update(_readable([text]))
    return {service: tuple(sorted(versions)) for service, versions in found.items()}
