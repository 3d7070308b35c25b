"""The ASGI application: pages, API and sockets, with the sweeper beside them in every process."""

from __future__ import annotations

import asyncio
import os
import warnings
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookverse.settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.core.asgi import get_asgi_application
from django.urls import re_path

from bookverse.configuration import insist

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

# WhiteNoise hands out files as plain iterators; Django reads them in a thread, which for small files is as good.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
# A server that loads this module runs no system checks.
insist()
# Models can only be imported once this has set Django up.
django_application = get_asgi_application()

from bookverse.bodies import LimitedBody  # noqa: E402
from bookverse.sweeper import sweeper  # noqa: E402
from releases.live.origins import SameOrigin  # noqa: E402
from releases.live.routing import websocket_urlpatterns  # noqa: E402
from releases.tracing import tracing  # noqa: E402

# Without it the router of Channels raises, and the server answers an address that it does not know with 500.
nowhere = re_path("", WebsocketDenier.as_asgi())  # type: ignore[arg-type] # as in releases.live.routing
router = ProtocolTypeRouter(
    {
        "http": LimitedBody(django_application),  # type: ignore[arg-type] # Django's own types are dicts
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, nowhere]))),  # type: ignore[arg-type, list-item] # the stubs of Channels and asgiref differ
    },
)


async def _lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            sweeper.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await asyncio.to_thread(sweeper.stop)
            # A server that a signal ends comes to no other end.
            await asyncio.to_thread(tracing().flush)
            await send({"type": "lifespan.shutdown.complete"})
            return


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Route a connection; a server without lifespan (Daphne) gets its sweeper with the first one."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    sweeper.start()
    await router(scope, receive, send)
