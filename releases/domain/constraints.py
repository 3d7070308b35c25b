"""Version ranges in the grammar of node-semver, compiled to sets of comparators."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from releases.domain.errors import InvalidInput
from releases.domain.versions import InvalidVersion, Version, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.domain.versions import Key

MAX_LENGTH = 256
MAX_NUMBER = 2**53 - 1

_IDENTIFIER = r"(?:[0-9]*[a-zA-Z-][a-zA-Z0-9-]*|0|[1-9][0-9]*)"
_PART = r"(?:0|[1-9][0-9]*|[xX*])"
_PARTIAL = re.compile(
    rf"(?P<prefix>[v=]*)(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART})"
    rf"(?:\.(?P<patch>{_PART})(?:-(?P<prerelease>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
_SIGN = re.compile(r"<=|>=|<|>|=|\^|~>|~|")
_SPACE_AFTER_SIGN = re.compile(r"([<>=^~])\s+")
_HYPHEN = re.compile(r"\s+-\s+")


class InvalidRange(InvalidInput):
    """``text`` is not a version range; ``why`` is a sentence that says what is wrong with it."""

    code = "invalid-range"

    def __init__(self, text: str, why: str) -> None:
        shown = text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"
        super().__init__("range", f"“{shown}” is not a version range: {why}")
        self.text = text
        self.why = why


_HOLDS: dict[str, Callable[[Key, Key], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparator:
    """One bound; ``sign`` is ``<``, ``<=``, ``>``, ``>=`` or ``=``, by precedence."""

    sign: str
    version: Version

    def admits(self, version: Version) -> bool:
        return _HOLDS[self.sign](version.key, self.version.key)


Comparators = tuple[Comparator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A compiled range: alternatives, each a set of comparators that must all hold; no comparator admits all."""

    text: str
    strict: tuple[Comparators, ...] = field(compare=False, repr=False)
    wide: tuple[Comparators, ...] = field(compare=False, repr=False)

    def admits(self, version: Version, *, include_prereleases: bool = False) -> bool:
        """By default a prerelease needs a comparator that names a prerelease of the same three numbers."""
        if include_prereleases:
            return any(_all_admit(comparators, version) for comparators in self.wide)
        return any(
            _all_admit(comparators, version) and _names_prerelease(comparators, version) for comparators in self.strict
        )

    @property
    def is_unsatisfiable(self) -> bool:
        """No version at all can match, with prereleases or without."""
        return not any(
            self.admits(witness, include_prereleases=mode)
            for mode in (False, True)
            for comparators in (self.wide if mode else self.strict)
            for witness in _witnesses(comparators)
        )

    def __str__(self) -> str:
        return self.text


def _all_admit(comparators: Comparators, version: Version) -> bool:
    return all(comparator.admits(version) for comparator in comparators)


def _names_prerelease(comparators: Comparators, version: Version) -> bool:
    return not version.is_prerelease or any(
        comparator.version.is_prerelease and comparator.version.core == version.core for comparator in comparators
    )


def _witnesses(comparators: Comparators) -> set[Version]:
    """Least versions at or just above every bound: if these all fail, so does everything between them."""
    found = {_version(0, 0, 0), _version(0, 0, 0, "0")}
    for comparator in comparators:
        major, minor, patch = comparator.version.core
        found |= {comparator.version, _version(major, minor, patch), _version(major, minor, patch, "0")}
        found |= {_version(major, minor, patch + 1), _version(major, minor, patch + 1, "0")}
        if comparator.version.is_prerelease:
            label = ".".join(map(str, comparator.version.prerelease))
            found.add(_version(major, minor, patch, f"{label}.0"))
    return found


@lru_cache(maxsize=4096)
def compile_range(text: str) -> Range:
    """Read a range as node does, where blank means any version; raises ``InvalidRange``."""
    if len(text) > MAX_LENGTH:
        raise InvalidRange(text, f"it is longer than {MAX_LENGTH} characters.")
    if not text.isascii():
        raise InvalidRange(text, "only ASCII letters, digits and signs are allowed.")
    try:
        return Range(text=text, strict=_compile(text, wide=False), wide=_compile(text, wide=True))
    except InvalidVersion as error:
        raise InvalidRange(text, f"it holds a version that {error.why.removeprefix('it ')}") from error


def compile_entered(text: str) -> Range:
    """Read a range that a person typed: as ``compile_range``, but blank is refused, since it would admit everything."""
    if not text.strip():
        raise InvalidRange(text, "it is empty; write * to admit every version.")
    return compile_range(text.strip())


def _compile(text: str, *, wide: bool) -> tuple[Comparators, ...]:
    alternatives = tuple(_compile_alternative(part.strip(), text, wide=wide) for part in text.split("||"))
    # An alternative that admits any version swallows the others, so that they cannot let prereleases in.
    return ((),) if () in alternatives else alternatives


