"""Who may open a socket: pages of this very site. A cookie travels with anybody's handshake, an Origin does not lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, WebSocketScope


class SameOrigin:
    """Refuses a handshake whose Origin is not exactly the host and port that it was sent to."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on or deny (403)."""
        headers = dict(scope["headers"])
        origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
        inner = self.application if is_same_origin(origin, host) else WebsocketDenier.as_asgi()
        await inner(scope, receive, send)


def is_same_origin(origin: str, host: str) -> bool:
    """Compare host and port exactly, after checking that this board answers to the host at all."""
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if settings.SITE_URL.startswith("https://") else "http"
    return origin == f"{scheme}://{host}"
