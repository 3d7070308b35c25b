"""Why a release may not be promoted to a stage: the one answer for the button, the API and the action."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from releases.domain.compatibility import Overall, judge
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_RELEASES, PromotionState, ReleaseState
from releases.domain.versions import parse
from releases.models import Promotion, Release, Stage
from releases.queries.rules import declared_rules
from releases.queries.versions import eligible_versions

if TYPE_CHECKING:
    from releases.domain.compatibility import Reason, Rules, Verdict

_OWN = {
    PromotionState.RUNNING: "The promotion to {stage} is still running.",
    PromotionState.HELD: "The promotion to {stage} is held: retry or skip what failed first.",
    PromotionState.PAUSED: "The promotion to {stage} is paused: resume it first.",
}
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no with its explanation; ``reasons`` are the verdict's where it is the verdict that refuses."""

    text: str
    reasons: tuple[Reason, ...] = ()


def promotion_refusal(release: Release, stage: Stage, verdict: Verdict | None = None) -> Refusal | None:
    """Return why this release may not be promoted to this stage now, or None; a verdict at hand is not made again."""
    text = _closed(release) or _busy(release, stage) or _out_of_order(release, stage) or _prereleases(release, stage)
    if text:
        return Refusal(text=text)
    return _verdict_refusal(stage, verdict or release_verdict(release, stage))


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
    """Return the first stage that this release has neither reached nor is on its way to."""
    reached = release.promotions.filter(state__in=[PromotionState.SUCCEEDED.value, *_OPEN]).values("stage_id")
    return Stage.objects.exclude(pk__in=reached).order_by("position").first()


def _closed(release: Release) -> str:
    state = ReleaseState(release.state)
    return "" if state in OPEN_RELEASES else f"{release.version} is {state.value}."


def _busy(release: Release, stage: Stage) -> str:
    busy = Promotion.objects.filter(state__in=_OPEN).select_related("release", "stage")
    own = busy.filter(release=release).first()
    if own:
        return _OWN[PromotionState(own.state)].format(stage=own.stage.name)
    other = busy.filter(stage=stage).first()
    return f"{stage.name} is busy: {other.version} is being promoted there." if other else ""


def _out_of_order(release: Release, stage: Stage) -> str:
    succeeded = release.promotions.filter(state=PromotionState.SUCCEEDED.value)
    if succeeded.filter(stage=stage).exists():
        return f"{release.version} is already in {stage.name}."
    before = Stage.objects.filter(position__lt=stage.position)
    missing = before.exclude(pk__in=succeeded.values("stage_id")).first()
    return f"{missing.name} comes before {stage.name}; promote there first." if missing else ""


def _prereleases(release: Release, stage: Stage) -> str:
    if stage.admits_prereleases:
        return ""
    unfinished = [
        f"{service} {version}" for service, version in release.manifest.items() if parse(version).is_prerelease
    ]
    return f"{stage.name} admits no prereleases: {', '.join(sorted(unfinished))}." if unfinished else ""


def _verdict_refusal(stage: Stage, verdict: Verdict) -> Refusal | None:
    if verdict.overall is Overall.INCOMPATIBLE:
        return Refusal(text=f"These versions do not fit together: {verdict.errors[0].text}", reasons=verdict.reasons)
    is_last = not Stage.objects.filter(position__gt=stage.position).exists()
    if is_last and verdict.overall is Overall.UNDETERMINED:
        text = f"{stage.name} takes no set that nobody can vouch for: {verdict.unknowns[0].text}"
        return Refusal(text=text, reasons=verdict.reasons)
    return None
