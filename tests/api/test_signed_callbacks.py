"""Callbacks that are signed by Standard Webhooks: the reference signs, the board checks."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from releases.clients.signing import SignedMessage, is_signed
from releases.models import Callback, Dispatch, Release, Service
from tests.api.calling import Caller, open_dispatches, promote, report

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

Sent = tuple[bytes, dict[str, str]]
# Ten thousand by `make fuzz`; the kinds of forgery are the same.
FORGERIES = int(os.environ.get("FORGERIES", "500"))
SECRET = b"s" * 32
ONE_ANSWER = {
    "type": "urn:bookverse:problem:unauthorized",
    "title": "Unauthorized",
    "status": 401,
    "detail": "Unknown callback.",
}


@pytest.fixture
def dispatch(manager: Caller, candidate: str) -> Dispatch:
    """The order of a service that signs."""
    promote(manager)
    Service.objects.filter(slug="inventory").update(signs_callbacks=True)
    return open_dispatches()[0]


def secret_of(service: str = "inventory") -> str:
    printed = StringIO()
    call_command("callback_secret", service, stdout=printed)
    return printed.getvalue().strip()


def body_for(dispatch: Dispatch, **more: object) -> bytes:
    words = {"correlation_id": str(dispatch.session.correlation_id), "source": "inventory", "attempt": 1}
    return json.dumps({**words, "status": "progress", **more}).encode()


def headers_for(
    body: bytes, *, number: str = "msg_1", at: datetime | None = None, secret: str | None = None
) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    signature = Webhook(secret or secret_of()).sign(number, moment, body.decode())
    return {
        "webhook-id": number,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def send(body: bytes, headers: dict[str, str], client: Caller | None = None) -> Response:
    return (client or Caller()).client.post("/api/v1/callbacks", body, "application/json", headers=headers)


def test_a_callback_that_the_reference_signs_is_taken(dispatch: Dispatch) -> None:
    body = body_for(dispatch, percent=30)
    answer = send(body, headers_for(body))
    expected = {"sequence": Release.objects.get().sequence, "duplicate": False, "late": False}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert Callback.objects.get().message_id == "msg_1"


def test_the_token_of_the_order_is_not_enough_of_a_service_that_signs(dispatch: Dispatch) -> None:
    assert report(dispatch, "succeeded").status_code == 401


def test_a_signature_is_not_enough_of_a_service_that_does_not_sign(dispatch: Dispatch) -> None:
    Service.objects.update(signs_callbacks=False)
    body = body_for(dispatch)
    assert send(body, headers_for(body)).status_code == 401


def test_the_same_message_again_changes_nothing_though_it_is_signed_anew(dispatch: Dispatch) -> None:
    first, second = body_for(dispatch, percent=30), body_for(dispatch, percent=60)
    answers = [send(first, headers_for(first)), send(first, headers_for(first)), send(second, headers_for(second))]
    assert [answer.json()["duplicate"] for answer in answers] == [False, True, True]
    assert [callback.percent for callback in Callback.objects.all()] == [30]


def test_another_message_is_another_callback(dispatch: Dispatch) -> None:
    for number, percent in (("msg_1", 30), ("msg_2", 60)):
        body = body_for(dispatch, percent=percent)
        assert send(body, headers_for(body, number=number)).status_code == 200
    assert Callback.objects.count() == 2


@pytest.mark.parametrize(("off_s", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_a_message_may_be_five_minutes_off(dispatch: Dispatch, off_s: int, status: int) -> None:
    body = body_for(dispatch)
    answer = send(body, headers_for(body, at=datetime.now(UTC) + timedelta(seconds=off_s)))
    assert answer.status_code == status


def test_while_a_secret_changes_either_signature_will_do(dispatch: Dispatch) -> None:
    body = body_for(dispatch)
    old, new = headers_for(body), headers_for(body, secret="whsec_" + "A" * 44)
    both = {**old, "webhook-signature": f"{new['webhook-signature']} {old['webhook-signature']}"}
    assert send(body, both).status_code == 200


def test_another_generation_is_another_secret(dispatch: Dispatch) -> None:
    body = body_for(dispatch)
    headers = headers_for(body)
    Service.objects.update(secret_generation=2)
    assert send(body, headers).status_code == 401
    assert send(body, headers_for(body)).status_code == 200


def test_the_secret_of_another_service_opens_nothing(dispatch: Dispatch) -> None:
    body = body_for(dispatch)
    assert send(body, headers_for(body, secret=secret_of("web"))).status_code == 401


def test_a_service_that_is_not_there_has_no_secret(dispatch: Dispatch) -> None:
    with pytest.raises(CommandError, match="There is no service nobody; there are: checkout, helm"):
        secret_of("nobody")


def spoilt_headers(good: dict[str, str], chance: random.Random) -> dict[str, str]:
    """Return the headers with one thing wrong."""
    name = chance.choice(sorted(good))
    nonsense = ["", "v1,", "v1", ",", "é", "v2," + "A" * 44, "1e3", "-1", "9" * 400, "msg.1", " " * 40, "v1,\x7f", "0"]
    wrong = chance.choice([*nonsense, good[name][:-1], good[name] + "A", good[name][::-1]])
    return {**good, name: wrong}


def forged(
    dispatch: Dispatch, good: tuple[bytes, dict[str, str]], chance: random.Random
) -> tuple[bytes, dict[str, str]]:
    """Return a callback that is like a good one but for one thing."""
    body, headers = good
    match chance.randrange(5):
        case 0:
            return body, spoilt_headers(headers, chance)
        case 1:
            return body_for(dispatch, status="succeeded", percent=chance.randrange(100)), headers
        case 2:
            secret = "whsec_" + chance.choice("ABCDEFGH") * 44
            return body, headers_for(body, secret=secret, number=f"msg_{chance.random()}")
        case 3:
            return body_for(dispatch, correlation_id=str(uuid4())), headers
        case _:
            return body, {"Authorization": f"Bearer {chance.randbytes(32).hex()}"}


def test_of_all_that_is_forged_or_replayed_nothing_is_taken_and_all_is_answered_alike(dispatch: Dispatch) -> None:
    chance = random.Random(7)
    body = body_for(dispatch)
    stale = headers_for(body, at=datetime.now(UTC) - timedelta(seconds=400))
    good = body, headers_for(body)
    before = Release.objects.get().sequence
    client = Caller()
    answers: set[tuple[int, str]] = set()
    for number in range(FORGERIES):
        what, headers = (body, stale) if number % 6 == 0 else forged(dispatch, good, chance)
        answer = send(what, headers, client)
        answers.add((answer.status_code, answer.content.decode()))
    assert answers == {(401, next(iter(answers))[1])}
    assert json.loads(next(iter(answers))[1]) == ONE_ANSWER
    assert (Release.objects.get().sequence, Callback.objects.count()) == (before, 0)
    assert send(*good, client).status_code == 200


TEXT = st.text(max_size=60)
TIMES = st.one_of(TEXT, st.integers(-(10**20), 10**20).map(str))


@given(number=TEXT, timestamp=TIMES, signatures=TEXT, body=st.binary(max_size=40))
def test_whatever_the_headers_say_the_answer_is_no(number: str, timestamp: str, signatures: str, body: bytes) -> None:
    message = SignedMessage(message_id=number, timestamp=timestamp, signatures=signatures, body=body)
    assert is_signed(message, secret=SECRET, now=1_800_000_000.0) is False


def test_no_more_signatures_are_compared_than_a_change_of_secrets_needs() -> None:
    now = datetime.now(UTC)
    right = Webhook("whsec_" + "A" * 44).sign("msg", now, "{}")
    many: dict[str, Any] = {"message_id": "msg", "timestamp": str(int(now.timestamp())), "body": b"{}"}
    secret = bytes(33)
    found = [
        is_signed(
            SignedMessage(signatures=" ".join(["v1,x"] * count + [right]), **many), secret=secret, now=now.timestamp()
        )
        for count in (0, 7, 8)
    ]
    assert found == [True, True, False]
