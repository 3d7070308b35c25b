"""A rollback is validated as what its stage went back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.validations import carry_out_due_validation
from releases.domain.errors import Conflict
from releases.domain.replay import fold
from releases.models import Release
from releases.queries.release_pages import release_view
from releases.queries.replay import journal_of, stored_release
from tests.actions.validating import ask, target, validate, view
from tests.factories import LIVE, LOOKER, created, finish, person, promote

if TYPE_CHECKING:
    from tests.fakes.shop import Shop


def taken_back(release: Release, shop: Shop) -> Release:
    """Return the rollback, once DEV runs what it ran before."""
    request = RollbackRequest(version=release.version, reason="orders fail")
    rollback = Release.objects.get(version=roll_back(actor=person(), request=request))
    finish(rollback.promotions.get())
    shop.versions = dict(LIVE)
    rollback.refresh_from_db()
    return rollback


def test_it_is_validated_by_hand_where_it_went_back(release: Release, shop: Shop) -> None:
    rollback = taken_back(release, shop)
    found = validate(rollback)

    assert (found.state, found.version, found.stage) == ("passed", "2.1.0", "DEV")
    assert fold(journal_of(rollback)) == stored_release(Release.objects.get(pk=rollback.pk))


def test_its_page_offers_that(release: Release, shop: Shop) -> None:
    panel = release_view(taken_back(release, shop), LOOKER).validation

    assert (panel.control.allowed, panel.control.why_not) == (True, "")
    assert [(each.stage, each.version, each.state) for each in panel.stages] == [("DEV", "2.1.0", "not_run")]


def test_it_is_validated_by_itself_where_the_stage_asks_for_it(shop: Shop) -> None:
    target(run_after_promotion=True)
    release = created()
    finish(promote(release))
    carry_out_due_validation()
    release.refresh_from_db()
    rollback = taken_back(release, shop)
    carry_out_due_validation()

    assert (view(rollback).state, view(rollback).version, view(rollback).requested_by) == ("passed", "2.1.0", "board")


def test_what_was_taken_back_runs_there_no_more(release: Release, shop: Shop) -> None:
    taken_back(release, shop)
    with pytest.raises(Conflict, match=r"^2\.2\.0-alpha\.1 does not run in DEV: it runs 2\.1\.0\.$"):
        ask(release)


def test_a_rollback_that_another_release_followed_says_what_runs_now(release: Release, shop: Shop) -> None:
    rollback = taken_back(release, shop)
    later = created(inventory="1.3.0", checkout="1.5.2", recommendations="2.1.0", web="3.0.1", helm="1.1.0")
    finish(promote(later))
    later.refresh_from_db()
    with pytest.raises(Conflict) as refusal:
        ask(rollback)

    assert str(refusal.value) == f"2.1.0 does not run in DEV: it runs {later.version}."
