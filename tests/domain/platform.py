"""The BookVerse of the tests: five services, their dependencies, and what is known about their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.compatibility import Constraint, Row, Rules
from releases.domain.plans import Candidate
from releases.domain.versions import Version, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEPENDS_ON = {
    "inventory": frozenset[str](),
    "recommendations": frozenset({"inventory"}),
    "checkout": frozenset({"inventory"}),
    "web": frozenset({"inventory", "recommendations", "checkout"}),
    "helm": frozenset({"inventory", "recommendations", "checkout", "web"}),
}
PHASES = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))

LIVE_RAW = {"inventory": "1.2.3", "recommendations": "2.1.0", "checkout": "1.5.2", "web": "3.0.1", "helm": "1.1.0"}
NEXT_RAW = {"inventory": "1.4.0", "recommendations": "2.2.0", "checkout": "1.5.3", "web": "3.0.2", "helm": "1.1.1"}
OFFERED_RAW = {
    "inventory": ("1.2.3", "1.3.0", "1.4.0"),
    "recommendations": ("2.1.0", "2.2.0"),
    "checkout": ("1.5.2", "1.5.3"),
    "web": ("3.0.1", "3.0.2"),
    "helm": ("1.1.0", "1.1.1"),
}


def versions(raw: Mapping[str, str]) -> dict[str, Version]:
    return {service: parse(text) for service, text in raw.items()}


def constraint(number: int, consumer: str, consumer_range: str, provider: str, provider_range: str) -> Constraint:
    return Constraint(
        id=number,
        consumer=consumer,
        consumer_range=consumer_range,
        provider=provider,
        provider_range=provider_range,
    )


CONSTRAINTS = (
    constraint(1, "recommendations", "^2.0.0", "inventory", "^1.2.0"),
    constraint(2, "recommendations", ">=2.2.0", "inventory", ">=1.4.0"),
    constraint(3, "checkout", "^1.5.0", "inventory", "^1.2.0"),
    constraint(4, "web", "^3.0.0", "inventory", "^1.2.0"),
    constraint(5, "web", "^3.0.0", "recommendations", "^2.1.0"),
    constraint(6, "web", "^3.0.0", "checkout", "^1.5.0"),
    constraint(7, "helm", "^1.1.0", "inventory", "*"),
    constraint(8, "helm", "^1.1.0", "recommendations", "*"),
    constraint(9, "helm", "^1.1.0", "checkout", "*"),
    constraint(10, "helm", "^1.1.0", "web", "*"),
)
ROWS = tuple(
    Row(id=number, platform_version="2.1.0", service=service, approved=(text,))
    for number, (service, text) in enumerate(LIVE_RAW.items(), start=1)
)
RULES = Rules(rows=ROWS, constraints=CONSTRAINTS, depends_on=DEPENDS_ON, required=frozenset(DEPENDS_ON))

LIVE = versions(LIVE_RAW)
NEXT = versions(NEXT_RAW)
OFFERED = {service: tuple(map(parse, texts)) for service, texts in OFFERED_RAW.items()}


def released(text: str, *, tag: str = "") -> Candidate:
    return Candidate(version_raw=text, registry_status="COMPLETED", release_status="RELEASED", stage="PROD", tag=tag)


def registry(texts: Mapping[str, Sequence[str]] = OFFERED_RAW) -> dict[str, tuple[Candidate, ...]]:
    return {service: tuple(map(released, each)) for service, each in texts.items()}
