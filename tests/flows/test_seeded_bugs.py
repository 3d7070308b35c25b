"""The machine finds bugs: each of these is planted in the product, and a few runs are enough."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from releases.domain.errors import ReleaseError
from tests.flows.machine.bugs import BUGS
from tests.flows.machine.rules import PromotionMachine, set_up_board

# What the machine says, what the database refuses, and what no caller of an action expects.
FOUND = (AssertionError, IntegrityError, ReleaseError, pytest.fail.Exception)
ENOUGH = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    database=None,
    # To be found is enough; to make the run that finds it shorter takes longer than all of them.
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


class Planted(PromotionMachine):
    """The same machine, with a seed of its own so that what it finds today it finds tomorrow."""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="one database is enough to judge the machine")
@pytest.mark.django_db
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_board()
    BUGS[bug](monkeypatch)

    with pytest.raises(FOUND), redirect_stdout(StringIO()):
        run_state_machine_as_test(seed(3)(Planted), settings=ENOUGH)
