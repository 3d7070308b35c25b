"""How log lines look: a line for people, or one JSON object for whatever collects them. No secret is in either."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from structlog.contextvars import merge_contextvars
from structlog.processors import EventRenamer, JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from releases.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structlog.typing import EventDict, Processor

MASK = "[secret]"
# Where the middleware leaves the request's name.
REQUEST_KEY = "board.request_id"
# What a line may be about; other handlers and libraries hang more on a record.
NAMES = ("release", "stage", "service", "sequence", "actor", "correlation_id", "request_id", "status_code", "trace_id")
# Bearer tokens of any kind, the board's own tokens and signing secrets, and what is named as one.
_SECRETS = re.compile(
    r"(?P<kept>bearer\s+|(?:callback_)?(?:token|password|secret)[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]{6,}"
    r"|\brb_[0-9A-Za-z]+_[0-9A-Za-z_-]+"
    r"|\bwhsec_[0-9A-Za-z+/=]+",
    re.IGNORECASE,
)


def _name_request(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Name the request of a line that Django logs after the request's own context has ended."""
    request = getattr(line.get("_record"), "request", None)
    if name := getattr(request, "META", {}).get(REQUEST_KEY):
        line.setdefault("request_id", name)
    return line


def _name_trace(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Name the trace that the line belongs to, while there is one."""
    line.update(tracing().ids())
    return line


_BEFORE: Sequence[Processor] = (
    merge_contextvars,
    _name_request,
    _name_trace,
    add_log_level,
    add_logger_name,
    ExtraAdder(allow=NAMES),
    TimeStamper(fmt="iso", utc=True),
    format_exc_info,
)


def masked(line: str) -> str:
    """Return the line without what opens anything."""
    return _SECRETS.sub(lambda found: (found["kept"] or "") + MASK, line)


class Lines(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLines(ProcessorFormatter):
    """One object a line: timestamp, level, logger, message, and the ids of what it is about where they are known."""

    def __init__(self) -> None:
        after: list[Processor] = [
            ProcessorFormatter.remove_processors_meta,
            EventRenamer("message"),
            JSONRenderer(default=str),
        ]
        super().__init__(processors=after, foreign_pre_chain=_BEFORE)

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def formatter(log_format: str) -> dict[str, Any]:
    """Return the formatter that ``LOG_FORMAT`` asks for."""
    if log_format == "json":
        return {"()": JsonLines}
    return {"()": Lines, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
