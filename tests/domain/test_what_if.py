from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from releases.domain.errors import InvalidInput
from releases.domain.gates import Freeze
from releases.domain.rules import Denial, Row, Severity
from releases.domain.what_if import (
    NO_EDITS,
    ConstraintEdit,
    DenialEdit,
    Edits,
    FreezeEdit,
    RowEdit,
    apply_edits,
    edited_freezes,
    without_idle,
)
from tests.domain.platform import CONSTRAINTS, ROWS, RULES, constraint

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
STAGES = ("DEV", "QA", "PROD")
AUDIT = Freeze(id=4, stage="PROD", starts_at=NOW, ends_at=LATER, reason="audit")
DENIAL = Denial(id=3, service="web", service_range="*", other="checkout", other_range="<1", reason="It loops.")
STATED = replace(constraint(2, "web", "=3.0.2", "inventory", ">=1.2.0"), origin="requirement")
DECLARED = replace(RULES, constraints=(*CONSTRAINTS, STATED), denials=(DENIAL,))
NEW_RULE = ConstraintEdit(consumer="web", consumer_range="*", provider="helm", provider_range="*")
NEW_DENIAL = DenialEdit(service="web", service_range="*", other="helm", other_range="<1")


def freezes_after(*edits: FreezeEdit) -> tuple[Freeze, ...]:
    return edited_freezes([AUDIT], edits, STAGES, NOW)


def test_without_edits_the_rules_stay_as_they_are() -> None:
    assert (apply_edits(DECLARED, NO_EDITS), NO_EDITS.is_empty) == (DECLARED, True)


def test_a_rule_changes_where_the_edit_says_something_and_keeps_its_place_and_number() -> None:
    edits = Edits(constraints=(ConstraintEdit(id=2, provider_range=" ^2.0.0 ", severity=Severity.WARNING),))
    changed = apply_edits(DECLARED, edits).constraints
    assert changed[1] == replace(CONSTRAINTS[1], provider_range="^2.0.0", severity=Severity.WARNING)
    assert (changed[0], changed[2:]) == (CONSTRAINTS[0], (*CONSTRAINTS[2:], STATED))


def test_a_deleted_rule_is_gone_and_a_version_that_states_the_same_number_still_states_it() -> None:
    edits = Edits(constraints=(ConstraintEdit(id=2, is_deleted=True),))
    assert apply_edits(DECLARED, edits).constraints == (CONSTRAINTS[0], *CONSTRAINTS[2:], STATED)


def test_new_rules_and_denials_get_numbers_that_nothing_stored_has() -> None:
    edited = apply_edits(DECLARED, Edits(constraints=(NEW_RULE, NEW_RULE), denials=(NEW_DENIAL,)))
    assert [rule.id for rule in edited.constraints if rule.id < 0] == [-1, -2]
    assert [denial.id for denial in edited.denials] == [3, -1]


def test_a_new_rule_blocks_and_a_new_denial_has_a_reason_unless_told_otherwise() -> None:
    edited = apply_edits(DECLARED, Edits(constraints=(NEW_RULE,), denials=(NEW_DENIAL,)))
    assert edited.constraints[-2].severity is Severity.ERROR
    assert edited.denials[-1].reason == "no reason given"


def test_a_denial_changes_or_goes() -> None:
    changed, deleted = DenialEdit(id=3, other_range="*", reason="New."), DenialEdit(id=3, is_deleted=True)
    assert apply_edits(DECLARED, Edits(denials=(changed,))).denials == (
        replace(DENIAL, other_range="*", reason="New."),
    )
    assert apply_edits(DECLARED, Edits(denials=(deleted,))).denials == ()


def test_a_row_takes_the_place_of_the_stored_one_and_keeps_its_last_day() -> None:
    lasting = replace(ROWS[0], expires_on=date(2027, 1, 1))
    edit = RowEdit(platform_version="2.1.0", service="inventory", approved=("1.3.0", "1.4.0"))
    edited = apply_edits(replace(RULES, rows=(lasting, *ROWS[1:])), Edits(rows=(edit,)))
    assert edited.rows == (replace(lasting, approved=("1.3.0", "1.4.0")), *ROWS[1:])


def test_a_row_is_added_or_goes() -> None:
    new = RowEdit(platform_version="2.2.0", service="web", approved=("3.0.2",))
    gone = RowEdit(platform_version="2.1.0", service="inventory")
    assert apply_edits(RULES, Edits(rows=(gone, new))).rows == (
        *ROWS[1:],
        Row(id=-2, platform_version="2.2.0", service="web", approved=("3.0.2",)),
    )


def test_freezes_are_added_in_the_order_of_the_stages_changed_and_deleted() -> None:
    new = FreezeEdit(stage="QA", starts_at=LATER, ends_at=LATER + timedelta(days=1))
    assert [(freeze.id, freeze.stage, freeze.reason) for freeze in freezes_after(new)] == [
        (-1, "QA", "no reason given"),
        (4, "PROD", "audit"),
    ]
    moved = FreezeEdit(id=4, ends_at=LATER + timedelta(days=1))
    assert freezes_after(moved) == (replace(AUDIT, ends_at=LATER + timedelta(days=1)),)
    assert freezes_after(FreezeEdit(id=4, is_deleted=True)) == ()


