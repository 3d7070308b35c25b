"""Signing in with an organisation's account, against a provider that checks what it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from bookverse import limits
from bookverse.rates import OwnBuckets
from releases.actions.accounts import AT_ONCE, Admission, Visitor, admit
from releases.queries.sign_ins import SIGNED_IN_AT
from tests.sso.conftest import Person
from tests.threads import at_once

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page
    from pytest_django.fixtures import Settings

    from tests.fakes.openid_provider import FakeOpenIdProvider


TAKEN = (
    "Another account here is called maria. If it is yours, ask an administrator of the board to link it to you: the "
    "provider knows you as u-1."
)


def known() -> Any:  # noqa: ANN401 (its manager has no type here)
    """Return the rows of whom the provider knows; only with single sign-on is there a table of them."""
    model: Any = apps.get_app_config("socialaccount").get_model("SocialAccount")
    return model.objects


def people() -> list[tuple[str, str, str]]:
    """Return whom the provider's people are here."""
    return list(known().order_by("uid").values_list("provider", "uid", "user__username"))


def message(answer: Page) -> str:
    """Return what a refusal's page tells."""
    return str(answer.context["refusal"]["message"])


def test_the_sign_in_page_offers_it_and_keeps_where_somebody_wanted_to_go(person: Person) -> None:
    page = person.client.get("/login/?next=/trains").content.decode()
    assert ('href="/sso/start?next=%2Ftrains"' in page, "Sign in with Example Books" in page) == (True, True)


def test_who_comes_for_the_first_time_gets_an_account_without_a_password_and_goes_on(
    provider: FakeOpenIdProvider, person: Person
) -> None:
    answer = person.signs_in("/trains")
    assert (answer.status_code, answer["Location"], person.is_signed_in) == (302, "/trains", True)
    assert people() == [(provider.issuer, "u-1", "maria")]
    user = User.objects.get(username="maria")
    assert (user.has_usable_password(), user.email, user.is_superuser) == (False, "", False)


def test_who_comes_again_is_the_same_even_under_another_name(provider: FakeOpenIdProvider, person: Person) -> None:
    person.signs_in()
    provider.person["preferred_username"] = "maria.smith"
    other = Person(client=Client())
    other.signs_in()
    assert (other.is_signed_in, people()) == (True, [(provider.issuer, "u-1", "maria")])


def test_the_provider_is_asked_with_all_that_protects_the_way_back(person: Person) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(person.sent_to_provider()).query).items()}
    assert {name: asked[name] for name in ("response_type", "redirect_uri", "code_challenge_method")} == {
        "response_type": "code",
        "redirect_uri": "http://testserver/sso/callback",
        "code_challenge_method": "S256",
    }
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 16


