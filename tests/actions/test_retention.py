"""Forgetting by policy: off unless somebody says for how long; the journals tell the same afterwards."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db.models import F

from releases.actions import retention
from releases.actions.retention import keep_retention
from releases.models import Callback, Delivery, JournalEntry, Pulse, Release, Subscription
from releases.queries.clock import database_now
from releases.queries.replay import replayed_release, stored_release
from tests.factories import bring, created, load_bookverse, promote, say, slot, tell
from tests.factories import finish as bring_to_its_end

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def policy(settings: Settings) -> Settings:
    settings.RETAIN_CALLBACKS_DAYS = 30
    settings.RETAIN_EVENTS_DAYS = 30
    return settings


@pytest.fixture
def released() -> Release:
    """A release that was heard of long ago, and told to somebody."""
    load_bookverse()
    Subscription.objects.create(name="ops", url="http://127.0.0.1:9/", events="promotion.*")
    release = created()
    bring(release)
    now = database_now()
    Delivery.objects.update(delivered_at=now)
    age()
    return release


def age() -> None:
    long_ago = timedelta(days=31)
    Callback.objects.update(received_at=F("received_at") - long_ago)
    Delivery.objects.filter(delivered_at__isnull=False).update(delivered_at=F("delivered_at") - long_ago)


def again() -> int:
    Pulse.objects.all().delete()
    return keep_retention()


def counts() -> tuple[int, int]:
    return Callback.objects.count(), Delivery.objects.count()


def test_without_a_policy_everything_is_kept(released: Release) -> None:
    before = counts()

    assert (keep_retention(), counts()) == (0, before)


def test_what_is_older_than_the_policy_is_forgotten(released: Release, policy: Settings) -> None:
    before = sum(counts())

    assert (keep_retention(), counts()) == (before, (0, 0))


def test_what_is_younger_is_kept(released: Release, policy: Settings) -> None:
    policy.RETAIN_CALLBACKS_DAYS = policy.RETAIN_EVENTS_DAYS = 32
    before = counts()

    assert (keep_retention(), counts()) == (0, before)


def test_the_policies_are_two(released: Release, policy: Settings) -> None:
    policy.RETAIN_EVENTS_DAYS = 0
    messages = Delivery.objects.count()
    keep_retention()

    assert counts() == (0, messages)


def test_no_release_and_no_journal_is_forgotten_and_both_tell_the_same(released: Release, policy: Settings) -> None:
    entries = JournalEntry.objects.count()
    keep_retention()
    out = StringIO()
    call_command("verify_journal", stdout=out)
    release = Release.objects.get()

    assert (Release.objects.count(), JournalEntry.objects.count()) == (1, entries)
    assert out.getvalue().splitlines()[0] == "1 checked, 0 unsound."
    assert replayed_release(release, release.sequence) == stored_release(release)


def test_what_came_late_is_kept_for_the_journal_counts_it(policy: Settings) -> None:
    load_bookverse()
    release = created()
    promotion = promote(release)
    first = slot(promotion, "inventory")
    tell(promotion, "inventory", "succeeded")
    say(first, "failed", message="after all")
    bring_to_its_end(promotion)
    Release.objects.update(state="released")
    age()
    keep_retention()

    assert list(Callback.objects.values_list("disposition", flat=True)) == ["contradictory"]


def test_nothing_of_a_release_that_is_open_is_forgotten(policy: Settings) -> None:
    load_bookverse()
    bring(created(), "DEV")
    age()
    before = counts()

    assert (keep_retention(), counts()) == (0, before)


def test_each_look_forgets_one_batch(released: Release, policy: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)

    assert [again() for _ in range(2)] == [6, 6]


def test_one_look_a_minute_is_enough(released: Release, policy: Settings) -> None:
    keep_retention()
    before = Pulse.objects.get(name="retention").at

    assert (keep_retention(), Pulse.objects.get(name="retention").at) == (0, before)


def test_a_message_that_was_sent_again_goes_after_its_repetition(released: Release, policy: Settings) -> None:
    first = Delivery.objects.earliest("pk")
    fresh = database_now()
    Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(repeats=first, delivered_at=fresh)
    keep_retention()

    assert Delivery.objects.count() == 2
