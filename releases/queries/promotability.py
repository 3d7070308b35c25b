"""Why a release may not be promoted to a stage: the one answer for the button, the API and the action."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from releases.domain.compatibility import Overall, judge
from releases.domain.gates import GateKind
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_RELEASES, PromotionState, ReleaseState
from releases.domain.versions import parse
from releases.models import Promotion, Release, Stage
from releases.queries.acts import last_act
from releases.queries.gates import release_gates
from releases.queries.hotfixes import untested_refusal
from releases.queries.paths import stages_of
from releases.queries.rules import declared_rules
from releases.queries.signoffs import agreement
from releases.queries.versions import eligible_versions, quarantined_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.compatibility import Reason, Rules, Verdict
    from releases.domain.gates import Gate
    from releases.domain.signoffs import Agreement

_OWN = {
    PromotionState.RUNNING: "The promotion to {stage} is still running; {who} started it.",
    PromotionState.HELD: "The promotion to {stage} is held: retry or skip what failed first.",
    PromotionState.PAUSED: "The promotion to {stage} is paused: resume it first.",
}
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no with its explanation; ``reasons`` are those of the verdict that refuses, or of the gates that do."""

    text: str
    reasons: tuple[Reason, ...] = ()
    by_gate: bool = False


def promotion_refusal(release: Release, stage: Stage, verdict: Verdict | None = None) -> Refusal | None:
    """Return why this release may not be promoted to this stage now, or None; a verdict at hand is not made again."""
    text = (
        _closed(release)
        or _busy(release, stage)
        or _out_of_order(release, stage)
        or _held_back(release)
        or _prereleases(release, stage)
        or untested_refusal(release, stage)
    )
    if text:
        return Refusal(text=text)
    judged = verdict or release_verdict(release, stage)
    closed = [gate for gate in gates_now(release, stage, judged) if gate.refuses]
    if any(gate.kind is GateKind.FREEZE for gate in closed):
        return _gate_refusal(closed)
    return _verdict_refusal(stage, judged) or _gate_refusal(closed)


def gates_now(release: Release, stage: Stage, verdict: Verdict) -> tuple[Gate, ...]:
    """Return the gates of the stage for this release, open or closed; ``verdict`` is the one for this stage."""
    return release_gates(release, stage, agreement_now(release, stage, verdict).digest)


def agreement_now(release: Release, stage: Stage, verdict: Verdict) -> Agreement:
    """Return what a sign-off for this stage agrees to; the same in every stage, so that it is that of the plan."""
    return agreement(release, release_verdict(release) if stage.admits_prereleases else verdict)


def release_verdict(release: Release, stage: Stage | None = None, rules: Rules | None = None) -> Verdict:
    """Judge the release's set by the rules as they are now, or as just read, with the stage's policy on prereleases."""
    judged = partial(
        judge,
        versions={service: parse(version) for service, version in release.manifest.items()},
        platform_version=parse(release.target_version),
        rules=rules or declared_rules(),
        include_prereleases=bool(stage and stage.admits_prereleases),
    )
    verdict = judged()
    # Every registered version is read only where one of them may be the way out.
    return verdict if verdict.fits else judged(candidates=eligible_versions())


def next_stage(release: Release) -> Stage | None:
    """Return the first stage on its way that this release has neither reached nor is being promoted to."""
    found = release.promotions.filter(state__in=[PromotionState.SUCCEEDED.value, *_OPEN], rolled_back_at=None)
    reached = set(found.values_list("stage_id", flat=True))
    return next((stage for stage in stages_of(release) if stage.pk not in reached), None)


def _closed(release: Release) -> str:
    state = ReleaseState(release.state)
    if state in OPEN_RELEASES:
        return ""
    who = f": {last_act(release)}" if state is ReleaseState.CANCELLED else ""
    return f"{release.version} is {state.value}{who}."


def _busy(release: Release, stage: Stage) -> str:
    busy = Promotion.objects.filter(state__in=_OPEN).select_related("release", "stage", "started_by")
    own = busy.filter(release=release).first()
    if own:
        return _OWN[PromotionState(own.state)].format(stage=own.stage.name, who=own.started_by.get_username())
    other = busy.filter(stage=stage).first()
    if other is None:
        return ""
    return f"{stage.name} is busy: {other.started_by.get_username()} is promoting {other.version} there."


def _out_of_order(release: Release, stage: Stage) -> str:
    way = stages_of(release)
    if stage not in way:
        through = ", ".join(each.name for each in way)
        return f"{stage.name} is not on the way of {release.version}, which goes through {through}."
    found = release.promotions.filter(state=PromotionState.SUCCEEDED.value, rolled_back_at=None)
    reached = set(found.values_list("stage_id", flat=True))
    if stage.pk in reached:
        return f"{release.version} is already in {stage.name}."
    missing = next((each for each in way if each.position < stage.position and each.pk not in reached), None)
    return f"{missing.name} comes before {stage.name}; promote there first." if missing else ""


def _held_back(release: Release) -> str:
    held = quarantined_versions()
    found = [
        f"{service} {version}" for service, version in sorted(release.manifest.items()) if version in held[service]
    ]
    if not found:
        return ""
    return f"In quarantine by now: {', '.join(found)}. Plan a release without {'it' if len(found) == 1 else 'them'}."


def _prereleases(release: Release, stage: Stage) -> str:
    if stage.admits_prereleases:
        return ""
    unfinished = [
        f"{service} {version}" for service, version in release.manifest.items() if parse(version).is_prerelease
    ]
    return f"{stage.name} admits no prereleases: {', '.join(sorted(unfinished))}." if unfinished else ""


def _gate_refusal(closed: Sequence[Gate]) -> Refusal | None:
    if not closed:
        return None
    return Refusal(text=closed[0].text, reasons=tuple(gate.reason for gate in closed), by_gate=True)


def _verdict_refusal(stage: Stage, verdict: Verdict) -> Refusal | None:
    if verdict.overall is Overall.INCOMPATIBLE:
        return Refusal(text=f"These versions do not fit together: {verdict.errors[0].text}", reasons=verdict.reasons)
    is_last = not Stage.objects.filter(position__gt=stage.position).exists()
    if is_last and verdict.overall is Overall.UNDETERMINED:
        text = f"{stage.name} takes no set that nobody can vouch for: {verdict.unknowns[0].text}"
        return Refusal(text=text, reasons=verdict.reasons)
    return None
