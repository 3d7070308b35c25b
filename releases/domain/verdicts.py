"""What is known about versions running together, and the verdict that follows from the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Severity(StrEnum):
    OK = "OK"
    WARNING = "WARNING"
    UNKNOWN = "UNKNOWN"
    ERROR = "ERROR"


class Overall(StrEnum):
    COMPATIBLE = "COMPATIBLE"
    COMPATIBLE_WITH_WARNINGS = "COMPATIBLE_WITH_WARNINGS"
    UNDETERMINED = "UNDETERMINED"
    INCOMPATIBLE = "INCOMPATIBLE"


WORST_FIRST = (Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.OK)
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Consumers in the one range need the provider in the other; ``severity`` is what breaking it means."""

    id: int
    consumer: str
    consumer_range: str
    provider: str
    provider_range: str
    severity: Severity = Severity.ERROR
    note: str = ""

    @property
    def text(self) -> str:
        return f"{self.consumer} {self.consumer_range} needs {self.provider} {self.provider_range}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Versions of one service that are approved in exactly this platform version."""

    id: int
    platform_version: str
    service: str
    approved: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is known; ``external`` services are depended on without being part of the platform."""

    rows: tuple[Row, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    depends_on: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required: frozenset[str] = NOBODY
    optional: frozenset[str] = NOBODY
    external: frozenset[str] = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One check and its outcome; ``fix`` is a sentence, empty when nothing needs mending.

    ``evidence`` reads ``constraint:7`` or ``row:3,row:4`` (the consumer's row first), and is empty without evidence.

    A reason that is not ``decisive`` is shown, but the overall verdict does not follow from it.
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

    def with_fix(self, fix: str) -> Reason:
        return replace(self, fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Reasons, worst first; the overall answer is derived from them and can never disagree."""

    reasons: tuple[Reason, ...]

    @property
    def overall(self) -> Overall:
        found = {reason.severity for reason in self.reasons if reason.decisive}
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
        return tuple(reason for reason in self.reasons if reason.severity is severity)

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
    """Sort the reasons, worst first and then by code and names, so that equal input reads equally."""
    return Verdict(reasons=tuple(sorted(reasons, key=_place)))


def _place(reason: Reason) -> tuple[int, str, str, str, str]:
    return (WORST_FIRST.index(reason.severity), reason.code, reason.service, reason.other, reason.evidence)
