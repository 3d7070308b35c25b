"""Which exact sets are seen running together, from when until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.steering import skip_step
from releases.domain.observations import set_digest
from releases.models import CompatibilityRow, Observation, Stage
from releases.queries.verdicts import judged_set
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote, promoting, slot, tell

if TYPE_CHECKING:
    from releases.domain.verdicts import Reason
    from releases.models import Promotion

pytestmark = pytest.mark.django_db


def seen(stage: str) -> list[tuple[str, dict[str, str], bool]]:
    """Platform version, set, and whether it still runs, the oldest first."""
    found = Observation.objects.filter(stage__name=stage).order_by("pk")
    return [(each.platform_version, each.manifest, each.ended_at is None) for each in found]


def finished(stage: str = "DEV") -> Promotion:
    promotion = promoting(stage)
    finish(promotion)
    return promotion


def observed(versions: dict[str, str]) -> list[Reason]:
    verdict = judged_set(versions, "2.2.0").verdict
    return [reason for reason in verdict.reasons if reason.evidence.startswith("observation:")]


def test_the_set_that_ran_before_the_board_is_observed_from_its_adoption() -> None:
    load_bookverse()

    adopted = Stage.objects.get(name="PROD")
    observation = adopted.observations.get()

    assert seen("PROD") == [("2.1.0", factories.LIVE, True)]
    assert (observation.release, observation.began_at) == (None, adopted.live_since_at)


def test_a_promotion_that_succeeded_opens_an_observation_of_what_runs_there_now() -> None:
    promotion = finished()

    observation = Observation.objects.get(stage__name="DEV", ended_at=None)

    assert seen("DEV")[-1] == ("2.2.0-alpha.1", factories.NEXT, True)
    assert (observation.release, observation.began_at, observation.digest) == (
        promotion.release,
        promotion.finished_at,
        set_digest(factories.NEXT),
    )


def test_other_stages_go_on_being_observed() -> None:
    finished()

    assert seen("QA") == [("2.1.0", factories.LIVE, True)]


def test_nothing_moves_before_the_first_service_succeeds() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress")
    tell(promotion, "inventory", "failed")

    assert seen("DEV") == [("2.1.0", factories.LIVE, True)]


def test_a_set_ends_when_its_first_service_moves_and_a_mixture_is_no_set() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")

    observation = Observation.objects.get(stage__name="DEV")

    assert seen("DEV") == [("2.1.0", factories.LIVE, False)]
    assert observation.ended_at == slot(promotion, "inventory").closed_at


def test_what_a_skipped_service_still_runs_is_what_is_observed() -> None:
    promotion = promoting()
    for service in ("inventory", "checkout", "recommendations", "web"):
        tell(promotion, service, "succeeded")
    tell(promotion, "helm", "failed")

    skip_step(actor=person(), version=promotion.version, service="helm", reason="The chart is fine.")

    assert seen("DEV")[-1] == ("2.2.0-alpha.1", {**factories.NEXT, "helm": factories.LIVE["helm"]}, True)


def test_the_same_set_under_another_platform_version_is_observed_anew() -> None:
    finished()

    finish(promote(created()))

    assert [(version, runs) for version, _, runs in seen("DEV")] == [
        ("2.1.0", False),
        ("2.2.0-alpha.1", False),
        ("2.2.0-alpha.2", True),
    ]


def test_a_verdict_tells_that_exactly_this_set_was_seen() -> None:
    finished()

    assert [(reason.code, reason.observed, reason.decisive) for reason in observed(factories.NEXT)] == [
        ("observed-together", "DEV", False)
    ]


def test_a_set_that_differs_in_one_version_was_not_seen() -> None:
    finished()

    assert observed({**factories.NEXT, "helm": factories.LIVE["helm"]}) == []


def test_mistake_27_a_release_appends_evidence_and_never_edits_an_approved_row() -> None:
    load_bookverse()
    approved = list(CompatibilityRow.objects.order_by("pk").values())
    first = list(Observation.objects.order_by("pk").values("pk", "manifest", "digest", "began_at"))

    release = created()
    for stage in factories.STAGES:
        finish(promote(release, stage))

    assert list(CompatibilityRow.objects.order_by("pk").values()) == approved
    kept = Observation.objects.filter(pk__in=[row["pk"] for row in first]).order_by("pk")
    assert list(kept.values("pk", "manifest", "digest", "began_at")) == first
    appended = Observation.objects.exclude(pk__in=[row["pk"] for row in first]).order_by("pk")
    assert [(each.stage.name, each.release) for each in appended] == [(stage, release) for stage in factories.STAGES]
