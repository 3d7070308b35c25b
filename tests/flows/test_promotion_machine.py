"""Whatever people, services, clocks and networks do in whatever order, the promises about a release hold."""

from __future__ import annotations

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.flows.machine.rules import PromotionMachine, set_up_board

# Two shares, so that two workers have something to do: together 200 runs of 50 steps in CI.
THOROUGH = bool(os.environ.get("CI")) and connection.vendor == "sqlite"
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "200" if THOROUGH else "20"))
SHARES = 2


@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_the_promises_hold_whatever_happens(share: int) -> None:
    set_up_board()
    machine = type("Share", (PromotionMachine,), {})
    run_state_machine_as_test(
        seed(share)(machine) if os.environ.get("CI") else machine,
        settings=settings(
            max_examples=EXAMPLES // SHARES,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
