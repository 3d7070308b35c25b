"""The fold: each entry changes what it says, and an unreadable journal says where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from releases.domain.aggregation import Tally
from releases.domain.replay import UnreadableJournal, closings, fold
from releases.domain.replayed import Difference, first_difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.replayed import ReplayedRelease, ReplayedStep

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PHASES = [["inventory"], ["web", "checkout"]]
WANTED = {"inventory": "1.4.0", "checkout": "1.5.3", "web": "3.0.2"}
RUNNING = {"inventory": "1.2.3", "checkout": "1.5.3"}
FIRST, SECOND = "0" * 8, "1" * 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    sequence: int
    at: datetime
    kind: str
    actor: str = "maria"
    service: str = ""
    payload: Mapping[str, object] = field(default_factory=dict)


class Journal:
    """Lines one second apart, numbered as they are written."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tell(
            "release.created",
            version="2.2.0-alpha.1",
            target="2.2.0",
            release_kind="synchronized",
            title="November",
            services=WANTED,
            phases=PHASES,
        )

    def tell(self, kind: str, service: str = "", **payload: object) -> Journal:
        number = len(self.lines) + 1
        line = Line(sequence=number, at=START + timedelta(seconds=number), kind=kind, service=service, payload=payload)
        self.lines.append(line)
        return self

    def start(self, stage: str = "DEV", version: str = "2.2.0-alpha.1") -> Journal:
        self.tell(
            "promotion.started",
            stage=stage,
            version=version,
            services=WANTED,
            running=RUNNING,
            phases=PHASES,
            timeout_ms=9_000,
        )
        return self.open(FIRST, 1, "inventory")

    def open(self, session: str, phase: int, *services: str) -> Journal:
        return self.tell(
            "session.opened", correlation_id=session, phase=phase, services=list(services), timeout_ms=9_000
        )

    def applied(self, service: str, state: str, percent: int | None = None, message: str = "") -> Journal:
        return self.tell(
            "callback.applied", service, correlation_id=FIRST, state=state, percent=percent, message=message
        )

    def closed(self, service: str, state: str, message: str = "", session: str = FIRST) -> Journal:
        return self.tell(
            "slot.closed", service, correlation_id=session, state=state, reason="reported", message=message
        )

    def failed(self) -> Journal:
        return self.closed("inventory", "failed", "disk full").tell("promotion.held", stage="DEV")

    @property
    def state(self) -> ReplayedRelease:
        return fold(self.lines)

    def step(self, service: str) -> ReplayedStep:
        assert self.state.promotion is not None
        return next(step for step in self.state.promotion.steps if step.service == service)

    @property
    def states(self) -> tuple[str, str]:
        assert self.state.promotion is not None
        return self.state.state, self.state.promotion.state


CREATED: dict[str, Any] = dict(Journal().lines[0].payload)
STARTED: dict[str, Any] = dict(Journal().start().lines[1].payload)


def test_a_release_begins_as_it_was_planned() -> None:
    begun = Journal().state
    assert (begun.sequence, begun.version, begun.target_version, begun.kind, begun.title, begun.state) == (
        1,
        "2.2.0-alpha.1",
        "2.2.0",
        "synchronized",
        "November",
        "planned",
    )
    assert (begun.manifest, begun.phases) == (WANTED, (("inventory",), ("web", "checkout")))
    assert (begun.labels, begun.promotions, begun.promotion) == (("2.2.0-alpha.1",), (), None)
    assert (begun.created_by, begun.created_at) == ("maria", START + timedelta(seconds=1))


def test_a_promotion_starts_with_a_step_for_each_service_by_phase_and_name() -> None:
    promotion = Journal().start().state.promotion
    assert promotion is not None
    assert [(step.service, step.phase, step.from_version, step.to_version) for step in promotion.steps] == [
        ("inventory", 0, "1.2.3", "1.4.0"),
        ("checkout", 1, "1.5.3", "1.5.3"),
        ("web", 1, "", "3.0.2"),
    ]
    assert (promotion.stage, promotion.version, promotion.timeout_ms) == ("DEV", "2.2.0-alpha.1", 9_000)
    assert (promotion.started_by, promotion.started_at) == ("maria", START + timedelta(seconds=2))


