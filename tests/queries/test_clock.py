from __future__ import annotations

from datetime import timedelta

import pytest

from releases.models import JournalEntry, Release
from releases.queries.clock import database_now
from tests.factories import created, load_bookverse


@pytest.mark.django_db
def test_mistake_42_every_time_that_is_written_down_knows_its_zone() -> None:
    load_bookverse()
    release = created()

    written = [database_now(), release.created_at, JournalEntry.objects.get(release=release).at]

    assert [moment.utcoffset() for moment in written] == [timedelta(0)] * 3
    assert Release.objects.filter(created_at__lte=database_now()).count() == 1
