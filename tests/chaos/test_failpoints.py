"""Who is armed with what follows from the seed, and nobody is armed with what was hit often enough."""

from __future__ import annotations

from random import Random

from tests.chaos.failpoints import AT_ONCE, ONCE, PATIENCE_S, QUIET_S, Quiet, Range
from tests.chaos.points import Kind, required_points

POINTS = required_points(embedded=True)


def a_range(*, wanted: int = 2, seed: int = 7) -> Range:
    return Range(points=POINTS, wanted=wanted, chance=Random(seed))


def test_the_same_seed_arms_alike() -> None:
    assert [a_range().arms_for(Kind.WEB)] * 2 == [a_range().arms_for(Kind.WEB), a_range().arms_for(Kind.WEB)]


def test_a_process_is_armed_with_several_points_that_it_can_reach() -> None:
    arms = a_range().arms_for(Kind.WORKER)

    assert len(arms) == AT_ONCE
    assert {Kind.WORKER in POINTS[point] for point in arms} == {True}


def test_a_process_that_reaches_no_point_is_not_armed() -> None:
    assert a_range().arms_for("beat") == {}


def test_what_was_hit_often_enough_is_not_aimed_at_again() -> None:
    targets = a_range(wanted=1)
    targets.hits.update(point for point in POINTS if point != "services.post:after")

    assert (targets.missing(), list(targets.arms_for(Kind.WEB))) == (
        {"services.post:after": 1},
        ["services.post:after"],
    )


def test_what_was_hit_least_is_aimed_at_first() -> None:
    targets = a_range(wanted=9)
    rare = {point for point in sorted(POINTS)[::9] if Kind.WEB in POINTS[point]}
    targets.hits.update({point: 1 if point in rare else 3 for point in POINTS})

    assert (len(rare) < AT_ONCE, rare - targets.arms_for(Kind.WEB).keys()) == (True, set())


def test_what_is_reached_once_in_a_life_is_hit_the_first_time() -> None:
    targets = a_range()
    targets.hits.update({point: 2 for point in POINTS if point not in ONCE})

    assert targets.arms_for(Kind.WEB) == dict.fromkeys(ONCE, 1)


def test_several_processes_never_take_each_others_work_over() -> None:
    assert ONCE & required_points(embedded=False).keys() == set()
    assert POINTS.keys() >= ONCE


def test_whoever_lives_long_gets_other_arms_before_the_run_gives_up() -> None:
    quiet = Quiet(0.0, 0.0)
    seen = [now for now in range(int(PATIENCE_S)) if quiet.rearm(float(now))]

    assert seen == list(range(int(QUIET_S), int(PATIENCE_S), int(QUIET_S)))
    assert (quiet.is_for_good(PATIENCE_S - 1), quiet.is_for_good(PATIENCE_S)) == (False, True)


def test_a_hit_ends_the_quiet() -> None:
    quiet = Quiet(0.0, 0.0)
    quiet.hit(PATIENCE_S)

    assert (quiet.rearm(PATIENCE_S + 1), quiet.is_for_good(PATIENCE_S + 1)) == (False, False)