def test_a_freeze_without_a_beginning_begins_now() -> None:
    assert freezes_after(FreezeEdit(stage="DEV", ends_at=LATER))[0].starts_at == NOW


@pytest.mark.parametrize(
    ("edits", "field", "message"),
    [
        (Edits(constraints=(ConstraintEdit(id=77),)), "constraints.0.id", "There is no rule 77."),
        (Edits(denials=(NEW_DENIAL, DenialEdit(id=77))), "denials.1.id", "There is no denial 77."),
        (Edits(constraints=(ConstraintEdit(is_deleted=True),)), "constraints.0.id", "Say which rule is deleted."),
        (
            Edits(constraints=(replace(NEW_RULE, consumer="shop"),)),
            "constraints.0.consumer",
            "There is no service shop. Name one of checkout, helm, inventory, recommendations, web.",
        ),
        (
            Edits(constraints=(replace(NEW_RULE, provider=""),)),
            "constraints.0.provider",
            "Name one of checkout, helm, inventory, recommendations, web.",
        ),
        (
            Edits(denials=(replace(NEW_DENIAL, other="web"),)),
            "denials.0.other",
            "A denial is about two services, not web and itself.",
        ),
        (
            Edits(constraints=(replace(NEW_RULE, provider_range=" "),)),
            "constraints.0.provider_range",
            "“” is not a version range: it is empty; write * to admit every version.",
        ),
        (
            Edits(constraints=(replace(NEW_RULE, consumer_range="web"),)),
            "constraints.0.consumer_range",
            "“web” is not a version range: “web” is neither a version nor a range of versions.",
        ),
        (
            Edits(constraints=(replace(NEW_RULE, severity=Severity.OK),)),
            "constraints.0.severity",
            "Breaking a rule is an ERROR or a WARNING.",
        ),
        (
            Edits(rows=(RowEdit(platform_version="2.2.0", service="shop", approved=("1.0.0",)),)),
            "rows.0.service",
            "There is no service shop. Name one of checkout, helm, inventory, recommendations, web.",
        ),
        (
            Edits(rows=(RowEdit(platform_version="2.2.0", service="web"),) * 2),
            "rows.1.service",
            "The row of web in 2.2.0 is edited twice.",
        ),
        (
            Edits(rows=(RowEdit(platform_version="2.2", service="web"),)),
            "rows.0.platform_version",
            "“2.2” is not a version: it must have three numbers, as in 1.4.0.",
        ),
        (
            Edits(rows=(RowEdit(platform_version="2.2.0", service="web", approved=("3",)),)),
            "rows.0.approved",
            "“3” is not a version: it must have three numbers, as in 1.4.0.",
        ),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_by_the_name_of_its_part(edits: Edits, field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        apply_edits(DECLARED, edits)
    assert (refusal.value.field, refusal.value.message) == (f"what_if.{field}", message)


@pytest.mark.parametrize(
    ("edit", "field", "message"),
    [
        (FreezeEdit(stage="MOON", ends_at=LATER), "stage", "There is no stage MOON. Name one of DEV, QA, PROD."),
        (FreezeEdit(ends_at=LATER), "stage", "Name one of DEV, QA, PROD."),
        (FreezeEdit(stage="QA"), "ends_at", "A freeze ends after it begins."),
        (FreezeEdit(id=5, stage="QA"), "id", "There is no freeze 5."),
    ],
)
def test_a_freeze_that_makes_no_sense_is_refused_by_the_name_of_its_part(
    edit: FreezeEdit, field: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        freezes_after(edit)
    assert (refusal.value.field, refusal.value.message) == (f"what_if.freezes.0.{field}", message)


def test_services_are_called_by_their_slugs() -> None:
    edits = Edits(
        constraints=(replace(NEW_RULE, consumer="bookverse-web"),),
        denials=(replace(NEW_DENIAL, service="bookverse-web"),),
        rows=(RowEdit(platform_version="2.2.0", service="bookverse-web"),),
        freezes=(FreezeEdit(id=4),),
    )
    assert edits.with_slugs({"bookverse-web": "web"}) == Edits(
        constraints=(NEW_RULE,),
        denials=(NEW_DENIAL,),
        rows=(RowEdit(platform_version="2.2.0", service="web"),),
        freezes=(FreezeEdit(id=4),),
    )


@pytest.mark.parametrize(
    "idle",
    [
        ConstraintEdit(id=2),
        ConstraintEdit(id=2, provider_range=CONSTRAINTS[1].provider_range),
        ConstraintEdit(id=2, consumer="recommendations", severity=Severity.ERROR),
    ],
)
def test_an_edit_that_says_what_the_rule_says_already_is_dropped(idle: ConstraintEdit) -> None:
    assert without_idle(Edits(constraints=(idle, NEW_RULE)), DECLARED) == Edits(constraints=(NEW_RULE,))


@pytest.mark.parametrize(
    "busy",
    [
        ConstraintEdit(id=2, provider_range="*"),
        ConstraintEdit(id=2, severity=Severity.WARNING),
        ConstraintEdit(id=2, is_deleted=True),
        ConstraintEdit(id=77, provider_range="*"),
        NEW_RULE,
    ],
)
def test_an_edit_that_changes_something_or_must_be_refused_stays(busy: ConstraintEdit) -> None:
    assert without_idle(Edits(constraints=(busy,)), DECLARED) == Edits(constraints=(busy,))
