"""The panel of the gates before a release's next stage, for those who look; a fixed number of queries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from releases.domain.access import Permission, why_not
from releases.domain.lifecycle import OPEN_RELEASES, ReleaseState
from releases.domain.signoffs import needs_of, why_not_again, why_not_hold, why_not_own
from releases.queries.gate_views import BypassView, GatePanel, GateView, NeedView, SignOffView
from releases.queries.gates import lasting_bypasses, release_gates
from releases.queries.promotability import agreement_now
from releases.queries.signoffs import approval_rules, signoffs_of
from releases.queries.views import control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.access import Actor
    from releases.domain.compatibility import Verdict
    from releases.domain.gates import Gate
    from releases.domain.signoffs import Agreement, Need, SignOff
    from releases.models import Bypass, Release, Stage

NO_GATES = GatePanel(stage="", digest="", gates=(), needs=(), signoffs=())


def gate_panel(release: Release, stage: Stage | None, verdict: Verdict, viewer: Actor) -> GatePanel:
    """Return the gates of the next stage; ``verdict`` is the one for it."""
    bypass_refusal = why_not(viewer, Permission.BYPASS)
    bypasses = tuple(_bypass(row, bypass_refusal) for row in lasting_bypasses(release))
    if stage is None or ReleaseState(release.state) not in OPEN_RELEASES:
        return replace(NO_GATES, bypasses=bypasses)
    agreed = agreement_now(release, stage, verdict)
    signed = signoffs_of(release, stage)
    needs = needs_of(approval_rules(release, stage), signed, agreed.digest)
    return GatePanel(
        stage=stage.name,
        digest=agreed.digest,
        gates=tuple(_gate(gate, bypass_refusal) for gate in release_gates(release, stage, agreed.digest)),
        needs=tuple(_need(need, release, stage, signed, agreed, viewer) for need in needs),
        signoffs=tuple(_signoff(each, stage, agreed, viewer) for each in signed),
        bypasses=bypasses,
    )


def _bypass(row: Bypass, refusal: str) -> BypassView:
    return BypassView(
        id=row.pk,
        gate=row.gate,
        stage=row.stage.name,
        by=row.granted_by,
        reason=row.reason,
        expires_at=row.expires_at,
        end=control("end", refusal),
    )


def _gate(gate: Gate, refusal: str) -> GateView:
    state = "bypassed" if gate.bypass and not gate.is_open else "open" if gate.is_open else "closed"
    return GateView(
        kind=gate.kind.value,
        state=state,
        text=gate.text,
        until=None if gate.is_open else gate.until,
        bypass_note=gate.bypass,
        bypass=control("bypass", refusal or ("" if state == "closed" else "There is nothing to bypass.")),
    )


def _need(
    need: Need, release: Release, stage: Stage, signed: Sequence[SignOff], agreed: Agreement, signer: Actor
) -> NeedView:
    refusal = (
        why_not_hold(signer, need.role, stage.name)
        or why_not(signer, Permission.SIGN, stage.name)
        or why_not_own(signer, release.created_by.get_username(), release.version)
        or why_not_again(signed, signer.name, need.role, agreed.digest)
    )
    return NeedView(
        role=need.role.value,
        count=need.count,
        signers=need.signers,
        missing=need.missing,
        sign=control("sign", refusal),
        reject=control("reject", refusal),
    )


def _signoff(signed: SignOff, stage: Stage, agreed: Agreement, signer: Actor) -> SignOffView:
    refusal = f"Only {signed.person} can withdraw this sign-off."
    if signer.name == signed.person:
        refusal = why_not(signer, Permission.SIGN, stage.name)
    changed = signed.digest != agreed.digest
    return SignOffView(
        id=signed.id,
        role=signed.role.value,
        person=signed.person,
        decision=signed.decision.value,
        standing=signed.standing(agreed.digest).value,
        reason=signed.reason,
        signed_at=signed.signed_at,
        appeared=agreed.appeared_since(signed.agreed) if changed else (),
        gone=agreed.gone_since(signed.agreed) if changed else (),
        withdraw=control("withdraw", refusal),
    )
