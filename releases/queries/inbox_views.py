"""What the inbox shows: one thing that waits for whoever looks, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Waiting(StrEnum):
    """Why somebody is needed."""

    SIGN_OFF = "sign_off"
    HELD = "held"
    PAUSED = "paused"
    DEBT = "debt"
    TRAIN_HELD = "train_held"
    TRAIN_FAILED = "train_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """``since`` is when it began to wait; ``state`` names how it looks. ``release`` or ``train`` is where to act."""

    kind: Waiting
    state: str
    title: str
    detail: str
    since: datetime
    release: str = ""
    stage: str = ""
    train: str = ""
    debt: int | None = None

    @property
    def key(self) -> str:
        """Name it on its page."""
        return "-".join(filter(None, (self.kind, self.release or self.train, self.stage, str(self.debt or ""))))
