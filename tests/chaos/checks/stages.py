"""What runs where (I6): a stage's version by its promotions, a service's by its steps."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import Lookup, grouped, lookup
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts
    from tests.chaos.rows import PromotionRow, StageRow, StepRow


def stages_run_what_succeeded(facts: Facts) -> Outcome:
    """I6: a stage's live version is its last succeeded promotion's by epoch; a deployment is the last success."""
    known = lookup(facts.board)
    succeeded = [each for each in facts.board.promotions if each.state == "succeeded"]
    by_stage = grouped(succeeded, lambda each: each.stage_id)
    return judged(
        "I6",
        "a stage runs what was last promoted to it",
        examined=len(by_stage),
        violations=[
            *(finding for stage in facts.board.stages for finding in _wrong_version(known, stage, by_stage[stage.id])),
            *(finding for stage in facts.board.stages for finding in _wrong_epochs(facts, stage)),
            *_wrong_deployments(facts, known),
            *_denied_by_services(facts, known),
            *_wrong_labels(known, facts),
        ],
    )


def _wrong_version(known: Lookup, stage: StageRow, succeeded: list[PromotionRow]) -> Iterator[str]:
    label = next((each for each in known.labels.values() if each.id == stage.live_version_id), None)
    live = label.version if label else "nothing"
    if not succeeded:
        # What ran before the board did is no release's.
        if label is not None and label.release_id is not None:
            yield f"{stage.name} says it runs {live}, but no promotion ever succeeded there."
        return
    last = max(succeeded, key=lambda each: each.epoch)
    if live != last.version:
        yield f"{stage.name} says it runs {live}, the last that succeeded there is {last.version}."
    elif stage.live_since_at != last.finished_at:
        yield f"{stage.name} runs {live} since {stage.live_since_at}, which ended at {last.finished_at}."


def _wrong_epochs(facts: Facts, stage: StageRow) -> Iterator[str]:
    promotions = [each for each in facts.board.promotions if each.stage_id == stage.id]
    epochs = Counter(each.epoch for each in promotions)
    for epoch, count in epochs.items():
        if count > 1:
            yield f"{count} promotions to {stage.name} have epoch {epoch}."
    if epochs and max(epochs) > stage.epoch:
        yield f"{stage.name} is at epoch {stage.epoch}, below its promotions' {max(epochs)}."


def _last_successes(facts: Facts, known: Lookup) -> dict[tuple[int, int], StepRow]:
    """Return the last step that succeeded, by stage and service."""
    last: dict[tuple[int, int], StepRow] = {}
    for step in sorted(facts.board.steps, key=lambda each: known.promotions[each.promotion_id].epoch):
        if step.state == "succeeded":
            last[known.promotions[step.promotion_id].stage_id, step.service_id] = step
    return last


def _wrong_deployments(facts: Facts, known: Lookup) -> Iterator[str]:
    deployments = {(each.stage_id, each.service_id): each for each in facts.board.deployments}
    last = _last_successes(facts, known)
    for (stage_id, service_id), step in last.items():
        found = deployments.get((stage_id, service_id))
        where = f"{known.services[service_id]} in {known.stages[stage_id].name}"
        if found is None or found.version != step.to_version:
            runs = found.version if found else "nothing"
            yield f"{where} is listed with {runs}, its last success is {step.to_version}."
        elif found.step_id != step.id:
            yield f"{where} is listed with {found.version} by another step than its last success."
    for place, row in deployments.items():
        if row.step_id is not None and place not in last:
            service, stage = known.services[row.service_id], known.stages[row.stage_id].name
            yield f"{service} in {stage} is listed with {row.version}, but no step succeeded there."


def _denied_by_services(facts: Facts, known: Lookup) -> Iterator[str]:
    """Where the last that a service did was believed, the board's list must say the same."""
    listed = {
        (known.services[each.service_id], known.stages[each.stage_id].name): each.version
        for each in facts.board.deployments
    }
    for (service, stage), effects in grouped(facts.services.effects, lambda each: (each.service, each.stage)).items():
        last = max(effects, key=lambda each: each.at)
        dispatch = known.keys.get(last.key)
        if dispatch is None or dispatch.state != "succeeded":
            continue
        said = listed.get((service, stage))
        if said != last.version:
            yield f"{service} runs {last.version} in {stage} by its own log, the board says {said}."


def _wrong_labels(known: Lookup, facts: Facts) -> Iterator[str]:
    for promotion in facts.board.promotions:
        label = known.labels.get(promotion.version)
        if label is None or label.release_id != promotion.release_id:
            yield f"{known.promotion_name(promotion)} has a label that is not its release's."
