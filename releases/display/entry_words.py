"""The parts that sentences about journal entries are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.queries.views import Entry

Worded = tuple[str, str, str]
"""Subject, rest, and the state whose tone and icon the line carries."""


def text_of(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return "" if value is None else str(value)


def number_of(payload: Mapping[str, object], key: str) -> int:
    value = payload.get(key)
    return value if isinstance(value, int) else 0


def names_of(payload: Mapping[str, object], key: str) -> list[str]:
    value = payload.get(key)
    if isinstance(value, dict | list | tuple):
        return [str(item) for item in value]
    return []


def listed(names: list[str]) -> str:
    """Join names as people do: ``checkout, recommendations and web``."""
    if len(names) < len("ab"):
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def because(text: str) -> str:
    return f": {text}" if text else ""


def actor_of(entry: Entry) -> str:
    return entry.actor or "The board"


def service_of(entry: Entry) -> str:
    return entry.service or text_of(entry.payload, "service") or "A service"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
