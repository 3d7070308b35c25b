"""Contracts between services: whether a set of versions keeps them, and which of them concern one service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.contracts import ContractReport, check_all, check_contract
from releases.domain.deployment_contracts import expand, probe_reason
from releases.domain.errors import InvalidInput
from releases.domain.promises import ProbeOutcome
from releases.domain.verdicts import conclude
from releases.models import Service
from releases.queries.catalog import slugs_by_alias
from releases.queries.probes import deployment_contracts, newest_results
from releases.queries.rules import declared_rules
from releases.queries.verdicts import whole_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.promises import Contract
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCheck:
    """``versions`` is the whole set: what was asked about, with what is live for everything else."""

    report: ContractReport
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A contract between live versions; without ``reasons`` one of the two is not live, or the contract spares it."""

    id: int
    consumer: str
    provider: str
    endpoint: str
    consumer_range: str
    built_for: str
    reasons: tuple[Reason, ...]


def contract_check(asked: Mapping[str, str]) -> ContractCheck:
    """Check the contracts of a set of versions; ``InvalidInput`` names the entry that is no service or no version."""
    _refuse_strangers(asked)
    versions = whole_set(asked)
    named = {service: version.raw for service, version in sorted(versions.items())}
    report = check_all(declared_rules(), versions, probed=_probed(named))
    return ContractCheck(report=report, versions=named)


def _refuse_strangers(asked: Mapping[str, str]) -> None:
    known = {*Service.objects.values_list("slug", flat=True), *slugs_by_alias()}
    for name in asked:
        if name not in known:
            raise InvalidInput(f"versions.{name}", f"There is no service {name}; name one by its slug or an alias.")


def _probed(versions: Mapping[str, str]) -> Iterator[Reason]:
    """What the last round of probes says of each deployment contract."""
    results = newest_results(versions)
    for order in expand(deployment_contracts(), versions):
        result = results.get((order.contract_id, order.service))
        yield probe_reason(
            order,
            ProbeOutcome(result.outcome) if result else None,
            version=versions[order.service],
            message=result.message if result else "",
        )


def contracts_of(service: str) -> tuple[ContractView, ...]:
    """Return the contracts that the service has or is relied on by, each checked between the live versions."""
    rules, versions = declared_rules(), whole_set({})
    concerned = (contract for contract in rules.contracts if service in {contract.consumer, contract.provider})
    return tuple(
        ContractView(
            id=contract.id,
            consumer=contract.consumer,
            provider=contract.provider,
            endpoint=contract.endpoint,
            consumer_range=contract.consumer_range,
            built_for=contract.built_for,
            reasons=conclude(_checked(contract, rules, versions)).reasons,
        )
        for contract in concerned
    )


def _checked(contract: Contract, rules: Rules, versions: Mapping[str, Version]) -> tuple[Reason, ...]:
    consumer, provider = versions.get(contract.consumer), versions.get(contract.provider)
    if consumer is None or provider is None or not _is_meant(contract, consumer):
        return ()
    return check_contract(contract, rules, provider)


def _is_meant(contract: Contract, consumer: Version) -> bool:
    """A range that cannot be read is the administrators' to mend; until then it is taken to mean every version."""
    try:
        return compile_range(contract.consumer_range).admits(consumer, include_prereleases=True)
    except InvalidRange:
        return True
