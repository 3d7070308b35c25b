"""A verdict with what follows from it: the nearest set that fits, or the rules that forbid every set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.compatibility import judge
from releases.domain.conflict import Conflict, conflict_core
from releases.domain.evidence import open_rules
from releases.domain.solver import Recommendation, Search, search

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from releases.domain.budgets import Budget
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Verdict
    from releases.domain.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``search`` says how the search for a set that fits ended, None where the versions fit as they are.

    ``alternative`` is the nearest set that keeps what a person chose, where the recommended one does not.
    """

    verdict: Verdict
    recommended: Recommendation | None = None
    alternative: Recommendation | None = None
    search: Search | None = None
    conflict: Conflict | None = None


def judge_and_mend(
    *,
    versions: Mapping[str, Version],
    platform_version: Version | None,
    rules: Rules,
    include_prereleases: bool,
    candidates: Mapping[str, Sequence[Version]],
    chosen: Collection[str],
    budget: Budget,
) -> Judgement:
    """Judge the set; if it does not hold, look for the nearest one that does, else for the rules that forbid all.

    One budget is for all of it; ``chosen`` are the services whose version a person chose.
    """
    wide = include_prereleases
    verdict = judge(
        versions=versions,
        platform_version=platform_version,
        rules=rules,
        include_prereleases=wide,
        candidates=candidates,
    )
    if verdict.fits:
        return Judgement(verdict=verdict)
    book = open_rules(rules, platform_version=platform_version, include_prereleases=wide)
    outcome = search(versions=versions, book=book, candidates=candidates, choices=chosen, budget=budget)
    if outcome.result is not Search.NONE:
        return Judgement(
            verdict=verdict,
            recommended=outcome.recommendation,
            alternative=outcome.alternative,
            search=outcome.result,
        )
    conflict = conflict_core(
        versions=versions,
        rules=rules,
        candidates=candidates,
        platform_version=platform_version,
        include_prereleases=wide,
        budget=budget,
    )
    return Judgement(verdict=verdict, search=outcome.result, conflict=conflict)
