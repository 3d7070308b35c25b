"""Who waited for a lock finds another world than when they began to wait, and nobody waits in a circle."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import F

from releases.actions import rules
from releases.actions.ledger import open_ledger
from releases.actions.receipts import KeyReused, remember
from releases.actions.rules import edit_rule
from releases.actions.sweeping import grant_absence
from releases.domain.access import Role
from releases.domain.errors import NotFound
from releases.models import AggregationSession, Constraint, Dispatch, JournalEntry, Pulse, Release
from tests.factories import LIVE, NEXT, created, finish, load_bookverse, person, promote, tell

if TYPE_CHECKING:
    from releases.models import Promotion

MINUTE = timedelta(minutes=1)


def two_on_the_clock() -> tuple[Promotion, Promotion]:
    """Start two promotions, the older release's session last; both were heard a minute ago."""
    load_bookverse()
    other: dict[str, Any] = LIVE | {"helm": NEXT["helm"]}
    older, newer = created(title="older"), created(title="newer", **other)
    finish(promote(older))
    started = promote(newer), promote(older, "QA")
    for promotion in started:
        for dispatch in Dispatch.objects.filter(step__promotion=promotion, closed_at=None):
            tell(promotion, dispatch.step.service.slug, "accepted")
    AggregationSession.objects.update(opened_at=F("opened_at") - MINUTE)
    Dispatch.objects.update(heard_at=F("heard_at") - MINUTE)
    return started


@pytest.mark.django_db
def test_releases_are_granted_their_absence_in_the_order_in_which_everybody_locks_them() -> None:
    promotions = two_on_the_clock()
    grant_absence()
    Pulse.objects.update(at=F("at") - MINUTE)
    grant_absence()

    extended = JournalEntry.objects.filter(kind="deadline.extended").order_by("pk").values_list("release_id", flat=True)
    assert list(extended) == sorted(promotion.release_id for promotion in promotions)


@pytest.mark.django_db(transaction=True)
def test_a_release_that_got_another_label_meanwhile_is_told_of_the_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    load_bookverse()
    release = created()
    before = list(Release.objects.all())
    finish(promote(release))
    promote(release, "QA")
    monkeypatch.setattr(rules, "open_releases", lambda: before)
    rule = Constraint.objects.get(
        consumer__slug="recommendations", provider__slug="inventory", provider_range=">=1.4.0"
    )
    edit_rule(actor=person("root", Role.ADMIN), model=Constraint, number=rule.pk, fields={"provider_range": ">=9.0.0"})

    assert release.entries.filter(kind="verdict.changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_that_somebody_took_at_the_same_moment_is_refused_as_taken() -> None:
    maria = person()
    remember(actor=maria, key="click", print_="one", result={})

    with pytest.raises(KeyReused):
        remember(actor=maria, key="click", print_="other", result={})


@pytest.mark.django_db
def test_a_release_that_is_gone_when_its_turn_comes_is_not_found() -> None:
    with pytest.raises(NotFound):
        open_ledger(release_id=1, actor="tom")
