"""Every bug that can be planted is found by what was written down, and a board without one is found sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.bugs import BUGS
from tests.chaos.check import judge
from tests.chaos.episodes import orders_get_lost, people_intervene, services_fail, somebody_looks_on
from tests.chaos.lived import lived

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.chaos.day import Day
    from tests.chaos.reading import Facts

# The day that a bug shows itself in.
SHOWN_BY: dict[Callable[[Day], None], tuple[str, ...]] = {
    orders_get_lost: (
        "new-key-on-each-send",
        "unfenced-answer",
        "claims-never-lapse",
        "token-logged",
        "refused-while-pending",
        "forged-token-believed",
        "last-callback-moves-nothing",
        "next-phase-early",
        "session-closed-twice",
        "status-not-mirrored",
        "receipts-forgotten",
        "journal-edited",
    ),
    services_fail: ("acknowledged-before-stored", "deadlines-in-memory", "late-result-overwrites"),
    people_intervene: ("cancelled-promotion-made-live", "judged-without-lock"),
    somebody_looks_on: ("pages-not-nudged",),
}


def broken(facts: Facts) -> dict[str, tuple[str, ...]]:
    return {outcome.invariant: outcome.violations for outcome in judge(facts) if outcome.violations}


@pytest.mark.parametrize("day", [pytest.param(day, id=day.__name__) for day in SHOWN_BY])
def test_a_board_without_a_bug_keeps_every_promise(
    transactional_db: None, day: Callable[[Day], None], tmp_path: Path, httpserver: HTTPServer
) -> None:
    assert broken(lived(day, tmp_path, httpserver)) == {}


@pytest.mark.parametrize(
    ("day", "name"), [pytest.param(day, name, id=name) for day, names in SHOWN_BY.items() for name in names]
)
def test_a_bug_is_found(
    transactional_db: None, day: Callable[[Day], None], name: str, tmp_path: Path, httpserver: HTTPServer
) -> None:
    found = broken(lived(day, tmp_path, httpserver, BUGS[name]))

    assert BUGS[name].caught_by & found.keys(), found


def test_every_bug_has_its_day() -> None:
    assert {name for names in SHOWN_BY.values() for name in names} == BUGS.keys()
