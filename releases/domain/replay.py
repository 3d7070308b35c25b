"""The fold: what a release was after any entry of its journal, from the entries alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING, Protocol, TypeVar

from releases.domain.aggregation import PhaseOutcome, Reason, Tally, phase_outcome
from releases.domain.errors import ReleaseError
from releases.domain.journal import Kind
from releases.domain.lifecycle import DONE_SLOTS, OPEN_SLOTS, PromotionState, ReleaseState, SessionState, SlotState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.replayed import ReplayedPromotion, ReplayedRelease, ReplayedSession, ReplayedStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Name = TypeVar("Name", bound=StrEnum)


class Line(Protocol):
    """A journal entry; ``payload`` is what the JSON held."""

    @property
    def sequence(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, object]: ...


class UnreadableJournal(ReleaseError):
    """An entry does not tell what a replay needs, or comes where it cannot."""

    code = "unreadable-journal"

    def __init__(self, line: Line, problem: str) -> None:
        super().__init__(f"Entry {line.sequence} ({line.kind}) {problem}.")


def fold(lines: Sequence[Line]) -> ReplayedRelease:
    """Return the release right after the last of ``lines``, which are its first ones, in order, at least one."""
    first, *rest = lines
    return reduce(apply, rest, begin(first))


def begin(line: Line) -> ReplayedRelease:
    """Return the release that the first entry tells of."""
    if line.sequence != 1 or line.kind != Kind.RELEASE_CREATED:
        raise UnreadableJournal(line, "is not the creation that a journal begins with")
    version = _text(line, "version")
    return ReplayedRelease(
        sequence=line.sequence,
        version=version,
        target_version=_text(line, "target"),
        kind=_text(line, "release_kind"),
        title=_text(line, "title"),
        state=ReleaseState.PLANNED,
        manifest=_texts_by_name(line, "services"),
        phases=_phases(line),
        path=_path(line),
        labels=(version,),
        created_by=line.actor,
        created_at=line.at,
    )


def apply(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    """Return the release after one more entry; a kind that changes nothing only counts."""
    if line.sequence != release.sequence + 1:
        raise UnreadableJournal(line, f"follows entry {release.sequence}")
    change = _CHANGES.get(line.kind)
    after = change(release, line) if change else release
    return replace(after, sequence=line.sequence)


def closings(lines: Iterable[Line]) -> tuple[int, ...]:
    """Count for each promotion that was started how often the journal says that it ended."""
    number, ends = 0, Counter[int]()
    for line in lines:
        number += line.kind == Kind.PROMOTION_STARTED
        ends[number] += line.kind in {Kind.PROMOTION_SUCCEEDED, Kind.PROMOTION_CANCELLED}
    return tuple(ends[each] for each in range(1, number + 1))


def _text(line: Line, key: str) -> str:
    value = line.payload.get(key)
    if not isinstance(value, str):
        raise UnreadableJournal(line, f"does not say its {key}")
    return value


def _one_of(line: Line, key: str, names: type[Name]) -> Name:
    text = _text(line, key)
    if text not in set(names):
        raise UnreadableJournal(line, f"does not say its {key}")
    return names(text)


def _number(line: Line, key: str) -> int:
    value = line.payload.get(key)
    if type(value) is not int:
        raise UnreadableJournal(line, f"does not say its {key}")
    return value


def _moment(line: Line, key: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(line, key))
    except ValueError as mistake:
        raise UnreadableJournal(line, f"does not say its {key}") from mistake


def _names(line: Line, key: str) -> tuple[str, ...]:
    value = line.payload.get(key)
    if not isinstance(value, list | tuple):
        raise UnreadableJournal(line, f"does not say its {key}")
    return tuple(str(each) for each in value)


def _texts_by_name(line: Line, key: str) -> dict[str, str]:
    value = line.payload.get(key)
    if not isinstance(value, dict):
        raise UnreadableJournal(line, f"does not say its {key}")
    return {str(name): str(text) for name, text in value.items()}


def _phases(line: Line) -> tuple[tuple[str, ...], ...]:
    value = line.payload.get("phases")
    if not isinstance(value, list | tuple) or not all(isinstance(phase, list | tuple) for phase in value):
        raise UnreadableJournal(line, "does not say its phases")
    return tuple(tuple(str(service) for service in phase) for phase in value)


def _path(line: Line) -> tuple[str, ...]:
    """Journals do not name the way of a release that goes through every stage."""
    return _names(line, "path") if "path" in line.payload else ()


def _promotion_started(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    version, phases = _text(line, "version"), _phases(line)
    promotion = ReplayedPromotion(
        stage=_text(line, "stage"),
        version=version,
        phases=phases,
        timeout_ms=_number(line, "timeout_ms"),
        started_by=line.actor,
        started_at=line.at,
        steps=_steps(phases, _texts_by_name(line, "running"), _texts_by_name(line, "services")),
    )
    started = replace(release, state=ReleaseState.PROMOTING, promotions=(*release.promotions, promotion))
    if release.kind == ROLLBACK:
        # The version that its stage goes back to is another release's name.
        return started
    labels = release.labels if version in release.labels else (*release.labels, version)
    return replace(started, version=version, labels=labels)


def _taken_back(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    stage = _text(line, "stage")
    meant = [number for number, each in enumerate(release.promotions) if each.stage == stage and not each.rolled_back]
    if not meant:
        raise UnreadableJournal(line, "tells of a promotion that was not started")
    promotions = list(release.promotions)
    promotions[meant[-1]] = replace(promotions[meant[-1]], rolled_back=True)
    return replace(release, promotions=tuple(promotions))


def _steps(
    phases: tuple[tuple[str, ...], ...], running: Mapping[str, str], wanted: Mapping[str, str]
) -> tuple[ReplayedStep, ...]:
    return tuple(
        ReplayedStep(
            service=service, phase=number, from_version=running.get(service, ""), to_version=wanted.get(service, "")
        )
        for number, phase in enumerate(phases)
        for service in sorted(phase)
    )


def _latest(release: ReplayedRelease, line: Line) -> ReplayedPromotion:
    if release.promotion is None:
        raise UnreadableJournal(line, "tells of a promotion that was not started")
    return release.promotion


def _with_latest(
    release: ReplayedRelease, promotion: ReplayedPromotion, state: ReleaseState | None = None
) -> ReplayedRelease:
    return replace(release, promotions=(*release.promotions[:-1], promotion), state=state or release.state)


def _session_opened(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    session = ReplayedSession(
        correlation_id=_text(line, "correlation_id"),
        phase=_number(line, "phase") - 1,
        services=_names(line, "services"),
        timeout_ms=_number(line, "timeout_ms"),
        opened_at=line.at,
    )
    asked = _latest(release, line).with_steps(session.services, lambda step: _asked(step, line.at))
    asked = replace(asked, phase=session.phase, sessions=(*asked.sessions, session))
    return _with_latest(release, asked)


def _asked(step: ReplayedStep, at: datetime) -> ReplayedStep:
    return ReplayedStep(
        service=step.service,
        phase=step.phase,
        from_version=step.from_version,
        to_version=step.to_version,
        attempt=step.attempt + 1,
        late=step.late,
        started_at=at,
    )


def _change_step(
    release: ReplayedRelease, line: Line, change: Callable[[ReplayedStep], ReplayedStep]
) -> ReplayedRelease:
    """Change the entry's service in the promotion whose session the entry names, which need not be the latest one."""
    correlation_id = _text(line, "correlation_id")

    def changed(promotion: ReplayedPromotion) -> ReplayedPromotion:
        if all(session.correlation_id != correlation_id for session in promotion.sessions):
            return promotion
        return promotion.with_steps((line.service,), change)

    return replace(release, promotions=tuple(changed(promotion) for promotion in release.promotions))


