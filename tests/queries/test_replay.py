"""The replay page's contents: as the release page showed them then, in a fixed number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.domain.errors import NotFound
from releases.models import Release
from releases.queries.release_pages import release_view
from releases.queries.replay import journal_of, replayed_release
from releases.queries.replay_pages import replay_page
from tests.factories import LOOKER, finish, promote, promoting, tell

if TYPE_CHECKING:
    from releases.queries.replay_pages import ReplayPage
    from releases.queries.views import ReleaseView

pytestmark = pytest.mark.django_db


def shown(view: ReleaseView | ReplayPage) -> list[tuple[object, ...]]:
    return [
        (
            step.service,
            step.phase,
            step.from_version,
            step.to_version,
            step.state,
            step.reason,
            step.message,
            step.percent,
            step.attempt,
            step.late,
            step.started_at,
            step.heard_at,
            step.finished_at,
        )
        for step in view.steps
    ]


def fresh(release: Release) -> Release:
    return Release.objects.get(pk=release.pk)


def test_each_moment_shows_what_the_release_page_showed_then() -> None:
    promotion = promoting()
    seen: dict[int, tuple[object, ...]] = {}

    def look() -> None:
        release = fresh(promotion.release)
        view = release_view(release, LOOKER)
        seen[release.sequence] = (view.state, view.stage, view.phases, shown(view), view.summaries)

    look()
    tell(promotion, "inventory", "progress", percent=40, message="copying")
    look()
    tell(promotion, "inventory", "failed", message="disk full")
    look()

    for sequence, then in seen.items():
        page = replay_page(fresh(promotion.release), sequence)
        assert (page.state, page.stage, page.phases, shown(page), page.summaries) == then


def test_a_release_is_shown_as_planned_before_its_first_promotion() -> None:
    promotion = promoting()
    page = replay_page(fresh(promotion.release), 1)
    assert (page.state, page.stage, page.correlation_id) == ("planned", "", "")
    assert [(stage.stage, stage.state) for stage in page.stages] == [
        (name, "waiting") for name in ("DEV", "QA", "STAGING", "PROD")
    ]
    first = page.steps[0]
    assert (first.service, first.from_version, first.state) == ("inventory", "1.2.3", "pending")
    assert (page.before, page.after) == (None, 2)


def test_the_last_entry_has_none_after_it() -> None:
    release = promoting().release
    page = replay_page(fresh(release), None)
    assert (page.sequence, page.last, page.after) == (release.sequence, release.sequence, None)


def test_a_number_outside_the_journal_names_what_there_is() -> None:
    release = promoting().release
    last = journal_of(release)[-1].sequence
    with pytest.raises(NotFound) as refusal:
        replayed_release(release, last + 1)
    expected = f"{release.version} has no journal entry {last + 1}; its entries are 1 to {last}."
    assert refusal.value.message == expected


def test_the_number_of_queries_does_not_grow_with_the_journal() -> None:
    promotion = promoting()
    replay_page(fresh(promotion.release), None)
    with CaptureQueriesContext(connection) as short:
        replay_page(fresh(promotion.release), None)
    finish(promotion)
    finish(promote(fresh(promotion.release), "QA"))
    with CaptureQueriesContext(connection) as long:
        replay_page(fresh(promotion.release), None)
    assert len(long) == len(short)
