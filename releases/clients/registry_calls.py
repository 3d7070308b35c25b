"""One call to AppTrust that may change something, tolerant of every documented way to say no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from releases import conf
from releases.clients.services import retry_after_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class CallRefused(Exception):
    """AppTrust did not do it; the message says what it answered, ``status`` how."""

    def __init__(self, message: str, retry_after: float | None = None, status: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


async def call(
    client: httpx2.AsyncClient,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str | int] | None = None,
) -> dict[str, Any] | None:
    """Return the answer, None where AppTrust has no such thing; every 2xx is a success, whatever the manual says."""
    reply = await client.request(
        method,
        conf.registry_url() + path,
        json=body,
        params=query,
        headers={"Authorization": f"Bearer {conf.registry_token()}"},
    )
    if reply.status_code == httpx2.codes.NOT_FOUND:
        return None
    if not reply.is_success:
        message = f"{method} {path}: {reply.status_code}{said(reply)}"
        raise CallRefused(message, retry_after_of(reply), reply.status_code)
    answer = reply.json() if reply.content else {}
    if not isinstance(answer, dict):
        raise CallRefused(f"{method} {path}: the answer is not an object")
    return answer


def said(reply: httpx2.Response) -> str:
    """Return what an error says in any of the spellings that there are."""
    try:
        body = reply.json()
    except ValueError:
        return ""
    errors = body.get("errors") if isinstance(body, dict) else body
    first = errors[0] if isinstance(errors, list) and errors else body
    if not isinstance(first, dict):
        return ""
    text = next((first[name] for name in ("message", "error", "detail") if first.get(name)), "")
    return f": {text}"[:200] if text else ""