@pytest.mark.parametrize("wish", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_elsewhere(person: Person, wish: str) -> None:
    assert person.signs_in(wish)["Location"] == "/"


def test_a_session_by_single_sign_on_is_as_long_as_any_other(person: Person) -> None:
    person.signs_in()
    person.client.get("/trains")
    session = person.client.session
    session[SIGNED_IN_AT] = (datetime.now(UTC) - timedelta(hours=24, seconds=1)).isoformat()
    session.save()
    assert person.client.get("/trains")["Location"] == "/login/?next=/trains"


def test_signing_in_makes_a_new_session(person: Person) -> None:
    back = person.sent_back()
    before = person.client.session.session_key
    person.client.get(back)
    assert person.client.session.session_key not in {None, before}


def test_who_is_signed_in_already_goes_on_without_the_provider(provider: FakeOpenIdProvider, person: Person) -> None:
    person.signs_in()
    provider.asked.clear()
    assert (person.client.get("/sso/start?next=/trains")["Location"], provider.asked) == ("/trains", [])


def test_over_https_the_cookie_that_the_way_back_needs_is_sent_with_it(
    provider: FakeOpenIdProvider, person: Person, settings: Settings
) -> None:
    settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = "__Host-sessionid", True
    person.sent_to_provider()
    cookie = person.client.cookies["__Host-sessionid"]
    assert (cookie["samesite"], cookie["secure"], cookie["path"], cookie["domain"]) == ("Lax", True, "/", "")


def test_a_name_that_is_taken_is_refused_whatever_its_letters_are(provider: FakeOpenIdProvider, person: Person) -> None:
    User.objects.create_user("Maria", email="maria@example.org", password="local")
    provider.person |= {"email": "maria@example.org", "email_verified": True}
    answer = person.signs_in()
    assert (answer.status_code, message(answer), person.is_signed_in) == (
        403,
        TAKEN,
        False,
    )
    assert people() == []


def test_an_account_that_an_administrator_linked_is_used(provider: FakeOpenIdProvider, person: Person) -> None:
    local = User.objects.create_user("mary", password="local")
    admin = Client()
    admin.force_login(User.objects.create_superuser("ada"))
    form = {"user": local.pk, "provider": provider.issuer, "uid": "u-1"}
    assert admin.post("/admin/socialaccount/socialaccount/add/", form).status_code == 302
    person.signs_in()
    assert (people(), person.client.session["_auth_user_id"]) == ([(provider.issuer, "u-1", "mary")], str(local.pk))


def test_the_same_subject_of_another_provider_is_somebody_else(provider: FakeOpenIdProvider, person: Person) -> None:
    known().create(user=User.objects.create_superuser("ada"), provider="https://former.example", uid="u-1")
    person.signs_in()
    assert {(provider.issuer, "u-1", "maria"), ("https://former.example", "u-1", "ada")} == set(people())
    assert User.objects.get(pk=person.client.session["_auth_user_id"]).username == "maria"


def test_a_closed_account_stays_out(person: Person) -> None:
    person.signs_in()
    User.objects.filter(username="maria").update(is_active=False)
    other = Person(client=Client())
    answer = other.signs_in()
    assert (answer.status_code, message(answer), other.is_signed_in) == (
        403,
        "The account maria is closed here. Ask an administrator of the board.",
        False,
    )


@pytest.mark.parametrize("name", ["ma ria", "x" * 151, "\u202emaria"])
def test_a_name_that_cannot_be_one_here_is_refused(provider: FakeOpenIdProvider, person: Person, name: str) -> None:
    provider.person["preferred_username"] = name
    answer = person.signs_in()
    assert (answer.status_code, User.objects.count()) == (403, 0)
    assert message(answer) == ("The name that you have there cannot be one here. Ask an administrator of the board.")


def test_passwords_still_count_unless_only_single_sign_on_does(person: Person, settings: Settings) -> None:
    User.objects.create_user("carla", password="carla")
    User.objects.create_superuser("ada", password="ada")

    def tries(name: str) -> int:
        return Client().post("/login/", {"username": name, "password": name}).status_code

    assert [tries("carla"), tries("ada")] == [302, 302]
    settings.SSO_ONLY = True
    refused = Client().post("/login/", {"username": "carla", "password": "carla"})
    assert (refused.status_code, tries("ada")) == (200, 302)
    assert "Passwords are for superusers only. Sign in with Example Books." in refused.content.decode()


def test_wrong_passwords_lock_the_password_only(person: Person) -> None:
    for _ in range(8):
        Client().post("/login/", {"username": "maria", "password": "wrong"})
    locked = Client().post("/login/", {"username": "maria", "password": "wrong"})
    page = locked.content.decode()
    assert (locked.status_code, "Sign in with Example Books" in page) == (429, True)
    person.signs_in()
    assert person.is_signed_in


def test_who_starts_too_often_is_told_to_come_again(
    person: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.signs_in()
    settings.RATE_LIMIT = 1_000
    own = OwnBuckets(lambda: 1_000.0)
    monkeypatch.setattr(limits, "buckets", lambda: own)
    assert [person.client.get("/sso/start").status_code for _ in range(61)] == [*[302] * 60, 429]


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_make_one_account(provider: FakeOpenIdProvider) -> None:
    visitor = Visitor(provider=provider.issuer, subject="u-1", name="maria", groups=None)
    admissions = at_once(*[lambda: admit(visitor)] * 2)
    assert people() == [(provider.issuer, "u-1", "maria")]
    told = {each.refusal for each in admissions if isinstance(each, Admission)}
    assert (len(admissions), told - {"", AT_ONCE}, "" in told) == (2, set(), True)


@pytest.mark.parametrize("path", ["accounts/", "accounts/login/", "accounts/signup/", "accounts/social/connections/"])
def test_no_page_of_allauth_exists(person: Person, path: str) -> None:
    assert person.client.get(f"/{path}").status_code == 404
