"""Boards on which a race can be run many times over, and what must hold after each of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from releases.actions.catalog import load_platform
from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.steering import cancel
from releases.domain.errors import Conflict
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_RELEASES
from releases.models import Deployment, Promotion, Release
from releases.queries.journal_checks import journal_problems
from tests.factories import LIVE, NEXT, created, person, register
from tests.kept_rows import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from releases.domain.access import Actor

# A race is won by either side only over many trials; RACE_TRIALS=50 is what a change of the locks deserves.
TRIALS = int(os.environ.get("RACE_TRIALS", "12"))
# One service is enough where it does not matter which phase is the last.
ONLY_INVENTORY = LIVE | {"inventory": NEXT["inventory"]}


def starting(release: Release, actor: Actor, *, key: str = "", **request: Any) -> Callable[[], int]:
    """Return the act of promoting the release to DEV."""
    request.setdefault("stage", "DEV")
    wanted = PromotionRequest(version=release.version, **request)
    return lambda: promote_release(actor=actor, request=wanted, key=key).promotion_id


def small_release(actor: Actor) -> Release:
    """Return a release that moves one service and no other."""
    return created(actor, **ONLY_INVENTORY)


def load_independent(*services: str) -> None:
    """Load a platform whose services need nobody, so that all of them are asked in one phase."""
    load_platform(
        {
            "stages": [
                {"name": "DEV", "channel": "alpha", "admits_prereleases": True},
                {"name": "PROD", "channel": ""},
            ],
            "services": [
                {"slug": slug, "name": slug, "application_key": slug, "dispatch_url": NOWHERE} for slug in services
            ],
            "live": {"platform_version": "2.1.0", "versions": dict.fromkeys(services, "1.0.0")},
        }
    )
    register(dict.fromkeys(services, ("1.0.0", "1.0.1")))


def take_down() -> None:
    """Let DEV run what PROD does, so that the next release finds its own to do there again."""
    for deployed in Deployment.objects.filter(stage__name="PROD"):
        Deployment.objects.filter(stage__name="DEV", service=deployed.service_id).update(version=deployed.version)


def put_away(actor: Actor | None = None) -> None:
    """Give up whatever is open, so that the next trial has the stage to itself."""
    actor = actor or person()
    for release in open_releases():
        if Promotion.objects.filter(release=release, state__in=[state.value for state in OPEN_PROMOTIONS]).exists():
            cancel(actor=actor, version=release.version)
        cancel(actor=actor, version=release.version)


def open_releases() -> Sequence[Release]:
    return list(Release.objects.filter(state__in=[state.value for state in OPEN_RELEASES]).order_by("pk"))


def refusals(results: Sequence[object]) -> list[str]:
    """Return what the losers are told; anything but a refusal that went wrong is nobody's answer."""
    failures = [result for result in results if isinstance(result, Exception)]
    unforeseen = [failure for failure in failures if not isinstance(failure, Conflict)]
    assert unforeseen == []
    return [failure.message for failure in failures if isinstance(failure, Conflict)]


def unsound_journals() -> dict[str, tuple[str, ...]]:
    """Return every release whose journal does not tell what its tables hold, with what is wrong."""
    found = {release.version: journal_problems(release.pk) for release in Release.objects.all()}
    return {version: problems for version, problems in found.items() if problems}