def test_a_second_try_in_a_stage_keeps_its_label_and_another_stage_gives_a_new_one() -> None:
    journal = Journal().start().tell("promotion.cancelled").start().tell("promotion.cancelled")
    journal.start("QA", "2.2.0-beta.1")
    assert journal.state.labels == ("2.2.0-alpha.1", "2.2.0-beta.1")
    assert journal.state.version == "2.2.0-beta.1"


def test_a_service_that_was_asked_then_heard_is_in_progress_as_far_as_it_says() -> None:
    journal = Journal().start()
    assert (journal.step("inventory").attempt, journal.step("inventory").state) == (1, "pending")
    journal.tell("dispatch.sent", "inventory", correlation_id=FIRST)
    assert (journal.step("inventory").state, journal.step("web").state) == ("dispatched", "pending")
    journal.applied("inventory", "in_progress", 40, "copying").applied("inventory", "in_progress", 50)
    step = journal.step("inventory")
    assert (step.state, step.percent, step.message) == ("in_progress", 50, "copying")
    assert step.heard_at == START + timedelta(seconds=6)
    assert (step.started_at, step.finished_at) == (START + timedelta(seconds=3), None)


def test_a_result_is_told_by_the_entry_that_closes_the_slot() -> None:
    journal = Journal().start().applied("inventory", "succeeded", 100, "healthy")
    assert (journal.step("inventory").state, journal.step("inventory").message) == ("pending", "")
    step = journal.closed("inventory", "succeeded", "healthy").step("inventory")
    assert (step.state, step.reason, step.message, step.percent) == ("succeeded", "reported", "healthy", 100)
    assert step.finished_at == START + timedelta(seconds=5)


@pytest.mark.parametrize("kind", ["callback.late", "callback.contradictory"])
def test_what_came_too_late_is_counted_at_the_promotion_that_it_was_for(kind: str) -> None:
    journal = Journal().start().tell("promotion.cancelled")
    journal.tell("promotion.started", **STARTED).open(SECOND, 1, "inventory")
    journal.tell(kind, "inventory", correlation_id=FIRST)
    counted = [[step.late for step in promotion.steps] for promotion in journal.state.promotions]
    assert counted == [[1, 0, 0], [0, 0, 0]]


def test_a_session_closes_with_its_summary() -> None:
    journal = Journal().start().failed()
    journal.open(SECOND, 1, "inventory").tell(
        "session.closed",
        correlation_id=FIRST,
        state="failed",
        expected=1,
        received=1,
        respondents=0,
        errors=1,
    )
    assert journal.state.promotion is not None
    closed, other = journal.state.promotion.sessions
    assert (closed.state, closed.summary) == ("failed", Tally(expected=1, received=1, respondents=0, errors=1))
    assert closed.closed_at == START + timedelta(seconds=7)
    assert (other.state, other.summary, other.closed_at) == ("running", None, None)


def test_a_failure_holds_until_the_last_one_of_the_phase_was_retried() -> None:
    journal = Journal().start().failed()
    assert journal.states == ("held", "held")
    journal.open(SECOND, 1, "inventory").tell("step.retried", "inventory")
    assert journal.states == ("promoting", "running")
    assert (journal.step("inventory").attempt, journal.step("inventory").state) == (2, "pending")
    assert (journal.step("inventory").reason, journal.step("inventory").message) == ("", "")


def test_a_skip_of_one_of_two_failures_keeps_the_hold() -> None:
    journal = Journal().start().closed("inventory", "succeeded").open(SECOND, 2, "checkout", "web")
    journal.closed("web", "failed", session=SECOND).tell("promotion.held")
    journal.closed("checkout", "rejected", session=SECOND)
    journal.tell("step.skipped", "web", cause="operator", reason="not needed")
    assert journal.states == ("held", "held")
    step = journal.step("web")
    assert (step.state, step.reason, step.message) == ("skipped", "operator", "not needed")
    journal.tell("step.skipped", "checkout", cause="operator", reason="nor this")
    assert journal.states == ("promoting", "running")


def test_a_service_that_runs_the_version_already_is_skipped_without_words() -> None:
    journal = Journal().start().tell("step.skipped", "checkout", cause="unchanged", reason="1.5.3 already runs in DEV")
    step = journal.step("checkout")
    assert (step.state, step.reason, step.message, step.attempt) == ("skipped", "unchanged", "", 0)
    assert step.finished_at == START + timedelta(seconds=4)


