from __future__ import annotations

import pytest

from releases.domain.budgets import Budget, BudgetSpent


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_as_many_nodes_as_allowed_are_given() -> None:
    budget = Budget(nodes=2)
    budget.take_node()
    budget.take_node()
    with pytest.raises(BudgetSpent):
        budget.take_node()
    assert budget.spent == 2


def test_time_ends_a_search_that_has_nodes_left() -> None:
    clock = Clock()
    budget = Budget(seconds=2.0, clock=clock)
    budget.take_node()
    clock.seconds += 2.0
    with pytest.raises(BudgetSpent):
        budget.take_node()
    assert budget.spent == 1


def test_what_is_held_back_is_there_afterwards() -> None:
    clock = Clock()
    budget = Budget(nodes=4, seconds=2.0, clock=clock)
    with budget.holding_back(0.5):
        budget.take_node()
        budget.take_node()
        with pytest.raises(BudgetSpent):
            budget.take_node()
        clock.seconds += 1.0
        with pytest.raises(BudgetSpent):
            budget.check_time()
    budget.check_time()
    budget.take_node()
    assert budget.spent == 3
