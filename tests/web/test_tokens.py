"""The page of a person's own API tokens."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from releases.actions.tokens import MOST_TOKENS, create_token
from releases.models import ApiToken, CommandReceipt
from releases.queries.access import user_and_scopes_of_token

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SECRET = re.compile(r"rb_[0-9a-f]{12}_[\w-]{40,}")
FORM: dict[str, Any] = {"name": "CI of inventory", "scope": ["read", "promote:DEV"], "days": "7"}


def page(client: Client) -> str:
    answer = client.get("/tokens")
    assert answer.status_code == 200
    return answer.content.decode()


def made(client: Client, **changes: object) -> Response:
    return client.post("/tokens/make", {**FORM, **changes})


def secret_of(answer: Response) -> str:
    (secret,) = SECRET.findall(answer.content.decode())
    return str(secret)


def test_who_has_none_is_told_how_to_make_one(manager: Client) -> None:
    assert "You have no token." in page(manager)


def test_a_token_is_shown_once_and_may_what_was_chosen(manager: Client) -> None:
    answer = made(manager)
    secret = secret_of(answer)
    token = ApiToken.objects.get()

    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    assert user_and_scopes_of_token(secret) == (User.objects.get(username="maria"), ("read", "promote:DEV"))
    assert (token.name, token.expires_at - token.created_at) == ("CI of inventory", timedelta(days=7))
    later = page(manager)
    assert (SECRET.findall(later), f"rb_{token.key_id}_…" in later, "CI of inventory" in later) == ([], True, True)


def test_the_secret_is_neither_stored_nor_logged(manager: Client) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        secret = secret_of(made(manager, idempotency_key="first"))
    finally:
        logging.getLogger().removeHandler(handler)
    kept = [ApiToken.objects.values_list().get(), CommandReceipt.objects.values_list().get()]
    kept.append(LogEntry.objects.values_list().get())

    assert secret.rpartition("_")[2] not in f"{kept} {written.getvalue()} {manager.session.items()}"


def test_a_form_that_is_sent_twice_makes_one_token_and_says_so(manager: Client) -> None:
    made(manager, idempotency_key="first")
    again = made(manager, idempotency_key="first")

    assert (again.status_code, ApiToken.objects.count()) == (409, 1)
    assert "This token was made already, and shown once." in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": " "}, "Say in 1 to 100 printable characters what the token is for."),
        ({"name": "x" * 101}, "Say in 1 to 100 printable characters what the token is for."),
        ({"name": "a\0b"}, "Say in 1 to 100 printable characters what the token is for."),
        (
            {"scope": []},
            "Choose what the token may: read, promote:DEV, promote:QA, promote:STAGING, promote:PROD, promote or all.",
        ),
        (
            {"scope": ["read", "promote:MOON"]},
            "Choose what the token may: read, promote:DEV, promote:QA, promote:STAGING, promote:PROD, promote or all.",
        ),
        ({"days": "0"}, "A token lives 1 to 90 days."),
        ({"days": "91"}, "A token lives 1 to 90 days."),
        ({"days": "9" * 5000}, "A token lives 1 to 90 days."),
        ({"days": "a week"}, "A token lives 1 to 90 days."),
    ],
)
def test_what_cannot_be_made_is_refused_and_the_form_keeps_the_rest(
    manager: Client, changes: dict[str, object], problem: str
) -> None:
    answer = made(manager, **changes)
    content = answer.content.decode()

    assert (answer.status_code, ApiToken.objects.count(), problem in content) == (422, 0, True)
    assert ('value="CI of inventory"' in content) == ("name" not in changes)


def test_nobody_has_more_tokens_than_a_page_shows(manager: Client) -> None:
    for _ in range(MOST_TOKENS):
        create_token(username="maria")

    answer = made(manager)

    assert (answer.status_code, ApiToken.objects.count()) == (409, MOST_TOKENS)
    assert "You have 50 tokens, which is the most." in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_revoked_token_opens_nothing_any_more(manager: Client, headers: dict[str, str]) -> None:
    secret = secret_of(made(manager))
    token = ApiToken.objects.get()

    answer = manager.post(f"/tokens/{token.key_id}/revoke", headers=headers)

    assert answer.headers.get("HX-Redirect", answer.headers.get("Location")) == "/tokens"
    assert user_and_scopes_of_token(secret) is None
    assert f"rb_{token.key_id}_… is revoked" in page(manager)


def test_nobody_sees_or_revokes_what_is_somebody_elses(manager: Client, viewer: Client) -> None:
    made(manager)
    token = ApiToken.objects.get()

    assert "You have no token." in page(viewer)
    assert viewer.post(f"/tokens/{token.key_id}/revoke").status_code == 404
    assert ApiToken.objects.get() == token


def test_an_expired_token_says_so(manager: Client) -> None:
    made(manager)
    assert "has expired" not in page(manager)
    ApiToken.objects.update(expires_at=F("created_at") - timedelta(seconds=1))

    assert "has expired" in page(manager)


def test_what_was_made_and_revoked_is_in_the_log_of_the_admin(manager: Client) -> None:
    made(manager)
    key_id = ApiToken.objects.get().key_id
    manager.post(f"/tokens/{key_id}/revoke")

    log = LogEntry.objects.order_by("pk").values_list("user__username", "object_repr", "action_flag")
    assert list(log) == [("maria", f"rb_{key_id}_…", ADDITION), ("maria", f"rb_{key_id}_…", DELETION)]


@pytest.mark.parametrize("path", ["/tokens/make", "/tokens/0123456789ab/revoke"])
def test_a_form_of_another_site_does_nothing(manager: Client, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="maria"))

    assert (strict.post(path, FORM).status_code, ApiToken.objects.count()) == (403, 0)


def test_more_tokens_cost_no_more_queries(manager: Client) -> None:
    create_token(username="maria")
    alone = _queries(manager)
    for _ in range(2):
        create_token(username="maria")

    assert _queries(manager) == alone


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)
