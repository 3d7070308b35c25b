"""May these versions be released together? Asked without a plan."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from releases.domain.budgets import Budget
from releases.domain.errors import InvalidInput
from releases.domain.judgement import Judgement, judge_and_mend
from releases.domain.versions import Version, parse_entered
from releases.queries.catalog import slugs_by_alias
from releases.queries.plans import baseline
from releases.queries.rules import declared_rules
from releases.queries.versions import eligible_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """``versions`` is the whole set: what was asked about, with what is live for everything else."""

    versions: Mapping[str, str]
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict


def judged_set(asked: Mapping[str, str], platform_version: str | None) -> JudgedSet:
    """Judge versions of services (slugs or aliases); ``InvalidInput`` names the entry that is no version."""
    asked_for = _with_slugs(asked)
    versions = _live() | asked_for
    judgement = judge_and_mend(
        versions=versions,
        platform_version=_parsed("platform_version", platform_version) if platform_version else None,
        rules=declared_rules(),
        include_prereleases=False,
        candidates=eligible_versions(),
        chosen=asked_for.keys(),
        budget=Budget(clock=monotonic),
    )
    return JudgedSet(
        versions={service: version.raw for service, version in sorted(versions.items())}, judgement=judgement
    )


def whole_set(asked: Mapping[str, str]) -> dict[str, Version]:
    """Return what was asked about by slug, with what is live for everything else; refusals are ``judged_set``'s."""
    return _live() | _with_slugs(asked)


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
