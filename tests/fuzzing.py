"""How much is asked at random, and from which seed: a little each time, the same little; more by ``make fuzz``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SEED = int(os.environ.get("FUZZ_SEED", "1"))


def amount(usual: int) -> int:
    """Return how many times to ask."""
    return int(os.environ.get("FUZZ", usual))


def tell(capsys: pytest.CaptureFixture[str], sentence: str) -> None:
    """Say what was asked and answered where somebody runs this to know."""
    if "FUZZ" in os.environ:
        with capsys.disabled():
            sys.stdout.write(f"\n{sentence}, from seed {SEED}\n")
