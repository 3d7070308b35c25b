"""Who has to sign a release off, who did, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.access import Role
from releases.domain.plan_digest import digest_of
from releases.domain.plan_kinds import HOTFIX
from releases.domain.signoffs import Agreement, ApprovalRule, Decision, SignOff, agreement_of
from releases.models import ApprovalRule as RuleRow
from releases.models import Hotfix
from releases.models import SignOff as SignOffRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from releases.domain.verdicts import Verdict
    from releases.models import Release, Stage


def approval_rules(release: Release, stage: Stage) -> tuple[ApprovalRule, ...]:
    """Return the rules of this stage that concern this release."""
    return rules_for(RuleRow.objects.filter(stage=stage), release.kind, urgency_of(release))


def rules_for(rows: QuerySet[RuleRow], kind: str, urgency: str) -> tuple[ApprovalRule, ...]:
    """Return those of the rules that concern releases of a kind and, for hotfixes, an urgency."""
    found = map(rule_value, rows.select_related("stage"))
    return tuple(rule for rule in found if rule.concerns(kind, urgency))


def urgency_of(release: Release) -> str:
    """Return the urgency of a hotfix, empty for any other release."""
    if release.kind != HOTFIX:
        return ""
    return Hotfix.objects.filter(release=release).values_list("urgency", flat=True).first() or ""


def approving_roles() -> frozenset[Role]:
    """Return the roles that may have to sign in some stage."""
    return frozenset(map(Role, RuleRow.objects.order_by().values_list("role", flat=True).distinct()))


def signoffs_of(release: Release, stage: Stage) -> tuple[SignOff, ...]:
    """Return what was signed for this stage and not withdrawn, oldest first."""
    rows = SignOffRow.objects.filter(release=release, stage=stage, withdrawn_at=None).select_related("person")
    return signoff_values(rows.order_by("pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSignOff:
    """A sign-off as it was given."""

    id: int
    role: str
    decision: str
    stage: str


def given_signoff(number: int) -> GivenSignOff:
    """Return what was signed under this number."""
    row = SignOffRow.objects.select_related("stage").get(pk=number)
    return GivenSignOff(id=row.pk, role=row.role, decision=row.decision, stage=row.stage.name)


def rule_value(row: RuleRow) -> ApprovalRule:
    """Return the rule as the domain weighs it."""
    return ApprovalRule(stage=row.stage.name, role=Role(row.role), count=row.count, kind=row.kind, urgency=row.urgency)


def signoff_values(rows: Iterable[SignOffRow]) -> tuple[SignOff, ...]:
    """Return sign-offs as the domain weighs them."""
    return tuple(
        SignOff(
            id=row.pk,
            role=Role(row.role),
            person=row.person.get_username(),
            decision=Decision(row.decision),
            reason=row.reason,
            digest=row.digest,
            agreed=row.agreed,
            signed_at=row.signed_at,
        )
        for row in rows
    )


def agreement(release: Release, verdict: Verdict) -> Agreement:
    """Return what a sign-off agrees to now: the plan as it was accepted, under the verdict as the rules now give it.

    As long as the same reasons decide, the digest is that of the plan.
    """
    plan = release.plan
    digest = digest_of(
        kind=plan["kind"],
        target=plan["platform_version"],
        changes=[(change["service"], change["from"], change["to"] or "") for change in plan["changes"]],
        phases=plan["phases"],
        verdict=verdict,
        **({"path": release.path} if release.path else {}),
    )
    return agreement_of(verdict, digest)
