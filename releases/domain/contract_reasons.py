"""What a check of one contract says, as reasons with their sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.promises import BreakingChange, Contract
    from releases.domain.versions import Version

# A list that is longer is no longer read; the count says what is left out.
MOST_SHOWN = 5


def nothing_checked() -> Reason:
    return Reason(
        code="nothing-checked",
        severity=Severity.UNKNOWN,
        service="",
        text="Not one contract speaks of the services in this set.",
        fix="Check that the contracts name the services as the set does, or add a contract.",
    )


def provider_missing(contract: Contract) -> Reason:
    return Reason(
        code="missing-provider",
        severity=Severity.ERROR,
        service=contract.consumer,
        other=contract.provider,
        required=contract.endpoint,
        evidence=contract.evidence,
        text=f"{contract.consumer} calls {contract.endpoint} of {contract.provider}, which is not in the set.",
        fix=f"Add a version of {contract.provider} to the set.",
    )


def unreadable_range(contract: Contract, why: str) -> Reason:
    return Reason(
        code="not-analysed",
        severity=Severity.UNKNOWN,
        service=contract.consumer,
        other=contract.provider,
        required=contract.endpoint,
        evidence=contract.evidence,
        text=f"Which versions of {contract.consumer} the contract on {contract.endpoint} of {contract.provider} is "
        f"about cannot be read: {why}",
        fix="Correct the consumer range of the contract.",
    )


def holds(contract: Contract, version: Version) -> Reason:
    return _reason(
        contract,
        version,
        code="contract-holds",
        severity=Severity.OK,
        text=f"{contract.provider} {version} keeps {contract.endpoint} as {contract.consumer} needs it.",
    )


def no_document(contract: Contract, version: Version) -> Reason:
    named = f"{contract.provider} {version}"
    return _reason(
        contract,
        version,
        code="no-document",
        severity=Severity.UNKNOWN,
        text=f"There is no OpenAPI document of {named}, so {contract.endpoint} cannot be checked "
        f"for {contract.consumer}.",
        fix=f"Upload the OpenAPI document of {named}.",
    )


def endpoint_missing(contract: Contract, version: Version) -> Reason:
    return _reason(
        contract,
        version,
        code="endpoint-missing",
        severity=Severity.ERROR,
        text=f"{contract.consumer} calls {contract.endpoint}, which the document of {contract.provider} {version} "
        "does not have.",
        fix=f"Take a version of {contract.provider} that has it, or correct the method and path of the contract.",
    )


def too_early(contract: Contract, version: Version) -> Reason:
    return _reason(
        contract,
        version,
        code="too-early",
        severity=Severity.ERROR,
        text=f"{contract.consumer} needs {contract.endpoint}, which is stable since {contract.provider} "
        f"{contract.stable_since}; {version} is earlier.",
        fix=f"Take {contract.provider} {contract.stable_since} or later.",
    )


def draft(contract: Contract, version: Version) -> Reason:
    return _reason(
        contract,
        version,
        code="draft-endpoint",
        severity=Severity.WARNING,
        text=f"{contract.consumer} calls {contract.endpoint}, which {contract.provider} offers as "
        f"{contract.maturity.value} only.",
        fix=f"Agree with the owners of {contract.provider} when it becomes stable, then set the contract's maturity.",
    )


def broken(contract: Contract, version: Version, change: BreakingChange) -> Reason:
    return _reason(
        contract,
        version,
        code="broken-endpoint",
        severity=Severity.ERROR,
        change=change,
        text=f"{contract.provider} {change.version} broke {contract.endpoint}, and {contract.consumer} was built for "
        f"{contract.built_for}: {_clause(change.text)}.",
        fix=f"Take a version of {contract.provider} before {change.version}, or build {contract.consumer} for "
        f"{change.version} and set the contract's built for.",
    )


def broken_somewhere(contract: Contract, version: Version, change: BreakingChange) -> Reason:
    return _reason(
        contract,
        version,
        code="breaking-change-somewhere",
        severity=Severity.WARNING,
        change=change,
        text=f"{contract.provider} {change.version} broke something that names no path and may concern "
        f"{contract.endpoint} of {contract.consumer}: {_clause(change.text)}.",
        fix="Name the path in the breaking change, if it concerns one only.",
    )


def deprecated(contract: Contract, version: Version, sunset: str) -> Reason:
    until = f" and is there until {sunset}" if sunset else "; no date is given for its end"
    return _reason(
        contract,
        version,
        code="deprecated-endpoint",
        severity=Severity.WARNING,
        text=f"{contract.consumer} calls {contract.endpoint}, which is deprecated in {contract.provider} {version}"
        f"{until}.",
        fix=f"Move {contract.consumer} to what replaces it"
        + (f" before {sunset}." if sunset else f", and ask the owners of {contract.provider} for a date."),
    )


def schema_broken(contract: Contract, version: Version, breaks: Sequence[str]) -> Reason:
    return _reason(
        contract,
        version,
        code="schema-broken",
        severity=Severity.ERROR,
        text=f"{contract.provider} {version} breaks {contract.endpoint} for {contract.consumer}: {_listed(breaks)}.",
        fix=f"Take a version of {contract.provider} without the change, or adapt {contract.consumer} and set the "
        "contract's built for and schemas.",
    )


def not_analysed(
    contract: Contract, version: Version, what: Sequence[str], fix: str, change: BreakingChange | None = None
) -> Reason:
    """What could not be told; it is never taken for a pass."""
    return _reason(
        contract,
        version,
        code="not-analysed",
        severity=Severity.UNKNOWN,
        change=change,
        text=f"Whether {contract.provider} {version} keeps {contract.endpoint} for {contract.consumer} was not "
        f"analysed in full: {_listed(what)}.",
        fix=fix,
    )


def major_not_bumped(contract: Contract, version: Version) -> Reason:
    return _reason(
        contract,
        version,
        code="major-not-bumped",
        severity=Severity.WARNING,
        text=f"{contract.provider} {version} breaks {contract.endpoint}, but its number says that nothing broke since "
        f"{contract.built_for}.",
        fix=f"Ask the owners of {contract.provider} to release the break under the next major version.",
    )


def _reason(
    contract: Contract,
    version: Version,
    *,
    code: str,
    severity: Severity,
    text: str,
    fix: str = "",
    change: BreakingChange | None = None,
) -> Reason:
    return Reason(
        code=code,
        severity=severity,
        service=contract.consumer,
        other=contract.provider,
        observed=str(version),
        required=contract.endpoint,
        evidence=",".join(each.evidence for each in (contract, change) if each),
        text=text,
        fix=fix,
    )


def _listed(parts: Sequence[str]) -> str:
    shown = "; ".join(parts[:MOST_SHOWN])
    return f"{shown}; and {len(parts) - MOST_SHOWN} more" if len(parts) > MOST_SHOWN else shown


def _clause(sentence: str) -> str:
    return sentence.strip().rstrip(".")
