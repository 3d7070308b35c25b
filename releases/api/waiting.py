"""Waiting until a promotion has come to rest; who waits holds no database connection meanwhile."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Annotated

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from ninja import Header

from releases import stopping
from releases.queries.clock import database_now
from releases.queries.promotion_results import waiting_for

LOOKS_EVERY_S = 0.2
# A phase whose time is over still needs a sweep to be closed.
SWEEPS_TAKE = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)
# RFC 7240; what else a caller prefers is not ours to judge.
_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?(?=$|[,;\s])', re.IGNORECASE)

Prefer = Annotated[str, Header(default="", alias="Prefer")]


def patience_of(prefer: str) -> timedelta:
    """Read how long a caller wants to wait, five minutes at most and by default."""
    found = _WAIT.search(prefer)
    return min(timedelta(seconds=int(found[1])), LONGEST) if found else LONGEST


async def comes_to_rest(promotion_id: int, *, patience: timedelta) -> bool:
    """Wait until nothing of a promotion moves by itself; False once patience or the time of its phases is over.

    It is over too when this process has to stop: the caller can go on waiting with another.
    """
    give_up_at = await sync_to_async(_give_up_at)(promotion_id, patience)
    while True:
        is_at_rest, is_too_late = await sync_to_async(_look)(promotion_id, give_up_at)
        if is_at_rest or is_too_late or stopping.has_begun():
            return is_at_rest
        await asyncio.sleep(LOOKS_EVERY_S)


def _give_up_at(promotion_id: int, patience: timedelta) -> datetime:
    return min(database_now() + patience, waiting_for(promotion_id).ends_at + SWEEPS_TAKE)


def _look(promotion_id: int, give_up_at: datetime) -> tuple[bool, bool]:
    is_at_rest, is_too_late = waiting_for(promotion_id).is_at_rest, database_now() >= give_up_at
    close_old_connections()
    return is_at_rest, is_too_late
