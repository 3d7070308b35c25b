"""Endpoints that one service relies on, checked against what another one's document of its interface says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain import contract_reasons as say
from releases.domain.breaking_changes import breaking_reasons
from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.openapi import read
from releases.domain.openapi_diff import Changes, compare, compare_read, compare_sent
from releases.domain.promises import (
    BreakingChange,
    Contract,
    Document,
    Documents,
    Maturity,
    Method,
    Probe,
    ProbeOutcome,
)
from releases.domain.references import Unreadable
from releases.domain.verdicts import conclude
from releases.domain.versions import Direction, Flag, InvalidVersion, Level, classify, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from releases.domain.openapi import Operation
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version

__all__ = [
    "BreakingChange",
    "Contract",
    "ContractReport",
    "Document",
    "Documents",
    "Maturity",
    "Method",
    "Probe",
    "ProbeOutcome",
    "check_all",
    "check_contract",
]


def check_contract(contract: Contract, rules: Rules, version: Version) -> tuple[Reason, ...]:
    """Check one endpoint against the provider in ``version``: one reason, or more where several things are wrong.

    A reason of severity UNKNOWN says what could not be analysed; it is never taken for a pass.
    """
    return _Check(
        contract=contract,
        rules=rules,
        version=version,
        now=_look_up(contract, rules, version.raw),
        then=_look_up(contract, rules, contract.built_for),
        built_for=_readable(contract.built_for),
    ).reasons()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lookup:
    """What one version's document says of the endpoint; ``why`` says what keeps it from being known."""

    has_document: bool
    operation: Operation | None = None
    prefixes: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_missing(self) -> bool:
        return self.has_document and not self.why and self.operation is None


def _look_up(contract: Contract, rules: Rules, version: str) -> _Lookup:
    document = rules.documents.get(contract.provider, {}).get(version)
    if document is None:
        return _Lookup(has_document=False)
    try:
        api = read(document)
        operation = api.find(contract.method, contract.path)
    except Unreadable as error:
        return _Lookup(has_document=True, why=str(error))
    return _Lookup(has_document=True, operation=operation, prefixes=api.prefixes)


