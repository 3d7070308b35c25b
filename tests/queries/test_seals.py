"""The daily heads in the log are enough to find a journal that was cut off later."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import F

from releases import conf
from releases.actions.journal_guard import lifted_guard
from releases.domain.journal_heads import read_heads
from releases.models import Release
from releases.queries.seals import lost_since
from releases.tasks import HEADS_OF, log_journal_heads
from tests.factories import created, load_bookverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved() -> Release:
    """Return the one of two releases that moved lately."""
    load_bookverse()
    created()
    Release.objects.update(updated_at=F("updated_at") - HEADS_OF - timedelta(hours=1))
    return created(title="second")


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.INFO, logger="releases.tasks"):
        log_journal_heads()
    return caplog.messages


def test_only_journals_that_moved_are_logged(moved: Release, caplog: pytest.LogCaptureFixture) -> None:
    heads = read_heads(logged(caplog), keys=conf.sealing_keys())
    assert [(head.release_id, head.entries, head.seal) for head in heads] == [(moved.pk, 1, moved.seal)]
    assert list(lost_since(heads)) == []


def test_an_end_that_was_cut_off_after_it_was_logged_is_named(moved: Release, caplog: pytest.LogCaptureFixture) -> None:
    heads = read_heads(logged(caplog), keys=conf.sealing_keys())
    with lifted_guard():
        moved.entries.all().delete()
    assert list(lost_since(heads)) == [f"{moved.version}: entry 1 is gone, which the earlier head ends with."]


def test_beat_logs_the_heads_every_day() -> None:
    assert {"task": log_journal_heads.name, "schedule": 24 * 3600} in settings.CELERY_BEAT_SCHEDULE.values()
