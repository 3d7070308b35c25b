"""The outcome of checks, and the verdict that follows from their reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.rules import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from releases.domain.rules import Ignore


class Overall(StrEnum):
    COMPATIBLE = "COMPATIBLE"
    COMPATIBLE_WITH_WARNINGS = "COMPATIBLE_WITH_WARNINGS"
    UNDETERMINED = "UNDETERMINED"
    INCOMPATIBLE = "INCOMPATIBLE"


WORST_FIRST = (Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One check and its outcome; ``fix`` is a sentence, empty when nothing needs mending.

    ``evidence`` reads ``constraint:7`` or ``row:3,row:4`` (the consumer's row first), and is empty without evidence.

    A reason that is not ``decisive`` is shown, but the overall verdict does not follow from it. One that is
    ``ignored`` (a sentence that says until when, why and by whom) counts as a warning, whatever it found.
    """

    code: str
    severity: Severity
    service: str
    other: str = ""
    observed: str = ""
    required: str = ""
    evidence: str = ""
    fix: str = ""
    text: str
    decisive: bool = True
    ignored: str = ""

    @property
    def counts_as(self) -> Severity:
        """Severity that the verdict goes by."""
        return Severity.WARNING if self.ignored else self.severity

    @property
    def blocks(self) -> bool:
        return self.decisive and self.counts_as in {Severity.ERROR, Severity.UNKNOWN}

    def with_fix(self, fix: str) -> Reason:
        return replace(self, fix=fix)

    def lived_with(self, ignore: Ignore) -> Reason:
        until = f"{ignore.expires_at:%Y-%m-%d %H:%M}"
        return replace(self, ignored=f"Ignoring until {until} UTC: {ignore.reason} ({ignore.by})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Reasons, worst first; the overall answer is derived from them and can never disagree."""

    reasons: tuple[Reason, ...]

    @property
    def overall(self) -> Overall:
        found = {reason.counts_as for reason in self.reasons if reason.decisive}
        if Severity.ERROR in found:
            return Overall.INCOMPATIBLE
        if Severity.UNKNOWN in found or not self.reasons:
            return Overall.UNDETERMINED
        return Overall.COMPATIBLE_WITH_WARNINGS if Severity.WARNING in found else Overall.COMPATIBLE

    @property
    def fits(self) -> bool:
        """Whether the versions may run together, with or without warnings."""
        return self.overall in {Overall.COMPATIBLE, Overall.COMPATIBLE_WITH_WARNINGS}

    def having(self, severity: Severity) -> tuple[Reason, ...]:
        return tuple(reason for reason in self.reasons if reason.counts_as is severity)

    @property
    def errors(self) -> tuple[Reason, ...]:
        return self.having(Severity.ERROR)

    @property
    def unknowns(self) -> tuple[Reason, ...]:
        return self.having(Severity.UNKNOWN)

    @property
    def warnings(self) -> tuple[Reason, ...]:
        return self.having(Severity.WARNING)

    @property
    def passed(self) -> tuple[Reason, ...]:
        return self.having(Severity.OK)


def conclude(reasons: Iterable[Reason]) -> Verdict:
    """Sort the reasons, worst first and then by code and names, so that equal input reads equally.

    What decides nothing stands behind everything that does and is not fine.
    """
    return Verdict(reasons=tuple(sorted(reasons, key=_place)))


def _place(reason: Reason) -> tuple[bool, bool, int, str, str, str, str]:
    is_fine = reason.counts_as is Severity.OK
    severity = WORST_FIRST.index(reason.counts_as)
    return (
        is_fine,
        not (is_fine or reason.decisive),
        severity,
        reason.code,
        reason.service,
        reason.other,
        reason.evidence,
    )