def _compile_alternative(part: str, text: str, *, wide: bool) -> Comparators:
    ends = _HYPHEN.split(part)
    if len(ends) == len(("from", "to")) and all(map(_PARTIAL.fullmatch, ends)):
        found = _hyphen(*_ends(ends, text), wide=wide)
    else:
        tokens = _SPACE_AFTER_SIGN.sub(r"\1", part).split()
        found = tuple(comparator for token in tokens for comparator in _token(token, text, wide=wide))
    everything = _version(0, 0, 0, "0") if wide else _version(0, 0, 0)
    return tuple(bound for bound in found if (bound.sign, bound.version) != (">=", everything))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partial:
    """A version with its tail left open; None stands for x, * or nothing."""

    major: int | None
    minor: int | None
    patch: int | None
    prerelease: str
    is_ordered: bool
    prefix: str

    @property
    def is_signed(self) -> bool:
        """A full version with more before it than one v."""
        return self.patch is not None and self.prefix not in {"", "v"}

    @property
    def floor(self) -> tuple[int, int, int]:
        return (self.major or 0, self.minor or 0, self.patch or 0)

    @property
    def above(self) -> tuple[int, int, int]:
        """Least numbers above everything that the partial stands for."""
        major, minor, patch = self.floor
        if self.minor is None:
            return (major + 1, 0, 0)
        return (major, minor + 1, 0) if self.patch is None else (major, minor, patch + 1)


def _partial(token: str, text: str) -> _Partial:
    match = _PARTIAL.fullmatch(token)
    if match is None:
        raise InvalidRange(text, f"“{token}” is neither a version nor a range of versions.")
    numbers = [_number(match[name], text) for name in ("major", "minor", "patch")]
    cut = numbers.index(None) if None in numbers else len(numbers)
    known = numbers[:cut] + [None] * (len(numbers) - cut)
    return _Partial(
        major=known[0],
        minor=known[1],
        patch=known[2],
        prerelease=(match["prerelease"] or "") if None not in numbers else "",
        is_ordered=known == numbers,
        prefix=match["prefix"],
    )


def _number(part: str | None, text: str) -> int | None:
    if part is None or part in "xX*":
        return None
    number = int(part)
    if number >= MAX_NUMBER:
        raise InvalidRange(text, f"the number {part} is too large.")
    return number


def _version(major: int, minor: int, patch: int, prerelease: str = "") -> Version:
    return parse(f"{major}.{minor}.{patch}-{prerelease}" if prerelease else f"{major}.{minor}.{patch}")


def _bound(sign: str, numbers: tuple[int, int, int], prerelease: str = "") -> Comparator:
    return Comparator(sign=sign, version=_version(*numbers, prerelease))


NOTHING = (_bound("<", (0, 0, 0), "0"),)


def _token(token: str, text: str, *, wide: bool) -> Comparators:
    sign = _sign_of(token)
    partial = _partial(token[len(sign) :], text)
    if sign in {"^", "~", "~>"}:
        return _caret_or_tilde(sign, partial, wide=wide)
    if not partial.is_ordered or partial.is_signed:
        raise InvalidRange(text, f"“{token}” is neither a version nor a range of versions.")
    if partial.patch is not None:
        return (_bound(sign or "=", partial.floor, partial.prerelease),)
    return _open(sign, partial, "0" if wide else "")


def _sign_of(token: str) -> str:
    match = _SIGN.match(token)
    return match[0] if match else ""


def _open(sign: str, partial: _Partial, lowest: str) -> Comparators:
    """A partial version after no operator or a comparison, as in ``1.x`` or ``>1.2``."""
    if partial.major is None:
        return NOTHING if sign in {"<", ">"} else ()
    match sign:
        case ">":
            return (_bound(">=", partial.above, lowest),)
        case ">=":
            return (_bound(">=", partial.floor, lowest),)
        case "<":
            return (_bound("<", partial.floor, "0"),)
        case "<=":
            return (_bound("<", partial.above, "0"),)
        case _:
            return (_bound(">=", partial.floor, lowest), _bound("<", partial.above, "0"))


def _caret_or_tilde(sign: str, partial: _Partial, *, wide: bool) -> Comparators:
    if partial.major is None:
        return ()
    lowest = "0" if wide and partial.patch is None else partial.prerelease
    ceiling = _caret_ceiling(partial) if sign == "^" else _tilde_ceiling(partial)
    return (_bound(">=", partial.floor, lowest), _bound("<", ceiling, "0"))


def _caret_ceiling(partial: _Partial) -> tuple[int, int, int]:
    """The leftmost number that is not zero may not change."""
    major, minor, patch = partial.floor
    if major or partial.minor is None:
        return (major + 1, 0, 0)
    return (0, minor + 1, 0) if minor or partial.patch is None else (0, 0, patch + 1)


def _tilde_ceiling(partial: _Partial) -> tuple[int, int, int]:
    major, minor, _ = partial.floor
    return (major + 1, 0, 0) if partial.minor is None else (major, minor + 1, 0)


def _ends(ends: list[str], text: str) -> tuple[_Partial, _Partial]:
    """Read both ends; as in node, no sign may stand before a full version, except before an upper prerelease."""
    low, high = _partial(ends[0], text), _partial(ends[1], text)
    if low.is_signed or (high.is_signed and not high.prerelease):
        raise InvalidRange(text, "leave out the = before the ends of a range from one version to another.")
    return low, high


def _hyphen(low: _Partial, high: _Partial, *, wide: bool) -> Comparators:
    bounds: list[Comparator] = []
    if low.major is not None:
        bounds.append(_bound(">=", low.floor, low.prerelease or ("0" if wide else "")))
    if high.major is None:
        return tuple(bounds)
    if high.prerelease or (high.patch is not None and not wide):
        return (*bounds, _bound("<=", high.floor, high.prerelease))
    return (*bounds, _bound("<", high.above, "0"))
