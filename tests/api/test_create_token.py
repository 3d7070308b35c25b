from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from releases.models import ApiToken
from tests.api.calling import Caller


def made(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("create_token", *arguments)
    return capsys.readouterr().out


def test_the_token_alone_is_printed_and_opens_the_api(platform: None, capsys: pytest.CaptureFixture[str]) -> None:
    printed = made(capsys, "--user", "viewer")
    assert printed.count("\n") == 1
    assert Caller(token=printed.strip()).get("/services").status_code == 200


def test_scopes_days_and_name_are_kept(platform: None, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--scope", "read", "--scope", "promote:DEV", "--days", "7", "--name", "CI"]
    made(capsys, "--user", "manager", *arguments)
    token = ApiToken.objects.get()
    assert (token.scopes, token.name, (token.expires_at - token.created_at).days) == (["read", "promote:DEV"], "CI", 7)


def test_the_secret_is_not_kept(platform: None, capsys: pytest.CaptureFixture[str]) -> None:
    secret = made(capsys, "--user", "viewer").strip().split("_", 2)[2]
    assert [field for field in ApiToken.objects.values_list().get() if secret in str(field)] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "stranger"], "There is no user stranger."),
        (["--user", "viewer", "--days", "0"], "A token lives 1 to 90 days."),
        (["--user", "viewer", "--days", "91"], "A token lives 1 to 90 days."),
        (
            ["--user", "viewer", "--scope", "everything"],
            "everything is no scope; use all, read, callback, promote or promote:<stage>.",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(platform: None, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("create_token", *arguments)
    assert (str(refusal.value), refusal.value.returncode, ApiToken.objects.count()) == (message, 1, 0)
