"""No secret leaves the board by its logs (I15)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts

# Callback tokens are many, so they are looked up among all that looks like one, wherever it begins.
_TOKEN = re.compile(r"(?=([0-9a-f]{64}))")
_WHERE = 80


def no_secret_in_logs(facts: Facts) -> Outcome:
    """I15: neither a process' log nor the journal holds a token or a key; it counts lines, none without a secret."""
    tokens = {each.callback_token for each in facts.services.orders}
    texts = {name: text for name, text in facts.logs.items() if text.strip()}
    journal = {f"entry {each.sequence} of release {each.release_id}": each.payload for each in facts.board.entries}
    texts |= {name: json.dumps(payload) for name, payload in journal.items()}
    secrets = {secret for secret in facts.secrets if secret}
    return judged(
        "I15",
        "no log holds a secret",
        examined=sum(len(text.splitlines()) for text in facts.logs.values()) if secrets | tokens else 0,
        violations=(finding for name, text in texts.items() for finding in _leaks(name, text, secrets, tokens)),
    )


def _leaks(name: str, text: str, secrets: set[str], tokens: set[str]) -> Iterator[str]:
    for secret in secrets:
        if secret in text:
            yield f"{name} holds the secret {secret[:6]}… in: {_line_with(text, secret)}"
    for token in set(_TOKEN.findall(text)) & tokens:
        yield f"{name} holds the callback token {token[:6]}… in: {_line_with(text, token)}"


def _line_with(text: str, secret: str) -> str:
    """Show where, without telling it once more."""
    line = next(line for line in text.splitlines() if secret in line)
    return line.replace(secret, "***")[:_WHERE]
