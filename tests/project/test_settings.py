"""What settings.py decides before anything else: whether this is the demo."""

from __future__ import annotations

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
