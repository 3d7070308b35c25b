"""The board, and the lists of releases."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from releases.actions.steering import pause_promotion
from releases.domain.access import Role
from releases.models import Release, Service
from releases.queries import boards
from releases.queries.boards import board_sequence, board_view, find_releases, release_lines
from releases.queries.catalog import services_in_order
from releases.queries.changes import changes_since, release_sequence, stage_occupancy
from tests import factories
from tests.factories import LOOKER, created, finish, load_bookverse, person, promote, promoting, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db


def heads() -> dict[str, tuple[str, str]]:
    return {stage.stage: (stage.version, stage.state) for stage in board_view(LOOKER).stages}


def cell(service: str, stage: str) -> tuple[str, str, str, int | None]:
    row = next(row for row in board_view(LOOKER).rows if row.service == service)
    found = next(cell for cell in row.cells if cell.stage == stage)
    return found.version, found.to_version, found.state, found.percent


def test_a_board_shows_every_service_in_every_stage() -> None:
    load_bookverse()

    board = board_view(LOOKER)

    running = {row.service: [cell.version for cell in row.cells] for row in board.rows}
    assert running == {service: [version] * 4 for service, version in factories.LIVE.items()}


def test_a_board_is_never_older_than_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = promoting()
    before = board_sequence()

    def interrupted(depends_on: Mapping[str, frozenset[str]]) -> list[Service]:
        tell(promotion, "inventory", "progress")
        return services_in_order(depends_on)

    monkeypatch.setattr(boards, "services_in_order", interrupted)

    assert board_view(LOOKER).sequence == before


def write(release: Release, *, number: int) -> None:
    """Write an entry whose row number PostgreSQL gave out long before, or long after, it was committed."""
    release.refresh_from_db()
    release.sequence += 1
    release.save(update_fields=["sequence"])
    first = release.entries.order_by("sequence")[0]
    first.pk, first.sequence = number, release.sequence
    first.save(force_insert=True)


def test_a_board_notices_what_was_numbered_first_and_committed_last() -> None:
    load_bookverse()
    quick, slow = created(title="quick"), created(title="slow")
    write(quick, number=1_002)
    before = board_sequence()

    write(slow, number=1_001)

    assert board_sequence() == before + 1


def test_a_board_lists_services_in_the_order_that_they_are_promoted() -> None:
    load_bookverse()

    assert tuple(row.service for row in board_view(LOOKER).rows) == tuple(chain.from_iterable(factories.PHASES))


def test_a_stage_is_headed_by_what_runs_and_what_is_on_its_way() -> None:
    promoting()

    assert heads() == {
        "DEV": ("2.1.0", "promoting"),
        "QA": ("2.1.0", "live"),
        "STAGING": ("2.1.0", "live"),
        "PROD": ("2.1.0", "live"),
    }


def test_a_held_or_paused_promotion_says_so_at_the_top() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    held = heads()["DEV"]
    pause_promotion(actor=person(), version=promotion.version)

    assert (held[1], heads()["DEV"][1]) == ("held", "paused")


def test_a_cell_shows_a_service_on_its_way() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress", percent=40)

    assert cell("inventory", "DEV") == ("1.2.3", "1.4.0", "in_progress", 40)
    assert cell("inventory", "QA") == ("1.2.3", "", "live", None)


def test_a_cell_shows_what_was_done_at_once() -> None:
    tell(promoting(), "inventory", "succeeded")

    assert cell("inventory", "DEV") == ("1.4.0", "", "succeeded", None)


def test_a_stage_tells_which_comes_next() -> None:
    finish(promoting())

    assert [stage.next_step for stage in board_view(LOOKER).stages] == ["Ready for QA", "", "", ""]


def test_a_stage_in_the_middle_of_a_promotion_is_judged_as_the_mixture_it_is() -> None:
    promotion = promoting()
    before = board_view(LOOKER).stages[0].verdict
    tell(promotion, "inventory", "succeeded")

    assert (before, board_view(LOOKER).stages[0].verdict) == ("compatible", "compatible")


def test_an_empty_board_has_no_rows() -> None:
    board = board_view(LOOKER)

    assert (board.sequence, board.stages, board.rows, board.open_releases) == (0, (), (), ())


@pytest.mark.parametrize(("role", "may"), [(Role.MANAGER, True), (Role.VIEWER, False)])
def test_the_board_offers_planning_to_who_may(role: Role, may: bool) -> None:  # noqa: FBT001
    assert board_view(person("kim", role)).plan.allowed is may


def test_open_releases_are_listed_latest_change_first() -> None:
    load_bookverse()
    first, second = created(title="first"), created(title="second")
    promote(first)

    assert [line.version for line in board_view(LOOKER).open_releases] == [first.version, second.version]


def test_a_line_says_where_a_release_is() -> None:
    load_bookverse()
    created(title="planned")
    promotion = promote(created(title="moving"))
    tell(promotion, "inventory", "failed")

    summaries = {line.title: line.summary for line in release_lines(Release.objects.all())}

    assert summaries == {"planned": "Not promoted yet", "moving": "inventory failed"}


def test_pages_of_releases_follow_each_other_without_a_gap() -> None:
    load_bookverse()
    for number in range(27):
        created(title=str(number))
    first, cursor = find_releases()
    second, end = find_releases(before=cursor)

    assert [release.title for release in (*first, *second)] == [str(number) for number in range(26, -1, -1)]
    assert end is None


def test_a_release_with_many_labels_is_found_once() -> None:
    promoting("QA")

    assert len(find_releases(query="2.2.0")[0]) == 1


def test_the_boards_number_grows_with_every_change_of_any_release() -> None:
    promotion = promoting()
    before = board_sequence()
    tell(promotion, "inventory", "accepted")

    assert board_sequence() > before


def test_a_change_names_the_services_that_it_concerns() -> None:
    promotion = promoting()
    release = promotion.release
    before = release_sequence(release.pk)
    tell(promotion, "inventory", "accepted")

    assert changes_since(release.pk, before).services == frozenset({"inventory"})


def test_the_first_word_of_a_phase_concerns_all_that_were_asked_with_it() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    before = release_sequence(promotion.release_id)
    tell(promotion, "checkout", "accepted")

    assert changes_since(promotion.release_id, before).services == frozenset({"checkout", "recommendations"})


def test_a_change_of_the_promotion_concerns_every_service() -> None:
    promotion = promoting()
    before = release_sequence(promotion.release_id)
    tell(promotion, "inventory", "failed")

    assert changes_since(promotion.release_id, before).services is None


def test_a_stage_is_occupied_from_the_start_of_a_promotion_to_its_end() -> None:
    load_bookverse()
    free = stage_occupancy()
    promotion = promote(created())
    busy = stage_occupancy()
    tell(promotion, "inventory", "accepted")
    still_busy = stage_occupancy()
    finish(promotion)

    assert busy == still_busy
    assert len({free, busy, stage_occupancy()}) == 3


def test_a_search_finds_a_release_by_who_planned_it() -> None:
    load_bookverse()
    created(actor=person("maria"), title="hers")
    created(actor=person("kim"), title="theirs")

    assert [release.title for release in find_releases(query="mar")[0]] == ["hers"]
