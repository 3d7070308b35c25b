"""The graph of the services: the order that it gives, its circles, and rules that no set of versions keeps."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import Field

from releases.api.fields import Text
from releases.api.plan_answers import ConflictAnswer
from releases.domain.documents import conflict_document
from releases.domain.errors import InvalidInput
from releases.queries.dependencies import dependency_analysis, named_versions

router = Router(tags=["dependencies"])

Named = Annotated[list[Annotated[Text, Field(max_length=2_000)]], Query(default_factory=list, max_length=200)]


class DependencyAnswer(Schema):
    """``phases`` are empty where a circle leaves no order; each circle is a closed path, its first service the last.

    ``blocked`` services wait for a circle in vain. ``unresolvable_conflicts`` holds the rules to blame where the set
    does not fit and no other set does either.
    """

    phases: list[list[str]]
    circular_dependencies: list[list[str]]
    blocked: list[str]
    unresolvable_conflicts: list[ConflictAnswer]


@router.get("/dependencies/analysis", response=DependencyAnswer)
def analysis(request: HttpRequest, versions: Named) -> dict[str, object]:
    """Analyse the graph, and the set `versions=inventory:1.3.0,checkout:1.5.2`; the rest is the resolver's choice."""
    try:
        found = dependency_analysis(named_versions(versions))
    except InvalidInput as refusal:
        raise ValidationError([{"loc": ("query", "versions"), "msg": refusal.message}]) from refusal
    conflict = conflict_document(found.conflict)
    return {
        "phases": found.phases,
        "circular_dependencies": found.circles,
        "blocked": found.blocked,
        "unresolvable_conflicts": [conflict] if conflict else [],
    }
