"""Reading one field of an untrusted mapping; every refusal is a 422 that names the field."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bookverse.demo.exchange import malformed

Choice = TypeVar("Choice", bound=StrEnum)

_TEXT_LIMIT = 200
# SQLite stores neither lone surrogates nor, dependably, the null character.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


def text(source: Mapping[str, object], name: str, *, limit: int = _TEXT_LIMIT, pattern: str = "") -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value.strip():
        raise malformed(name, f"{name} must be a text that is not empty.")
    if len(value) > limit or _UNSTORABLE.search(value):
        raise malformed(name, f"{name} must be at most {limit} ordinary characters.")
    if pattern and not re.fullmatch(pattern, value):
        raise malformed(name, f"{name} has an unexpected form.")
    return value


def optional_text(source: Mapping[str, object], name: str, *, limit: int = _TEXT_LIMIT, pattern: str = "") -> str:
    """Return an empty text where the field is absent, null or empty."""
    if source.get(name) in (None, ""):
        return ""
    return text(source, name, limit=limit, pattern=pattern)


def whole(source: Mapping[str, object], name: str, *, low: int, high: int, default: int | None = None) -> int:
    """Accept digits in a text as well, since forms and queries carry nothing else."""
    value = source.get(name, default)
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise malformed(name, f"{name} must be a whole number from {low} to {high}.")
    return value


def choice(source: Mapping[str, object], name: str, choices: type[Choice], *, default: Choice | None = None) -> Choice:
    value = source.get(name, default)
    if not isinstance(value, str) or value not in {each.value for each in choices}:
        raise malformed(name, f"{name} must be one of {', '.join(choices)}.")
    return choices(value)


def flag(source: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = source.get(name, default)
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise malformed(name, f"{name} must be true or false.")


def refuse_unknown(source: Mapping[str, object], known: set[str]) -> None:
    for name in sorted(set(source) - known):
        raise malformed(name[:_TEXT_LIMIT], f"There is no field of that name; known are {', '.join(sorted(known))}.")
