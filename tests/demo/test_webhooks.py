"""The simulated receiver of the board's webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from bookverse.demo.ci.webhooks import remember_secret
from tests.demo.running import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps(
    {"type": "promotion.held", "data": {"sequence": 7, "actor": "<b>", "release": {"version": "2.2.0-alpha.1"}}}
)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[httpx2.Client]:
    remember_secret(tmp_path, SECRET)
    with running_demo(tmp_path, "ci") as running, running.client("ci") as client:
        yield client


def post(client: httpx2.Client, secret: str = SECRET, message: str = "msg_1", at: datetime | None = None) -> int:
    moment = at or datetime.now(UTC)
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, moment, BODY),
    }
    return client.post("/webhooks", content=BODY, headers=headers).status_code


def test_what_the_board_signed_is_shown_as_verified(receiver: httpx2.Client) -> None:
    assert "Nothing yet." in receiver.get("/webhooks").text
    assert [post(receiver), post(receiver)] == [204, 204]
    page = receiver.get("/webhooks").text

    assert (
        "<td>promotion.held</td><td>2.2.0-alpha.1</td><td>7</td><td>&lt;b&gt;</td><td>verified</td><td>2</td>"
    ) in page


@pytest.mark.parametrize("secret", ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_what_another_signed_is_refused(receiver: httpx2.Client, secret: str) -> None:
    assert post(receiver, secret) == 401


def test_what_is_old_or_unsigned_is_refused(receiver: httpx2.Client) -> None:
    assert post(receiver, at=datetime(2020, 1, 1, tzinfo=UTC)) == 401
    assert receiver.post("/webhooks", content=BODY).status_code == 401


def test_without_a_secret_nothing_is_called_verified(tmp_path: Path) -> None:
    with running_demo(tmp_path, "ci") as running, running.client("ci") as client:
        post(client)
        assert "not checked: no secret here" in client.get("/webhooks").text
