"""What settings.py decides before anything else: whether this is the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bookverse import settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout in which nothing was run or configured."""
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(settings, "DEMO_SECRET", tmp_path / "var" / "demo-secret")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return tmp_path


def test_a_fresh_checkout_is_no_demo(checkout: Path) -> None:
    assert not settings.is_demo_checkout()


def test_after_make_run_the_commands_speak_with_its_board(checkout: Path) -> None:
    settings.demo_secret()

    assert settings.is_demo_checkout()


def test_the_demo_keeps_its_secret(checkout: Path) -> None:
    secret = settings.demo_secret()

    assert settings.demo_secret() == secret
    assert (checkout / "var" / "demo-secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FILE"])
def test_a_secret_of_ones_own_ends_the_demo(checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings.demo_secret()
    monkeypatch.setenv(name, "anything")

    assert not settings.is_demo_checkout()


def test_a_dot_env_ends_the_demo(checkout: Path) -> None:
    settings.demo_secret()
    (checkout / ".env").write_text("")

    assert not settings.is_demo_checkout()


def settings_of(site: str) -> dict[str, object]:
    """Read the settings as a process of a deployment does."""
    code = (
        "import json; from bookverse import settings as s;"
        "print(json.dumps([s.SESSION_COOKIE_NAME if hasattr(s, 'SESSION_COOKIE_NAME') else '',"
        " getattr(s, 'CSRF_COOKIE_NAME', ''), s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SITE_URL": site},
        check=True,
        capture_output=True,
        text=True,
    )
    names = ("session", "csrf", "session_secure", "csrf_secure")
    return dict(zip(names, json.loads(done.stdout), strict=True))


def test_over_https_cookies_are_bound_to_the_host() -> None:
    assert settings_of("https://board.example.org") == {
        "session": "__Host-sessionid",
        "csrf": "__Host-csrftoken",
        "session_secure": True,
        "csrf_secure": True,
    }


def test_over_http_browsers_would_drop_such_cookies() -> None:
    assert settings_of("http://127.0.0.1:8000") == {
        "session": "",
        "csrf": "",
        "session_secure": False,
        "csrf_secure": False,
    }
