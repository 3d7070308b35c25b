"""The checker: it believes a sound run, and finds each broken promise under its own name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.chaos.check import failed, judge, main, report
from tests.chaos.journals import Verification
from tests.chaos.plants import PLANTS, Plant
from tests.chaos.reading import read_facts
from tests.chaos.records import EVERY_INVARIANT, ViewRecord
from tests.chaos.ruining import ruin_of
from tests.chaos.sound_run import Left, sound_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.plugin import DjangoDbBlocker

    from tests.chaos.checks.outcome import Outcome
    from tests.chaos.records import Run
    from tests.chaos.ruining import Ruin

# The database is only made for tests that say so.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def left(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Left]:
    with django_db_blocker.unblock(), sound_run(tmp_path_factory.mktemp("sound")) as found:
        yield found


@pytest.fixture
def ruin(left: Left, tmp_path: Path) -> Iterator[Ruin]:
    with ruin_of(left, tmp_path) as found:
        yield found


def unasked(_run: Run) -> Verification:
    """Leave out the board's own command, which takes seconds; where it matters it is asked."""
    return Verification(status=0, said="")


def broken(outcomes: tuple[Outcome, ...]) -> dict[str, tuple[str, ...]]:
    return {each.invariant: each.violations for each in outcomes if each.violations}


def test_a_run_that_kept_every_promise_is_believed(left: Left) -> None:
    outcomes = judge(read_facts(left.folder, unasked))
    assert broken(outcomes) == {}
    assert tuple(each.invariant for each in outcomes) == EVERY_INVARIANT
    assert failed(outcomes, EVERY_INVARIANT) == ()


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.invariant}: {plant.deed.__name__}")
def test_a_broken_promise_is_found_under_its_own_name(plant: Plant, ruin: Ruin) -> None:
    told = plant.deed(ruin)
    found = broken(judge(ruin.facts(unasked)))
    assert list(found) == [plant.invariant], found
    assert told in "\n".join(found[plant.invariant])


def test_every_invariant_has_a_plant() -> None:
    assert {plant.invariant for plant in PLANTS} == set(EVERY_INVARIANT)


def test_the_board_s_own_verification_counts_too(left: Left, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(left.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[name, "holds"] for name in EVERY_INVARIANT]


def test_what_the_board_s_own_verification_finds_is_told(ruin: Ruin) -> None:
    def verify(_run: Run) -> Verification:
        return Verification(status=1, said="2.2.0-rc.1: entry 3 is missing")

    found = broken(judge(ruin.facts(verify)))
    assert found == {"I12": ("verify_journal ended with 1: 2.2.0-rc.1: entry 3 is missing",)}


def test_a_broken_promise_decides_the_exit_code(left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ruin_of(left, tmp_path) as ruin:
        ruin.rewrite(ViewRecord, lambda views: [replace(view, sequence=0) for view in views])
    assert main([str(tmp_path)], unasked) == 1
    assert "I11 BROKEN" in capsys.readouterr().out


def test_what_looked_at_nothing_proves_nothing(ruin: Ruin) -> None:
    ruin.rewrite(ViewRecord, lambda _: [])
    outcomes = judge(ruin.facts(unasked))
    assert [each.invariant for each in failed(outcomes, EVERY_INVARIANT)] == ["I11"]
    assert failed(outcomes, ("I1",)) == ()
    assert report(outcomes, EVERY_INVARIANT).splitlines()[10].split()[:3] == ["I11", "UNPROVEN", "0"]
    assert report(outcomes, ()).splitlines()[10].split()[:4] == ["I11", "not", "run", "0"]


def test_a_long_list_of_findings_is_cut_but_counted(left: Left) -> None:
    [first, *_] = judge(read_facts(left.folder, unasked))
    many = replace(first, violations=tuple(f"finding {number}" for number in range(12)))
    assert report([many], ()).splitlines()[-2:] == ["       - finding 9", "       … and 2 more"]
