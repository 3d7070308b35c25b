"""Sign-offs: a person's yes or no to a release in its next stage, bound to what was agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import claim_turn
from releases.actions.turns import refuse, take_turn
from releases.domain.access import Permission, Role, require, why_not
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_RELEASES, ReleaseState
from releases.domain.signoffs import Decision, why_not_again, why_not_hold, why_not_own, why_not_wanted
from releases.models import SignOff, Stage
from releases.queries.promotability import agreement_now, next_stage, release_verdict
from releases.queries.signoffs import approval_rules, signoffs_of

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.domain.signoffs import Agreement
    from releases.models import Release

REASON_LIMIT = 300


class AgreementChanged(Conflict):
    """What would be agreed to is not what was seen."""

    code = "agreement-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffRequest:
    """``digest`` is that of what the signer saw; a rejection needs a ``reason``."""

    version: str
    role: str
    digest: str
    decision: Decision = Decision.APPROVED
    reason: str = ""


@transaction.atomic(durable=True)
def sign_off(*, actor: Actor, request: SignOffRequest, key: str = "") -> int:
    """Approve or reject a release for its next stage and return the sign-off's number.

    Refused to whoever planned it or lacks the role, when what was agreed to changed, and a second time.
    """
    require(actor, Permission.SIGN)
    role = _role(request.role)
    turn = take_turn(
        actor=actor,
        version=request.version,
        key=key,
        command="sign off",
        role=request.role,
        digest=request.digest,
        decision=request.decision.value,
        reason=request.reason,
    )
    if turn.answer is not None:
        return int(str(turn.answer["signoff"]))
    release = turn.ledger.release
    ahead = next_stage(release)
    if refusal := _why_not_theirs(actor, role, ahead.name if ahead else "", release):
        raise PermissionRefused(refusal)
    stage = _open_stage(release, ahead)
    agreed = _agreed(release, stage, request.digest)
    given = signoffs_of(release, stage)
    refuse(why_not_wanted(approval_rules(release, stage), stage.name, role))
    refuse(why_not_again(given, actor.name, role, agreed.digest))
    _drop_void(turn.ledger, actor, stage, role)
    signed = _store(turn.ledger, actor, stage, request, agreed)
    claim_turn(turn.ledger, None)
    turn.end(signoff=signed.pk)
    return signed.pk


def _why_not_theirs(actor: Actor, role: Role, stage: str, release: Release) -> str:
    """Return why it is not theirs to sign, whether or not there is anything left to sign."""
    lacking = why_not_hold(actor, role, stage) or why_not(actor, Permission.SIGN, stage)
    return lacking or why_not_own(actor, release.created_by.get_username(), release.version)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as unknown:
        roles = ", ".join(role.value for role in Role if role is not Role.VIEWER)
        message = f"There is no role {name}; the roles are {roles}."
        raise InvalidInput("role", message) from unknown


def _open_stage(release: Release, stage: Stage | None) -> Stage:
    if ReleaseState(release.state) not in OPEN_RELEASES:
        message = f"{release.version} is {release.state}; there is nothing left to sign off."
        raise Conflict(message)
    if stage is None:
        message = f"{release.version} is on its way to its last stage; there is nothing left to sign off."
        raise Conflict(message)
    return stage


def _agreed(release: Release, stage: Stage, digest: str) -> Agreement:
    agreed = agreement_now(release, stage, release_verdict(release, stage))
    if agreed.digest != digest:
        message = (
            f"What {release.version} would be signed off for has changed since you looked: a rule was edited. "
            "Look at the verdict again, then sign."
        )
        raise AgreementChanged(message)
    return agreed


def _drop_void(ledger: Ledger, actor: Actor, stage: Stage, role: Role) -> None:
    """Make room for a new word where the person's old one is void."""
    old = SignOff.objects.filter(release=ledger.release, stage=stage, role=role.value, person_id=actor.person_id)
    old.filter(withdrawn_at=None).update(withdrawn_at=ledger.now)


def _store(ledger: Ledger, actor: Actor, stage: Stage, request: SignOffRequest, agreed: Agreement) -> SignOff:
    reason = request.reason.strip()[:REASON_LIMIT]
    if request.decision is Decision.REJECTED and not reason:
        message = "Say why you reject the release."
        raise InvalidInput("reason", message)
    signed = SignOff.objects.create(
        release=ledger.release,
        stage=stage,
        role=request.role,
        person_id=actor.person_id,
        decision=request.decision.value,
        reason=reason,
        digest=agreed.digest,
        agreed=dict(agreed.reasons),
        signed_at=ledger.now,
    )
    kind = Kind.SIGNOFF_GIVEN if request.decision is Decision.APPROVED else Kind.SIGNOFF_REJECTED
    ledger.append(kind, stage=stage.name, role=request.role, digest=agreed.digest, reason=reason, signoff=signed.pk)
    return signed


@transaction.atomic(durable=True)
def withdraw_signoff(*, actor: Actor, version: str, number: int, key: str = "") -> None:
    """Take back one's own word, a rejection too; refused for somebody else's."""
    require(actor, Permission.SIGN)
    turn = take_turn(actor=actor, version=version, key=key, command="withdraw", signoff=number)
    if turn.answer is not None:
        return
    signed = SignOff.objects.filter(release=turn.ledger.release, pk=number, withdrawn_at=None)
    found = signed.select_related("stage", "person").first()
    if found is None:
        message = f"{version} has no sign-off {number}, or it was withdrawn."
        raise NotFound(message)
    if found.person_id != actor.person_id:
        message = f"Only {found.person.get_username()} can withdraw this sign-off."
        raise PermissionRefused(message)
    require(actor, Permission.SIGN, found.stage.name)
    found.withdrawn_at = turn.ledger.now
    found.save(update_fields=["withdrawn_at"])
    turn.ledger.append(
        Kind.SIGNOFF_WITHDRAWN, stage=found.stage.name, role=found.role, decision=found.decision, signoff=number
    )
    claim_turn(turn.ledger, None)
    turn.end(withdrawn=number)
