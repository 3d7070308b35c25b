"""Journal entries as sentences: who or what, and what became of it with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from releases.display.durations import duration
from releases.display.status import Status, status_of, words
from releases.domain.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from releases.queries.views import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """``subject`` is set in bold, ``rest`` follows it; ``text`` is both."""

    subject: str
    rest: str
    status: Status

    @property
    def text(self) -> str:
        return f"{self.subject} {self.rest}".strip()


def sentence(entry: Entry) -> Sentence:
    """Word an entry; a kind without a rule, or a payload without its keys, still reads as words."""
    rule = _RULES.get(entry.kind)
    if rule is None:
        return Sentence(
            subject=entry.service or entry.actor or "board",
            rest=words(entry.kind).lower(),
            status=status_of("planned"),
        )
    subject, rest, state = rule(entry)
    return Sentence(subject=subject, rest=rest, status=status_of(state))


Worded = tuple[str, str, str]
"""Subject, rest, and the state whose tone and icon the line carries."""


def _get(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return "" if value is None else str(value)


def _int(payload: Mapping[str, object], key: str) -> int:
    value = payload.get(key)
    return value if isinstance(value, int) else 0


def _names(payload: Mapping[str, object], key: str) -> list[str]:
    value = payload.get(key)
    if isinstance(value, dict | list | tuple):
        return [str(item) for item in value]
    return []


def _listed(names: list[str]) -> str:
    """Join names as people do: ``checkout, recommendations and web``."""
    if len(names) < len("ab"):
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _because(text: str) -> str:
    return f": {text}" if text else ""


def _actor(entry: Entry) -> str:
    return entry.actor or "The board"


def _service(entry: Entry) -> str:
    return entry.service or _get(entry.payload, "service") or "A service"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _again(payload: Mapping[str, object]) -> str:
    attempt = _int(payload, "attempt")
    return f" (attempt {attempt})" if attempt > 1 else ""


def _created(entry: Entry) -> Worded:
    count = len(_names(entry.payload, "services"))
    of = f" with {_counted(count, 'service')}" if count else ""
    return _actor(entry), f"planned {_get(entry.payload, 'version') or 'the release'}{of}", "planned"


def _promotion_started(entry: Entry) -> Worded:
    version = _get(entry.payload, "version") or "the release"
    return _actor(entry), f"started promoting {version} to {_get(entry.payload, 'stage')}", "promoting"


def _session_opened(entry: Entry) -> Worded:
    waits = _listed(_names(entry.payload, "services"))
    return f"Phase {_get(entry.payload, 'phase')}", f"started{f', waiting for {waits}' if waits else ''}", "running"


def _sent(entry: Entry) -> Worded:
    return _service(entry), f"was asked to deploy{_again(entry.payload)}", "dispatched"


def _retrying(entry: Entry) -> Worded:
    wait = duration(timedelta(milliseconds=_int(entry.payload, "next_in_ms")))
    reason = _get(entry.payload, "reason")
    return _service(entry), f"could not be reached{_because(reason)}; asking again in {wait}", "late"


def _applied(entry: Entry) -> Worded:
    status, message = _get(entry.payload, "status"), _get(entry.payload, "message")
    percent = entry.payload.get("percent")
    said = {
        "accepted": "accepted the deployment",
        "progress": "is in progress" if percent is None else f"is {percent} % done",
        "succeeded": "reported success",
        "failed": "reported a failure",
        "rejected": "rejected the deployment",
    }.get(status, f"reported {words(status).lower()}")
    state = {"progress": "in_progress"}.get(status, status)
    return _service(entry), said + _because("" if message == status else message), state


def _late(entry: Entry) -> Worded:
    status, message = _get(entry.payload, "status"), _get(entry.payload, "message")
    said = f"{status}{_because(message)}" if status else message or "a result"
    return _service(entry), f"called back too late ({said}); kept, not counted", "late"


def _out_of_order(entry: Entry) -> Worded:
    return _service(entry), f"repeated older news{_because(_get(entry.payload, 'message'))}; nothing changes", "pending"


def _contradictory(entry: Entry) -> Worded:
    status, message = _get(entry.payload, "status"), _get(entry.payload, "message")
    said = f"{status}{_because(message)}" if status else message or "another result"
    return _service(entry), f"contradicted itself ({said}); its first result counts", "late"


def _slot_closed(entry: Entry) -> Worded:
    state = _get(entry.payload, "state")
    cause = _get(entry.payload, "message") or words(_get(entry.payload, "reason")).lower()
    took = entry.payload.get("duration_ms")
    spent = duration(timedelta(milliseconds=took)) if isinstance(took, int) else ""
    if state == "succeeded":
        return _service(entry), f"succeeded in {spent}" if spent else "succeeded", state
    if state == "timed_out":
        return _service(entry), (f"timed out after {spent}" if spent else "timed out") + _because(cause), state
    return _service(entry), f"{words(state).lower() or 'ended'}{_because(cause)}", state


def _skipped(entry: Entry) -> Worded:
    reason = _get(entry.payload, "reason")
    return _actor(entry), f"skipped {_service(entry)}{_because(reason)}", "skipped"


def _retried(entry: Entry) -> Worded:
    return _actor(entry), f"retried {_service(entry)}{_again(entry.payload)}", "dispatched"


def _session_closed(entry: Entry) -> Worded:
    payload = entry.payload
    state = _get(payload, "state") or "succeeded"
    errors = _int(payload, "errors")
    counts = f"{_int(payload, 'received')} of {_counted(_int(payload, 'expected'), 'service')} answered"
    tail = f", {_counted(errors, 'error')}" if errors else ""
    return f"Phase {_get(payload, 'phase')}", f"ended: {counts}{tail}", state


def _held(entry: Entry) -> Worded:
    failed = _listed(_names(entry.payload, "failed"))
    stage = _get(entry.payload, "stage")
    return "The promotion", f"{f'to {stage} ' if stage else ''}is held{f' by {failed}' if failed else ''}", "held"


def _by_actor(verb: str, state: str) -> Callable[[Entry], Worded]:
    def worded(entry: Entry) -> Worded:
        stage = _get(entry.payload, "stage")
        where = f" to {stage}" if stage else ""
        return _actor(entry), f"{verb} the promotion{where}{_because(_get(entry.payload, 'reason'))}", state

    return worded


def _promotion_succeeded(entry: Entry) -> Worded:
    version = _get(entry.payload, "version") or "The release"
    return version, f"is live in {_get(entry.payload, 'stage')}", "succeeded"


def _released(entry: Entry) -> Worded:
    return _get(entry.payload, "version") or "The release", "is released", "released"


def _cancelled(entry: Entry) -> Worded:
    return _actor(entry), f"cancelled the release{_because(_get(entry.payload, 'reason'))}", "cancelled"


def _extended(entry: Entry) -> Worded:
    more = duration(timedelta(milliseconds=_int(entry.payload, "by_ms")))
    return _actor(entry), f"extended the deadline by {more}", "late"


_RULES: dict[str, Callable[[Entry], Worded]] = {
    Kind.RELEASE_CREATED: _created,
    Kind.PROMOTION_STARTED: _promotion_started,
    Kind.SESSION_OPENED: _session_opened,
    Kind.DISPATCH_SENT: _sent,
    Kind.DISPATCH_RETRYING: _retrying,
    Kind.CALLBACK_APPLIED: _applied,
    Kind.CALLBACK_OUT_OF_ORDER: _out_of_order,
    Kind.CALLBACK_LATE: _late,
    Kind.CALLBACK_CONTRADICTORY: _contradictory,
    Kind.SLOT_CLOSED: _slot_closed,
    Kind.STEP_SKIPPED: _skipped,
    Kind.STEP_RETRIED: _retried,
    Kind.SESSION_CLOSED: _session_closed,
    Kind.PROMOTION_HELD: _held,
    Kind.PROMOTION_PAUSED: _by_actor("paused", "paused"),
    Kind.PROMOTION_RESUMED: _by_actor("resumed", "promoting"),
    Kind.PROMOTION_CANCELLED: _by_actor("cancelled", "cancelled"),
    Kind.PROMOTION_SUCCEEDED: _promotion_succeeded,
    Kind.RELEASE_RELEASED: _released,
    Kind.RELEASE_CANCELLED: _cancelled,
    Kind.DEADLINE_EXTENDED: _extended,
}