def _readable(version: str) -> Version | None:
    try:
        return parse(version)
    except InvalidVersion:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    contract: Contract
    rules: Rules
    version: Version
    now: _Lookup
    then: _Lookup
    built_for: Version | None

    def reasons(self) -> tuple[Reason, ...]:
        found = [*self._presence(), *self._stability(), *self._declared(), *self._deprecation(), *self._schemas()]
        if self._breaks(found) and self._major_is_same:
            found.append(say.major_not_bumped(self.contract, self.version))
        return tuple(found) or (say.holds(self.contract, self.version),)

    def _presence(self) -> Iterator[Reason]:
        if not self.now.has_document:
            yield say.no_document(self.contract, self.version)
        elif self.now.why:
            yield self._not_analysed([self.now.why], f"Upload a document of {self.contract.provider} that can be read.")
        elif self.now.is_missing:
            yield say.endpoint_missing(self.contract, self.version)

    def _stability(self) -> Iterator[Reason]:
        contract = self.contract
        stable_since = _readable(contract.stable_since)
        if contract.stable_since and stable_since is None:
            yield self._not_analysed(["its stable since is no version"], "Correct stable since in the contract.")
        if stable_since is not None and self.version < stable_since:
            yield say.too_early(contract, self.version)
        if contract.maturity is not Maturity.STABLE:
            yield say.draft(contract, self.version)

    def _declared(self) -> Iterator[Reason]:
        return breaking_reasons(
            self.contract,
            self.rules.breaking_changes,
            built_for=self.built_for,
            version=self.version,
            prefixes=(*self.then.prefixes, *self.now.prefixes),
        )

    def _deprecation(self) -> Iterator[Reason]:
        own = self.now.operation.own if self.now.operation else {}
        if own.get("deprecated") is True:
            stated = (own.get(keyword) for keyword in ("x-sunset", "sunset"))
            sunset = next((each for each in stated if isinstance(each, str)), "")
            yield say.deprecated(self.contract, self.version, sunset[:100])

    def _schemas(self) -> Iterator[Reason]:
        if self.now.operation is None:
            return
        compared = [*self._comparisons(self.now.operation)]
        if breaks := [clause for changes in compared for clause in changes.breaks]:
            yield say.schema_broken(self.contract, self.version, breaks)
        if unanalysed := [clause for changes in compared for clause in changes.unanalysed]:
            yield self._not_analysed(unanalysed, self._remedy)

    def _comparisons(self, operation: Operation) -> Iterator[Changes]:
        contract = self.contract
        is_stated = contract.request_schema is not None or contract.response_schema is not None
        if contract.built_for or not is_stated:
            yield self._since_built(operation)
        if contract.request_schema is not None:
            yield compare_sent(contract.request_schema, operation)
        if contract.response_schema is not None:
            yield compare_read(contract.response_schema, operation)

    def _since_built(self, operation: Operation) -> Changes:
        built = f"{self.contract.provider} {self.contract.built_for}"
        if self.then.operation is not None:
            return compare(self.then.operation, operation)
        if not self.contract.built_for:
            why = "the contract does not say which version it is built for"
        elif not self.then.has_document:
            why = f"there is no document of {built}, which it is built for"
        else:
            why = f"the document of {built} is of no use: {self.then.why or 'it does not have the endpoint'}"
        return Changes(unanalysed=(why,))

    @property
    def _remedy(self) -> str:
        if self.then.operation is not None:
            return "Compare what is named here by hand, then approve both versions in a row."
        if self.contract.built_for and not self.then.has_document:
            return f"Upload the OpenAPI document of {self.contract.provider} {self.contract.built_for}."
        return "State in the contract a version that it is built for and whose document has the endpoint."

    def _breaks(self, found: Iterable[Reason]) -> bool:
        """Whether something broke that the version the consumer was built for did have."""
        codes = {reason.code for reason in found}
        was_there = self.then.operation is not None
        return bool(codes & {"broken-endpoint", "schema-broken"}) or (was_there and "endpoint-missing" in codes)

    @property
    def _major_is_same(self) -> bool:
        if self.built_for is None:
            return False
        step = classify(self.built_for, self.version)
        breaks = step.level is Level.MAJOR or Flag.BREAKING in step.flags
        return step.direction is Direction.UP and not breaks

    def _not_analysed(self, what: list[str], fix: str) -> Reason:
        return say.not_analysed(self.contract, self.version, what, fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReport:
    """What each check found, worst first; whether all is valid follows from it and can never disagree."""

    results: tuple[Reason, ...]

    @property
    def violations(self) -> tuple[Reason, ...]:
        """What keeps the set from being valid: an error, or something that nobody knows."""
        return tuple(reason for reason in self.results if reason.blocks)

    @property
    def all_valid(self) -> bool:
        return bool(self.results) and not self.violations


def check_all(rules: Rules, versions: Mapping[str, Version], *, probed: Iterable[Reason] = ()) -> ContractReport:
    """Check every contract of the consumers in the set; ``probed`` are the reasons of deployment contracts.

    A provider that the set lacks is an error, and a set that no contract speaks of is not valid.
    """
    contracts = sorted(rules.contracts, key=lambda each: each.id)
    checked = [reason for contract in contracts for reason in _check_in_set(contract, rules, versions)]
    return ContractReport(results=conclude([*checked, *probed] or [say.nothing_checked()]).reasons)


def _check_in_set(contract: Contract, rules: Rules, versions: Mapping[str, Version]) -> Iterator[Reason]:
    consumer, provider = versions.get(contract.consumer), versions.get(contract.provider)
    if consumer is None:
        return
    try:
        is_meant = compile_range(contract.consumer_range).admits(consumer, include_prereleases=True)
    except InvalidRange as error:
        yield say.unreadable_range(contract, error.message)
        return
    if is_meant and provider is None:
        yield say.provider_missing(contract)
    elif is_meant and provider is not None:
        yield from check_contract(contract, rules, provider)
