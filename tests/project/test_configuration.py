"""What production must not be, and how it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from bookverse.configuration import Configuration, Finding, findings, is_production
from bookverse.sso.judging import SingleSignOn

PATIENCE_S = 180
GOOD = Configuration(
    secret_key="s3cr3t-of-ones-own-" * 4,
    debug=False,
    allowed_hosts=("board.example.org", "localhost"),
    site_url="https://board.example.org",
    callback_base_url="https://board.example.org",
    registry_url="https://apptrust.example.org",
    registry_token="given-by-apptrust",
)
SSO = SingleSignOn(
    issuer="https://login.example.org/realms/books",
    client_id="board",
    client_secret="given-by-the-provider",
    roles=("platform-admins=admin", "prod-approvers=approver: PROD", "cn=leads=release manager"),
)
TRIED_OUT = Configuration(
    secret_key="demo-only-change-me",
    debug=True,
    allowed_hosts=("localhost", "127.0.0.1", "web"),
    site_url="http://localhost:8000",
    callback_base_url="http://web:8000",
    registry_url="",
    registry_token="",
)
DEPLOYED = {
    "BOOKVERSE_DEMO": "false",
    "SECRET_KEY": GOOD.secret_key,
    "DEBUG": "false",
    "ALLOWED_HOSTS": "board.example.org,localhost",
    "SITE_URL": "https://board.example.org",
    "CALLBACK_BASE_URL": "",
    "JFROG_URL": "https://apptrust.example.org",
    "JFROG_ACCESS_TOKEN": "given-by-apptrust",
    "DATABASE_URL": "sqlite://:memory:",
    "REDIS_URL": "",
    "DJANGO_SETTINGS_MODULE": "bookverse.settings",
}


def run(*command: str, **told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **DEPLOYED, **told},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_a_board_that_was_told_everything_starts() -> None:
    assert findings(GOOD) == ()


def test_a_board_that_is_tried_out_on_one_machine_is_let_be() -> None:
    assert findings(TRIED_OUT) == ()


@pytest.mark.parametrize(
    ("change", "setting", "sentence"),
    [
        (
            {"secret_key": "demo-only-change-me-" * 4},
            "SECRET_KEY",
            "SECRET_KEY is an example that anybody can read: set it to 50 random characters or more.",
        ),
        (
            {"secret_key": "short"},
            "SECRET_KEY",
            "SECRET_KEY can be guessed: set it to 50 random characters or more.",
        ),
        (
            {"secret_key": "x" * 60},
            "SECRET_KEY",
            "SECRET_KEY can be guessed: set it to 50 random characters or more.",
        ),
        (
            {"debug": True},
            "DEBUG",
            "DEBUG shows the inside of the board to whoever makes it fail: set DEBUG=false.",
        ),
        (
            {"allowed_hosts": ()},
            "ALLOWED_HOSTS",
            "ALLOWED_HOSTS is empty, so that every request is refused: name the hosts that the board answers to.",
        ),
        (
            {"allowed_hosts": ("*",)},
            "ALLOWED_HOSTS",
            "ALLOWED_HOSTS allows every host, so that links can be forged: name the hosts that the board answers to.",
        ),
        (
            {"site_url": "http://127.0.0.1:8000"},
            "SITE_URL",
            "SITE_URL is http://127.0.0.1:8000, which leads nobody here: set it to the address that people use.",
        ),
        (
            {"callback_base_url": "http://[::1]:8000"},
            "CALLBACK_BASE_URL",
            (
                "CALLBACK_BASE_URL is http://[::1]:8000, where no service can report to: set it to an address of the "
                "board that services reach, or leave it out where that is SITE_URL."
            ),
        ),
        (
            {"registry_url": ""},
            "JFROG_URL",
            "JFROG_URL is empty, so that no version is known: set it to the http or https address of AppTrust.",
        ),
        (
            {"registry_url": "apptrust.example.org"},
            "JFROG_URL",
            (
                "JFROG_URL is apptrust.example.org, so that no version is known: set it to the http or https address "
                "of AppTrust."
            ),
        ),
        (
            {"registry_token": "demo-token"},
            "JFROG_ACCESS_TOKEN",
            "JFROG_ACCESS_TOKEN is empty or the demo's: set it to a token that AppTrust gave the board.",
        ),
    ],
)
def test_one_sentence_names_the_setting_and_the_mend(change: dict[str, object], setting: str, sentence: str) -> None:
    assert findings(replace(GOOD, **change)) == (Finding(setting=setting, sentence=sentence),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"site_url": "http://demo.localhost:8000"}, False),
        ({"allowed_hosts": ("[::1]",)}, False),
        ({"site_url": "https://board.example.org"}, True),
        ({"site_url": "http://192.0.2.7:8000"}, True),
        ({"allowed_hosts": (".example.org",)}, True),
        ({"allowed_hosts": ("*",)}, True),
    ],
)
def test_production_is_what_others_can_reach(change: dict[str, object], *, expected: bool) -> None:
    assert is_production(replace(TRIED_OUT, **change)) is expected  # type: ignore[arg-type]


def test_every_command_refuses_with_all_that_is_wrong() -> None:
    done = run("manage.py", "serve", "--bind", "127.0.0.1:1", JFROG_URL="", DEBUG="true")

    assert done.returncode == 1
    assert "JFROG_URL is empty, so that no version is known" in done.stderr
    assert "DEBUG shows the inside of the board" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "import bookverse.asgi"),
        ("-m", "celery", "-A", "bookverse", "worker"),
    ],
    ids=["any server", "worker"],
)
def test_processes_that_run_no_checks_refuse_as_well(command: tuple[str, ...]) -> None:
    done = run(*command, JFROG_ACCESS_TOKEN="")

    assert done.returncode != 0
    assert "JFROG_ACCESS_TOKEN is empty or the demo's" in done.stderr


def test_check_says_what_it_judged() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stdout.splitlines()[:-1]) == (
        0,
        [
            "SECRET_KEY: ok",
            "DEBUG: ok",
            "ALLOWED_HOSTS: ok",
            "SITE_URL: ok",
            "CALLBACK_BASE_URL: ok",
            "JFROG_URL: ok",
            "JFROG_ACCESS_TOKEN: ok",
        ],
    )


def test_check_says_when_there_was_nothing_to_judge() -> None:
    done = run("manage.py", "check", SITE_URL="http://localhost:8000", ALLOWED_HOSTS="localhost", JFROG_URL="")

    assert done.stdout.splitlines()[0] == (
        "SECRET_KEY, DEBUG, ALLOWED_HOSTS, SITE_URL, CALLBACK_BASE_URL, JFROG_URL, JFROG_ACCESS_TOKEN: not judged, "
        "for SITE_URL and ALLOWED_HOSTS name this machine only"
    )


def test_single_sign_on_that_was_told_everything_is_let_be() -> None:
    assert findings(replace(GOOD, sso=SSO)) == ()


@pytest.mark.parametrize(
    ("change", "setting", "sentence"),
    [
        (
            {"issuer": ""},
            "SSO_ISSUER",
            (
                "SSO_ISSUER is empty, though other settings of single sign-on are set: set it to the provider's "
                "issuer, or leave all of SSO_* out."
            ),
        ),
        (
            {"issuer": "http://login.example.org"},
            "SSO_ISSUER",
            (
                "SSO_ISSUER is http://login.example.org, which anybody on the way could answer for: set it to the "
                "https address that the provider calls its issuer."
            ),
        ),
        (
            {"issuer": f"https://login.example.org/{'x' * 200}"},
            "SSO_ISSUER",
            "SSO_ISSUER is longer than 200 characters: set it to a shorter address of the provider.",
        ),
        (
            {"client_id": ""},
            "SSO_CLIENT_ID",
            "SSO_CLIENT_ID is empty: set it to the id that the provider gave this board.",
        ),
        (
            {"client_secret": ""},
            "SSO_CLIENT_SECRET",
            "SSO_CLIENT_SECRET is empty: set it (or SSO_CLIENT_SECRET_FILE) to what the provider gave this board.",
        ),
        (
            {"roles": ("everybody=boss",)},
            "SSO_ROLES",
            (
                "SSO_ROLES gives everybody the role boss, which there is not: use one of viewer, release manager, "
                "approver, admin, or one in a single stage, as in approver: PROD."
            ),
        ),
        (
            {"roles": ("admin",)},
            "SSO_ROLES",
            "SSO_ROLES has admin without what the provider says: write it as group=role.",
        ),
    ],
)
def test_single_sign_on_that_was_told_too_little_keeps_a_board_from_starting(
    change: dict[str, object], setting: str, sentence: str
) -> None:
    expected = (Finding(setting=setting, sentence=sentence),)
    assert findings(replace(GOOD, sso=replace(SSO, **change))) == expected  # type: ignore[arg-type]
    assert findings(replace(TRIED_OUT, sso=replace(SSO, **change))) == expected  # type: ignore[arg-type]


def test_only_a_board_on_one_machine_may_have_its_provider_there() -> None:
    local = replace(SSO, issuer="http://127.0.0.1:8080/realms/books")
    assert findings(replace(TRIED_OUT, sso=local)) == ()
    assert [finding.setting for finding in findings(replace(GOOD, sso=local))] == ["SSO_ISSUER"]


TOLD = {
    "SSO_ISSUER": SSO.issuer,
    "SSO_CLIENT_ID": SSO.client_id,
    "SSO_CLIENT_SECRET": SSO.client_secret,
    "SSO_ROLES": ",".join(SSO.roles),
}
LOADED = (
    "import django, sys; django.setup(); from django.urls import get_resolver; "
    "print('allauth' in sys.modules, any(str(each.pattern) == 'sso/' for each in get_resolver().url_patterns))"
)


@pytest.mark.parametrize(("told", "expected"), [({}, "False False"), (TOLD, "True True")], ids=["off", "on"])
def test_nothing_of_single_sign_on_is_there_until_an_issuer_is_named(told: dict[str, str], expected: str) -> None:
    assert run("-c", LOADED, **{**dict.fromkeys(TOLD, ""), **told}).stdout.strip() == expected


def test_a_board_without_the_packages_of_single_sign_on_says_what_to_install() -> None:
    done = run("-c", "import sys; sys.modules['allauth'] = None; import bookverse.settings", **TOLD)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: SSO_ISSUER is set, but django-allauth is not installed: install "
        "requirements/sso.lock (pip install --require-hashes -r requirements/sso.lock), or leave SSO_ISSUER empty."
    )


def test_every_command_judges_single_sign_on() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **TOLD)

    assert (done.returncode, done.stdout.splitlines()[-5:-1]) == (
        0,
        ["SSO_ISSUER: ok", "SSO_CLIENT_ID: ok", "SSO_CLIENT_SECRET: ok", "SSO_ROLES: ok"],
    )
