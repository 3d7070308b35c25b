"""What comes back from the provider is believed where all of it is right; the rest is explained and lets nobody in."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from werkzeug import Response

from tests.fakes.openid_provider import answered, private_key
from tests.sso.conftest import Person
from tests.sso.test_signing_in import message

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page
    from pytest_django.fixtures import Settings

    from tests.fakes.openid_provider import FakeOpenIdProvider

NOT_BEGUN = "This sign-in was not begun in this browser, is over, or was begun too long ago. Sign in again."
AWAY = "The sign-in service of Example Books does not answer. Try again in a moment."
NOT_BELIEVED = (
    "What the sign-in service of Example Books answered cannot be trusted or understood. Sign in again; if that does "
    "not help, tell an administrator, whom the log tells more."
)


def refused(person: Person, answer: Page) -> tuple[int, str]:
    """Return what a page tells that lets nobody in, and nothing of the board's inside."""
    assert (person.is_signed_in, User.objects.count()) == (False, 0)
    page = answer.content.decode()
    assert ("Traceback" in page, 'href="/login/"' in page) == (False, True)
    return answer.status_code, message(answer)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "Invalid issuer"),
        ({"aud": "another-client"}, "Audience doesn't match"),
        ({"aud": ["board", "another-client"], "azp": "another-client"}, "The token was made for another client"),
        ({"nonce": "another"}, "The nonce is not that of this sign-in"),
        ({"exp": int(time.time()) - 600, "iat": int(time.time()) - 900}, "Signature has expired"),
        ({"iat": int(time.time()) + 3600}, "The token is not yet valid (iat)"),
        *(
            ({name: None}, f'Token is missing the "{name}" claim')
            for name in ("aud", "exp", "iat", "iss", "sub", "nonce")
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else ",".join(value),
)
def test_a_token_with_a_claim_that_is_wrong_or_missing_is_not_believed(
    provider: FakeOpenIdProvider, person: Person, caplog: pytest.LogCaptureFixture, spoilt: dict[str, Any], reason: str
) -> None:
    provider.spoilt = spoilt
    assert refused(person, person.signs_in()) == (502, NOT_BELIEVED)
    assert f"was not accepted: {reason}" in caplog.text


@pytest.mark.parametrize(("key", "algorithm"), [("forged", "RS256"), ("first", "HS256"), ("first", "none")])
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    provider: FakeOpenIdProvider, person: Person, key: str, algorithm: str
) -> None:
    provider.signs_with, provider.algorithm = key, algorithm
    assert refused(person, person.signs_in()) == (502, NOT_BELIEVED)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", answered(500)),
        ("/token", answered(access_token="a", token_type="Bearer")),
        ("/token", Response("<p>no JSON", content_type="application/json")),
        ("/token", answered(access_token="a", id_token="no.token")),
        ("/token", answered(access_token="a", id_token=7)),
        ("/keys", answered(keys=[])),
        ("/keys", Response("[]", content_type="application/json")),
        ("/userinfo", answered(sub="somebody-else", preferred_username="ada")),
        ("/userinfo", answered()),
        ("/.well-known/openid-configuration", answered(issuer="https://elsewhere.example")),
        ("/.well-known/openid-configuration", Response("[]", content_type="application/json")),
    ],
)
def test_an_odd_answer_of_the_provider_is_explained(
    provider: FakeOpenIdProvider, person: Person, path: str, answer: Response
) -> None:
    back = person.sent_back()
    provider.odd[path] = answer
    status, words = refused(person, person.client.get(back))
    assert (status, words in {NOT_BELIEVED, AWAY}) == (502, True)


@pytest.mark.parametrize("path", ["/keys", "/userinfo", "/.well-known/openid-configuration"])
@pytest.mark.parametrize("status", [302, 500])
def test_a_provider_that_fails_or_sends_elsewhere_does_not_answer(
    provider: FakeOpenIdProvider, person: Person, path: str, status: int
) -> None:
    back = person.sent_back()
    provider.odd[path] = Response(status=status, headers={"Location": f"{provider.issuer}/elsewhere"})
    assert refused(person, person.client.get(back)) == (502, AWAY)


def test_a_provider_that_is_down_is_said_before_anybody_leaves(person: Person, settings: Settings) -> None:
    settings.SSO_ISSUER = "http://127.0.0.1:9"
    answer = person.client.get("/sso/start")
    assert (*refused(person, answer), Session.objects.count()) == (502, AWAY, 0)


def test_who_is_denied_there_is_told_so(provider: FakeOpenIdProvider, person: Person) -> None:
    provider.error = "access_denied"
    assert refused(person, person.signs_in()) == (
        403,
        "Example Books did not let you in here, or you turned back. Sign in again, or ask there.",
    )


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "<script>alert(1)</script>\nforged line"])
def test_another_error_there_is_told_without_repeating_it(
    provider: FakeOpenIdProvider, person: Person, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    provider.error = error
    status, words = refused(person, person.signs_in())
    assert (status, words.startswith("The sign-in service of Example Books could not sign you in.")) == (502, True)
    assert ("forged line" in caplog.messages, error in words) == (False, False)


@pytest.mark.parametrize(
    "query", ["", "?code=a", "?state=", "?state=x&code=a", "?error=access_denied", "?state=%00&code=a"]
)
def test_what_nobody_waits_for_is_refused_and_the_provider_not_asked(
    provider: FakeOpenIdProvider, person: Person, query: str
) -> None:
    assert refused(person, person.client.get(f"/sso/callback{query}")) == (400, NOT_BEGUN)
    assert provider.asked == []


def test_what_another_browser_waits_for_is_refused(person: Person) -> None:
    back = person.sent_back()
    other = Person(client=Client())
    other.sent_to_provider()
    assert refused(other, other.client.get(back)) == (400, NOT_BEGUN)


def test_a_way_back_without_a_code_is_refused(person: Person) -> None:
    back = person.sent_back()
    status, _ = refused(person, person.client.get(back.replace("code=", "other=")))
    assert status == 502


def test_coming_back_twice_counts_once(person: Person) -> None:
    back = person.sent_back()
    person.client.get(back)
    person.client.logout()
    assert (person.client.get(back).status_code, person.is_signed_in) == (400, False)


def test_a_code_that_was_used_already_is_refused(provider: FakeOpenIdProvider, person: Person) -> None:
    used = person.sent_back()
    again = person.sent_back()
    code = used.partition("code=")[2]
    stolen = again.partition("code=")[0] + "code=" + code
    assert refused(person, person.client.get(stolen)) == (502, NOT_BELIEVED)


def test_neither_codes_nor_tokens_are_logged(
    provider: FakeOpenIdProvider, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bookverse")
    caplog.set_level(logging.DEBUG, logger="releases")
    back = person.sent_back()
    code = back.partition("code=")[2]
    provider.spoilt = {"nonce": "another"}
    person.client.get(back)
    told = "\n".join(
        f"{record.getMessage()}{record.exc_text}" for record in caplog.records if record.name != "werkzeug"
    )
    assert "The nonce is not that of this sign-in" in told
    assert [secret for secret in (code, *provider.tokens, "secret-of-the-board") if secret in told] == []


@pytest.mark.parametrize("path", ["/sso/start", "/sso/callback"])
def test_nothing_can_be_posted_there(person: Person, path: str) -> None:
    assert person.client.post(path).status_code == 405


def test_keys_of_the_fake_differ() -> None:
    assert private_key("first").private_numbers() != private_key("forged").private_numbers()
