"""``manage.py plan [inventory=1.3.0 …] [--kind …] [--target 2.3.0]``: the plan that the page and the API would show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.display.plan_lines import plan_lines
from releases.domain.dependencies import CyclicDependency
from releases.domain.verdicts import Overall
from releases.management.judging import BAD_INPUT, EXIT_CODES, JudgingCommand, add_plan, asked_plan, end
from releases.queries.forecasts import foreseen_document
from releases.queries.plans import computed_plan

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.plans import Plan, Problem


class Command(JudgingCommand):
    help = (
        "Computes a plan and stores nothing; services that are not named take their highest eligible version, or stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_plan(parser)
        self.add_json(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        plan = computed_plan(asked_plan(options))
        self.show(foreseen_document(plan), plan_lines(plan), as_json=options["json"])
        end(_exit_code(plan))


def _exit_code(plan: Plan) -> int:
    """A circle is no set of versions, but it stands in the way of all of them."""
    if any(map(_is_bad_input, plan.problems)):
        return BAD_INPUT
    if any(problem.code == CyclicDependency.code for problem in plan.problems):
        return EXIT_CODES[Overall.INCOMPATIBLE]
    return EXIT_CODES[plan.verdict.overall]


def _is_bad_input(problem: Problem) -> bool:
    """Whether another call would mend it: a service without any eligible version is no mistake of the caller."""
    return bool(problem.field) and problem.code != "no-eligible-version"