def test_a_pause_stays_through_skips_until_it_is_resumed() -> None:
    journal = Journal().start().failed().tell("promotion.paused")
    journal.tell("step.skipped", "inventory", cause="operator", reason="later")
    assert journal.states == ("paused", "paused")
    assert journal.tell("promotion.resumed").states == ("promoting", "running")


def test_a_cancelled_promotion_leaves_what_is_done_and_cancels_the_rest() -> None:
    journal = Journal().start().closed("inventory", "succeeded").tell("promotion.cancelled")
    assert journal.states == ("planned", "cancelled")
    assert [journal.step(each).state for each in ("inventory", "checkout", "web")] == [
        "succeeded",
        "cancelled",
        "cancelled",
    ]
    assert journal.step("web").finished_at == START + timedelta(seconds=5)
    assert journal.tell("release.cancelled").state.state == "cancelled"


def test_a_success_lets_the_release_wait_and_a_later_cancel_too() -> None:
    journal = Journal().start().closed("inventory", "succeeded").tell("promotion.succeeded")
    assert journal.states == ("waiting", "succeeded")
    assert journal.state.promotion is not None
    assert (journal.state.promotion.phase, journal.state.promotion.finished_at) == (1, START + timedelta(seconds=5))
    journal.start("QA", "2.2.0-beta.1").tell("promotion.cancelled")
    assert journal.states == ("waiting", "cancelled")


def test_the_last_stage_releases() -> None:
    assert Journal().start().tell("promotion.succeeded").tell("release.released").states == ("released", "succeeded")


def test_an_entry_that_changes_nothing_only_counts() -> None:
    before = Journal().start()
    after = Journal().start().tell("verdict.changed").tell("a.kind.of.tomorrow")
    assert after.state == replace(before.state, sequence=before.state.sequence + 2)


def test_closings_are_counted_for_each_promotion() -> None:
    journal = Journal().start().tell("promotion.cancelled").start().tell("promotion.succeeded")
    journal.tell("promotion.succeeded").start()
    assert closings(journal.lines) == (1, 2, 0)


def _line(number: int, kind: str, **payload: object) -> Line:
    return Line(sequence=number, at=START, kind=kind, service="inventory", payload=payload)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (_line(1, "release.created", **(CREATED | {"title": 7})), "does not say its title"),
        (_line(1, "release.created", **(CREATED | {"services": None})), "does not say its services"),
        (_line(1, "release.created", **(CREATED | {"phases": "inventory"})), "does not say its phases"),
        (_line(1, "release.created", **(CREATED | {"phases": ["inventory"]})), "does not say its phases"),
        (_line(2, "release.created", **CREATED), "is not the creation that a journal begins with"),
        (_line(1, "promotion.started", **STARTED), "is not the creation that a journal begins with"),
    ],
)
def test_a_journal_that_does_not_begin_with_its_creation_says_so(line: Line, problem: str) -> None:
    with pytest.raises(UnreadableJournal) as refusal:
        fold([line])
    assert refusal.value.message == f"Entry {line.sequence} ({line.kind}) {problem}."


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (_line(3, "verdict.changed"), "follows entry 1"),
        (_line(2, "callback.applied", correlation_id=FIRST, state="asleep", message=""), "does not say its state"),
        (_line(2, "promotion.held"), "tells of a promotion that was not started"),
        (_line(2, "promotion.started", **(STARTED | {"timeout_ms": True})), "does not say its timeout_ms"),
        (
            _line(2, "session.opened", correlation_id=FIRST, phase=1, services="inventory", timeout_ms=1),
            "does not say its services",
        ),
    ],
)
def test_an_entry_that_cannot_be_replayed_is_named_with_the_reason(line: Line, problem: str) -> None:
    with pytest.raises(UnreadableJournal) as refusal:
        fold([*Journal().lines, line])
    assert refusal.value.message == f"Entry {line.sequence} ({line.kind}) {problem}."


def test_the_first_difference_names_the_field_down_to_the_step() -> None:
    told = Journal().start().state
    assert first_difference(told, told) is None
    stored = Journal().start().tell("dispatch.sent", "inventory", correlation_id=FIRST).state
    assert first_difference(told, replace(stored, sequence=told.sequence)) == Difference(
        field="promotions[0].steps[0].state", told="pending", stored="dispatched"
    )


def test_a_missing_part_is_the_difference_as_a_whole() -> None:
    told = Journal().start().state
    lost = replace(told, promotions=())
    assert first_difference(told, lost) == Difference(field="promotions", told=told.promotions, stored=())
