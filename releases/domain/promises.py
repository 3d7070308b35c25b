"""What services promise each other, as it was declared: endpoints that are relied on, what broke, and probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Document = Mapping[str, object]
# By service, then by the version's whole string.
Documents = Mapping[str, Mapping[str, Document]]


class Method(StrEnum):
    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    OPTIONS = "OPTIONS"
    TRACE = "TRACE"


class Maturity(StrEnum):
    STABLE = "stable"
    DRAFT = "draft"
    ALPHA = "alpha"


class Probe(StrEnum):
    HEALTH_CHECK = "health_check"
    READINESS = "readiness_probe"
    LIVENESS = "liveness_probe"


class ProbeOutcome(StrEnum):
    """``not_configured`` and ``error`` are never taken for a pass."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """``built_for`` is the provider's version whose document the consumer was written against; empty if unknown."""

    id: int
    consumer: str
    consumer_range: str = "*"
    provider: str
    method: Method
    path: str
    built_for: str = ""
    stable_since: str = ""
    maturity: Maturity = Maturity.STABLE
    request_schema: Document | None = None
    response_schema: Document | None = None

    @property
    def evidence(self) -> str:
        return f"contract:{self.id}"

    @property
    def endpoint(self) -> str:
        return f"{self.method.value} {self.path}"

    @property
    def text(self) -> str:
        return f"{self.consumer} calls {self.endpoint} of {self.provider}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakingChange:
    """What ``version`` of the provider broke; without a path it may concern every endpoint."""

    id: int
    provider: str
    version: str
    method: str = ""
    path: str = ""
    text: str

    @property
    def evidence(self) -> str:
        return f"breaking_change:{self.id}"
