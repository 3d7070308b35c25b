"""What people declared and the board observed about versions: the input of every verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from releases.domain.promises import BreakingChange, Contract, Documents

NOBODY: frozenset[str] = frozenset()
NO_DOCUMENTS: Documents = MappingProxyType({})


class Severity(StrEnum):
    OK = "OK"
    WARNING = "WARNING"
    UNKNOWN = "UNKNOWN"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Consumers in the one range need the provider in the other; ``severity`` is what breaking it means.

    ``origin`` says what ``id`` counts: a rule of the administrators, or a version that states what it requires.
    """

    id: int
    consumer: str
    consumer_range: str
    provider: str
    provider_range: str
    severity: Severity = Severity.ERROR
    note: str = ""
    origin: str = "constraint"

    @property
    def evidence(self) -> str:
        return f"{self.origin}:{self.id}"

    @property
    def text(self) -> str:
        return f"{self.consumer} {self.consumer_range} needs {self.provider} {self.provider_range}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Versions of one service that are approved in exactly this platform version, up to and on ``expires_on``."""

    id: int
    platform_version: str
    service: str
    approved: tuple[str, ...]
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Two services that must not run together in these ranges."""

    id: int
    service: str
    service_range: str
    other: str
    other_range: str
    reason: str

    @property
    def evidence(self) -> str:
        return f"denial:{self.id}"

    @property
    def text(self) -> str:
        return f"{self.service} {self.service_range} never with {self.other} {self.other_range}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Two exact versions that were seen to fail together, compared by precedence."""

    id: int
    service: str
    version: str
    other: str
    other_version: str
    reason: str
    stage: str = ""

    @property
    def evidence(self) -> str:
        return f"failure:{self.id}"

    @property
    def text(self) -> str:
        return f"{self.service} {self.version} failed with {self.other} {self.other_version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """An exact set, named by its digest, that ran in a stage; ``ended_at`` is None while it still does.

    ``released_by`` is who promoted it there, empty for a set that ran before the board did.
    """

    id: int
    stage: str
    platform_version: str
    digest: str
    began_at: datetime
    ended_at: datetime | None = None
    probes: int = 0
    failed_probes: int = 0
    released_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveHotfix:
    """The version that a hotfix brought one service to; ``platform_version`` is what it was published as."""

    id: int
    platform_version: str
    service: str
    version: str
    urgency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Reasons with this code about these services are lived with before ``expires_at``; empty ``observed`` is any."""

    id: int
    code: str
    service: str
    other: str = ""
    observed: str = ""
    reason: str
    by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is known; ``external`` services are depended on without being part of the platform.

    ``as_of`` is the moment that is judged: without one nothing expires.
    """

    rows: tuple[Row, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    denials: tuple[Denial, ...] = ()
    failures: tuple[Failure, ...] = ()
    contracts: tuple[Contract, ...] = ()
    breaking_changes: tuple[BreakingChange, ...] = ()
    documents: Documents = field(default_factory=lambda: NO_DOCUMENTS)
    observations: tuple[Observation, ...] = ()
    hotfixes: tuple[LiveHotfix, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    depends_on: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required: frozenset[str] = NOBODY
    optional: frozenset[str] = NOBODY
    external: frozenset[str] = NOBODY
    as_of: datetime | None = None
