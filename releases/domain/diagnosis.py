"""What is wrong with what the board knows, each as a sentence with a way to mend it; nothing here decides a verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.dependencies import CyclicDependency, deployment_phases
from releases.domain.rule_checks import oddities
from releases.domain.rules import Severity
from releases.domain.selection import select_version
from releases.domain.solver import Search
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from releases.domain.conflict import Conflict
    from releases.domain.dependencies import Graph, Phases
    from releases.domain.plans import Plan
    from releases.domain.rules import Rules
    from releases.domain.selection import Candidate
    from releases.domain.solver import Recommendation
    from releases.domain.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to mend; ``service`` is whose page tells more, ``evidence`` names rules as a verdict's reason does."""

    severity: Severity
    text: str
    fix: str
    service: str = ""
    evidence: str = ""


def order_of(depends_on: Graph) -> tuple[Phases, tuple[Finding, ...]]:
    """Return the phases of the services, or none and every circle with those who wait for it in vain."""
    try:
        return deployment_phases(depends_on), ()
    except CyclicDependency as error:
        return (), tuple(_circles(error))


def _circles(error: CyclicDependency) -> Iterator[Finding]:
    for path in error.cycles:
        yield Finding(
            severity=Severity.ERROR,
            text=f"{' → '.join(path)} is a circle, so no order of deployment exists and nothing can be planned.",
            fix="Remove one of these dependencies. Mending this circle may show another one behind it.",
            service=path[0],
        )
    for service in error.blocked:
        yield Finding(
            severity=Severity.ERROR,
            text=f"{service} needs a service of a circle, so it cannot be ordered either.",
            fix=f"Mend the circle; {service} follows by itself.",
            service=service,
        )


def version_findings(candidates: Mapping[str, Sequence[Candidate]]) -> tuple[Finding, ...]:
    """Name each service that the resolver finds no version of, and each string that is no version."""
    found: list[Finding] = []
    for service, registered in sorted(candidates.items()):
        problem = select_version(service, registered, admit_prereleases=False).problem
        if problem:
            found.append(Finding(severity=Severity.ERROR, text=problem.text, fix=problem.fix, service=service))
        found += _no_versions(service, registered)
    return tuple(found)


def _no_versions(service: str, registered: Sequence[Candidate]) -> Iterator[Finding]:
    for text in sorted({candidate.version_raw for candidate in registered}):
        try:
            parse(text)
        except InvalidVersion as error:
            yield Finding(
                severity=Severity.WARNING,
                text=f"The registry lists “{text}” for {service}, which is never chosen: {error.message}",
                fix="Publish the build again under a version such as 1.2.3.",
                service=service,
            )


def set_findings(plan: Plan) -> tuple[Finding, ...]:
    """Tell why the newest eligible versions cannot be released together, down to the rules that rule every set out."""
    if plan.verdict.fits:
        return ()
    if plan.conflict:
        return (_conflict(plan.conflict),)
    if plan.recommended and plan.recommended.changes:
        return (_nearest(plan.verdict.errors or plan.verdict.unknowns, plan.recommended),)
    unsearched = (_unsearched(),) if plan.search is Search.UNDETERMINED else ()
    return (*unsearched, *_blocking(plan.verdict))


def running_findings(stage: str, verdict: Verdict) -> tuple[Finding, ...]:
    """Tell what does not fit in what a stage runs now, or what nobody can vouch for there."""
    return tuple(_blocking(verdict, f"{stage} runs this now. "))


def _conflict(conflict: Conflict) -> Finding:
    rest = conflict.count - len(conflict.shown)
    more = f"; and {rest} more" if rest else ""
    size = "No smaller group is to blame" if conflict.is_minimal else "A smaller group may be to blame"
    return Finding(
        severity=Severity.ERROR,
        text="No set of eligible versions keeps all of these rules: "
        f"{'; '.join(f'“{rule.text}”' for rule in conflict.shown)}{more}. {size}.",
        fix="Change or remove one of them, or release a version that keeps them all.",
        evidence=",".join(rule.evidence for rule in conflict.shown),
    )


def _nearest(reasons: Sequence[Reason], nearest: Recommendation) -> Finding:
    reason = reasons[0]
    changes = ", ".join(f"{change.service} {change.after}" for change in nearest.changes)
    return Finding(
        severity=Severity.WARNING,
        text=f"The newest eligible versions cannot be released together. {reason.text}",
        fix=f"The nearest set that fits takes {changes}; the plan page offers it.",
        service=reason.service,
        evidence=reason.evidence,
    )


def _unsearched() -> Finding:
    return Finding(
        severity=Severity.WARNING,
        text="The search for a set that fits ended before it found one or could rule one out.",
        fix="Choose some versions on the plan page, so that less is left to search.",
    )


def _blocking(verdict: Verdict, where: str = "") -> Iterator[Finding]:
    for reason in verdict.reasons:
        if reason.blocks:
            yield Finding(
                severity=reason.counts_as,
                text=f"{where}{reason.text}",
                fix=reason.fix,
                service=reason.service,
                evidence=reason.evidence,
            )


def rule_findings(rules: Rules) -> tuple[Finding, ...]:
    """Name every rule that cannot be read, can never speak, or contradicts another one."""
    return (*_unreadable(rules), *_odd(rules))


def _unreadable(rules: Rules) -> Iterator[Finding]:
    ranges = [
        (rule.evidence, text) for rule in rules.constraints for text in (rule.consumer_range, rule.provider_range)
    ]
    ranges += [(rule.evidence, text) for rule in rules.denials for text in (rule.service_range, rule.other_range)]
    ranges += [(rule.evidence, rule.consumer_range) for rule in rules.contracts]
    for evidence, text in ranges:
        try:
            compile_range(text)
        except InvalidRange as error:
            yield Finding(
                severity=Severity.ERROR,
                text=f"The range “{text}” cannot be read: {error.message}",
                fix="Correct the range; until then everything that the rule is about is unknown.",
                evidence=evidence,
            )


def _odd(rules: Rules) -> Iterator[Finding]:
    """Oddities are told once for each rule that takes part; here one finding names them all."""
    told: set[str] = set()
    for oddity in oddities(rules):
        if oddity.text not in told or not oddity.others:
            told.add(oddity.text)
            fix = "Change or remove one of them." if oddity.others else "Widen the range, or remove the rule."
            evidence = ",".join((oddity.evidence, *oddity.others))
            yield Finding(severity=Severity.WARNING, text=oddity.text, fix=fix, evidence=evidence)


def document_findings(rules: Rules, versions: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Name each of these versions that others have contracts with and whose API document nobody has given."""
    promised: defaultdict[str, list[str]] = defaultdict(list)
    for contract in rules.contracts:
        promised[contract.provider].append(contract.evidence)
    return tuple(
        _undocumented(service, version, evidence)
        for service, evidence in sorted(promised.items())
        for version in sorted(versions.get(service, ()))
        if version not in rules.documents.get(service, {})
    )


def _undocumented(service: str, version: str, evidence: Sequence[str]) -> Finding:
    what = "the contract" if len(evidence) == 1 else f"the {len(evidence)} contracts"
    return Finding(
        severity=Severity.WARNING,
        text=f"{service} {version} has no API document, so {what} with it cannot be checked.",
        fix=f"Upload the OpenAPI document of {service} {version}, or let the board fetch it from the service.",
        service=service,
        evidence=",".join(evidence),
    )
