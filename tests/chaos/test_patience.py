"""Waiting that ends: with what was waited for, or with word that it did not come."""

from __future__ import annotations

import pytest

from tests.chaos.patience import insistently, patiently


def test_what_comes_is_waited_for() -> None:
    looks = iter([False, False, True])
    assert patiently(lambda: next(looks), within_s=60)


def test_what_does_not_come_is_told() -> None:
    assert not patiently(lambda: False, within_s=0)


def test_what_fails_is_tried_again() -> None:
    outcomes = iter([OSError, OSError, None])

    def act() -> str:
        for failure in outcomes:
            if failure is None:
                return "done"
            raise failure
        return "too often"

    assert insistently(act, OSError, within_s=60) == "done"


def test_what_always_fails_is_the_callers_failure() -> None:
    with pytest.raises(ZeroDivisionError):
        insistently(lambda: 1 / 0, ZeroDivisionError, within_s=0)
