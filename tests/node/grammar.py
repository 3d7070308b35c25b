"""Versions and ranges drawn from node-semver's grammar, and texts that are nearly so, from one seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

NUMBERS = ("0", "0", "0", "1", "1", "1", "2", "2", "3", "10", "9007199254740990", "9007199254740991")
WORDS = ("alpha", "beta", "rc", "x", "v1", "a-b", "-", "0a", "A")
SIGNS = ("", "", "=", ">", ">=", "<", "<=", "^", "^", "~", "~>")
PREFIXES = ("", "", "", "", "", "", "v", "=", "vv", "v=")
BLANKS = ("", "", "", "", " ", "  ", "\t", "\n", "\u00a0", "\x1c")
ALPHABET = "0129.xX*-+v=<>^~| abé"
HUGE = 3


def _number(random: Random) -> str:
    """Mostly small, so that versions and bounds meet; now and then at the end of what node can count."""
    return random.choice(NUMBERS) if random.random() < 0.02 else random.choice(NUMBERS[:-HUGE])


def _labels(random: Random) -> str:
    parts = (random.choice(("0", "1", "2", "10")) if random.random() < 0.5 else random.choice(WORDS) for _ in range(3))
    return ".".join(list(parts)[: random.randint(1, 3)])


def _core(random: Random) -> str:
    return ".".join(_number(random) for _ in range(3))


def version(random: Random) -> str:
    prerelease = f"-{_labels(random)}" if random.random() < 0.5 else ""
    build = f"+{_labels(random)}" if random.random() < 0.15 else ""
    return f"{_core(random)}{prerelease}{build}"


def _open(random: Random) -> str:
    """A version whose tail is left out or left open, now and then with a number after the x."""
    parts = [_number(random) for _ in range(random.randint(1, 3))]
    if random.random() < 0.5:
        opened = random.randrange(len(parts))
        parts[opened:] = [random.choice("xX*") for _ in parts[opened:]]
    if random.random() < 0.05:
        parts[-1] = _number(random)
    return ".".join(parts) + (f"+{_labels(random)}" if random.random() < 0.05 else "")


def _bound(random: Random) -> str:
    return version(random) if random.random() < 0.6 else _open(random)


def _comparison(random: Random) -> str:
    written = "".join((random.choice(SIGNS), random.choice(BLANKS), random.choice(PREFIXES), _bound(random)))
    return written.replace("v", "v ", 1) if random.random() < 0.02 else written


def _hyphen(random: Random) -> str:
    low, high = (f"{random.choice(PREFIXES)}{_bound(random)}" for _ in range(2))
    return f"{low}{random.choice((' ', ' ', '  ', ''))}-{random.choice((' ', ' ', '  ', ''))}{high}"


def _alternative(random: Random) -> str:
    chance = random.random()
    if chance < 0.03:
        return ""
    if chance < 0.15:
        return _hyphen(random)
    return random.choice((" ", " ", "  ", "\t")).join(_comparison(random) for _ in range(random.choice((1, 1, 2, 3))))


def _nearly(random: Random, text: str) -> str:
    """Put in, take out or replace one character anywhere."""
    place = random.randint(0, len(text))
    kept = text[place + random.randint(0, 1) :]
    return f"{text[:place]}{random.choice((*ALPHABET, ''))}{kept}"


def range_text(random: Random) -> str:
    parts = (_alternative(random) for _ in range(random.choice((1, 1, 1, 2, 3))))
    text = random.choice(("||", " || ", "|| ")).join(parts)
    text = f"{random.choice(BLANKS)}{text}{random.choice(BLANKS)}"
    return _nearly(random, text) if random.random() < 0.25 else text


def version_text(random: Random) -> str:
    """A version, or something that is nearly one."""
    text = version(random)
    return _nearly(random, text) if random.random() < 0.5 else text


def version_near(random: Random, text: str) -> str:
    """A version that shares numbers with the range, so that it often lies at one of its bounds."""
    numbers = [
        part for part in "".join(each if each.isdigit() else " " for each in text).split() if part == str(int(part))
    ]
    if not numbers or random.random() < 0.3:
        return version(random)
    place = random.randrange(len(numbers))
    core = [*numbers[place : place + 3], "0", "0"][:3]
    if random.random() < 0.3:
        changed = random.randrange(3)
        core[changed] = str(max(0, min(int(core[changed]) + random.choice((-1, 1)), 9007199254740991)))
    prerelease = f"-{_labels(random)}" if random.random() < 0.4 else ""
    return f"{'.'.join(min(part, '9007199254740991', key=int) for part in core)}{prerelease}"
