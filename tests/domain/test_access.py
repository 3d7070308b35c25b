"""Who may do what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.access import SYSTEM, Actor, Permission, Role, is_known_scope, require, why_not
from releases.domain.errors import PermissionRefused

ROLES = st.frozensets(st.sampled_from(list(Role)))
SCOPES = st.frozensets(st.sampled_from(["all", "read", "callback", "promote", "promote:DEV", "promote:PROD"]))
PERMISSIONS = st.sampled_from(list(Permission))
STAGES = st.sampled_from(["", "DEV", "PROD"])


def actor(*roles: Role, scopes: frozenset[str] = frozenset({"all"})) -> Actor:
    return Actor(user_id=1, name="kim", roles=frozenset(roles), scopes=scopes)


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", list(Role))
def test_managers_and_admins_act_and_everybody_looks(role: Role, permission: Permission) -> None:
    only_admins = {Permission.EDIT_RULES, Permission.BYPASS, Permission.ADMINISTER}
    acts = {Role.ADMIN} if permission in only_admins else {Role.MANAGER, Role.ADMIN}
    acts |= {Role.APPROVER} if permission is Permission.SIGN else set()
    may = permission is Permission.VIEW or role in acts

    assert (why_not(actor(role), permission, "DEV") == "") is may


def test_editing_the_rules_names_the_one_role_that_may() -> None:
    assert why_not(actor(Role.MANAGER), Permission.EDIT_RULES) == "To edit the rules you need the role admin."


def test_a_token_made_to_promote_edits_no_rule() -> None:
    narrow = actor(Role.ADMIN, scopes=frozenset({"promote", "read"}))

    assert why_not(narrow, Permission.EDIT_RULES) == "This token's scopes do not let it edit the rules."


@pytest.mark.parametrize("permission", list(Permission))
def test_who_has_no_role_may_nothing(permission: Permission) -> None:
    assert why_not(actor(), permission) != ""


@given(ROLES, SCOPES, PERMISSIONS, STAGES)
def test_a_token_never_may_more_than_its_person(
    roles: frozenset[Role], scopes: frozenset[str], permission: Permission, stage: str
) -> None:
    person, token = actor(*roles), actor(*roles, scopes=scopes)

    if why_not(person, permission, stage):
        assert why_not(token, permission, stage) != ""


@given(ROLES, SCOPES, SCOPES, PERMISSIONS, STAGES)
def test_more_scopes_never_take_anything_away(
    roles: frozenset[Role], some: frozenset[str], more: frozenset[str], permission: Permission, stage: str
) -> None:
    if not why_not(actor(*roles, scopes=some), permission, stage):
        assert why_not(actor(*roles, scopes=some | more), permission, stage) == ""


@pytest.mark.parametrize(
    ("scope", "permission", "stage", "may"),
    [
        ("read", Permission.VIEW, "", True),
        ("read", Permission.PROMOTE, "DEV", False),
        ("promote:DEV", Permission.PROMOTE, "DEV", True),
        ("promote:DEV", Permission.PROMOTE, "PROD", False),
        ("promote:DEV", Permission.OPERATE, "DEV", True),
        ("promote:DEV", Permission.PLAN, "", True),
        ("promote", Permission.PROMOTE, "PROD", True),
        ("callback", Permission.PROMOTE, "DEV", False),
    ],
)
def test_a_scope_narrows_a_token(scope: str, permission: Permission, stage: str, may: bool) -> None:  # noqa: FBT001
    token = actor(Role.MANAGER, scopes=frozenset({scope}))

    assert (why_not(token, permission, stage) == "") is may


def test_a_refusal_names_the_role_that_is_needed() -> None:
    with pytest.raises(PermissionRefused, match="To promote a release you need the role release manager"):
        require(actor(Role.VIEWER), Permission.PROMOTE, "DEV")


def test_a_refused_token_is_told_the_stage() -> None:
    token = actor(Role.MANAGER, scopes=frozenset({"promote:DEV"}))

    assert why_not(token, Permission.PROMOTE, "PROD") == (
        "This token's scopes do not let it promote a release in PROD."
    )


def test_the_board_itself_answers_for_nothing() -> None:
    with pytest.raises(PermissionRefused):
        _ = Actor(user_id=None, name="board").person_id


@pytest.mark.parametrize(
    ("scope", "known"),
    [("all", True), ("read", True), ("callback", True), ("promote", True), ("promote:DEV", True)]
    + [(scope, False) for scope in ("promote:", "", "write", "promoted", "Read")],
)
def test_scopes_have_known_names(scope: str, known: bool) -> None:  # noqa: FBT001
    assert is_known_scope(scope) is known


def test_the_board_itself_does_nothing_that_somebody_must_answer_for() -> None:
    with pytest.raises(PermissionRefused, match=r"^Only a person can do this\.$"):
        _ = SYSTEM.person_id


def test_who_may_is_let_through() -> None:
    manager = Actor(user_id=7, name="maria", roles=frozenset({Role.MANAGER}))
    require(manager, Permission.PLAN)
    assert (why_not(manager, Permission.PLAN), manager.person_id) == ("", 7)
