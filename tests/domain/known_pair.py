"""A service ``a`` that depends on ``b``, and one piece of each kind of evidence about the two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from releases.domain.compatibility import Verdict, judge
from releases.domain.contracts import Contract, Method
from releases.domain.rules import Denial, Failure, Ignore, Row, Rules, Severity
from releases.domain.versions import parse
from tests.domain.platform import constraint, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM = parse("2.1.0")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAIR = {"a": "1.0.0", "b": "2.0.0"}
EDGE = Rules(depends_on={"a": frozenset({"b"})}, required=frozenset("ab"), as_of=NOW)

DENIAL = Denial(id=1, service="b", service_range="^2.0.0", other="a", other_range="1.x", reason="They deadlock.")
FAILURE = Failure(id=2, service="a", version="1.0.0", other="b", other_version="2.0.0", reason="Orders were lost.")
ROWS = (
    Row(id=3, platform_version="2.1.0", service="a", approved=("1.0.0",)),
    Row(id=4, platform_version="2.1.0", service="b", approved=("2.0.0",)),
)
BELOW = tuple(replace(row, id=row.id + 10, platform_version="2.0.0") for row in ROWS)
CONTRACT = Contract(id=5, consumer="a", provider="b", method=Method.GET, path="/books", built_for="2.0.0")
DOCUMENT: Mapping[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "b", "version": "2.0.0"},
    "paths": {"/books": {"get": {"responses": {"200": {"description": "All of them."}}}}},
}
DOCUMENTS = {"b": {"2.0.0": DOCUMENT}}
HOLDING = constraint(6, "a", "*", "b", "^2.0.0")
BROKEN = constraint(7, "a", "*", "b", "^3.0.0")

Codes = list[tuple[str, Severity, str]]


def verdict(rules: Rules, raw: Mapping[str, str] = PAIR, *, wide: bool = False) -> Verdict:
    return judge(versions=versions(raw), platform_version=PLATFORM, rules=rules, include_prereleases=wide)


def codes(found: Verdict) -> Codes:
    return [(reason.code, reason.severity, reason.evidence) for reason in found.reasons]


def ignore(code: str) -> Ignore:
    expires_at = datetime(2026, 12, 1, tzinfo=UTC)
    return Ignore(id=1, code=code, service="a", other="b", reason="Fixed soon.", by="mara", expires_at=expires_at)
