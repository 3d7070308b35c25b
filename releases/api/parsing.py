"""Reading request bodies: JSON as its standard has it, which Python's own reader is too kind for."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from ninja.parser import Parser

if TYPE_CHECKING:
    from django.http import HttpRequest


class StrictJson(Parser):
    """Refuses NaN and infinities, which no database stores as JSON."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(request.body, parse_constant=_refuse, parse_float=_finite)
        return body


def _refuse(name: str) -> float:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse(text)
