"""Sign-offs: how many of which role a stage wants, which of those given still stand, and who may give one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.access import role_words
from releases.domain.gates import Gate, GateKind
from releases.domain.plan_digest import agreed_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from releases.domain.access import Actor, Role
    from releases.domain.verdicts import Verdict


class Decision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class Standing(StrEnum):
    """A sign-off is void once something that was agreed to changed; a rejection stands until it is withdrawn."""

    STANDS = "stands"
    VOID = "void"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """``count`` people of ``role`` must sign before a promotion to ``stage``; an empty ``kind`` is every kind.

    A rule with an ``urgency`` is for hotfixes of that urgency, and takes the place of those for its role without one.
    """

    stage: str
    role: Role
    count: int
    kind: str = ""
    urgency: str = ""

    def concerns(self, kind: str, urgency: str = "") -> bool:
        return self.kind in {"", kind} and self.urgency in {"", urgency}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a signer agrees to: its digest, and the decisive reasons, each told by what decides and as a sentence."""

    digest: str
    reasons: Mapping[str, str]

    def appeared_since(self, agreed: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(text for key, text in sorted(self.reasons.items()) if key not in agreed)

    def gone_since(self, agreed: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(text for key, text in sorted(agreed.items()) if key not in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """One person's word in one role, for what had ``digest`` and the reasons ``agreed`` when it was given."""

    id: int
    role: Role
    person: str
    decision: Decision
    reason: str
    digest: str
    agreed: Mapping[str, str]
    signed_at: datetime

    def standing(self, digest: str) -> Standing:
        if self.decision is Decision.REJECTED:
            return Standing.BLOCKS
        return Standing.STANDS if self.digest == digest else Standing.VOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How far the sign-offs of one role are."""

    role: Role
    count: int
    signers: tuple[str, ...]

    @property
    def missing(self) -> int:
        return max(0, self.count - len(self.signers))


def agreement_of(verdict: Verdict, digest: str) -> Agreement:
    """Return what is agreed to with a verdict."""
    return Agreement(digest=digest, reasons=agreed_reasons(verdict))


def needs_of(rules: Sequence[ApprovalRule], signoffs: Sequence[SignOff], digest: str) -> tuple[Need, ...]:
    """Return each role that has to sign; of several rules for one role the one that asks for most counts.

    One for the release's urgency goes before those for any, so that what is urgent may need more people, or fewer.
    """
    urgent = {rule.role for rule in rules if rule.urgency}
    counts: dict[Role, int] = {}
    for rule in rules:
        if rule.urgency or rule.role not in urgent:
            counts[rule.role] = max(rule.count, counts.get(rule.role, 0))
    standing = [each for each in signoffs if each.standing(digest) is Standing.STANDS]
    return tuple(
        Need(role=role, count=count, signers=tuple(each.person for each in standing if each.role is role))
        for role, count in sorted(counts.items())
    )


def approval_gate(stage: str, needs: Sequence[Need], signoffs: Sequence[SignOff]) -> Gate | None:
    """Return the gate of all roles together, None where nobody has to sign and nobody rejected."""
    rejected = [each for each in signoffs if each.decision is Decision.REJECTED]
    if not needs and not rejected:
        return None
    missing = [need for need in needs if need.missing]
    if rejected:
        text = f"{rejected[0].person} rejected the release for {stage}: {rejected[0].reason.rstrip('.')}."
    elif missing:
        text = f"{stage} needs {', and '.join(_lack(need) for need in missing)}."
    else:
        text = f"{stage} is signed off: {', '.join(_signed(need) for need in needs)}."
    return Gate(kind=GateKind.APPROVAL, stage=stage, is_open=not rejected and not missing, text=text)


def _lack(need: Need) -> str:
    more = f"{need.missing} more" if need.signers else f"{need.missing}"
    given = f" ({_signed(need)})" if need.signers else ""
    return f"{more} sign-off{'' if need.missing == 1 else 's'} of {_person_of(need)}{given}"


def _person_of(need: Need) -> str:
    return f"role {need.role.value}"


def _signed(need: Need) -> str:
    return f"{' and '.join(need.signers)} signed as {need.role.value}"


def why_not_hold(signer: Actor, role: Role, stage: str) -> str:
    """Return why somebody may not sign in this role there; an administrator signs only in a role of their own."""
    if role in signer.roles_in(stage):
        return ""
    return f"To sign as {role.value}{f' in {stage}' if stage else ''} you need {role_words(role, stage)}."


def why_not_own(signer: Actor, created_by: str, version: str) -> str:
    """Nobody approves what they asked for themselves."""
    return f"You planned {version}; somebody else has to sign it off." if signer.name == created_by else ""


def why_not_wanted(rules: Sequence[ApprovalRule], stage: str, role: Role) -> str:
    """Return why a sign-off of this role would count for nothing."""
    wanted = any(rule.role is role for rule in rules)
    return "" if wanted else f"{stage} needs no sign-off of role {role.value} for this release."


def why_not_again(signoffs: Sequence[SignOff], person: str, role: Role, digest: str) -> str:
    """One person signs once per role; a void sign-off may be given anew, and a rejection is withdrawn first."""
    for each in signoffs:
        if (each.person, each.role) == (person, role):
            match each.standing(digest):
                case Standing.STANDS:
                    return f"You signed as {role.value} already."
                case Standing.BLOCKS:
                    return f"You rejected it as {role.value}: withdraw that first."
                case Standing.VOID:
                    return ""
    return ""
