"""What a button may, as the API answers it."""

from __future__ import annotations

from ninja import Schema


class ControlAnswer(Schema):
    """What may be done now, and why not."""

    verb: str
    allowed: bool
    why_not: str
