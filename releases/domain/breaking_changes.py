"""Which of the breaking changes that a provider declared concern one contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain import contract_reasons as say
from releases.domain.openapi import covers, normal
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from releases.domain.promises import BreakingChange, Contract
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version


def breaking_reasons(
    contract: Contract,
    changes: Iterable[BreakingChange],
    *,
    built_for: Version | None,
    version: Version,
    prefixes: Iterable[str],
) -> Iterator[Reason]:
    """Yield a reason for each change in (``built_for``, ``version``] that does or may concern the endpoint."""
    below = ("", *prefixes)
    for change in sorted(changes, key=lambda each: each.id):
        if change.provider == contract.provider and _may_concern(change, contract, below):
            yield from _weigh(contract, change, built_for, version)


def _weigh(contract: Contract, change: BreakingChange, built_for: Version | None, version: Version) -> Iterator[Reason]:
    try:
        since = parse(change.version)
    except InvalidVersion as error:
        what = f"the version of a breaking change cannot be read, for {error.why.rstrip('.')}"
        yield say.not_analysed(contract, version, [what], "Correct the version of the breaking change.", change)
        return
    if since > version or (built_for is not None and since <= built_for):
        return
    if not change.path:
        yield say.broken_somewhere(contract, version, change)
    elif built_for is None:
        what = f"{change.version} broke it, and nobody said which version {contract.consumer} was built for"
        yield say.not_analysed(
            contract, version, [what], "State in the contract which version it is built for.", change
        )
    else:
        yield say.broken(contract, version, change)


def _may_concern(change: BreakingChange, contract: Contract, below: tuple[str, ...]) -> bool:
    if change.method not in {"", contract.method.value}:
        return False
    return not change.path or any(
        covers(ours, theirs) or covers(theirs, ours)
        for ours in _spellings(contract.path, below)
        for theirs in _spellings(change.path, below)
    )


def _spellings(path: str, below: tuple[str, ...]) -> set[str]:
    return {normal(prefix + path) for prefix in below}
