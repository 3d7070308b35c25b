"""Bugs that tests plant in the product, to see that the invariants would find them."""

from tests.chaos.bugs.deciding import DECIDING
from tests.chaos.bugs.planting import Bug
from tests.chaos.bugs.receiving import RECEIVING
from tests.chaos.bugs.recording import RECORDING
from tests.chaos.bugs.sending import SENDING

BUGS = {bug.name: bug for bug in (*SENDING, *RECEIVING, *DECIDING, *RECORDING)}

__all__ = ["BUGS", "Bug"]
