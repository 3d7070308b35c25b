"""Callbacks that no service would send: refused in the documented ways, and never a fault of the board."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from releases.clients.signing import callback_token
from releases.conf import signing_key
from releases.models import Callback, Dispatch, Service
from tests.api.calling import Caller, open_dispatches, promote
from tests.api.fuzzing import undone
from tests.fuzzing import SEED, amount, tell

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

DOCUMENTED = {200, 401, 413, 422}

VALUES: list[Any] = [
    None, True, [], {}, "", " ", "\0", "a\0b", "\ud800", "\U0010ffff", "é" * 64, "x" * 65, "x" * 10_001, "' OR 1=1 --",
    0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**400, "1", "succeeded", {"a": "\0"}, {"\0": 1}, ["\ud800"],
]  # fmt: skip
BODIES = [
    b"", b"null", b"[]", b"{", b'"text"', b"NaN", b'{"percent": NaN}', b'{"percent": 1e999}', b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}", b"\xed\xa0\x80", b"{" * 9000, b"[" * 60_000, b'{"a":' * 2000 + b"1" + b"}" * 2000, b" " * 65_537,
    b"9" * 5000, b"\x00",
]  # fmt: skip
WORDS = ["", "\0", "é", "\xff", "\n", "x" * 8000, "v1,", "v1," + "A" * 44, "-1", "9" * 400, "1e9", "²", "msg_1, msg_1"]
TYPES = [
    "application/json",
    "",
    "text/plain",
    "application/json; charset=utf-16",
    "multipart/form-data",
    "x" * 3000,
    "\0",
]


@pytest.fixture
def dispatch(manager: Caller, candidate: str, settings: Settings) -> Dispatch:
    promote(manager)
    settings.CALLBACK_RATE_LIMIT = 0
    return open_dispatches()[0]


def hostile_body(dispatch: Dispatch, chance: random.Random) -> bytes:
    """Spoil a field of a good callback, name one twice, or send none at all."""
    good = {"correlation_id": str(dispatch.session.correlation_id), "source": "inventory", "attempt": 1}
    good |= {"status": "progress", "percent": 5, "message": "", "sequence": 1, "details": {}}
    name, value = chance.choice([*good, "nowhere"]), chance.choice(VALUES)
    match chance.randrange(4):
        case 0:
            return chance.choice(BODIES)
        case 1:
            return json.dumps(good)[:-1].encode() + f", {json.dumps(name)}: {json.dumps(value)}}}".encode()
        case 2:
            return json.dumps({**good, "details": {"a": value}, "message": "x" * chance.choice((0, 10_000))}).encode()
        case _:
            return json.dumps({**good, name: value}).encode()


def hostile_headers(token: str, chance: random.Random) -> dict[str, str]:
    """Keep the token most of the time, for what has none gets no further."""
    said = [f"Bearer {token}", f"bearer  {token} ", f"Bearer {token}, Bearer {token}", "Bearer", f"Basic {token}", "é"]
    named = {"authorization": said[0] if chance.random() < 2 / 3 else chance.choice(said)}
    signing = [f"webhook-{name}" for name in ("id", "timestamp", "signature")]
    others = [*signing, "idempotency-key", "x-request-id", "x-forwarded-for", "accept", "content-encoding", "cookie"]
    return named | {name: chance.choice(WORDS) for name in chance.sample(others, chance.randrange(4))}


@pytest.mark.parametrize("proof", ["token", "signature"])
def test_whatever_calls_back_is_answered_as_documented(
    dispatch: Dispatch, proof: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Service.objects.filter(slug="inventory").update(signs_callbacks=proof == "signature")
    chance, client = random.Random(SEED), Client(raise_request_exception=False)
    token = callback_token(signing_key=signing_key(), dispatch_key=dispatch.key)
    answers: Counter[int] = Counter()
    for _ in range(amount(300) // 2):
        body, headers, kind = hostile_body(dispatch, chance), hostile_headers(token, chance), chance.choice(TYPES)
        with undone():
            answer = client.generic("POST", "/api/v1/callbacks", body, kind, headers=headers)
        answers[answer.status_code] += 1
        assert answer.status_code in DOCUMENTED, (body[:500], headers, kind)
        assert answer["Content-Type"].split(";")[0] == (
            "application/json" if answer.status_code == 200 else "application/problem+json"
        )
    tell(capsys, f"{answers.total()} hostile callbacks: {sorted(answers.items())}")
    assert Callback.objects.count() == 0
