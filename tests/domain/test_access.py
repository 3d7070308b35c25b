"""Who may do what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.access import (
    STAGE_ROLES,
    SYSTEM,
    Actor,
    Permission,
    Role,
    StageRole,
    is_known_scope,
    require,
    stage_role,
    why_not,
)
from releases.domain.errors import PermissionRefused

ROLES = st.frozensets(st.sampled_from(list(Role)))
STAGE_ROLE = st.builds(StageRole, st.sampled_from(sorted(STAGE_ROLES)), st.sampled_from(["DEV", "PROD"]))
STAGED = frozenset({Permission.PROMOTE, Permission.OPERATE, Permission.SIGN, Permission.FREEZE})
SCOPES = st.frozensets(st.sampled_from(["all", "read", "callback", "promote", "promote:DEV", "promote:PROD"]))
PERMISSIONS = st.sampled_from(list(Permission))
STAGES = st.sampled_from(["", "DEV", "PROD"])


HOLDINGS = st.builds(
    lambda roles, stage_roles: Actor(user_id=1, name="kim", roles=roles, stage_roles=stage_roles),
    ROLES,
    st.frozensets(STAGE_ROLE),
)


def actor(*roles: Role, scopes: frozenset[str] = frozenset({"all"})) -> Actor:
    return Actor(user_id=1, name="kim", roles=frozenset(roles), scopes=scopes)


def in_one(role: Role, stage: str) -> Actor:
    return Actor(user_id=1, name="kim", roles=frozenset({Role.VIEWER}), stage_roles=frozenset({StageRole(role, stage)}))


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


@given(HOLDINGS, SCOPES, PERMISSIONS, STAGES)
def test_a_token_never_may_more_than_its_person(
    person: Actor, scopes: frozenset[str], permission: Permission, stage: str
) -> None:
    if why_not(person, permission, stage):
        assert why_not(replace(person, scopes=scopes), permission, stage) != ""


@given(HOLDINGS, SCOPES, SCOPES, PERMISSIONS, STAGES)
def test_more_scopes_never_take_anything_away(
    person: Actor, some: frozenset[str], more: frozenset[str], permission: Permission, stage: str
) -> None:
    if not why_not(replace(person, scopes=some), permission, stage):
        assert why_not(replace(person, scopes=some | more), permission, stage) == ""


@given(HOLDINGS, HOLDINGS, SCOPES, PERMISSIONS, STAGES)
def test_more_roles_never_take_anything_away(
    some: Actor, more: Actor, scopes: frozenset[str], permission: Permission, stage: str
) -> None:
    both = replace(some, roles=some.roles | more.roles, stage_roles=some.stage_roles | more.stage_roles, scopes=scopes)

    if not why_not(replace(some, scopes=scopes), permission, stage):
        assert why_not(both, permission, stage) == ""


@given(HOLDINGS, STAGE_ROLE, SCOPES, st.sampled_from(sorted(STAGED)))
def test_a_role_in_one_stage_changes_nothing_in_another(
    some: Actor, gained: StageRole, scopes: frozenset[str], permission: Permission
) -> None:
    elsewhere = "PROD" if gained.stage == "DEV" else "DEV"
    before = replace(some, scopes=scopes)
    after = replace(before, stage_roles=before.stage_roles | {gained})

    assert why_not(after, permission, elsewhere) == why_not(before, permission, elsewhere)


@given(HOLDINGS, STAGE_ROLE, PERMISSIONS, STAGES)
def test_a_role_for_all_stages_may_whatever_it_may_in_one(
    some: Actor, held: StageRole, permission: Permission, stage: str
) -> None:
    in_one_stage = replace(some, stage_roles=some.stage_roles | {held})
    in_all = replace(some, roles=some.roles | {held.role})

    if not why_not(in_one_stage, permission, stage):
        assert why_not(in_all, permission, stage) == ""


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", sorted(STAGE_ROLES))
def test_a_role_in_one_stage_counts_there_and_for_what_belongs_to_no_stage(role: Role, permission: Permission) -> None:
    may_everywhere = not why_not(actor(role), permission, "DEV")
    stages = ("DEV", "PROD")

    may = {stage for stage in stages if not why_not(in_one(role, "DEV"), permission, stage)}

    if not may_everywhere or permission is Permission.RUN_TRAINS:
        assert may == set()
    else:
        assert may == ({"DEV"} if permission in STAGED else set(stages))


@pytest.mark.parametrize("permission", sorted(STAGED))
def test_a_role_in_one_stage_is_enough_somewhere(permission: Permission) -> None:
    assert why_not(in_one(Role.MANAGER, "PROD"), permission) == ""


@pytest.mark.parametrize(
    ("role", "permission", "stage", "words"),
    [
        (
            Role.MANAGER,
            Permission.PROMOTE,
            "PROD",
            "To promote a release in PROD you need the role release manager, for all stages or for PROD.",
        ),
        (Role.APPROVER, Permission.PROMOTE, "", "To promote a release you need the role release manager."),
        (
            Role.APPROVER,
            Permission.SIGN,
            "PROD",
            "To sign a release off in PROD you need the role approver or release manager, for all stages or for PROD.",
        ),
        (
            Role.MANAGER,
            Permission.FREEZE,
            "PROD",
            "To freeze PROD you need the role release manager, for all stages or for PROD.",
        ),
        (Role.MANAGER, Permission.RUN_TRAINS, "", "To run trains you need the role release manager for all stages."),
        (Role.MANAGER, Permission.BYPASS, "PROD", "To bypass a gate you need the role admin."),
    ],
)
def test_a_refusal_names_the_stage_and_every_role_that_would_do(
    role: Role, permission: Permission, stage: str, words: str
) -> None:
    assert why_not(in_one(role, "DEV"), permission, stage) == words


@pytest.mark.parametrize(
    ("group", "read"),
    [
        ("release manager: PROD", StageRole(Role.MANAGER, "PROD")),
        ("approver: Pre: prod", StageRole(Role.APPROVER, "Pre: prod")),
        ("approver", None),
        ("approver: ", None),
        ("approver:PROD", None),
        ("admin: PROD", None),
        ("viewer: PROD", None),
        ("Approver: PROD", None),
    ],
)
def test_a_group_gives_a_role_in_one_stage_by_its_name(group: str, read: StageRole | None) -> None:
    assert stage_role(group) == read


@given(STAGE_ROLE)
def test_the_name_of_a_group_is_read_as_it_is_written(role: StageRole) -> None:
    assert stage_role(role.name) == role


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
        ("promote", Permission.RUN_TRAINS, "", True),
        ("promote:DEV", Permission.RUN_TRAINS, "", False),
        ("callback", Permission.PROMOTE, "DEV", False),
    ],
)
def test_a_scope_narrows_a_token(scope: str, permission: Permission, stage: str, may: bool) -> None:  # noqa: FBT001
    token = actor(Role.MANAGER, scopes=frozenset({scope}))

    assert (why_not(token, permission, stage) == "") is may


def test_a_refusal_names_the_role_that_is_needed() -> None:
    with pytest.raises(PermissionRefused, match="To promote a release in DEV you need the role release manager"):
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
