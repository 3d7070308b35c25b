"""What each kind of evidence says about two versions, as reasons with their sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from datetime import date

    from releases.domain.constraints import InvalidRange
    from releases.domain.inference import Guess
    from releases.domain.rules import Constraint, Denial, Failure
    from releases.domain.versions import Version


class Tier(IntEnum):
    """Strength of evidence; for one pair the strongest that exists silences the rest."""

    DENIAL = 1
    FAILURE = 2
    ROW = 3
    CONTRACT = 4
    RANGE = 5
    INFERENCE = 6
    NONE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    tier: Tier
    reason: Reason

    @property
    def is_open(self) -> bool:
        """Whether the evidence exists but could not be analysed, so that weaker evidence is asked too."""
        return self.tier is Tier.CONTRACT and self.reason.severity is Severity.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two services that have to do with each other; ``is_edge`` when the consumer really depends on the provider."""

    consumer: str
    provider: str
    is_edge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Couple:
    """A pair with the versions that are weighed."""

    pair: Pair
    consumer: Version
    provider: Version

    @property
    def words(self) -> str:
        return f"{self.pair.consumer} {self.consumer} with {self.pair.provider} {self.provider}"

    def version_of(self, service: str) -> Version:
        return self.consumer if service == self.pair.consumer else self.provider


def denied(couple: Couple, denial: Denial) -> Reason:
    return Reason(
        code="denied",
        severity=Severity.ERROR,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        required=f"never {denial.service} {denial.service_range} with {denial.other} {denial.other_range}",
        evidence=denial.evidence,
        text=f"{couple.words} is denied: {denial.reason}",
    )


def failed(couple: Couple, failure: Failure) -> Reason:
    where = f" in {failure.stage}" if failure.stage else ""
    return Reason(
        code="failed-together",
        severity=Severity.ERROR,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        required=f"not {failure.other} {failure.other_version} with {failure.service} {failure.version}",
        evidence=failure.evidence,
        text=f"{couple.words} failed{where} before: {failure.reason}",
    )


def approved(couple: Couple, rows: tuple[int, ...], platform: Version | None) -> Reason:
    pair = couple.pair
    return Reason(
        code="approved-row",
        severity=Severity.OK,
        service=pair.consumer,
        other=pair.provider,
        observed=str(couple.provider),
        required=f"approved in {platform}",
        evidence=",".join(f"row:{row}" for row in rows),
        text=f"{pair.consumer} {couple.consumer} and {pair.provider} {couple.provider} "
        f"are approved together in platform {platform}.",
    )


def weighed(couple: Couple, constraint: Constraint, *, holds: bool, by_prerelease: bool) -> Reason:
    consumer, provider = couple.version_of(constraint.consumer), couple.version_of(constraint.provider)
    needs = f"{constraint.consumer} {consumer} needs {constraint.provider} {constraint.provider_range}"
    chosen = f"{constraint.provider} {provider} is chosen"
    ending = f"and {chosen}." if holds else f"but {chosen}."
    if by_prerelease:
        ending = f"but {chosen}, and prereleases do not count here."
    return Reason(
        code="range-holds" if holds else "range-broken",
        severity=Severity.OK if holds else constraint.severity,
        service=constraint.consumer,
        other=constraint.provider,
        observed=str(provider),
        required=constraint.provider_range,
        evidence=constraint.evidence,
        text=f"{needs}, {ending}",
    )


def unreadable(couple: Couple, rule: Constraint, error: InvalidRange) -> Reason:
    return Reason(
        code="rule-unreadable",
        severity=Severity.UNKNOWN,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        evidence=rule.evidence,
        text=f"The rule of {couple.pair.consumer} on {couple.pair.provider} cannot be read: {error.message}",
        fix="Correct the rule.",
    )


def unreadable_denial(couple: Couple, denial: Denial, error: InvalidRange) -> Reason:
    """What it denies cannot be told, so nothing weaker may speak and nobody may live with it."""
    return Reason(
        code="denial-unreadable",
        severity=Severity.UNKNOWN,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        evidence=denial.evidence,
        text=f"What is denied of {denial.service} with {denial.other} cannot be read: {error.message}",
        fix="Correct the denial.",
    )


def inferred(couple: Couple, guesses: tuple[Guess, ...]) -> Reason:
    return Reason(
        code="inferred",
        severity=Severity.WARNING,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        evidence=_rows(guesses),
        text=f"No row or rule speaks of {couple.words}; {_shown(guesses)}",
        fix=f"Approve both versions in a row, or add a rule for {couple.pair.consumer} on {couple.pair.provider}.",
    )


def unknown(
    couple: Couple, *, is_required: bool, guesses: tuple[Guess, ...] = (), expired: tuple[tuple[int, date], ...] = ()
) -> Reason:
    """Nothing is known; rows that would have approved the pair but are past their day are named."""
    ended = " ".join(f"Row {row} approved it until {day:%Y-%m-%d}." for row, day in expired)
    because = ended or _shown(guesses)
    return Reason(
        code="no-evidence",
        severity=Severity.UNKNOWN,
        service=couple.pair.consumer,
        other=couple.pair.provider,
        observed=str(couple.provider),
        evidence=",".join(f"row:{row}" for row, _ in expired) or _rows(guesses),
        text=f"Nothing is known about {couple.words}: no row approves the pair and no rule covers it."
        + (f" {because}" if because else ""),
        fix=f"Add a compatibility rule for {couple.pair.consumer} on {couple.pair.provider}, "
        "or approve both versions in a row.",
        decisive=is_required,
    )


def _shown(guesses: tuple[Guess, ...]) -> str:
    return " ".join(f"{guess.text} ({guess.likelihood.value})" for guess in guesses)


def _rows(guesses: tuple[Guess, ...]) -> str:
    rows = sorted({row for guess in guesses for row in guess.rows})
    return ",".join(f"row:{row}" for row in rows)
