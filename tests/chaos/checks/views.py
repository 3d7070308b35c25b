"""What viewers had before them at the end is what the database holds (I11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import OPEN_PROMOTIONS, Lookup, grouped, lookup
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.chaos.reading import Facts
    from tests.chaos.records import ViewRecord
    from tests.chaos.rows import PromotionRow, ReleaseRow, SessionRow, StepRow

LISTED = 25
OVER = frozenset({"released", "cancelled"})


def viewers_see_the_present(facts: Facts) -> Outcome:
    """I11: each viewer's last number and marks are the database's."""
    known = lookup(facts.board)
    return judged(
        "I11",
        "a viewer's last state is the database's",
        examined=sum(len(view.marks) + 1 for view in facts.views),
        violations=(finding for view in facts.views for finding in _stale(facts, known, view)),
    )


def _stale(facts: Facts, known: Lookup, view: ViewRecord) -> Iterator[str]:
    release = known.releases.get(view.release_id or 0)
    if view.page == "board":
        sequence, marks = sum(each.sequence for each in facts.board.releases), _board_marks(facts, known)
    elif release is not None:
        sequence, marks = release.sequence, _release_marks(known, release)
    else:
        yield f"{view.viewer} saw release {view.release_id}, which does not exist."
        return
    if view.sequence != sequence:
        yield f"{view.viewer} was last at {view.sequence} of the {view.page} page, the database is at {sequence}."
    for name in sorted(marks.keys() | view.marks.keys()):
        seen, held = view.marks.get(name), marks.get(name)
        if seen != held:
            yield f"{view.viewer} last saw {name} as {seen!r} on the {view.page} page, the database holds {held!r}."


def _release_marks(known: Lookup, release: ReleaseRow) -> dict[str, str]:
    promotions = sorted(known.promotions_of[release.id], key=lambda each: each.id)
    entries = known.entries[release.id]
    marks = {
        "release-head": str(release.lock_version),
        "release-feed": str(entries[-1].sequence if entries else 0),
        **_stage_marks(known, promotions),
    }
    if not promotions:
        planned = entries[0].payload["phases"]
        return marks | _service_marks({service: "pending" for phase in planned for service in phase})
    latest = promotions[-1]
    states = {known.services[step.service_id]: step.state for step in known.steps_of[latest.id]}
    return marks | _service_marks(states) | dict(map(_summary_mark, _closed_sessions(known, latest)))


def _service_marks(states: Mapping[str, str]) -> dict[str, str]:
    return {f"{part}-{service}": state for service, state in states.items() for part in ("step", "node")}


def _stage_marks(known: Lookup, promotions: list[PromotionRow]) -> dict[str, str]:
    """A stage shows the release's own last promotion to it, or else what runs there."""
    labels = {each.id: each.version for each in known.labels.values()}
    versions = {each.id: labels.get(each.live_version_id or 0, "—") for each in known.stages.values()}
    versions |= {promotion.stage_id: promotion.version for promotion in promotions}
    return {f"stage-{known.stages[stage_id].name}": version for stage_id, version in versions.items()}


def _closed_sessions(known: Lookup, promotion: PromotionRow) -> list[SessionRow]:
    return [each for each in known.sessions_of[promotion.id] if each.summary]


def _summary_mark(session: SessionRow) -> tuple[str, str]:
    counts = session.summary
    text = f"{counts['received']} of {counts['expected']} answered"
    if counts["respondents"] != counts["received"]:
        text += f", {counts['respondents']} succeeded"
    if counts["errors"]:
        text += f", {counts['errors']} error{'' if counts['errors'] == 1 else 's'}"
    return f"summary-{session.correlation_id}", text


def _board_marks(facts: Facts, known: Lookup) -> dict[str, str]:
    moving = {each.stage_id: each for each in facts.board.promotions if each.state in OPEN_PROMOTIONS}
    under_way = [each for each in facts.board.releases if each.state not in OVER]
    newest = sorted(under_way, key=lambda each: each.updated_at, reverse=True)[:LISTED]
    return {
        "board-open": " ".join(sorted(each.version for each in newest)),
        **dict(_board_stages(known, moving)),
        **dict(_cells(facts, known, moving)),
    }


def _board_stages(known: Lookup, moving: Mapping[int, PromotionRow]) -> Iterator[tuple[str, str]]:
    labels = {each.id: each for each in known.labels.values()}
    for stage in known.stages.values():
        live = labels.get(stage.live_version_id or 0)
        version = live.version if live else ""
        promotion = moving.get(stage.id)
        goal = promotion.version if promotion else ""
        text = _change(version, goal) if goal and goal != version else version or "nothing deployed"
        yield f"board-stage-{stage.name}", text


def _change(before: str, after: str) -> str:
    return f"{before} → {after}" if before else f"{after} new"


def _cells(facts: Facts, known: Lookup, moving: Mapping[int, PromotionRow]) -> Iterator[tuple[str, str]]:
    running = {(each.stage_id, each.service_id): each.version for each in facts.board.deployments}
    steps = grouped(facts.board.steps, lambda each: each.promotion_id)
    for stage in known.stages.values():
        promotion = moving.get(stage.id)
        changing = {each.service_id: each for each in steps[promotion.id]} if promotion else {}
        for service_id, service in known.services.items():
            version = running.get((stage.id, service_id), "")
            yield f"cell-{service}-{stage.name}", _cell(version, changing.get(service_id))


def _cell(version: str, step: StepRow | None) -> str:
    if step is None or step.to_version == step.from_version:
        return f"live {version}" if version else "absent"
    text = _change(version, step.to_version) if step.to_version != version else version
    return f"{step.state} {text}"
