"""What stands in the way, in the API's own words for the parts of a request."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from releases.domain.plans import Problem
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHAPE = {"severity": Severity.ERROR.value, "other": "", "observed": "", "required": "", "evidence": ""}


def problem_document(problem: Problem) -> dict[str, object]:
    """Return a plan's problem; what the domain calls overrides are the ``versions`` of the request."""
    return {**asdict(problem), "field": problem.field.replace("overrides", "versions", 1)}


def reason_documents(reasons: Iterable[object]) -> list[dict[str, object]]:
    """Return the reasons of a refusal; a plan's problem gets the shape of a verdict's reason."""
    return [_document(reason) for reason in reasons]


def _document(reason: object) -> dict[str, object]:
    match reason:
        case Problem():
            return {**_SHAPE, **problem_document(reason)}
        case Reason():
            return asdict(reason)
        case _:
            return {**_SHAPE, "text": str(reason)}
