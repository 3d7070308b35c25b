"""Independent releases: one service moves, the rest stays, and what ran becomes evidence."""

from __future__ import annotations

import pytest

from releases.actions.releases import NewRelease, create_release
from releases.domain.errors import VerdictRefused
from releases.domain.plans import PlanRequest
from releases.models import CompatibilityRow, Observation, PlatformVersion, Stage
from releases.queries.replay import journal_of, replayed_release, stored_release
from releases.queries.verdicts import judged_set
from tests import factories
from tests.factories import bring, created_alone, kinds, load_bookverse, person, promote, step_of

pytestmark = pytest.mark.django_db


def asked(**versions: str) -> NewRelease:
    return NewRelease(request=PlanRequest(kind="independent", overrides=versions), sight_unseen=True)


def test_one_service_moves_and_the_rest_stays_live() -> None:
    load_bookverse()

    release = created_alone(checkout="1.5.3")

    assert (release.kind, release.version, release.target_version) == ("independent", "2.1.1-alpha.1", "2.1.1")
    assert release.manifest == factories.LIVE | {"checkout": "1.5.3"}


def test_the_live_set_always_matches_a_platform_version() -> None:
    load_bookverse()
    bring(created_alone(checkout="1.5.3"))

    stage = Stage.objects.get(name="PROD")
    running = dict(stage.deployments.values_list("service__slug", "version"))

    assert stage.live_version is not None
    assert (stage.live_version.version, stage.live_version.manifest) == ("2.1.1", running)


def test_a_plan_may_be_accepted_unseen() -> None:
    load_bookverse()

    assert create_release(actor=person(), new=asked(checkout="1.5.3")) == "2.1.1-alpha.1"


def test_what_does_not_fit_beside_what_is_live_is_refused_with_reasons() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="incompatible") as refusal:
        create_release(actor=person(), new=asked(recommendations="2.2.0"))

    assert [getattr(reason, "code", "") for reason in refusal.value.reasons][:1] == ["range-broken"]


def test_a_service_that_nobody_knows_is_refused() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="The platform has no service payments"):
        create_release(actor=person(), new=asked(payments="1.0.0"))


def test_the_version_that_is_live_is_no_release() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="cannot become a release"):
        create_release(actor=person(), new=asked(checkout="1.5.2"))


def test_the_services_that_stay_are_not_asked() -> None:
    load_bookverse()
    release = created_alone(checkout="1.5.3", path=("PROD",))

    promotion = promote(release, "PROD")

    assert (factories.open_services(promotion), step_of(promotion, "web").reason) == (["checkout"], "unchanged")


def test_success_adds_evidence_with_who_and_when_and_edits_no_approval() -> None:
    """Mistake 13.3 no. 27: an independent release that wrote itself into the matrix as approved."""
    load_bookverse()
    approved = list(CompatibilityRow.objects.order_by("pk").values())
    release = created_alone(checkout="1.5.3", path=("PROD",))
    assert not Observation.objects.filter(release=release).exists()

    bring(release)

    observed = Observation.objects.get(release=release)
    assert (observed.recorded_by, observed.platform_version, observed.manifest) == ("maria", "2.1.1", release.manifest)
    assert observed.sessions == [str(each.correlation_id) for each in release.promotions.get().sessions.all()]
    assert list(CompatibilityRow.objects.order_by("pk").values()) == approved


def test_the_evidence_is_told_before_the_release_ends() -> None:
    load_bookverse()
    release = created_alone(checkout="1.5.3", path=("PROD",))
    bring(release)

    assert kinds(release)[-3:] == ["promotion.succeeded", "evidence.recorded", "release.released"]
    assert release.entries.get(kind="evidence.recorded").payload["services"] == release.manifest


def test_a_synchronized_release_adds_no_such_entry() -> None:
    load_bookverse()
    release = factories.created()
    bring(release)

    assert "evidence.recorded" not in kinds(release)


def test_having_been_released_together_decides_nothing() -> None:
    load_bookverse()
    bring(created_alone(checkout="1.5.3"))

    verdict = judged_set({}, None).judgement.verdict
    seen = [reason for reason in verdict.reasons if reason.code == "observed-together"]

    assert {reason.decisive for reason in seen} == {False}
    assert "released together as 2.1.1 by maria," in seen[-1].text


def test_the_journal_alone_tells_an_independent_release() -> None:
    load_bookverse()
    release = created_alone(checkout="1.5.3")
    bring(release, "DEV")

    assert replayed_release(release, len(journal_of(release))) == stored_release(release)


def test_each_independent_release_gets_a_record_of_its_own() -> None:
    load_bookverse()
    bring(created_alone(checkout="1.5.3"))
    bring(created_alone(web="3.0.2"))

    published = PlatformVersion.objects.filter(version__in=["2.1.1", "2.1.2"]).order_by("pk")

    assert [each.manifest for each in published] == [
        factories.LIVE | {"checkout": "1.5.3"},
        factories.LIVE | {"checkout": "1.5.3", "web": "3.0.2"},
    ]
