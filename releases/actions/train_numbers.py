"""Going on with another number where a train's own was used up: numbers are never used twice, so a person chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.train_ledgers import open_train
from releases.actions.trains import go_on, stated
from releases.actions.turns import refuse
from releases.domain.access import Actor, Permission, require
from releases.domain.errors import InvalidInput
from releases.domain.trains import why_not_choose_number
from releases.queries.boarding import number_problem, train_request
from releases.queries.plans import computed_plan

if TYPE_CHECKING:
    from releases.models import Train


@transaction.atomic(durable=True)
def choose_train_number(*, actor: Actor, label: str, version: str, reason: str, key: str = "") -> None:
    """Give a train that is held for it another platform version, and let it go on; refused as any plan would be."""
    require(actor, Permission.RUN_TRAINS)
    reason = stated(reason, "Say why the train goes on with this number.")
    books = open_train(label=label, actor=actor.name)
    print_ = fingerprint("choose_train_number", label=label, version=version, reason=reason)
    if recall(actor=actor, key=key, print_=print_):
        return
    train = books.train
    refuse(why_not_choose_number(label, books.state, is_asked=number_problem(train) is not None))
    train.target_version = version.strip()
    train.number_reason = f"{actor.name} chose {train.target_version}: {reason}"
    _refuse_number(train)
    go_on(books, f"goes on as {train.target_version}. {train.number_reason}")
    remember(actor=actor, key=key, print_=print_, result={"train": label})


def _refuse_number(train: Train) -> None:
    plan = computed_plan(train_request(train, train.versions))
    if plan.problems:
        problem = plan.problems[0]
        raise InvalidInput("version", f"{problem.text} {problem.fix}".strip())
