"""What the shop of a service does while the service is told to fail, to reject or to stay silent."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bookverse.demo.exchange import Refusal, Request, Response
from bookverse.demo.routing import Answering, Route
from bookverse.demo.service.behaviour import Behaviour, Mode

# Longer than anybody waits who asks.
_SILENCE_S = 30.0


def ruled(route: Route, behaviour: Callable[[], Behaviour]) -> Route:
    """Return the route as it answers under the behaviour of the moment."""

    def handle(request: Request) -> Answering:
        now = behaviour()
        if now.mode is Mode.FAIL:
            raise Refusal(500, now.failure_message)
        if now.mode is Mode.REJECT:
            raise Refusal(403, "This service rejects everything at present.")
        return _silence() if now.mode is Mode.SILENT else route.handle(request)

    return replace(route, handle=handle)


async def _silence() -> Response:
    await asyncio.sleep(_SILENCE_S)
    raise Refusal(503, "This service stays silent at present.")
