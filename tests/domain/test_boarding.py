"""Who comes along with a train, who is late, and who does not come and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.boarding import Boarding, Passenger, Registered, passengers, ticket
from releases.domain.plans import Problem
from releases.domain.rules import Severity
from releases.domain.selection import Candidate
from releases.domain.verdicts import Reason
from releases.domain.versions import parse

CUT_OFF = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def at(version: str, days: float | None, *, status: str = "RELEASED", tag: str = "") -> Registered:
    """Return a version that was registered so many days after the cut-off."""
    candidate = Candidate(version_raw=version, registry_status="COMPLETED", release_status=status, tag=tag)
    return Registered(candidate=candidate, at=None if days is None else CUT_OFF + days * DAY)


def come(*registered: Registered, live: str = "1.0.0", reasons: tuple[Reason, ...] = ()) -> Passenger:
    found = ticket("web", registered, live=live, cut_off_at=CUT_OFF)
    return passengers([found], reasons, [])[0]


def test_what_was_registered_before_the_cut_off_is_on_board() -> None:
    found = come(at("1.0.0", -9), at("1.1.0", -1))
    assert (found.state, found.version, found.why) == ("on_board", "1.1.0", "1.1.0 takes the place of 1.0.0.")


def test_what_is_registered_at_the_cut_off_still_gets_in() -> None:
    assert come(at("1.1.0", 0)).state is Boarding.ON_BOARD


def test_what_is_registered_after_the_cut_off_is_late() -> None:
    found = come(at("1.0.0", -9), at("1.1.0", 0.1))
    assert (found.state, found.version, found.late, found.why) == (
        "late",
        "1.0.0",
        "1.1.0",
        "1.1.0 was registered after the cut-off and has to take the next train.",
    )


def test_a_service_on_board_may_have_a_newer_version_that_is_late() -> None:
    found = come(at("1.1.0", -1), at("1.2.0", 1))
    assert (found.state, found.version, found.late) == ("on_board", "1.1.0", "1.2.0")


def test_a_version_whose_time_nobody_knows_counts_as_in_time() -> None:
    assert come(at("1.1.0", None)).version == "1.1.0"


def test_a_service_without_anything_new_does_not_come() -> None:
    found = come(at("1.0.0", -9))
    assert (found.state, found.why) == ("not_coming", "1.0.0 is live and nothing newer was registered.")


def test_a_service_whose_new_version_may_not_be_taken_does_not_come_and_says_why() -> None:
    found = come(at("1.1.0", -1, status="NONE"))
    assert (found.state, found.version) == ("not_coming", "1.0.0")
    assert found.why == "web has no eligible version: 1.1.0: It is not released: its release status is NONE."


def test_nobody_goes_back_to_an_older_version_by_train() -> None:
    found = come(at("1.0.0", -9, tag="quarantine"), at("0.9.0", -20))
    assert (found.state, found.version) == ("not_coming", "1.0.0")
    assert found.why == "0.9.0, the newest that may come, is not newer than 1.0.0, which is live."


def test_a_new_service_comes_with_its_first_version() -> None:
    assert come(at("1.0.0", -1), live="").why == "1.0.0 is its first."


def test_both_ends_of_a_broken_rule_are_incompatible() -> None:
    broken = Reason(code="range", severity=Severity.ERROR, service="web", other="checkout", text="They do not fit.")
    shelf = [at("1.1.0", -1)]
    tickets = [ticket(name, shelf, live="1.0.0", cut_off_at=CUT_OFF) for name in ("checkout", "helm", "web")]
    found = passengers(tickets, [broken], [])
    assert [(each.service, each.state) for each in found] == [
        ("checkout", "incompatible"),
        ("web", "incompatible"),
        ("helm", "on_board"),
    ]
    assert found[0].why == "They do not fit."


def test_a_problem_of_the_plan_keeps_its_service_off_the_train() -> None:
    problem = Problem(code="equal-builds", service="web", text="web has two builds.", fix="Choose one.")
    found = ticket("web", [at("1.1.0", -1)], live="1.0.0", cut_off_at=CUT_OFF)
    assert passengers([found], [], [problem])[0].why == "web has two builds."


VERSIONS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(-3, 3)), max_size=8, unique_by=lambda each: each[:2]
)


@given(VERSIONS, st.sampled_from(["1.0.0", "2.1.0", ""]))
def test_a_ticket_is_never_older_than_live_and_never_younger_than_the_cut_off(
    shelf: list[tuple[int, int, float]], live: str
) -> None:
    registered = [at(f"{major}.{minor}.0", days) for major, minor, days in shelf]
    found = ticket("web", registered, live=live, cut_off_at=CUT_OFF)
    in_time = {each.candidate.version_raw for each in registered if each.at is not None and each.at <= CUT_OFF}
    assert found.version in in_time | {live}
    assert not (live and found.version) or parse(found.version) >= parse(live)
    assert not found.late or not found.version or parse(found.late) > parse(found.version)
