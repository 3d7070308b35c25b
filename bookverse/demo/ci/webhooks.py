"""What the board posts to those who follow it: checked by the secret that the demo's seed left here, kept, shown."""

import hashlib
import hmac
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bookverse.demo.exchange import Refusal, Request, Response, html_answer
from bookverse.demo.html import page, table
from bookverse.demo.routing import Route
from bookverse.demo.storage import transaction

SECRET_FILE = "webhook-secret"  # noqa: S105 (a file's name)
TOLERANCE_S = 300
_SHOWN = 50
_SCHEMA = """
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, release TEXT NOT NULL, sequence INTEGER NOT NULL, actor TEXT NOT NULL,
    signature TEXT NOT NULL, received_at REAL NOT NULL, times INTEGER NOT NULL DEFAULT 1
)
"""
_INSERT = """
INSERT INTO webhooks (id, kind, release, sequence, actor, signature, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET times = times + 1
"""


class WebhookReceiver:
    """Takes Standard Webhooks; a forged one is refused, and one that nobody can check is kept as unchecked."""

    def __init__(self, connection: sqlite3.Connection, *, secret_file: Path, clock: Callable[[], float]) -> None:
        connection.executescript(_SCHEMA)
        self._connection = connection
        self._secret_file = secret_file
        self._clock = clock

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        return (
            Route(method="POST", path="/webhooks", handle=self.take),
            Route(method="GET", path="/webhooks", handle=lambda request: self.show(request, ports)),
        )

    def take(self, request: Request) -> Response:
        signature = self._judged(request)
        document = request.json()
        data = document.get("data")
        entry: dict[str, object] = data if isinstance(data, dict) else {}
        release = entry.get("release")
        row = (
            request.headers.get("webhook-id", "")[:100],
            str(document.get("type"))[:60],
            str(release.get("version") if isinstance(release, dict) else "")[:128],
            entry.get("sequence") if isinstance(entry.get("sequence"), int) else 0,
            str(entry.get("actor"))[:150],
            signature,
            self._clock(),
        )
        with transaction(self._connection):
            self._connection.execute(_INSERT, row)
        return Response(status=204)

    def _judged(self, request: Request) -> str:
        if not self._secret_file.exists():
            return "not checked: no secret here"
        secret = b64decode(self._secret_file.read_text().strip().removeprefix("whsec_"))
        message_id, timestamp = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
        if not (timestamp.isascii() and timestamp.isdigit()) or abs(self._clock() - int(timestamp[:12])) > TOLERANCE_S:
            raise Refusal(401, "The timestamp is missing or too old.")
        signed = f"{message_id}.{timestamp}.".encode() + request.body
        expected = "v1," + b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        given = request.headers.get("webhook-signature", "").split()
        if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in given):
            raise Refusal(401, "The signature is not the board's.")
        return "verified"

    def show(self, request: Request, ports: Mapping[str, int]) -> Response:
        found = self._connection.execute("SELECT * FROM webhooks ORDER BY rowid DESC LIMIT ?", (_SHOWN,)).fetchall()
        rows = [_cells(row) for row in found]
        body = table(
            caption="What the board told, the latest first",
            columns=("Received", "Event", "Release", "No.", "By", "Signature", "Times", "Id"),
            rows=rows,
            empty="Nothing yet. Once something happens to a release, the board's webhook appears here.",
        )
        siblings = {name: f"http://{request.host}:{port}/" for name, port in ports.items()}
        return html_answer(page(title="webhooks", siblings=siblings, body=body))


def _cells(row: sqlite3.Row) -> tuple[str, ...]:
    received = datetime.fromtimestamp(row["received_at"], UTC)
    values = (
        f"{received:%H:%M:%S} UTC",
        *(row[name] for name in ("kind", "release", "sequence", "actor", "signature")),
    )
    return (*(escape(str(value)) for value in values), str(row["times"]), f"<code>{escape(row['id'])}</code>")


def remember_secret(folder: Path, secret: str) -> None:
    """Leave the secret where the receiver looks for it, readable for nobody else."""
    path = folder / SECRET_FILE
    folder.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret)
