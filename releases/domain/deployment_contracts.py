"""What a chart expects every deployed service to answer, service by service, and what the answers mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.promises import Probe, ProbeOutcome
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentContract:
    """What ``consumer`` expects of ``provider``, or of every deployed service but itself when that is empty."""

    id: int
    consumer: str
    provider: str = ""
    probe: Probe
    path: str

    def concerns(self, service: str) -> bool:
        return service != self.consumer and self.provider in {"", service}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    """One probe of one deployed service; ``consumer`` is who expects it to pass."""

    service: str
    probe: Probe
    path: str
    contract_id: int
    consumer: str

    @property
    def evidence(self) -> str:
        return f"deployment_contract:{self.contract_id}"


def expand(contracts: Iterable[DeploymentContract], deployed: Mapping[str, object]) -> tuple[ProbeOrder, ...]:
    """Order a probe for each deployed service that a contract concerns; ``deployed`` has the services as its keys."""
    orders = (
        ProbeOrder(
            service=service,
            probe=contract.probe,
            path=contract.path,
            contract_id=contract.id,
            consumer=contract.consumer,
        )
        for contract in contracts
        for service in deployed
        if contract.concerns(service)
    )
    return tuple(sorted(orders, key=lambda order: (order.service, order.probe.value, order.path, order.contract_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    code: str
    severity: Severity
    words: str
    fix: str = ""


_MEANINGS: Mapping[ProbeOutcome | None, _Meaning] = {
    ProbeOutcome.PASSED: _Meaning(code="probe-passed", severity=Severity.OK, words="passed"),
    ProbeOutcome.FAILED: _Meaning(
        code="probe-failed",
        severity=Severity.ERROR,
        words="failed",
        fix="Mend {service}, or correct the path of the deployment contract.",
    ),
    ProbeOutcome.ERROR: _Meaning(
        code="probe-unanswered",
        severity=Severity.UNKNOWN,
        words="got no answer",
        fix="Check that {service} runs and that its base URL is right, then probe again.",
    ),
    ProbeOutcome.NOT_CONFIGURED: _Meaning(
        code="probe-not-configured",
        severity=Severity.UNKNOWN,
        words="could not be sent, because the service has no base URL",
        fix="Give {service} a base URL.",
    ),
    None: _Meaning(
        code="never-probed",
        severity=Severity.UNKNOWN,
        words="was never sent",
        fix="Probe the deployed services, then check again.",
    ),
}


def probe_reason(order: ProbeOrder, outcome: ProbeOutcome | None, *, version: str = "", message: str = "") -> Reason:
    """Say what the newest outcome means for the contract; None stands for never probed, and only a pass is OK.

    ``version`` is the one that answered, ``message`` what is known beyond the outcome, as ``HTTP 503``.
    """
    meaning = _MEANINGS[outcome]
    named = f"{order.service} {version}" if version else order.service
    words = f"{meaning.words}: {message.rstrip('.')}" if message else meaning.words
    return Reason(
        code=meaning.code,
        severity=meaning.severity,
        service=order.consumer,
        other=order.service,
        observed=version,
        required=f"{order.probe.value} {order.path}",
        evidence=order.evidence,
        text=f"{order.consumer} expects {order.probe.value} of {named} at {order.path}; it {words}.",
        fix=meaning.fix.format(service=order.service),
    )
