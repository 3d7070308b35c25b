from __future__ import annotations

import pytest

from releases.display.metrics import objective_line, percent
from releases.domain.objectives import Measure, Objective


@pytest.mark.parametrize(
    ("part", "shown"),
    [(None, "—"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.95, "95 %"), (0.0, "0 %")],
)
def test_a_part_is_never_rounded_up_to_all(part: float | None, shown: str) -> None:
    assert percent(part) == shown


@pytest.mark.parametrize(
    ("measure", "counted", "budget"),
    [
        (Measure(objective=Objective.STEPS, good=19, total=20), "19 of 20", "0 % left"),
        (Measure(objective=Objective.STEPS, good=10, total=20), "10 of 20", "used up"),
        (Measure(objective=Objective.STEPS, good=0, total=0), "nothing to count", "—"),
        (Measure(objective=Objective.AVAILABILITY, good=5_400, total=172_800), "1.5 h of 2.0 d", "used up"),
        (Measure(objective=Objective.AVAILABILITY, good=30, total=30), "30 s of 30 s", "100 % left"),
    ],
)
def test_an_objective_says_what_was_counted_and_what_is_left(measure: Measure, counted: str, budget: str) -> None:
    line = objective_line(measure)

    assert (line.counted, line.budget) == (counted, budget)
