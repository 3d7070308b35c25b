"""Two acts at the same instant that cannot both be: one is done, the other is told what happened and by whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from releases.actions.backups import restore
from releases.actions.callbacks import Receipt
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.models import Promotion, Release
from releases.queries.backups import backup_lines
from tests.factories import load_bookverse, person, promote, say, slot, tell
from tests.flows.racing import TRIALS, put_away, refusals, small_release, starting, take_down, unsound_journals
from tests.threads import at_once

if TYPE_CHECKING:
    from releases.domain.access import Actor

Sides = tuple[Callable[[], object], Callable[[], object]]
pytestmark = pytest.mark.django_db(transaction=True)
LABEL = re.compile(r"2\.2\.0-alpha\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Who races on it; each trial begins with a release of its own and a stage that is free."""

    maria: Actor
    tom: Actor

    def release(self) -> Release:
        return small_release(self.maria)

    def promotion(self) -> Promotion:
        return promote(self.release(), actor=self.maria)

    def held(self) -> Promotion:
        promotion = self.promotion()
        tell(promotion, "inventory", "failed")
        return promotion


@pytest.fixture
def board() -> Board:
    load_bookverse()
    return Board(maria=person("maria"), tom=person("tom"))


def shown(promotion: Promotion) -> int:
    """Return the version of the release that a page shows now."""
    return Release.objects.get(pk=promotion.release_id).lock_version


def raced(board: Board, begin: Callable[[Board], Sides]) -> set[str]:
    """Run the race many times, each of which one side alone must win, and return what the losers were told."""
    told: set[str] = set()
    for _ in range(TRIALS):
        results = at_once(*begin(board))
        losers = refusals(results)
        assert len(losers) == 1, results
        told |= {LABEL.sub("it", sentence) for sentence in losers}
        take_down()
        put_away(board.maria)
    assert unsound_journals() == {}
    return told


def two_releases_for_one_stage(board: Board) -> Sides:
    return starting(board.release(), board.maria), starting(board.release(), board.tom)


def test_two_releases_are_not_promoted_to_one_stage(board: Board) -> None:
    told = raced(board, two_releases_for_one_stage)

    assert told <= {f"DEV is busy: {who} is promoting it there." for who in ("maria", "tom")}


def promoting_and_giving_up(board: Board) -> Sides:
    release = board.release()
    return (
        starting(release, board.maria),
        lambda: cancel(actor=board.tom, version=release.version, stage=""),
    )


def test_a_release_is_not_both_promoted_and_given_up(board: Board) -> None:
    told = raced(board, promoting_and_giving_up)

    assert told <= {
        "it is cancelled: tom cancelled the release.",
        "it is being promoted to DEV: maria started the promotion to DEV.",
    }


def cancelling_at_the_last_result(board: Board) -> Sides:
    promotion = board.promotion()
    dispatch = slot(promotion, "inventory")
    return (
        lambda: cancel(actor=board.maria, version=promotion.version, stage="DEV"),
        lambda: say(dispatch, "succeeded"),
    )


def test_a_cancel_that_comes_after_the_last_result_does_not_cost_the_release(board: Board) -> None:
    ends = set()
    for _ in range(TRIALS):
        cancelled, reported = at_once(*cancelling_at_the_last_result(board))
        promotion = Promotion.objects.select_related("release").latest("pk")
        late = reported.late if isinstance(reported, Receipt) else reported
        ends.add((promotion.state, promotion.release.state, late, LABEL.sub("it", str(cancelled))))
        take_down()
        put_away(board.maria)

    assert ends <= {
        ("cancelled", "planned", True, "None"),
        ("succeeded", "waiting", False, "The promotion of it to DEV has succeeded already."),
    }
    assert unsound_journals() == {}


def retrying_and_skipping(board: Board) -> Sides:
    promotion = board.held()
    here: Any = {"version": promotion.version, "service": "inventory", "lock_version": shown(promotion)}
    return (
        lambda: retry_step(actor=board.maria, **here),
        lambda: skip_step(actor=board.tom, reason="why not", **here),
    )


def test_a_service_is_not_both_retried_and_skipped(board: Board) -> None:
    told = raced(board, retrying_and_skipping)

    assert told <= told_of("maria retried inventory", "tom skipped inventory")


def pausing_and_cancelling(board: Board) -> Sides:
    promotion = board.promotion()
    here: Any = {"version": promotion.version, "lock_version": shown(promotion)}
    return (
        lambda: pause_promotion(actor=board.maria, **here),
        lambda: cancel(actor=board.tom, stage="DEV", **here),
    )


def test_of_a_pause_and_a_cancel_from_the_same_page_one_is_done(board: Board) -> None:
    told = raced(board, pausing_and_cancelling)

    assert told <= told_of("maria paused the promotion to DEV", "tom cancelled the promotion to DEV")


def resuming_twice(board: Board) -> Sides:
    promotion = board.promotion()
    pause_promotion(actor=board.maria, version=promotion.version)
    here: Any = {"version": promotion.version, "lock_version": shown(promotion)}
    return (
        lambda: resume_promotion(actor=board.maria, **here),
        lambda: resume_promotion(actor=board.tom, **here),
    )


def test_a_promotion_is_resumed_once(board: Board) -> None:
    told = raced(board, resuming_twice)

    assert told <= told_of("maria resumed the promotion to DEV", "tom resumed the promotion to DEV")


def told_of(*acts: str) -> set[str]:
    return {f"it has changed since this page was shown: {act}. Look again, then decide." for act in acts}


def test_a_result_that_meets_a_restore_is_judged_by_the_board_before_it_or_after(board: Board) -> None:
    promotion = board.promotion()
    dispatch, backup = slot(promotion, "inventory"), list(backup_lines())
    ends = set()
    for _ in range(TRIALS):
        restored, reported = at_once(lambda: restore(backup, replace=True), lambda: say(dispatch, "succeeded"))
        promotion = Promotion.objects.select_related("stage").get()
        is_fenced_out = promotion.epoch != promotion.stage.epoch
        ends.add((type(restored).__name__, type(reported).__name__, promotion.state, is_fenced_out))
        restore(backup, replace=True)

    assert ends <= {("Restored", "Receipt", "running", False), ("Restored", "Receipt", "succeeded", False)}
    assert unsound_journals() == {}
