"""Promotion, release and rollback of one version, by the rules of AppTrust."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bookverse.demo import fields
from bookverse.demo.apptrust.bodies import moment
from bookverse.demo.apptrust.records import PromotionRecord, ReleaseStatus, Status, VersionRecord
from bookverse.demo.apptrust.registry import Registry
from bookverse.demo.apptrust.setting import Failure, Gate
from bookverse.demo.exchange import Refusal, malformed

RELEASE_STAGE = "PROD"
PROMOTE_STAGES = ("DEV", "QA", "STAGING")
_DEFAULT_POLICY = "demo-policy"


class PromotionType(StrEnum):
    COPY = "copy"
    MOVE = "move"
    KEEP = "keep"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a promote or release call asks for; ``is_async`` answers before it is done."""

    target: str
    promotion_type: PromotionType
    is_async: bool
    by: str
    options: Mapping[str, object]
    at: float

    @property
    def is_release(self) -> bool:
        return self.target == RELEASE_STAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    gate: Gate
    policies: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        return self.gate is Gate.FAIL


def stage_name(name: str, project_key: str) -> str:
    """Return the stage without the project's prefix, which project stages may carry."""
    return name.removeprefix(f"{project_key}-")


def read_target(source: Mapping[str, object], project_key: str) -> str:
    """400 for the release stage, which only the release call reaches; 404 for a stage outside the lifecycle."""
    target = fields.text(source, "target_stage", limit=64)
    stage = stage_name(target, project_key)
    if stage == RELEASE_STAGE:
        why = f"'{target}' is the release stage; use the release call."
        raise malformed("target_stage", why)
    if stage not in PROMOTE_STAGES:
        raise Refusal(404, f"Stage '{target}' is not part of the lifecycle of project '{project_key}'.")
    return target


def move_version(
    registry: Registry, version: VersionRecord, move: Move, *, project_key: str
) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body; a refusal by a gate is such a body as well."""
    if version.status is not Status.COMPLETED:
        raise Refusal(400, f"Version '{version.version}' is {version.status} and cannot be promoted.")
    setting = registry.setting()
    decision = Decision(gate=setting.gate, policies=setting.policy_names)
    body = _body(version, move, decision, project_key=project_key)
    if move.promotion_type is PromotionType.DRY_RUN:
        return 200, {**body, "message": "No changes were made."}
    registry.change_setting(setting.after_one())
    record = _record(version, move, decision, str(body["message"]))
    outcome = Status.FAILED if decision.is_refused else Status.COMPLETED
    work_s = setting.work_ms / 1000 if move.is_async else 0.0
    registry.add_promotion(record, outcome=outcome, completes_at=move.at + work_s)
    if decision.is_refused and setting.failure is Failure.STATUS:
        return 400, body
    return 202 if move.is_async else 200, body


def _record(version: VersionRecord, move: Move, decision: Decision, message: str) -> PromotionRecord:
    released = ReleaseStatus.TRUSTED_RELEASE if decision.policies else ReleaseStatus.RELEASED
    return PromotionRecord(
        id=0,
        application_key=version.application_key,
        version=version.version,
        source_stage=version.current_stage,
        target_stage=move.target,
        promotion_type=move.promotion_type,
        release_status=released if move.is_release else version.release_status,
        message=message,
        created_by=move.by,
        created=move.at,
        status=Status.STARTED,
    )


def _body(version: VersionRecord, move: Move, decision: Decision, *, project_key: str) -> dict[str, object]:
    target = {} if move.is_release else {"target_stage": move.target}
    gate = "release_gate" if move.is_release else "entry_gate"
    passed = Decision(gate=Gate.PASS, policies=())
    return {
        "application_key": version.application_key,
        "version": version.version,
        "project_key": project_key,
        "source_stage": version.current_stage,
        **target,
        "promotion_type": move.promotion_type,
        "status": "failure" if decision.is_refused else "success",
        "message": _message(version, move, decision),
        **move.options,
        "created": moment(move.at),
        "evaluations": {
            "exit_gate": _evaluation(version.current_stage, passed),
            gate: _evaluation(move.target, decision),
        },
    }


def _message(version: VersionRecord, move: Move, decision: Decision) -> str:
    what = f"{move.promotion_type} promotion from '{version.current_stage}' to '{move.target}'"
    if decision.is_refused:
        return f"{what} failed due to policy violations."
    warned = decision.gate is Gate.WARN
    return f"{what} was successful, but with warnings." if warned else f"{what} was successful."


def _evaluation(stage: str, decision: Decision) -> dict[str, object]:
    if decision.gate is Gate.PASS:
        explanation = "All policies passed." if decision.policies else "No policies to evaluate."
        eval_id = str(uuid.uuid4()) if decision.policies else None
        return {"stage": stage, "eval_id": eval_id, "decision": Gate.PASS, "explanation": explanation}
    names = decision.policies or (_DEFAULT_POLICY,)
    return {
        "stage": stage,
        "eval_id": str(uuid.uuid4()),
        "decision": decision.gate,
        "explanation": f"The gate has violated policies: {', '.join(f'[{name}]' for name in names)}.",
        "violated_policies": [_violation(name, decision.gate) for name in names],
    }


def _violation(name: str, gate: Gate) -> dict[str, object]:
    return {
        "policy_name": name,
        "policy_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "rule_name": f"{name}-rule",
        "rule_category": "quality",
        "policy_decision": gate,
        "resources_evaluated": {"pass": 0, "warn": int(gate is Gate.WARN), "fail": int(gate is Gate.FAIL)},
    }


def roll_back(registry: Registry, version: VersionRecord, *, from_stage: str, project_key: str, by: str) -> str:
    """Undo the latest completed promotion and return the stage that the version is in now."""
    if not version.current_stage or stage_name(from_stage, project_key) != stage_name(
        version.current_stage, project_key
    ):
        current = version.current_stage or "no stage"
        raise Refusal(400, f"'{version.version}' is in {current}, so it cannot be rolled back from '{from_stage}'.")
    history = registry.promotions(version)
    if any(promotion.status is Status.STARTED for promotion in history):
        raise Refusal(409, f"A promotion of '{version.version}' is already in progress.")
    latest = next(promotion for promotion in history if promotion.status is Status.COMPLETED)
    registry.undo_promotion(version, latest, by=by)
    return latest.source_stage
