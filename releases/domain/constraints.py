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

    Core = tuple[int, int, int]

MAX_LENGTH = 256
MAX_NUMBER = 2**53 - 1

# What node takes for white space; Python's own \s is another set.
_BLANKS = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_META = r"\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_BUILD = re.compile(_META)

_WORD = r"[0-9]*[a-zA-Z-][a-zA-Z0-9-]*"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_WORD}|{_NUMBER})"
_LOOSE_IDENTIFIER = rf"(?:{_WORD}|[0-9]+)"
_LABEL = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER})*"
_LOOSE = rf"[0-9]+\.[0-9]+\.[0-9]+(?:-?{_LOOSE_IDENTIFIER}(?:\.{_LOOSE_IDENTIFIER})*)?"
_PART = r"(?:0|[1-9][0-9]*|[xX*])"
_OPEN = rf"[v= ]*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-{_LABEL})?)?)?"

_PARTIAL = re.compile(
    rf"(?P<prefix>[v= ]*)(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART})(?:\.(?P<patch>{_PART})(?:-(?P<prerelease>{_LABEL}))?)?)?"
)
# What stands behind a sign is matched whole, so that its end is never read as another sign.
_BLANK_AFTER_SIGN = re.compile(rf"( ?)([<>]?=?) ?((?:[v= ]*{_LOOSE})|(?:{_OPEN}))")
_BLANK_AFTER_TILDE = re.compile(r"~>? ")
_SIGN = re.compile(r"<=|>=|<|>|=|\^|~>|~|")
_STAR = re.compile(r"[<>]?=?\*")
_COMPARATOR = re.compile(
    rf"(?P<sign>[<>]?=?)(?P<v>v?)(?P<version>{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_LABEL})?)(?P<build>{_META})?"
)


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
    plain = _BLANKS.sub(" ", text)
    if not plain.isascii():
        raise InvalidRange(text, "only ASCII letters, digits and signs are allowed.")
    try:
        return Range(text=text, strict=_compile(plain, wide=False), wide=_compile(plain, wide=True))
    except _Malformed as error:
        raise InvalidRange(text, error.why) from error
    except InvalidVersion as error:
        raise InvalidRange(text, f"it holds a version that {error.why.removeprefix('it ')}") from error


def compile_entered(text: str) -> Range:
    """Read a range that a person typed: as ``compile_range``, but blank is refused, since it would admit everything."""
    if not text.strip():
        raise InvalidRange(text, "it is empty; write * to admit every version.")
    return compile_range(text.strip())


