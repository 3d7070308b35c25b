"""The sign-offs that wait for one person, of all releases at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.lifecycle import PromotionState, ReleaseState
from releases.domain.signoffs import Decision, approval_gate, needs_of, why_not_again, why_not_hold, why_not_own
from releases.models import ApprovalRule, Hotfix, Promotion, Release, SignOff, Stage
from releases.queries.inbox_views import InboxItem, Waiting
from releases.queries.paths import on_the_way
from releases.queries.promotability import release_verdict
from releases.queries.rules import declared_rules
from releases.queries.signoffs import agreement, rule_value, signoff_values
from releases.queries.viewers import signer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from releases.domain.access import Actor
    from releases.domain.compatibility import Rules
    from releases.domain.signoffs import ApprovalRule as Rule
    from releases.domain.signoffs import Need
    from releases.domain.signoffs import SignOff as Word

# While a release is on its way nobody knows yet whether it arrives.
_AT_REST = [ReleaseState.PLANNED.value, ReleaseState.WAITING.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A release at rest before a stage that asks for sign-offs."""

    release: Release
    stage: Stage
    rules: tuple[Rule, ...]
    since: datetime


def wanted_signoffs(actor: Actor) -> Iterator[InboxItem]:
    """Yield each role in which this actor could sign a release off now, and is wanted."""
    signer = signer_of(actor)
    candidates = [each for each in _candidates() if _may_sign(signer, each)]
    if not candidates:
        return
    known, words = declared_rules(), _words([each.release for each in candidates])
    for each in candidates:
        given = words.get((each.release.pk, each.stage.pk), ())
        yield from _wanted(each, given, signer, known)


def _may_sign(signer: Actor, each: _Candidate) -> bool:
    held = signer.roles_in(each.stage.name)
    return any(rule.role in held for rule in each.rules)


def _candidates() -> Iterator[_Candidate]:
    rules = tuple(map(rule_value, ApprovalRule.objects.select_related("stage")))
    releases = (
        list(Release.objects.filter(state__in=_AT_REST).select_related("created_by").order_by("pk")) if rules else []
    )
    urgencies = dict(Hotfix.objects.filter(release__in=releases).values_list("release", "urgency"))
    stages, arrivals = list(Stage.objects.order_by("position")), _arrivals(releases)
    for release in releases:
        reached = arrivals[release.pk]
        stage = next((each for each in on_the_way(stages, release.path) if each.pk not in reached), None)
        wanted = tuple(
            rule
            for rule in rules
            if stage and rule.stage == stage.name and rule.concerns(release.kind, urgencies.get(release.pk, ""))
        )
        if stage and wanted:
            since = max(reached.values(), default=release.created_at)
            yield _Candidate(release=release, stage=stage, rules=wanted, since=since)


def _arrivals(releases: Sequence[Release]) -> Mapping[int, dict[int, datetime]]:
    """Return for each release the stages that it reached, and when."""
    found: defaultdict[int, dict[int, datetime]] = defaultdict(dict)
    ended = Promotion.objects.filter(release__in=releases, state=PromotionState.SUCCEEDED.value, rolled_back_at=None)
    for promotion in ended:
        found[promotion.release_id][promotion.stage_id] = promotion.finished_at or promotion.started_at
    return found


def _words(releases: Sequence[Release]) -> Mapping[tuple[int, int], tuple[Word, ...]]:
    """Return what was signed and not withdrawn, by release and stage."""
    rows: defaultdict[tuple[int, int], list[SignOff]] = defaultdict(list)
    for row in SignOff.objects.filter(release__in=releases, withdrawn_at=None).select_related("person").order_by("pk"):
        rows[row.release_id, row.stage_id].append(row)
    return {key: signoff_values(found) for key, found in rows.items()}


def _wanted(each: _Candidate, given: tuple[Word, ...], signer: Actor, known: Rules) -> Iterator[InboxItem]:
    if any(word.decision is Decision.REJECTED for word in given):
        return
    release = each.release
    digest = agreement(release, release_verdict(release, rules=known)).digest
    needs = needs_of(each.rules, given, digest)
    for need in needs:
        if need.missing and not _refusal(each, need, given, signer, digest):
            gate = approval_gate(each.stage.name, needs, given)
            yield InboxItem(
                kind=Waiting.SIGN_OFF,
                state="waiting_for_approval",
                title=f"Sign {release.version} off for {each.stage.name} as {need.role.value}",
                detail=gate.text if gate else "",
                since=each.since,
                release=release.version,
                stage=each.stage.name,
            )


def _refusal(each: _Candidate, need: Need, given: tuple[Word, ...], signer: Actor, digest: str) -> str:
    return (
        why_not_hold(signer, need.role, each.stage.name)
        or why_not_own(signer, each.release.created_by.get_username(), each.release.version)
        or why_not_again(given, signer.name, need.role, digest)
    )
