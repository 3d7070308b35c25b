"""May these versions be released together? Asked without a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.compatibility import Verdict, judge
from releases.domain.errors import InvalidInput
from releases.domain.solver import Recommendation, recommend
from releases.domain.versions import Version, parse_entered
from releases.queries.catalog import slugs_by_alias
from releases.queries.plans import baseline
from releases.queries.rules import declared_rules
from releases.queries.versions import eligible_versions

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """``versions`` is the whole set: what was asked about, with what is live for everything else."""

    versions: Mapping[str, str]
    verdict: Verdict
    recommended: Recommendation | None


def judged_set(asked: Mapping[str, str], platform_version: str | None) -> JudgedSet:
    """Judge versions of services (slugs or aliases); ``InvalidInput`` names the entry that is no version."""
    versions = _live() | _with_slugs(asked)
    target = _parsed("platform_version", platform_version) if platform_version else None
    rules, candidates = declared_rules(), eligible_versions()
    verdict = judge(versions=versions, platform_version=target, rules=rules, candidates=candidates)
    nearest = None
    if not verdict.fits:
        nearest = recommend(
            versions=versions,
            rules=rules,
            candidates=candidates,
            platform_version=target,
            include_prereleases=False,
        )
    return JudgedSet(
        versions={service: version.raw for service, version in sorted(versions.items())},
        verdict=verdict,
        recommended=nearest,
    )


def _live() -> dict[str, Version]:
    base = baseline()
    return {service: _parsed(service, version) for service, version in (base.manifest if base else {}).items()}


def _with_slugs(asked: Mapping[str, str]) -> dict[str, Version]:
    slugs = slugs_by_alias()
    parsed: dict[str, Version] = {}
    for name, text in asked.items():
        slug = slugs.get(name, name)
        if slug in parsed:
            message = f"{slug} is named twice."
            raise InvalidInput(f"versions.{name}", message)
        parsed[slug] = _parsed(f"versions.{name}", text)
    return parsed


def _parsed(field: str, text: str) -> Version:
    try:
        return parse_entered(text)
    except InvalidInput as mistake:
        raise InvalidInput(field, mistake.message) from mistake
