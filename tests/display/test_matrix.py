from __future__ import annotations

from releases.display.matrix import matrix
from releases.display.status import status_of
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

NEEDS = {"web": frozenset({"inventory"}), "helm": frozenset({"web"})}
SERVICES = ["inventory", "web", "helm"]


def reason(service: str, other: str, severity: Severity, text: str) -> Reason:
    return Reason(code="range", severity=severity, service=service, other=other, text=text)


def test_a_need_shows_the_first_reason_of_its_pair() -> None:
    reasons = [
        reason("inventory", "web", Severity.ERROR, "too old"),
        reason("web", "inventory", Severity.OK, "in range"),
    ]
    cell = matrix(SERVICES, NEEDS, reasons)[1].cells[0]
    assert (cell.status, cell.text) == (status_of("error"), "too old")


def test_a_need_that_no_rule_covers_is_unknown() -> None:
    cell = matrix(SERVICES, NEEDS, [])[2].cells[1]
    assert (cell.status, cell.text) == (status_of("unknown"), "No rule covers this pair")


def test_who_needs_nothing_has_empty_cells_and_one_for_itself() -> None:
    row = matrix(SERVICES, NEEDS, [reason("web", "", Severity.ERROR, "missing")])[0]
    assert [(cell.provider, cell.is_self, cell.status) for cell in row.cells] == [
        ("inventory", True, None),
        ("web", False, None),
        ("helm", False, None),
    ]
