"""SemVer 2.0.0 versions, the kind of change between two of them, and the labels of a release channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

import semver

from releases.domain.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    Key = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]

MAX_LENGTH = 128
CORE_PARTS = 3


class InvalidVersion(InvalidInput):
    """``raw`` is not a SemVer 2.0.0 version; ``why`` is a sentence that says what is wrong with it."""

    code = "invalid-version"

    def __init__(self, raw: str, why: str) -> None:
        shown = raw if len(raw) <= MAX_LENGTH else f"{raw[:MAX_LENGTH]}…"
        super().__init__("version", f"“{shown}” is not a version: {why}")
        self.raw = raw
        self.why = why


class AlreadyPublished(Conflict):
    """``version`` was published before; numbers are never used twice. ``free`` is the lowest above that never was."""

    code = "already-published"

    def __init__(self, version: Version, taken: Iterable[Version]) -> None:
        super().__init__(f"{version} is already published.")
        self.version = version
        self.free = _patch_after(version, taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Equal when the whole string is equal, build included; ordered by precedence, which ignores the build."""

    raw: str
    major: int = field(compare=False)
    minor: int = field(compare=False)
    patch: int = field(compare=False)
    prerelease: tuple[int | str, ...] = field(compare=False)
    build: str = field(compare=False)
    key: Key = field(compare=False, repr=False)

    @property
    def core(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)

    @property
    def is_prerelease(self) -> bool:
        return bool(self.prerelease)

    def __str__(self) -> str:
        return self.raw

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __le__(self, other: Version) -> bool:
        return self.key <= other.key

    def __gt__(self, other: Version) -> bool:
        return self.key > other.key

    def __ge__(self, other: Version) -> bool:
        return self.key >= other.key


def _mistake(raw: str) -> str:
    """Name the commonest mistakes; the grammar as a whole is the last answer."""
    numbers = raw.split("-", 1)[0].split("+", 1)[0].split(".")
    mistakes = (
        (not raw, "it is empty."),
        (any(character.isspace() for character in raw), "it contains white space."),
        (not raw.isascii(), "only ASCII letters, digits, dots, hyphens and plus are allowed."),
        (raw[:1] in {"v", "V"}, "leave out the leading v."),
        (
            any(part.isdigit() and part != "0" and part[0] == "0" for part in numbers),
            "no number may begin with a zero.",
        ),
        (len(numbers) != CORE_PARTS, "it must have three numbers, as in 1.4.0."),
    )
    return next((why for applies, why in mistakes if applies), "it must read as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7.")


@lru_cache(maxsize=8192)
def parse(raw: str) -> Version:
    """Read exactly the SemVer 2.0.0 grammar, at most 128 characters; raises ``InvalidVersion``."""
    if len(raw) > MAX_LENGTH:
        raise InvalidVersion(raw, f"it is longer than {MAX_LENGTH} characters.")
    if not raw.isascii():
        raise InvalidVersion(raw, _mistake(raw))
    try:
        read = semver.Version.parse(raw)
    except ValueError as error:
        raise InvalidVersion(raw, _mistake(raw)) from error
    identifiers = tuple(int(part) if part.isdigit() else part for part in (read.prerelease or "").split(".") if part)
    return Version(
        raw=raw,
        major=read.major,
        minor=read.minor,
        patch=read.patch,
        prerelease=identifiers,
        build=read.build or "",
        key=(read.major, read.minor, read.patch, not identifiers, tuple(map(_rank_of_identifier, identifiers))),
    )


def _rank_of_identifier(identifier: int | str) -> tuple[bool, int, str]:
    """Numbers order numerically and stand below words, which order by ASCII."""
    return (False, identifier, "") if isinstance(identifier, int) else (True, 0, identifier)


def parse_entered(text: str) -> Version:
    """Read what a person typed: surrounding blanks and one leading ``v`` are forgiven."""
    entered = text.strip()
    return parse(entered[1:] if entered[:1] in {"v", "V"} else entered)


def stable(major: int, minor: int, patch: int) -> Version:
    """Build the release version of these three numbers."""
    return parse(f"{major}.{minor}.{patch}")


class Direction(StrEnum):
    """Which way a service moves between two platform versions."""

    UP = "UP"
    DOWN = "DOWN"
    NONE = "NONE"
    ADDED = "ADDED"
    REMOVED = "REMOVED"


class Level(StrEnum):
    """How much a change means; ordered by meaning, not by spelling."""

    NONE = "NONE"
    BUILD_ONLY = "BUILD_ONLY"
    PRERELEASE = "PRERELEASE"
    PATCH = "PATCH"
    MINOR = "MINOR"
    MAJOR = "MAJOR"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, Level) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.rank <= other.rank if isinstance(other, Level) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.rank > other.rank if isinstance(other, Level) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.rank >= other.rank if isinstance(other, Level) else NotImplemented