class _Malformed(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _neither(token: str) -> _Malformed:
    return _Malformed(f"“{token}” is neither a version nor a range of versions.")


def _compile(text: str, *, wide: bool) -> tuple[Comparators, ...]:
    alternatives = tuple(_compile_alternative(part.strip(" "), wide=wide) for part in text.split("||"))
    # An alternative that admits any version swallows the others, so that they cannot let prereleases in.
    return ((),) if () in alternatives else alternatives


def _compile_alternative(part: str, *, wide: bool) -> Comparators:
    """Rewrite in node's own order, for what it admits beyond the written grammar follows from that order."""
    rest = _BUILD.sub("", part)
    before, _, after = rest.partition(" - ")
    if (low := _partial(before)) and (high := _partial(after.removesuffix(" "))):
        rest = _hyphen(low, high, wide=wide)
    rest = _BLANK_AFTER_SIGN.sub(r"\1\2\3", rest)
    rest = _BLANK_AFTER_TILDE.sub("~", rest).replace("^ ", "^")
    return tuple(comparator for token in rest.split(" ") if token for comparator in _token(token, wide=wide))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partial:
    """A version with its tail left open; None stands for x, * or nothing."""

    text: str
    prefix: str
    major: int | None
    minor: int | None
    patch: int | None
    prerelease: str
    is_ordered: bool

    @property
    def floor(self) -> Core:
        return (self.major or 0, self.minor or 0, self.patch or 0)

    @property
    def above(self) -> Core:
        """Least numbers above everything that the partial stands for."""
        major, minor, patch = self.floor
        if self.minor is None:
            return (major + 1, 0, 0)
        return (major, minor + 1, 0) if self.patch is None else (major, minor, patch + 1)


def _partial(text: str) -> _Partial | None:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    numbers = [None if part is None or part in "xX*" else int(part) for part in match.group("major", "minor", "patch")]
    cut = numbers.index(None) if None in numbers else len(numbers)
    known = numbers[:cut] + [None] * (len(numbers) - cut)
    return _Partial(
        text=text,
        prefix=match["prefix"],
        major=known[0],
        minor=known[1],
        patch=known[2],
        prerelease=(match["prerelease"] or "") if None not in numbers else "",
        is_ordered=known == numbers,
    )


def _version(major: int, minor: int, patch: int, prerelease: str = "") -> Version:
    numbers = f"{major}.{minor}.{patch}"
    version = parse(f"{numbers}-{prerelease}" if prerelease else numbers)
    if max(version.core) > MAX_NUMBER:
        raise InvalidVersion(numbers, f"it has a number beyond {MAX_NUMBER}.")
    return version


def _bound(sign: str, numbers: Core, prerelease: str = "") -> Comparator:
    return Comparator(sign=sign, version=_version(*numbers, prerelease))


NOTHING = (_bound("<", (0, 0, 0), "0"),)


def _unless_all(bound: Comparator, *, wide: bool) -> Comparators:
    """Leave out a bound that every version meets: it says as little as ``*``."""
    everything = _version(0, 0, 0, "0") if wide else _version(0, 0, 0)
    return () if (bound.sign, bound.version) == (">=", everything) else (bound,)


def _token(token: str, *, wide: bool) -> Comparators:
    sign = _sign_of(token)
    partial = _partial(token[len(sign) :])
    if sign in {"^", "~", "~>"}:
        if partial is None:
            raise _neither(token)
        return _caret_or_tilde(sign, partial, wide=wide)
    if partial and partial.is_ordered and partial.patch is None:
        return _open(sign, partial, wide=wide)
    return _comparator(token, wide=wide)


def _sign_of(token: str) -> str:
    match = _SIGN.match(token)
    return match[0] if match else ""


def _comparator(token: str, *, wide: bool) -> Comparators:
    """One whole version behind a sign; node forgives a star anywhere in it."""
    match = _COMPARATOR.fullmatch(_STAR.sub("", token, count=1))
    if match is None:
        raise _neither(token)
    version = parse(match["version"])
    bound = _bound(match["sign"] or "=", version.core, ".".join(map(str, version.prerelease)))
    # With a v or a build it is not recognised as a bound that every version meets.
    return (bound,) if match["v"] or match["build"] else _unless_all(bound, wide=wide)


def _open(sign: str, partial: _Partial, *, wide: bool) -> Comparators:
    """A partial version after no operator or a comparison, as in ``1.x`` or ``>1.2``."""
    lowest = "0" if wide else ""
    if partial.major is None:
        return NOTHING if sign in {"<", ">"} else ()
    match sign:
        case ">":
            return _unless_all(_bound(">=", partial.above, lowest), wide=wide)
        case ">=":
            return _unless_all(_bound(">=", partial.floor, lowest), wide=wide)
        case "<":
            return (_bound("<", partial.floor, "0"),)
        case "<=":
            return (_bound("<", partial.above, "0"),)
        case _:
            return (
                *_unless_all(_bound(">=", partial.floor, lowest), wide=wide),
                _bound("<", partial.above, "0"),
            )


def _caret_or_tilde(sign: str, partial: _Partial, *, wide: bool) -> Comparators:
    if partial.major is None:
        return ()
    lowest = "0" if wide and partial.patch is None else partial.prerelease
    ceiling = _caret_ceiling(partial) if sign == "^" else _tilde_ceiling(partial)
    return (*_unless_all(_bound(">=", partial.floor, lowest), wide=wide), _bound("<", ceiling, "0"))


def _caret_ceiling(partial: _Partial) -> Core:
    """The leftmost number that is not zero may not change."""
    major, minor, patch = partial.floor
    if major or partial.minor is None:
        return (major + 1, 0, 0)
    return (0, minor + 1, 0) if minor or partial.patch is None else (0, 0, patch + 1)


def _tilde_ceiling(partial: _Partial) -> Core:
    major, minor, _ = partial.floor
    return (major + 1, 0, 0) if partial.minor is None else (major, minor + 1, 0)


def _hyphen(low: _Partial, high: _Partial, *, wide: bool) -> str:
    """Write both ends as comparisons; no sign may stand before a full version, except before an upper prerelease."""
    for end in (low, high):
        if "=" in end.prefix and end.patch is not None and not (end is high and end.prerelease):
            raise _Malformed("leave out the = before the ends of a range from one version to another.")
    return f"{_from(low, wide=wide)} {_to(high, wide=wide)}".strip(" ")


def _from(low: _Partial, *, wide: bool) -> str:
    if low.major is None:
        return ""
    written = low.text if low.patch is not None else "{}.{}.{}".format(*low.floor)
    return f">={written}{'-0' if wide and not low.prerelease else ''}"


def _to(high: _Partial, *, wide: bool) -> str:
    if high.major is None:
        return ""
    if high.prerelease:
        return "<={}.{}.{}-{}".format(*high.floor, high.prerelease)
    if high.patch is not None and not wide:
        return f"<={high.text}"
    return "<{}.{}.{}-0".format(*high.above)
