"""The channel layer of the single process: workers are threads there, and asyncio queues are not theirs to touch."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer


class ThreadSafeInMemoryLayer(InMemoryChannelLayer):
    """Delivers on the event loop that viewers joined from, whichever thread sends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._home: asyncio.AbstractEventLoop | None = None

    async def group_add(self, group: str, channel: str) -> None:
        """Join, and remember this loop as the one to deliver on."""
        self._home = asyncio.get_running_loop()
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Hand over without waiting: a nudge is a hint, and nobody's click waits for viewers."""
        home = self._home
        if home is None or home is asyncio.get_running_loop() or home.is_closed():
            await super().group_send(group, message)
        else:
            delivery = super().group_send(group, message)
            try:
                asyncio.run_coroutine_threadsafe(delivery, home)
            except RuntimeError:  # the loop has ended meanwhile, and with it everybody who watched
                delivery.close()
