"""One broken promise each: what to change in a sound run, and the words that the finding then must have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.chaos.checks.lookup import lookup
from tests.chaos.records import CallbackRecord, CommandRecord, ForgedRecord, ViewRecord
from tests.chaos.ruining import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.records import Record
    from tests.chaos.rows import CallbackRow, DispatchRow, EntryRow
    from tests.chaos.ruining import Ruin


LONG_AGO = "2020-01-01 00:00:00+00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """``deed`` breaks exactly this invariant and returns what must be said of it."""

    invariant: str
    deed: Callable[[Ruin], str]


def _entry(ruin: Ruin, kind: str) -> EntryRow:
    return next(each for each in ruin.tables.entries if each.kind == kind)


def _slot(ruin: Ruin, service: str, state: str = "succeeded") -> DispatchRow:
    known = lookup(ruin.tables)
    return next(each for each in ruin.tables.dispatches if known.service(each) == service and each.state == state)


def _callback(ruin: Ruin, status: str, disposition: str = "applied") -> CallbackRow:
    return next(each for each in ruin.tables.callbacks if (each.status, each.disposition) == (status, disposition))


def _change_first(ruin: Ruin, kind: type[Record], change: Callable[[Record], Record]) -> None:
    ruin.rewrite(kind, lambda records: [change(records[0]), *records[1:]])


def an_acknowledged_callback_vanished(ruin: Ruin) -> str:
    ruin.execute("DELETE FROM releases_callback WHERE id = {}", _callback(ruin, "progress").id)
    return "was acknowledged, but neither it nor what it would repeat is stored."


def a_callback_of_an_unknown_order_was_acknowledged(ruin: Ruin) -> str:
    _change_first(ruin, CallbackRecord, lambda each: replace(each, correlation_id="nobody's"))
    return "was acknowledged, but no such dispatch exists."


def an_answer_named_an_entry_that_is_not_there(ruin: Ruin) -> str:
    answer = {"sequence": 9999, "duplicate": False, "late": False}
    _change_first(ruin, CallbackRecord, lambda each: replace(each, http_status=200, answer=answer))
    return "was answered with entry 9999"


def a_later_result_counted_as_well(ruin: Ruin) -> str:
    late = _callback(ruin, "failed", "contradictory")
    ruin.change("releases_callback", late.id, disposition="applied")
    told = _entry(ruin, "callback.contradictory")
    ruin.change_entry(told.id, kind="callback.applied")
    return "has 2 applied results: succeeded, failed."


def a_slot_closed_twice(ruin: Ruin) -> str:
    end = next(each for each in ruin.tables.entries if each.kind == "slot.closed" and each.service == "helm")
    sent = next(each for each in ruin.tables.entries if each.kind == "dispatch.sent" and each.service == "helm")
    ruin.change_entry(sent.id, kind="slot.closed", payload=document(end.payload))
    return "its end is told 2 times."


def an_attempt_had_two_keys(ruin: Ruin) -> str:
    columns = "correlation_id, attempt, stage, service, from_version, to_version, platform_version, callback_url"
    more = "callback_token, deadline, mode, failure_message, duration_ms, accepted_at, steps_done, state, percent"
    ruin.in_service(
        "web",
        f"INSERT INTO deployments (key, {columns}, {more}, message) "
        f"SELECT 'another', {columns}, {more}, message FROM deployments LIMIT 1",
    )
    return "was asked with 2 keys"


def an_order_named_another_version(ruin: Ruin) -> str:
    ruin.in_service("helm", "UPDATE deployments SET to_version = '0.0.1' WHERE rowid = 1")
    return "the board meant"


def a_success_was_never_carried_out(ruin: Ruin) -> str:
    key = str(_slot(ruin, "web").key)
    ruin.in_service("web", "DELETE FROM effects WHERE key = ?", key)
    return "succeeded, but the service did nothing."


def a_service_did_another_attempt(ruin: Ruin) -> str:
    ruin.in_service("helm", "UPDATE effects SET attempt = 7 WHERE rowid = 1")
    return "the service did ('DEV', '1.1.1', 7)"


def a_phase_was_asked_too_early(ruin: Ruin) -> str:
    slot = _slot(ruin, "helm")
    ruin.change("releases_dispatch", slot.id, opened_at=ruin.moment(slot.opened_at - timedelta(days=1)))
    return "helm attempt 1"


def a_service_took_its_order_too_early(ruin: Ruin) -> str:
    ruin.in_service("helm", "UPDATE deployments SET accepted_at = 1 WHERE rowid = 1")
    return "helm took its order before"


def the_journal_opens_a_phase_too_early(ruin: Ruin) -> str:
    end = next(each for each in ruin.tables.entries if each.kind == "slot.closed" and each.service == "inventory")
    payload = document({**end.payload, "state": "failed"})
    ruin.change_entry(end.id, payload=payload)
    return "before inventory is done."


def a_stage_runs_since_another_time(ruin: Ruin) -> str:
    stage = next(each for each in ruin.tables.stages if each.name == "DEV")
    slot = _slot(ruin, "helm")
    ruin.change("releases_stage", stage.id, live_since_at=ruin.moment(slot.opened_at + timedelta(days=1)))
    return "DEV runs"


def a_deployment_is_of_an_older_step(ruin: Ruin) -> str:
    row = next(each for each in ruin.tables.deployments if each.step_id is not None)
    ruin.change("releases_deployment", row.id, step_id=None)
    return "by another step than its last success."


def a_stage_fell_behind_its_promotions(ruin: Ruin) -> str:
    stage = next(each for each in ruin.tables.stages if each.name == "QA")
    ruin.change("releases_stage", stage.id, epoch=0)
    return "QA is at epoch 0, below its promotions' 1."


def an_entry_is_missing(ruin: Ruin) -> str:
    entry = _entry(ruin, "dispatch.sent")
    ruin.delete_entry(entry.id)
    return f"lacks entry {entry.sequence};"


def a_session_was_closed_twice(ruin: Ruin) -> str:
    end = _entry(ruin, "session.closed")
    later = next(each for each in ruin.tables.entries if each.kind == "dispatch.sent" and each.id > end.id)
    ruin.change_entry(later.id, kind="session.closed", service="", payload=document(end.payload))
    return "session.closed is told 2 times."


def something_happened_after_the_end(ruin: Ruin) -> str:
    first, *_, last = [each for each in ruin.tables.entries if each.kind == "dispatch.sent"]
    payload = document(first.payload)
    ruin.change_entry(last.id, payload=payload)
    return "(dispatch.sent) comes after its session was closed."


def a_collection_was_forgotten(ruin: Ruin) -> str:
    ruin.execute(
        "INSERT INTO releases_collection (requested_by, requested_at, error, versions) VALUES ('x', {}, '', 0)",
        LONG_AGO,
    )
    return f"the collection of {LONG_AGO} is not finished, though due since {LONG_AGO}"


def a_validation_was_forgotten(ruin: Ruin) -> str:
    [release] = ruin.tables.releases
    ruin.execute(
        "INSERT INTO releases_validationrun (release_id, stage_id, version, scenarios, required, key, epoch, state, "
        "message, requested_by, requested_at, due_at, attempts) "
        "VALUES ({}, {}, '2.2.0', {}, {}, {}, 0, 'requested', '', 'x', {}, {}, 0)",
        release.id,
        ruin.tables.stages[0].id,
        document([]),
        document([]),
        uuid4().hex,
        LONG_AGO,
        LONG_AGO,
    )
    return f"the validation of 2.2.0 of {LONG_AGO} is not finished, though due since {LONG_AGO}"


def the_registry_was_not_told(ruin: Ruin) -> str:
    [release] = ruin.tables.releases
    ruin.execute(
        "INSERT INTO releases_registryrecord (release_id, application_key, version, wanted_stage, registry_stage, "
        "is_known, next_try_at, claim_no, tries, problem) VALUES ({}, 'x', '2.2.0', 'DEV', '', FALSE, {}, 0, 0, '')",
        release.id,
        LONG_AGO,
    )
    return f"the registry was not told of 2.2.0, though due since {LONG_AGO}"


def a_service_still_waits(ruin: Ruin) -> str:
    ruin.in_service("helm", "UPDATE callbacks SET outcome = '' WHERE rowid = 1")
    return "helm still waits for an answer to callback 1 of"


def a_service_gave_up(ruin: Ruin) -> str:
    ruin.in_service("helm", "UPDATE callbacks SET outcome = 'given up after 422' WHERE rowid = 1")
    return "helm gave up on callback 1 of order"


def a_forged_callback_was_accepted(ruin: Ruin) -> str:
    _change_first(ruin, ForgedRecord, lambda each: replace(each, http_status=200))
    return "a callback with a token of somebody else was answered 200, not 401"


def a_refusal_told_too_much(ruin: Ruin) -> str:
    _change_first(ruin, ForgedRecord, lambda each: replace(each, body="no such source"))
    return "forged callbacks are told apart: one with a token of somebody else was refused with no such source"


def a_stored_callback_came_from_nowhere(ruin: Ruin) -> str:
    key = str(_slot(ruin, "helm").key)
    ruin.in_service("helm", "DELETE FROM callbacks WHERE key = ? AND sequence = 2", key)
    return "is stored, but its service never said so: 'pulling image'"


def a_viewer_was_left_behind(ruin: Ruin) -> str:
    _change_first(ruin, ViewRecord, lambda each: replace(each, sequence=each.sequence - 1))
    return "desk was last at"


def a_viewer_saw_another_state(ruin: Ruin) -> str:
    ruin.rewrite(
        ViewRecord,
        lambda views: [*views[:-1], replace(views[-1], marks={**views[-1].marks, "step-web": "in_progress"})],
    )
    return "wall last saw step-web as 'in_progress' on the release page, the database holds"


def an_entry_was_edited(ruin: Ruin) -> str:
    entry = _entry(ruin, "dispatch.sent")
    ruin.change_entry(entry.id, sealed=False, actor="nobody")
    return f"entry {entry.sequence} of"


def the_last_seal_is_another(ruin: Ruin) -> str:
    [release] = ruin.tables.releases
    ruin.change("releases_release", release.id, seal="0" * 64)
    return "keeps another seal than its last entry"


def a_receipt_vanished(ruin: Ruin) -> str:
    receipt = next(each for each in ruin.tables.receipts if "promotion_id" in each.result)
    ruin.execute("DELETE FROM releases_commandreceipt WHERE id = {}", receipt.id)
    return f"with key {receipt.key} was accepted, but has no receipt."


def two_keys_made_one_promotion(ruin: Ruin) -> str:
    receipt = next(each for each in ruin.tables.receipts if "promotion_id" in each.result)
    ruin.execute(
        "INSERT INTO releases_commandreceipt (actor, key, fingerprint, result, at) "
        "SELECT actor, 'another', fingerprint, result, at FROM releases_commandreceipt WHERE id = {}",
        receipt.id,
    )
    return f"promotion_id {receipt.result['promotion_id']} stands for 2 keys:"


def the_same_key_got_two_answers(ruin: Ruin) -> str:
    def change(commands: list[CommandRecord]) -> list[CommandRecord]:
        last = [each for each in commands if each.path.endswith("/promotions")][-1]
        other = replace(last, answer={**last.answer, "promotion_id": 999})
        return [other if each is last else each for each in commands]

    ruin.rewrite(CommandRecord, change)
    return "was answered in 2 ways"


def an_accepted_command_left_no_entry(ruin: Ruin) -> str:
    entry = _entry(ruin, "promotion.paused")
    ruin.change_entry(entry.id, actor="somebody")
    return "manager was told 1 times that pause"


def something_was_done_that_nobody_asked_for(ruin: Ruin) -> str:
    ruin.rewrite(CommandRecord, lambda commands: [each for each in commands if not each.path.endswith("/resume")])
    return "manager was told 0 times that resume"


def a_refused_command_left_a_receipt(ruin: Ruin) -> str:
    ruin.rewrite(
        CommandRecord,
        lambda commands: [
            *commands,
            replace(commands[-1], key="refused", path="/api/v1/releases", http_status=409, answer={}),
        ],
    )
    [receipt, *_] = ruin.tables.receipts
    ruin.execute(
        "INSERT INTO releases_commandreceipt (actor, key, fingerprint, result, at) "
        "SELECT actor, 'refused', fingerprint, {}, at FROM releases_commandreceipt WHERE id = {}",
        document({}),
        receipt.id,
    )
    return "with key refused was refused with 409, but has a receipt."


def a_step_shows_another_message(ruin: Ruin) -> str:
    step = next(each for each in ruin.tables.steps if each.attempt)
    ruin.change("releases_promotionstep", step.id, message="fine")
    return "shows message fine, its attempt"


def a_summary_counts_wrong(ruin: Ruin) -> str:
    session = ruin.tables.sessions[0]
    summary = document({**session.summary, "errors": 3})
    ruin.change("releases_aggregationsession", session.id, summary=summary)
    return f"session {session.correlation_id}"


def a_release_has_another_state(ruin: Ruin) -> str:
    [release] = ruin.tables.releases
    ruin.change("releases_release", release.id, state="planned")
    return "is planned, its promotions make it waiting."


def a_token_was_logged(ruin: Ruin) -> str:
    token = ruin.secrets[0]
    ruin.log(f"GET /api/v1/board Authorization: Bearer {token}")
    return "board.log holds the secret"


def a_callback_token_was_logged(ruin: Ruin) -> str:
    ruin.log(f"asked with {ruin.callback_token}")
    return "board.log holds the callback token"


def a_callback_token_is_in_the_journal(ruin: Ruin) -> str:
    entry = _entry(ruin, "dispatch.sent")
    payload = document({**entry.payload, "token": ruin.callback_token})
    ruin.change_entry(entry.id, payload=payload)
    return f"entry {entry.sequence} of release"


_DEEDS: dict[str, tuple[Callable[[Ruin], str], ...]] = {
    "I1": (
        an_acknowledged_callback_vanished,
        a_callback_of_an_unknown_order_was_acknowledged,
        an_answer_named_an_entry_that_is_not_there,
    ),
    "I2": (a_later_result_counted_as_well, a_slot_closed_twice),
    "I3": (an_attempt_had_two_keys, an_order_named_another_version),
    "I4": (a_success_was_never_carried_out, a_service_did_another_attempt),
    "I5": (a_phase_was_asked_too_early, a_service_took_its_order_too_early, the_journal_opens_a_phase_too_early),
    "I6": (a_stage_runs_since_another_time, a_deployment_is_of_an_older_step, a_stage_fell_behind_its_promotions),
    "I7": (an_entry_is_missing, a_session_was_closed_twice, something_happened_after_the_end),
    "I8": (
        a_collection_was_forgotten,
        a_validation_was_forgotten,
        the_registry_was_not_told,
        a_service_still_waits,
    ),
    "I9": (a_service_gave_up,),
    "I10": (a_forged_callback_was_accepted, a_refusal_told_too_much, a_stored_callback_came_from_nowhere),
    "I11": (a_viewer_was_left_behind, a_viewer_saw_another_state),
    "I12": (an_entry_was_edited, the_last_seal_is_another),
    "I13": (
        a_receipt_vanished,
        two_keys_made_one_promotion,
        the_same_key_got_two_answers,
        an_accepted_command_left_no_entry,
        something_was_done_that_nobody_asked_for,
        a_refused_command_left_a_receipt,
    ),
    "I14": (a_step_shows_another_message, a_summary_counts_wrong, a_release_has_another_state),
    "I15": (a_token_was_logged, a_callback_token_was_logged, a_callback_token_is_in_the_journal),
}
PLANTS = tuple(Plant(invariant=name, deed=deed) for name, deeds in _DEEDS.items() for deed in deeds)
