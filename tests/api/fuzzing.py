"""Asking everything that the OpenAPI document allows, and as much that it does not."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.authorisation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemathesis import APIOperation, BaseSchema, Case

    AnyOperation = APIOperation[Any, Any, Any, Any]
    AnyCase = Case[AnyOperation]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FEWEST = 5  # hypothesis begins with what is simplest
OFTEN = 2 / 3
Known = dict[str, list[Any]]
# What is right for each operation; one wrong word in it gets further than a body of wrong words.
BODIES = {route.name: route.body for route in OPERATIONS}


@dataclass(kw_only=True)
class Findings:
    """What came of it; ``broken`` tells each kind of finding once, with the first request that led to it."""

    asked: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def __str__(self) -> str:
        return ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))

    def add(self, case: AnyCase, failure: Failure) -> None:
        told = f"{failure.message}\n{case.as_curl_command()}"
        self.broken.setdefault((case.operation.label, failure.title), told)


def document(headers: dict[str, str]) -> BaseSchema:
    """Load the API's own document as somebody who may."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application(), headers=headers)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Somebody who asks what is generated, and is at times helped to ask something better."""

    headers: dict[str, str]
    known: Known
    chance: random.Random
    findings: Findings
    often: float = OFTEN

    def ask(self, case: AnyCase) -> None:
        self.aim(case)
        with undone():
            self.send(case, self.headers)

    def send(self, case: AnyCase, headers: dict[str, str]) -> None:
        """Ask, keep what it wrote, and compare the answer with the document."""
        response = case.call(headers=headers)
        self.findings.asked.add(case.operation.label)
        self.findings.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=headers)
        except FailureGroup as group:
            for failure in group.exceptions:
                self.findings.add(case, failure)

    def aim(self, case: AnyCase) -> None:
        """Put names that the board knows where it expects them, so that not everything ends with 404."""
        right = BODIES.get(_name_of(case))
        if right and self.chance.random() < self.often:
            wrong = list(case.body.items()) if isinstance(case.body, dict) else []
            case.body = right | dict(self.chance.sample(wrong, min(1, len(wrong))))
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part |= {
                    name: self.chance.choice(self.known[name])
                    for name in part.keys() & self.known.keys()
                    if self.chance.random() < self.often
                }


def _name_of(case: AnyCase) -> str:
    """Name the operation as the list of routes does."""
    return f"{case.method.upper()} {case.path.lstrip('/')}".replace("{", "<").replace("}", ">")


def ask(schema: BaseSchema, *, headers: Sequence[dict[str, str]], known: Known, requests: int, start: int) -> Findings:
    """Ask all operations in turn until there were so many requests; each finds the board as it was for the first."""
    chance = random.Random(start)
    operations = [operation.ok() for operation in schema.get_all_operations() if isinstance(operation, Ok)]
    ways = [(sent, mode) for sent in headers for mode in GenerationMode]
    findings = Findings()
    share = max(FEWEST, requests // (len(operations) * len(ways)))
    while findings.requests < requests:
        for operation in operations:
            sent, mode = chance.choice(ways)
            _generate(operation, mode, share, Asker(headers=sent, known=known, chance=chance, findings=findings))
    return findings


def _generate(operation: AnyOperation, mode: GenerationMode, share: int, asker: Asker) -> None:
    @seed(asker.chance.getrandbits(32))
    @settings(max_examples=share, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def generated(case: AnyCase) -> None:
        asker.ask(case)

    try:
        generated()
    except Unsatisfiable:
        if mode is GenerationMode.POSITIVE:
            raise
        # Nothing can be wrong with an operation that takes nothing.
        _generate(operation, GenerationMode.POSITIVE, share, asker)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what the request wrote; actions take the transaction for a test's own."""
    transaction_of_test = transaction.atomic()
    transaction_of_test._from_testcase = True  # type: ignore[attr-defined] # noqa: SLF001 (actions refuse any other)
    with transaction_of_test:
        yield
        transaction.set_rollback(True)
