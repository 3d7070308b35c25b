"""Notifications by apprise: Slack, Teams, Discord, mail and others, each named by an address that is a secret."""

from __future__ import annotations

import logging
import re
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyType

from releases import conf
from releases.clients.addresses import is_allowed
from releases.clients.vault import Unreadable, unseal
from releases.domain.aggregation import Answer
from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Their messages hold addresses; what is of use in them is heard below, without the secrets.
APPRISE = logging.getLogger("apprise")
APPRISE.addHandler(logging.NullHandler())
APPRISE.propagate = False
for _chatty in (APPRISE, logging.getLogger("urllib3")):
    _chatty.setLevel(logging.WARNING)

SENT = 204
_TYPES = {"success": NotifyType.SUCCESS, "warning": NotifyType.WARNING, "danger": NotifyType.FAILURE}
_ASSET = AppriseAsset(app_id="ReleaseBoard", app_desc="Release Board", async_mode=False)
_SECRET_PARTS = re.compile(r"[^:/@?&=]{4,}")


class ChannelRefused(Exception):
    """Nothing is sent there; the message says why, and never holds the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One try of one notification; ``tone`` is how it is coloured where that is possible."""

    delivery_id: int
    sealed_address: str = field(repr=False)
    title: str
    text: str
    tone: str
    refusal: str = ""


def send_notice(notice: Notice) -> Answer:
    """Send it and wait; whatever stands in the way is an ``Answer``, never an exception."""
    try:
        address = unseal(notice.sealed_address, conf.vault_keys())
        service = open_channel(address)
    except (Unreadable, ChannelRefused) as refusal:
        return Answer(error=str(refusal))
    with _heard() as said, tracing().calling("notify"):
        try:
            taken = service.notify(
                title=notice.title, body=notice.text, notify_type=_TYPES.get(notice.tone, NotifyType.INFO)
            )
        except Exception as failure:  # noqa: BLE001 (a hundred services' plugins raise what they like)
            said.append(type(failure).__name__)
            taken = False
    if taken:
        return Answer(status=SENT)
    return Answer(error=_redacted("; ".join(said) or "It was not taken.", address, _target(service))[:300])


def open_channel(address: str) -> Any:  # noqa: ANN401 (apprise's plugins share no useful type)
    """Return the service behind an address; ``ChannelRefused`` unless its kind and its host are allowed."""
    scheme = address.partition("://")[0].lower()
    allowed = conf.notify_schemes()
    with _heard():
        service: Any = (
            Apprise.instantiate(address, asset=_ASSET, suppress_exceptions=True) if "://" in address else None
        )
    if service is None:
        names = ", ".join(allowed)
        raise ChannelRefused(f"Nobody can be told by such an address; it starts with one of {names} and is complete.")
    if not _schemes_of(service) & set(allowed):
        shown = scheme if scheme.isalnum() else "this"
        raise ChannelRefused(
            f"Addresses of the kind {shown} are not allowed; NOTIFY_SCHEMES allows {', '.join(allowed)}."
        )
    if host := _target(service):
        _refuse_host(host, conf.outbound_allow())
    # Elsewhere than where was asked is nowhere that was checked.
    service.redirects = False
    return service


def masked(sealed_address: str) -> str:
    """Return what may be shown of an address: its kind, or the name that it is kept under."""
    if sealed_address.startswith("env:"):
        return sealed_address
    try:
        return f"{unseal(sealed_address, conf.vault_keys()).partition('://')[0]}://…"
    except Unreadable:
        return "unreadable; enter it again"


def _schemes_of(service: Any) -> set[str]:  # noqa: ANN401 (as above)
    found: set[str] = set()
    for names in (service.protocol, service.secure_protocol):
        found.update((names,) if isinstance(names, str) else names or ())
    return found


def _target(service: Any) -> str:  # noqa: ANN401 (as above)
    """Return the host that the address itself chose; services that live in one place have none."""
    if mail_host := getattr(service, "smtp_host", None):
        return str(mail_host)
    chooses = any("{host}" in template for template in service.templates)
    return str(service.host or "") if chooses else ""


def _refuse_host(host: str, allowed: Sequence[str]) -> None:
    found = _addresses_of(host)
    if not found or not all(is_allowed(address, allowed) for address in found):
        raise ChannelRefused(f"{host} is outside the networks that OUTBOUND_ALLOW and public addressing permit.")


def _addresses_of(host: str) -> set[str]:
    with suppress(ValueError):
        return {str(ip_address(host.strip("[]")))}
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as failure:
        raise ChannelRefused(f"{host} does not resolve.") from failure


def _redacted(text: str, address: str, host: str) -> str:
    parts = {part for whole in (address, unquote(address)) for part in _SECRET_PARTS.findall(whole)}
    for part in sorted(parts - {host, address.partition("://")[0]}, key=len, reverse=True):
        text = text.replace(part, "…")
    return text


class _Listener(logging.Handler):
    """Keeps what one thread is told; others notify at the same moment."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.thread_id = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread_id:
            self.lines.append(record.getMessage())


@contextmanager
def _heard() -> Iterator[list[str]]:
    listener = _Listener()
    APPRISE.addHandler(listener)
    try:
        yield listener.lines
    finally:
        APPRISE.removeHandler(listener)