class Flag(StrEnum):
    """What else is worth knowing about a change."""

    BUILD_ONLY = "BUILD_ONLY"
    BREAKING = "BREAKING"
    PROMOTE = "PROMOTE"
    TO_PRERELEASE = "TO_PRERELEASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    direction: Direction
    level: Level
    flags: frozenset[Flag] = frozenset()


def classify(old: Version | None, new: Version | None, *, last_stable: Version | None = None) -> Classification:
    """Judge the step from old to new; a prerelease that becomes its release is measured from ``last_stable``.

    Without a ``last_stable`` such a release is measured by its own shape: x.0.0 is MAJOR, x.y.0 MINOR, else PATCH.
    """
    if old is None or new is None:
        return _classify_membership(old, new)
    if old.key == new.key:
        built = old.build != new.build
        return Classification(
            direction=Direction.NONE,
            level=Level.BUILD_ONLY if built else Level.NONE,
            flags=frozenset({Flag.BUILD_ONLY} if built else ()),
        )
    if new < old:
        return Classification(direction=Direction.DOWN, level=_distance(old, new), flags=_breaking(old, new))
    return _classify_upgrade(old, new, last_stable)


def _classify_membership(old: Version | None, new: Version | None) -> Classification:
    if new is not None:
        flags = frozenset({Flag.TO_PRERELEASE} if new.is_prerelease else ())
        return Classification(direction=Direction.ADDED, level=Level.MINOR, flags=flags)
    if old is not None:
        return Classification(direction=Direction.REMOVED, level=Level.MAJOR)
    return Classification(direction=Direction.NONE, level=Level.NONE)


def _classify_upgrade(old: Version, new: Version, last_stable: Version | None) -> Classification:
    if old.core == new.core and not new.is_prerelease:
        return Classification(
            direction=Direction.UP,
            level=max(_distance(last_stable, new), Level.PRERELEASE) if last_stable else shape(new),
            flags=frozenset({Flag.PROMOTE}) | (_breaking(last_stable, new) if last_stable else frozenset()),
        )
    to_prerelease = new.is_prerelease and not old.is_prerelease
    flags = _breaking(old, new) | (frozenset({Flag.TO_PRERELEASE}) if to_prerelease else frozenset())
    return Classification(direction=Direction.UP, level=_distance(old, new), flags=flags)


def _distance(old: Version, new: Version) -> Level:
    """Level of the first core field that differs, whichever way."""
    for level, before, after in zip((Level.MAJOR, Level.MINOR, Level.PATCH), old.core, new.core, strict=True):
        if before != after:
            return level
    return Level.PRERELEASE if old.key != new.key else Level.NONE


def shape(version: Version) -> Level:
    """Least level that a release with these numbers can stand for."""
    if version.patch:
        return Level.PATCH
    return Level.MINOR if version.minor else Level.MAJOR


def _breaking(old: Version, new: Version) -> frozenset[Flag]:
    """Under 0.y a minor step breaks, and under 0.0.z a patch step does."""
    if old.major or new.major or old.core == new.core:
        return frozenset()
    breaks = old.minor != new.minor or old.minor == 0
    return frozenset({Flag.BREAKING} if breaks else ())


def bump(version: Version, level: Level) -> Version:
    """Next stable version at that level; a prerelease steps to its own release when that is enough."""
    if version.is_prerelease and level <= shape(version):
        return stable(*version.core)
    if level is Level.MAJOR:
        return stable(version.major + 1, 0, 0)
    if level is Level.MINOR:
        return stable(version.major, version.minor + 1, 0)
    return stable(version.major, version.minor, version.patch + 1)


def next_in_channel(target: Version, channel: str, taken: Collection[Version]) -> Version:
    """Next free label of the target in a channel ("" is the target itself); ``taken`` is every label ever given."""
    if not channel:
        if any(version.key == target.key for version in taken):
            raise AlreadyPublished(target, taken)
        return target
    numbers = (_channel_number(version, channel) for version in taken if version.core == target.core)
    return parse(f"{stable(*target.core)}-{channel}.{max(numbers, default=0) + 1}")


def _patch_after(version: Version, taken: Iterable[Version]) -> Version:
    used = {each.patch for each in taken if each.core[:2] == version.core[:2] and not each.is_prerelease}
    return stable(version.major, version.minor, next(n for n in count(version.patch + 1) if n not in used))


def _channel_number(version: Version, channel: str) -> int:
    match version.prerelease:
        case (str(name), int(number)) if name == channel:
            return number
        case _:
            return 0


def highest(versions: Iterable[Version]) -> Version | None:
    """Highest precedence; among equal precedence the greatest string, so that the answer never depends on order."""
    return max(versions, key=lambda version: (version.key, version.raw), default=None)