def _sent(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    return _change_step(release, line, lambda step: replace(step, state=SlotState.DISPATCHED))


def _heard(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    state, percent = _one_of(line, "state", SlotState), line.payload.get("percent")
    message = _text(line, "message")

    def hear(step: ReplayedStep) -> ReplayedStep:
        heard = replace(step, heard_at=line.at, percent=percent if isinstance(percent, int) else None)
        # A result is told by the entry that closes the slot.
        return replace(heard, state=state, message=message or step.message) if state in OPEN_SLOTS else heard

    return _change_step(release, line, hear)


def _heard_late(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    return _change_step(release, line, lambda step: replace(step, late=step.late + 1))


def _slot_closed(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    state, reason, message = _one_of(line, "state", SlotState), _text(line, "reason"), _text(line, "message")
    return _change_step(
        release, line, lambda step: replace(step, state=state, reason=reason, message=message, finished_at=line.at)
    )


def _session_closed(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    promotion, correlation_id = _latest(release, line), _text(line, "correlation_id")
    summary = Tally(
        expected=_number(line, "expected"),
        received=_number(line, "received"),
        respondents=_number(line, "respondents"),
        errors=_number(line, "errors"),
    )
    state = _one_of(line, "state", SessionState)

    def close(session: ReplayedSession) -> ReplayedSession:
        if session.correlation_id != correlation_id:
            return session
        return replace(session, state=state, closed_at=line.at, summary=summary)

    sessions = tuple(close(session) for session in promotion.sessions)
    return _with_latest(release, replace(promotion, sessions=sessions))


def _step_skipped(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    cause, text = _one_of(line, "cause", Reason), _text(line, "reason")

    def skip(step: ReplayedStep) -> ReplayedStep:
        message = text if cause is Reason.OPERATOR else step.message
        return replace(step, state=SlotState.SKIPPED, reason=cause.value, message=message, finished_at=line.at)

    return _unheld(_with_latest(release, _latest(release, line).with_steps((line.service,), skip)), line)


def _step_accepted(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    reported_at, text = _moment(line, "reported_at"), _text(line, "message")

    def accept(step: ReplayedStep) -> ReplayedStep:
        cause = Reason.LATE_RESULT.value
        accepted = replace(step, state=SlotState.SUCCEEDED, reason=cause, message=text)
        return replace(accepted, percent=100, finished_at=reported_at)

    return _unheld(_with_latest(release, _latest(release, line).with_steps((line.service,), accept)), line)


def _unheld(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    """Let a held promotion run again once the last failure of its phase was decided."""
    promotion = _latest(release, line)
    phase = [step.state for step in promotion.steps if step.phase == promotion.phase]
    if promotion.state is not PromotionState.HELD or phase_outcome(phase) is PhaseOutcome.HOLD:
        return release
    return _with_latest(release, replace(promotion, state=PromotionState.RUNNING), ReleaseState.PROMOTING)


def _moved(promotion: PromotionState, release: ReleaseState) -> _Change:
    def change(before: ReplayedRelease, line: Line) -> ReplayedRelease:
        return _with_latest(before, replace(_latest(before, line), state=promotion), release)

    return change


def _cancelled(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    promotion = _latest(release, line)
    left = [step.service for step in promotion.steps if step.state not in DONE_SLOTS | {SlotState.CANCELLED}]
    promotion = promotion.with_steps(left, lambda step: replace(step, state=SlotState.CANCELLED, finished_at=line.at))
    promotion = replace(promotion, state=PromotionState.CANCELLED, finished_at=line.at)
    succeeded = any(each.state is PromotionState.SUCCEEDED for each in release.promotions)
    return _with_latest(release, promotion, ReleaseState.WAITING if succeeded else ReleaseState.PLANNED)


def _succeeded(release: ReplayedRelease, line: Line) -> ReplayedRelease:
    promotion = _latest(release, line)
    promotion = replace(promotion, state=PromotionState.SUCCEEDED, phase=len(promotion.phases) - 1, finished_at=line.at)
    return _with_latest(release, promotion, ReleaseState.WAITING)


def _ended(state: ReleaseState) -> _Change:
    return lambda release, _line: replace(release, state=state)


if TYPE_CHECKING:
    _Change = Callable[[ReplayedRelease, Line], ReplayedRelease]

_CHANGES: Mapping[str, _Change] = {
    Kind.PROMOTION_STARTED: _promotion_started,
    Kind.PROMOTION_HELD: _moved(PromotionState.HELD, ReleaseState.HELD),
    Kind.PROMOTION_PAUSED: _moved(PromotionState.PAUSED, ReleaseState.PAUSED),
    Kind.PROMOTION_RESUMED: _moved(PromotionState.RUNNING, ReleaseState.PROMOTING),
    Kind.PROMOTION_CANCELLED: _cancelled,
    Kind.PROMOTION_SUCCEEDED: _succeeded,
    Kind.ROLLBACK_STARTED: _taken_back,
    Kind.SESSION_OPENED: _session_opened,
    Kind.SESSION_CLOSED: _session_closed,
    Kind.DISPATCH_SENT: _sent,
    Kind.CALLBACK_APPLIED: _heard,
    Kind.CALLBACK_LATE: _heard_late,
    Kind.CALLBACK_CONTRADICTORY: _heard_late,
    Kind.SLOT_CLOSED: _slot_closed,
    Kind.STEP_RETRIED: _unheld,
    Kind.STEP_SKIPPED: _step_skipped,
    Kind.STEP_ACCEPTED: _step_accepted,
    Kind.RELEASE_RELEASED: _ended(ReleaseState.RELEASED),
    Kind.RELEASE_CANCELLED: _ended(ReleaseState.CANCELLED),
}
