"""API tokens and accounts."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import F

from releases.actions.accounts import ensure_account, ensure_roles
from releases.actions.tokens import create_token
from releases.domain.access import Role
from releases.domain.errors import InvalidInput, NotFound
from releases.models import ApiToken
from releases.queries.access import actor_of, user_and_scopes_of_token
from tests.factories import person

pytestmark = pytest.mark.django_db


def test_a_token_leads_to_its_user_and_scopes() -> None:
    person("maria")
    raw = create_token(username="maria", scopes=["read", "promote:DEV"])

    found = user_and_scopes_of_token(raw)

    assert found == (User.objects.get(username="maria"), ("read", "promote:DEV"))


def test_only_the_hash_of_a_token_is_kept() -> None:
    person("maria")
    raw = create_token(username="maria")

    token = ApiToken.objects.get()

    assert token.digest == hashlib.sha256(raw.encode()).hexdigest()
    assert raw.rpartition("_")[2] not in {str(value) for value in ApiToken.objects.values_list().get()}


def test_a_token_without_scopes_may_all_that_its_user_may() -> None:
    person("maria")

    found = user_and_scopes_of_token(create_token(username="maria"))

    assert found is not None
    assert found[1] == ("all",)


@pytest.mark.parametrize("raw", ["", "rb", "rb_1_2", "xx_1_2", "rb__", "rb_" + "a" * 500 + "_b"])
def test_what_is_no_token_leads_to_nobody(raw: str) -> None:
    assert user_and_scopes_of_token(raw) is None


def test_a_token_with_another_secret_leads_to_nobody() -> None:
    person("maria")
    raw = create_token(username="maria")

    assert user_and_scopes_of_token(raw[:-1] + ("a" if raw[-1] != "a" else "b")) is None


def test_an_expired_token_leads_to_nobody() -> None:
    person("maria")
    raw = create_token(username="maria", days=1)
    ApiToken.objects.update(expires_at=F("created_at") - timedelta(seconds=1))

    assert user_and_scopes_of_token(raw) is None


def test_a_token_of_a_closed_account_leads_to_nobody() -> None:
    person("maria")
    raw = create_token(username="maria")
    User.objects.update(is_active=False)

    assert user_and_scopes_of_token(raw) is None


@pytest.mark.parametrize("days", [0, 91, -1])
def test_a_token_lives_ninety_days_at_most(days: int) -> None:
    person("maria")

    with pytest.raises(InvalidInput) as refusal:
        create_token(username="maria", days=days)

    assert refusal.value.field == "days"


@pytest.mark.parametrize("scope", ["write", "promote:", ""])
def test_a_token_has_known_scopes_only(scope: str) -> None:
    person("maria")

    with pytest.raises(InvalidInput) as refusal:
        create_token(username="maria", scopes=[scope])

    assert refusal.value.field == "scope"


def test_nobody_has_no_token() -> None:
    with pytest.raises(NotFound):
        create_token(username="nobody")


def test_every_role_has_its_group() -> None:
    ensure_roles()
    ensure_roles()

    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(role.value for role in Role)


@pytest.mark.parametrize("role", list(Role))
def test_an_account_has_its_role_and_may_look(role: Role) -> None:
    ensure_account(username="kim", password="kim", role=role)

    actor = actor_of(User.objects.get())

    assert actor.roles == {role, Role.VIEWER}


def test_an_existing_account_keeps_its_password() -> None:
    ensure_account(username="kim", password="first", role=Role.VIEWER)

    assert ensure_account(username="kim", password="second", role=Role.VIEWER) is False
    assert User.objects.get().check_password("first")


def test_a_closed_account_may_nothing() -> None:
    person("maria")
    User.objects.update(is_active=False)

    assert actor_of(User.objects.get()).roles == frozenset()
