"""Asking the board itself whether its journals are sound: its own command, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.flows.processes import ROOT

if TYPE_CHECKING:
    from tests.chaos.records import Run

FAULTS = "CHAOS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How ``manage.py verify_journal`` ended, and what it said."""

    status: int
    said: str


def verify_journals(run: Run) -> Verification:
    """Verify every journal of the run's database, with the board's environment but none of the faults."""
    wanted = {name: value for name, value in run.environment.items() if not name.startswith(FAULTS)}
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_journal"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **wanted, "DATABASE_URL": run.database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    return Verification(status=done.returncode, said=(done.stdout + done.stderr).strip())
