"""What we sign can be checked by anybody who knows Standard Webhooks."""

from __future__ import annotations

from base64 import b64decode

from releases.clients.signing import inbox_secret, printed_secret, webhook_signature


def test_a_signature_is_the_one_of_the_published_example() -> None:
    signature = webhook_signature(
        secret=b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1_614_265_330,
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_the_same_every_time_and_anothers_is_another() -> None:
    secrets = [
        inbox_secret(signing_key=key, inbox_id=inbox, generation=generation)
        for key, inbox, generation in ((b"k", 1, 1), (b"k", 1, 1), (b"k", 2, 1), (b"k", 1, 2), (b"other", 1, 1))
    ]

    assert secrets[0] == secrets[1]
    assert len(set(secrets)) == 4


def test_a_printed_secret_is_what_receivers_are_given() -> None:
    secret = inbox_secret(signing_key=b"k", inbox_id=1, generation=1)

    assert printed_secret(secret).startswith("whsec_")
    assert b64decode(printed_secret(secret).removeprefix("whsec_")) == secret
