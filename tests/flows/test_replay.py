"""The law of the journal: folding any prefix gives what the tables held right after its last entry was committed."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from releases.domain.replay import fold
from releases.domain.replayed import ReplayedRelease, first_difference
from releases.models import Release
from releases.queries.journal_checks import journal_problems
from releases.queries.replay import journal_of, stored_release
from tests.flows.machine.rules import PromotionMachine, set_up_board

MORE = bool(os.environ.get("CI"))


class Replaying(PromotionMachine):
    """The machine of promises; every state that was ever committed is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[int, int], ReplayedRelease] = {}

    @invariant()
    def the_journal_tells_what_the_tables_hold(self) -> None:
        for release in Release.objects.select_related("created_by"):
            if (release.pk, release.sequence) not in self.held:
                self.held[release.pk, release.sequence] = stored_release(release)
                assert journal_problems(release.pk) == ()

    def teardown(self) -> None:
        """Every prefix that was once the whole journal still folds to what was stored then."""
        try:
            for (pk, sequence), stored in self.held.items():
                told = fold(journal_of(Release.objects.get(pk=pk), until=sequence))
                assert first_difference(told, stored) is None
        finally:
            super().teardown()


@pytest.mark.django_db
def test_every_prefix_of_the_journal_folds_to_what_was_stored_then() -> None:
    set_up_board()
    run_state_machine_as_test(
        Replaying,
        settings=settings(
            max_examples=40 if MORE else 12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
