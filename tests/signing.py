"""Approval rules and sign-offs for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.actions.signoffs import SignOffRequest, sign_off
from releases.domain.access import Role
from releases.domain.signoffs import Decision
from releases.models import ApprovalRule, Stage
from releases.queries.release_pages import release_view
from releases.queries.viewers import signer_of
from tests.factories import LOOKER, person

if TYPE_CHECKING:
    from releases.domain.access import Actor
    from releases.models import Release
    from releases.queries.gate_views import GatePanel


def needs(
    stage: str = "DEV", role: Role = Role.APPROVER, count: int = 1, kind: str = "", urgency: str = ""
) -> ApprovalRule:
    """Let a stage ask for sign-offs."""
    asking = Stage.objects.get(name=stage)
    return ApprovalRule.objects.create(stage=asking, role=role.value, count=count, kind=kind, urgency=urgency)


def approver(name: str = "anna") -> Actor:
    """Return somebody who approves."""
    return person(name, Role.APPROVER)


def panel_of(release: Release, actor: Actor | None = None) -> GatePanel:
    """Return the gates as somebody sees them."""
    release.refresh_from_db()
    return release_view(release, signer_of(actor) if actor else LOOKER).gates


def wish(release: Release, *, reject: str = "", role: Role = Role.APPROVER, digest: str = "") -> SignOffRequest:
    """Return the sign-off, or the rejection, that the page would send."""
    return SignOffRequest(
        version=release.version,
        role=role.value,
        digest=digest or panel_of(release).digest,
        decision=Decision.REJECTED if reject else Decision.APPROVED,
        reason=reject,
    )


def signed(release: Release, actor: Actor | None = None, *, reject: str = "") -> int:
    """Sign the release off for its next stage, or reject it."""
    return sign_off(actor=actor or approver(), request=wish(release, reject=reject))
