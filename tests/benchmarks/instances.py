"""Platforms drawn from a seed: many services and versions, sparse dependencies, rules that one hidden set obeys."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from releases.domain.rules import Constraint, Denial, Rules
from releases.domain.versions import Version, parse, stable

if TYPE_CHECKING:
    from collections.abc import Mapping

SEED = 20261122
NEEDS = 3
MAJORS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """``versions`` is the set to be mended; ``hidden`` is one that fits."""

    rules: Rules
    versions: Mapping[str, Version]
    hidden: Mapping[str, Version]
    candidates: Mapping[str, tuple[Version, ...]]


def line_of_versions(count: int) -> tuple[Version, ...]:
    """Versions over five majors, four patches to a minor."""
    minors = -(-count // (MAJORS * 4))
    numbers = ((major, minor, patch) for major in range(1, MAJORS + 1) for minor in range(minors) for patch in range(4))
    return tuple(stable(*number) for number, _ in zip(numbers, range(count), strict=False))


def platform(*, services: int, versions: int, moved: int, seed: int = SEED) -> Instance:
    """Each consumer's major needs a range of majors of the provider; ``moved`` services have left the hidden set."""
    draw = random.Random(seed)
    names = [f"service-{number:03}" for number in range(services)]
    line = line_of_versions(versions)
    hidden = {name: draw.choice(line) for name in names}
    depends_on = {name: frozenset(draw.sample(names[:place], min(NEEDS, place))) for place, name in enumerate(names)}
    edges = [(consumer, provider) for consumer in names for provider in sorted(depends_on[consumer])]
    constraints = [
        _rule(draw, consumer, major, provider, hidden) for consumer, provider in edges for major in range(1, MAJORS + 1)
    ]
    strays = {name: draw.choice(line) for name in draw.sample(names, moved)}
    return Instance(
        rules=Rules(
            constraints=tuple(Constraint(id=number, **rule) for number, rule in enumerate(constraints, start=1)),
            depends_on=depends_on,
            required=frozenset(names),
        ),
        versions={**hidden, **strays},
        hidden=hidden,
        candidates=dict.fromkeys(names, line),
    )


def _rule(
    draw: random.Random, consumer: str, major: int, provider: str, hidden: Mapping[str, Version]
) -> dict[str, Any]:
    low = draw.randint(1, MAJORS)
    high = draw.randint(low, MAJORS)
    if major == hidden[consumer].major:
        low, high = min(low, hidden[provider].major), max(high, hidden[provider].major)
    return {
        "consumer": consumer,
        "consumer_range": f"^{major}.0.0",
        "provider": provider,
        "provider_range": f">={low}.0.0 <{high + 1}.0.0",
    }


def colouring(*, services: int, neighbours: int = 5, seed: int = SEED) -> Instance:
    """Three versions are three colours, and neighbours must not have the same one: hard at about 4.7 per service."""
    draw = random.Random(seed)
    names = [f"service-{number:03}" for number in range(services)]
    colours = tuple(parse(f"{number}.0.0") for number in (1, 2, 3))
    edges = sorted({tuple(sorted(draw.sample(names, 2))) for _ in range(services * neighbours // 2)})
    denials = [(one, other, colour.raw) for one, other in edges for colour in colours]
    return Instance(
        rules=Rules(
            denials=tuple(
                Denial(id=number, service=one, service_range=raw, other=other, other_range=raw, reason="same colour")
                for number, (one, other, raw) in enumerate(denials, start=1)
            ),
            required=frozenset(names),
        ),
        versions=dict.fromkeys(names, colours[0]),
        hidden={},
        candidates=dict.fromkeys(names, colours),
    )
