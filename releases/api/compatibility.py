"""The rules: reading and editing them, and what an edit would do before it is made."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Schema

from releases.actions.rules import add_rule, edit_rule
from releases.api.authentication import actor_behind
from releases.api.fields import Cursor, IdempotencyKey, Limit
from releases.api.rule_shapes import (
    ConstraintAnswer,
    ConstraintBody,
    ConstraintPage,
    ConstraintPatch,
    ImpactAnswer,
    ImpactBody,
    RowAnswer,
    RowBody,
    RowPage,
    RowPatch,
)
from releases.domain.documents import reason_document
from releases.domain.errors import InvalidInput
from releases.models import CompatibilityRow, Constraint, Denial
from releases.queries.changes_of_objects import last_record
from releases.queries.impact import impact_of
from releases.queries.rule_drafts import drafted_rule, stored_rule
from releases.queries.rule_edits import Edit
from releases.queries.rule_lists import RowLine, RuleLine, row_line, rule_lines, rule_page

router = Router(tags=["compatibility"])
_NAMED: dict[str, type[CompatibilityRow | Constraint | Denial]] = {
    "row": CompatibilityRow,
    "constraint": Constraint,
    "denial": Denial,
}


class RulesQuery(Schema):
    limit: Limit = 100
    cursor: Cursor = 0


@router.get("/compatibility/rows", response=RowPage)
def list_rows(request: HttpRequest, query: Query[RulesQuery]) -> dict[str, object]:
    """Approved versions by platform version and service, oldest row first."""
    revision = last_record(CompatibilityRow)
    rows, cursor = rule_page(CompatibilityRow, limit=query.limit, after=query.cursor)
    return {"items": [row_line(row, revision) for row in rows], "next_cursor": cursor}


@router.post("/compatibility/rows", response={201: RowAnswer})
def create_row(request: HttpRequest, body: RowBody, key: IdempotencyKey) -> RowLine:
    """Approve versions of a service in a platform version; ask for the impact first."""
    number = add_rule(actor=actor_behind(request), model=CompatibilityRow, fields=body.given(), key=key or "")
    return _row(number)


@router.patch("/compatibility/rows/{number}", response=RowAnswer)
def change_row(request: HttpRequest, number: Cursor, body: RowPatch) -> RowLine:
    """Change what is given of a row; with ``revision``, only if nobody changed it since that was answered."""
    edit_rule(
        actor=actor_behind(request),
        model=CompatibilityRow,
        number=number,
        fields=body.given(),
        revision=body.revision,
    )
    return _row(number)


@router.get("/compatibility/constraints", response=ConstraintPage)
def list_constraints(request: HttpRequest, query: Query[RulesQuery]) -> dict[str, object]:
    """Compatibility rules, oldest first, each with what is odd about it."""
    revision = last_record(Constraint)
    rules, cursor = rule_page(Constraint, limit=query.limit, after=query.cursor)
    return {"items": rule_lines(rules, revision), "next_cursor": cursor}


@router.post("/compatibility/constraints", response={201: ConstraintAnswer})
def create_constraint(request: HttpRequest, body: ConstraintBody, key: IdempotencyKey) -> RuleLine:
    """Add a compatibility rule; ask for the impact first."""
    number = add_rule(actor=actor_behind(request), model=Constraint, fields=body.given(), key=key or "")
    return _constraint(number)


@router.patch("/compatibility/constraints/{number}", response=ConstraintAnswer)
def change_constraint(request: HttpRequest, number: Cursor, body: ConstraintPatch) -> RuleLine:
    """Change what is given of a compatibility rule; with ``revision``, only if nobody changed it since."""
    edit_rule(actor=actor_behind(request), model=Constraint, number=number, fields=body.given(), revision=body.revision)
    return _constraint(number)


def _row(number: int) -> RowLine:
    revision = last_record(CompatibilityRow)
    return row_line(stored_rule(CompatibilityRow, number), revision)


def _constraint(number: int) -> RuleLine:
    revision = last_record(Constraint)
    return rule_lines([stored_rule(Constraint, number)], revision)[0]


@router.post("/compatibility/impact", response=ImpactAnswer)
def impact(request: HttpRequest, body: ImpactBody) -> dict[str, object]:
    """Say what an edit would do to open releases and to what stages run; nothing is stored."""
    found = impact_of(_edit(body))
    return {
        "summary": found.summary,
        "digest": found.digest,
        "effects": [
            {
                "kind": effect.subject.kind.value,
                "name": effect.subject.name,
                "before": effect.before.value,
                "after": effect.after.value,
                "reasons": [reason_document(reason) for reason in effect.reasons],
            }
            for effect in found.effects
        ],
    }


def _edit(body: ImpactBody) -> Edit:
    wished = {"row": body.row, "constraint": body.constraint, "denial": body.denial}
    saved = [
        drafted_rule(_NAMED[name], wish.given(), number=wish.id, place=f"{name}.")
        for name, wish in wished.items()
        if wish is not None
    ]
    if not saved and body.delete is None:
        raise InvalidInput("constraint", "Give a row, a constraint, a denial, or what to delete.")
    kind, _, number = (body.delete or "").partition(":")
    return Edit(saved=saved, deleted=[stored_rule(_NAMED[kind], int(number))] if number else [])
