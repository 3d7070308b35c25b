"""Journal entries as sentences: who or what, and what became of it with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from releases.display.durations import duration
from releases.display.entry_words import actor_of as _actor
from releases.display.entry_words import because as _because
from releases.display.entry_words import counted as _counted
from releases.display.entry_words import listed as _listed
from releases.display.entry_words import names_of as _names
from releases.display.entry_words import number_of as _int
from releases.display.entry_words import service_of as _service
from releases.display.entry_words import text_of as _get
from releases.display.health import fares
from releases.display.registry_sentences import platform_recorded, platform_unrecorded
from releases.display.rollback_sentences import (
    quarantined,
    recovery_started,
    registry_told,
    registry_unreached,
    rollback_refused,
    rollback_started,
)
from releases.display.status import Status, status_of, words
from releases.domain.health import CHANGE_KINDS
from releases.domain.journal import Kind
from releases.domain.plan_kinds import ROLLBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from releases.display.entry_words import Worded
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


def _again(payload: Mapping[str, object]) -> str:
    attempt = _int(payload, "attempt")
    return f" (attempt {attempt})" if attempt > 1 else ""


def _created(entry: Entry) -> Worded:
    count = len(_names(entry.payload, "services"))
    of = f" with {_counted(count, 'service')}" if count else ""
    hotfix = entry.payload.get("hotfix")
    kind = f", a {_get(hotfix, 'urgency')} hotfix" if isinstance(hotfix, dict) else ""
    return _actor(entry), f"planned {_get(entry.payload, 'version') or 'the release'}{kind}{of}", "planned"


def _promotion_started(entry: Entry) -> Worded:
    version = _get(entry.payload, "version") or "the release"
    started = f"started promoting {version} to {_get(entry.payload, 'stage')}"
    return _actor(entry), started + _foreseen(entry.payload.get("forecast")), "promoting"


def _foreseen(forecast: object) -> str:
    """Journals from before there were forecasts do not have one."""
    if not isinstance(forecast, dict):
        return ""
    longest = duration(timedelta(milliseconds=_int(forecast, "p90_ms")))
    return f"; nine of ten take at most {longest}" if _int(forecast, "p90_ms") else ""


def _session_opened(entry: Entry) -> Worded:
    waits = _listed(_names(entry.payload, "services"))
    return f"Phase {_get(entry.payload, 'phase')}", f"started{f', waiting for {waits}' if waits else ''}", "running"


def _sent(entry: Entry) -> Worded:
    what = "uninstall itself" if entry.payload.get("uninstalls") else "deploy"
    return _service(entry), f"was asked to {what}{_again(entry.payload)}", "dispatched"


def _retrying(entry: Entry) -> Worded:
    wait = duration(timedelta(milliseconds=_int(entry.payload, "next_in_ms")))
    reason = _get(entry.payload, "reason")
    return _service(entry), f"could not be reached{_because(reason)}; asking again in {wait}", "late"


def _delivered(entry: Entry) -> Worded:
    return _get(entry.payload, "inbox"), f"was sent the results of phase {_int(entry.payload, 'phase')}", "succeeded"


def _gave_up(entry: Entry) -> Worded:
    reason, phase = _get(entry.payload, "reason"), _int(entry.payload, "phase")
    return _get(entry.payload, "inbox"), f"did not take the results of phase {phase}{_because(reason)}", "failed"


def _repeated(entry: Entry) -> Worded:
    what = words(_get(entry.payload, "what")).lower()
    return _actor(entry), f"sent {_get(entry.payload, 'receiver')} the message about “{what}” again", "dispatched"


def _asked(entry: Entry) -> Worded:
    status, reason = _get(entry.payload, "status"), _get(entry.payload, "reason")
    if not status:
        return _service(entry), f"was asked how far it is and could not tell{_because(reason)}", "late"
    return _service(entry), f"was asked how far it is and said {status_of(status).word.lower()}", status


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


def _accepted(entry: Entry) -> Worded:
    message = _get(entry.payload, "message")
    return _actor(entry), f"accepted the late result of {_service(entry)}{_because(message)}", "succeeded"


def _retried(entry: Entry) -> Worded:
    return _actor(entry), f"retried {_service(entry)}{_again(entry.payload)}", "dispatched"


def _healed(entry: Entry) -> Worded:
    payload = entry.payload
    if _get(payload, "act") == "restart":
        return "The board", f"woke the promotion to {_get(payload, 'stage')}, which was stuck", "promoting"
    why = words(_get(payload, "reason")).lower()
    return "The board", f"asks {_listed(_names(payload, 'services'))} again by itself: {why}", "retrying"


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
    if _get(entry.payload, "release_kind") == ROLLBACK:
        return _get(entry.payload, "version") or "The version before", "is back", "rolled_back"
    return _get(entry.payload, "version") or "The release", "is released", "released"


def _cancelled(entry: Entry) -> Worded:
    return _actor(entry), f"cancelled the release{_because(_get(entry.payload, 'reason'))}", "cancelled"


def _extended(entry: Entry) -> Worded:
    more = duration(timedelta(milliseconds=_int(entry.payload, "by_ms")))
    return _actor(entry), f"extended the deadline by {more}", "late"


def _evidence(entry: Entry) -> Worded:
    version, stage = _get(entry.payload, "version"), _get(entry.payload, "stage")
    return version or "The set", f"was seen running together in {stage}; kept as evidence beside the rules", "observed"


def _hotfix_live(entry: Entry) -> Worded:
    took, budget = _int(entry.payload, "took_ms"), _int(entry.payload, "budget_ms")
    took_text, budget_text = (duration(timedelta(milliseconds=each)) for each in (took, budget))
    stage, urgency = _get(entry.payload, "stage"), _get(entry.payload, "urgency")
    state = "succeeded" if took <= budget else "late"
    return f"The {urgency} hotfix", f"reached {stage} after {took_text}, of at most {budget_text}", state


def _debt_incurred(entry: Entry) -> Worded:
    debts, due = _names(entry.payload, "debts"), _get(entry.payload, "due_on")
    owner = _get(entry.payload, "owner") or "Somebody"
    return owner, f"owes {_counted(len(debts), 'thing')} by {due}: {' '.join(debts)}", "held"


def _debt_paid(entry: Entry) -> Worded:
    debt, how = _get(entry.payload, "debt").rstrip("."), _get(entry.payload, "how")
    return _actor(entry), f"paid the debt “{debt}”{_because(how)}", "succeeded"


def _verdict_changed(entry: Entry) -> Worded:
    before, after = (status_of(_get(entry.payload, name)).word.lower() for name in ("before", "after"))
    because = _get(entry.payload, "because") or "changed the rules"
    return _actor(entry), f"{because}; the verdict went from {before} to {after}", _get(entry.payload, "after")


def _train(entry: Entry) -> Worded:
    return f"Train {_get(entry.payload, 'train')}", _get(entry.payload, "text"), _get(entry.payload, "state")


def _validation_started(entry: Entry) -> Worded:
    stage, who = _get(entry.payload, "stage"), _get(entry.payload, "by")
    if who == "board":
        return "The board", f"began to validate {stage} after the promotion", "validating"
    return _actor(entry), f"asked for a validation of {stage}", "validating"


def _validation_finished(entry: Entry) -> Worded:
    state, message = _get(entry.payload, "state"), _get(entry.payload, "message").rstrip(".")
    ended = {"passed": "passed", "failed": "failed", "error": "broke off"}.get(state, "could not pass")
    look = {"error": "failed"}.get(state, state)
    return "The validation", f"of {_get(entry.payload, 'stage')} {ended}{_because(message)}", look


def _signed(verb: str, state: str) -> Callable[[Entry], Worded]:
    def worded(entry: Entry) -> Worded:
        stage, role = _get(entry.payload, "stage"), _get(entry.payload, "role")
        said = f"{verb} the release for {stage} as {role}" if stage and role else f"{verb} the release"
        return _actor(entry), said + _because(_get(entry.payload, "reason")), state

    return worded


def _withdrew(entry: Entry) -> Worded:
    what = "rejection" if _get(entry.payload, "decision") == "rejected" else "sign-off"
    return _actor(entry), f"withdrew the {what} for {_get(entry.payload, 'stage')}", "withdrawn"


def _bypassed(entry: Entry) -> Worded:
    gate, stage = _get(entry.payload, "gate"), _get(entry.payload, "stage")
    return _actor(entry), f"bypassed the gate {gate} of {stage}{_because(_get(entry.payload, 'reason'))}", "bypassed"


def _restored(entry: Entry) -> Worded:
    gate, stage = _get(entry.payload, "gate"), _get(entry.payload, "stage")
    said = f"ended the bypass of the gate {gate} of {stage}{_because(_get(entry.payload, 'reason'))}"
    return _actor(entry), said, "closed"


def _froze(entry: Entry) -> Worded:
    stage, until = _get(entry.payload, "stage"), _get(entry.payload, "until")[:16].replace("T", " ")
    return _actor(entry), f"froze {stage} until {until} UTC{_because(_get(entry.payload, 'reason'))}", "frozen"


def _lifted(entry: Entry) -> Worded:
    resume = "; the promotion may be resumed" if entry.payload.get("is_paused") else ""
    said = f"lifted the freeze of {_get(entry.payload, 'stage')}{resume}"
    return _actor(entry), said + _because(_get(entry.payload, "reason")), "open"


def _wrote(entry: Entry) -> Worded:
    return _actor(entry), f"wrote revision {_int(entry.payload, 'revision')} of the release notes", "draft"


_RULES: dict[str, Callable[[Entry], Worded]] = {
    Kind.RELEASE_CREATED: _created,
    Kind.PROMOTION_STARTED: _promotion_started,
    Kind.ROLLBACK_STARTED: rollback_started,
    Kind.ROLLBACK_REFUSED: rollback_refused,
    Kind.RECOVERY_STARTED: recovery_started,
    Kind.VERSION_QUARANTINED: quarantined,
    Kind.REGISTRY_TOLD: registry_told,
    Kind.PLATFORM_RECORDED: platform_recorded,
    Kind.PLATFORM_UNRECORDED: platform_unrecorded,
    Kind.REGISTRY_UNREACHED: registry_unreached,
    Kind.SESSION_OPENED: _session_opened,
    Kind.DISPATCH_SENT: _sent,
    Kind.DISPATCH_RETRYING: _retrying,
    Kind.SERVICE_ASKED: _asked,
    Kind.INBOX_DELIVERED: _delivered,
    Kind.INBOX_GAVE_UP: _gave_up,
    Kind.DELIVERY_REPEATED: _repeated,
    Kind.CALLBACK_APPLIED: _applied,
    Kind.CALLBACK_OUT_OF_ORDER: _out_of_order,
    Kind.CALLBACK_LATE: _late,
    Kind.CALLBACK_CONTRADICTORY: _contradictory,
    Kind.SLOT_CLOSED: _slot_closed,
    Kind.STEP_SKIPPED: _skipped,
    Kind.PROMOTION_HEALED: _healed,
    Kind.STEP_RETRIED: _retried,
    Kind.STEP_ACCEPTED: _accepted,
    Kind.SESSION_CLOSED: _session_closed,
    Kind.PROMOTION_HELD: _held,
    Kind.PROMOTION_PAUSED: _by_actor("paused", "paused"),
    Kind.PROMOTION_RESUMED: _by_actor("resumed", "promoting"),
    Kind.PROMOTION_CANCELLED: _by_actor("cancelled", "cancelled"),
    Kind.PROMOTION_SUCCEEDED: _promotion_succeeded,
    Kind.RELEASE_RELEASED: _released,
    Kind.RELEASE_CANCELLED: _cancelled,
    Kind.DEADLINE_EXTENDED: _extended,
    Kind.HOTFIX_LIVE: _hotfix_live,
    Kind.DEBT_INCURRED: _debt_incurred,
    Kind.DEBT_PAID: _debt_paid,
    Kind.EVIDENCE_RECORDED: _evidence,
    Kind.VERDICT_CHANGED: _verdict_changed,
    Kind.TRAIN_STEP: _train,
    Kind.TRAIN_HELD: _train,
    Kind.TRAIN_RESUMED: _train,
    Kind.TRAIN_ENDED: _train,
    Kind.SIGNOFF_GIVEN: _signed("signed off", "signed"),
    Kind.SIGNOFF_REJECTED: _signed("rejected", "rejected"),
    Kind.SIGNOFF_WITHDRAWN: _withdrew,
    Kind.GATE_BYPASSED: _bypassed,
    Kind.GATE_RESTORED: _restored,
    Kind.FREEZE_DECLARED: _froze,
    Kind.FREEZE_LIFTED: _lifted,
    Kind.NOTES_EDITED: _wrote,
    Kind.VALIDATION_STARTED: _validation_started,
    Kind.VALIDATION_FINISHED: _validation_finished,
    **dict.fromkeys(CHANGE_KINDS, fares),
}
