"""With ``SSO_ROLES`` the provider decides who has which role, each time somebody signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client

from releases.actions.tokens import create_token
from tests.sso.conftest import Person
from tests.sso.test_signing_in import message

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.fakes.openid_provider import FakeOpenIdProvider

NO_ROLE = "You are in no group that has a role here. Ask whoever looks after your groups to add you to one."


@pytest.fixture
def mapped(settings: Settings) -> None:
    settings.SSO_ROLES = [
        "platform-admins=admin",
        "release-team=release manager",
        "prod-approvers=approver: PROD",
        "everybody=viewer",
        "leads=release manager",
        "leads=approver",
    ]


def groups() -> set[str]:
    return set(User.objects.get(username="maria").groups.values_list("name", flat=True))


def record() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


def come(provider: FakeOpenIdProvider, *said: str) -> Person:
    provider.person["groups"] = list(said)
    person = Person(client=Client())
    person.signs_in()
    return person


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["release-team", "unknown"], {"release manager"}),
        (["prod-approvers"], {"approver: PROD"}),
        (["leads", "everybody"], {"release manager", "approver", "viewer"}),
    ],
)
def test_groups_there_are_roles_here(
    provider: FakeOpenIdProvider, mapped: None, said: list[str], expected: set[str]
) -> None:
    assert (come(provider, *said).is_signed_in, groups()) == (True, expected)


def test_a_single_group_may_be_a_text(provider: FakeOpenIdProvider, mapped: None, person: Person) -> None:
    provider.person["groups"] = "release-team"
    person.signs_in()
    assert groups() == {"release manager"}


def test_who_gains_and_loses_groups_gains_and_loses_roles_and_it_is_on_record(
    provider: FakeOpenIdProvider, mapped: None
) -> None:
    come(provider, "release-team", "everybody")
    come(provider, "prod-approvers", "everybody")
    come(provider, "prod-approvers", "everybody")
    assert groups() == {"approver: PROD", "viewer"}
    assert record() == [
        "Made at the first single sign-on.",
        "Roles by single sign-on: gained release manager, viewer, lost none.",
        "Roles by single sign-on: gained approver: PROD, lost release manager.",
    ]


def test_roles_that_were_given_here_go_and_other_groups_stay(provider: FakeOpenIdProvider, mapped: None) -> None:
    come(provider, "everybody")
    user = User.objects.get(username="maria")
    user.groups.add(Group.objects.get(name="admin"), Group.objects.create(name="book club"))
    come(provider, "everybody")
    assert groups() == {"viewer", "book club"}


def test_an_admin_of_the_provider_is_one_here_until_it_says_otherwise(
    provider: FakeOpenIdProvider, mapped: None
) -> None:
    admin = come(provider, "platform-admins")
    assert admin.client.get("/admin/").status_code == 200
    come(provider, "everybody")
    user = User.objects.get(username="maria")
    assert (user.is_staff, user.is_superuser, groups()) == (False, False, {"viewer"})
    assert admin.client.get("/admin/").status_code == 302


def test_who_is_in_no_group_that_means_anything_is_refused_and_gets_no_account(
    provider: FakeOpenIdProvider, mapped: None, person: Person
) -> None:
    provider.person["groups"] = ["book-club"]
    answer = person.signs_in()
    assert (answer.status_code, message(answer), User.objects.count()) == (403, NO_ROLE, 0)


def test_who_lost_every_group_is_refused_and_their_tokens_may_no_more_than_look(
    provider: FakeOpenIdProvider, mapped: None
) -> None:
    come(provider, "release-team")
    script = Client(headers={"Authorization": f"Bearer {create_token(username='maria', scopes=['all'])}"})
    assert script.post("/api/v1/catalog/sync").status_code != 403
    assert come(provider).is_signed_in is False
    assert (groups(), script.post("/api/v1/catalog/sync").status_code) == (set(), 403)


@pytest.mark.parametrize("claim", [None, 7, {"admin": True}, [["platform-admins"]]])
def test_a_claim_that_is_no_list_of_groups_means_no_role(
    provider: FakeOpenIdProvider, mapped: None, person: Person, claim: object
) -> None:
    provider.person["groups"] = claim
    assert message(person.signs_in()) == NO_ROLE


def test_the_claim_may_have_another_name_and_its_absence_is_logged(
    provider: FakeOpenIdProvider, mapped: None, person: Person, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SSO_GROUPS_CLAIM = "roles"
    assert message(person.signs_in()) == NO_ROLE
    assert "says nothing of roles (SSO_GROUPS_CLAIM)" in caplog.text
    provider.person["roles"] = ["release-team"]
    person.signs_in()
    assert groups() == {"release manager"}


def test_a_role_without_a_group_is_logged_and_given_to_nobody(
    provider: FakeOpenIdProvider, person: Person, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SSO_ROLES = ["everybody=approver: MOON"]
    provider.person["groups"] = ["everybody"]
    person.signs_in()
    assert groups() == set()
    assert "SSO_ROLES gives the role approver: MOON, but no group is called so: make it in the admin" in caplog.text


def test_without_a_mapping_whoever_comes_may_look_and_roles_are_given_here(
    provider: FakeOpenIdProvider, person: Person
) -> None:
    provider.person["groups"] = ["platform-admins"]
    person.signs_in()
    assert (person.is_signed_in, groups(), person.client.get("/admin/").status_code) == (True, set(), 302)
    User.objects.get(username="maria").groups.add(Group.objects.get(name="approver"))
    Person(client=Client()).signs_in()
    assert groups() == {"approver"}
