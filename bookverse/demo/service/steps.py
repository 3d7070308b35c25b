"""What a deployment does, step by step, for each way that it can end."""

from dataclasses import dataclass
from enum import StrEnum

from bookverse.demo.service.behaviour import Mode


class State(StrEnum):
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``share`` is the part of the whole duration, 0 to 1, after which the step is due."""

    status: str
    state: State
    percent: int
    message: str
    share: float


def _progress(percent: int, message: str, share: float) -> Step:
    return Step(status="progress", state=State.IN_PROGRESS, percent=percent, message=message, share=share)


_BEGINNING = (
    Step(status="accepted", state=State.ACCEPTED, percent=0, message="accepted", share=0.0),
    _progress(20, "pulling image", 0.15),
    _progress(45, "migrating", 0.40),
)
_REST = (
    _progress(70, "starting", 0.65),
    _progress(90, "health check", 0.85),
    Step(status="succeeded", state=State.SUCCEEDED, percent=100, message="healthy", share=1.0),
)


def steps_of(mode: Mode, failure_message: str) -> tuple[Step, ...]:
    """Return the steps in order; none for a service that never calls back."""
    if mode is Mode.SUCCEED:
        return (*_BEGINNING, *_REST)
    if mode is Mode.FAIL:
        failure = Step(status="failed", state=State.FAILED, percent=45, message=failure_message, share=0.6)
        return (*_BEGINNING, failure)
    return ()
