"""Where a process may die: every point that a run must hit, and why the others need not be.

The names are those that ``tests.chaos.app.hooks`` tells; a test compares them with the actions as they are written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tests.chaos.app.wishes import AFTER, AFTER_COMMIT, BEFORE, BEFORE_COMMIT

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """Processes that can reach a point; the embedded board is all of them at once."""

    WEB = "web"
    WORKER = "worker"


WEB = frozenset({Kind.WEB})
# The sweeper runs in the web processes and in the workers, and a task does no more than the sweeper would.
ANY = frozenset({Kind.WEB, Kind.WORKER})

TRANSACTIONS: Mapping[str, frozenset[Kind]] = {
    "accepting.accept_late_result": WEB,
    "asking._claim": ANY,
    "asking._settle": ANY,
    "callbacks.record_callback": WEB,
    "collections._store": ANY,
    "collections.request_collection": ANY,
    "deliveries._claim": ANY,
    "deliveries._renew": ANY,
    "deliveries._settle": ANY,
    "dispatches._claim": ANY,
    "dispatches._renew": ANY,
    "dispatches._settle": ANY,
    "promotions.promote_release": WEB,
    "releases.create_release": WEB,
    "steering.cancel": WEB,
    "steering.pause_promotion": WEB,
    "steering.resume_promotion": WEB,
    "steering.retry_step": WEB,
    "steering.skip_step": WEB,
    "sweeping._beat": ANY,
    "sweeping._end_overdue_slots_of": ANY,
    "versions._store": WEB,
}
# As a board starts that is one process; several never take each other's work over.
EMBEDDED_TRANSACTIONS: Mapping[str, frozenset[Kind]] = {"sweeping.take_over": WEB}
REQUESTS: Mapping[str, frozenset[Kind]] = {
    "apptrust.get": ANY,
    "inboxes.post": ANY,
    "questions.get": ANY,
    "services.post": ANY,
}
HINTS: Mapping[str, frozenset[Kind]] = {"broadcast.publish": ANY, "enqueue.start": ANY}

EXEMPT: Mapping[str, str] = {
    "accounts._made_account": "part of accounts.admit",
    "accounts.admit": "a person's own act: one transaction, and who saw no answer signs in again and is known or new",
    "accounts.ensure_account": "a command of whoever sets the board up, repeated when it failed",
    "accounts.ensure_approval_rule": "a command of whoever sets the board up, repeated when it failed",
    "accounts.ensure_roles": "a command of whoever sets the board up, repeated when it failed",
    "backups.restore": "a command on a board that is not running; one transaction, all of it or nothing",
    "catalog.load_platform": "a command of whoever sets the board up, repeated when it failed",
    "collections._open_collection": "a savepoint inside collections.request_collection",
    "deliveries._settle_untold": "deliveries._settle without the journal; no promotion waits for who follows it",
    "versions.note_version": "what a pipeline says it says again; no promotion waits for it",
    "debts._pay_made_up": "the next look of any sweeper finds it made up for, or paid",
    "debts.pay_debt": "a person's own act: one transaction, and who got no answer looks and repeats",
    "contents._claim": "what was not read is read by whoever looks next; no promotion waits for it",
    "contents._renew": "what was not read is read by whoever looks next; no promotion waits for it",
    "contents._settle": "what was read in vain is read again; no promotion waits for it",
    "documents._keep": "what a pipeline gives it gives again; no promotion waits for it",
    "documents._store_fetched": "a document that was fetched in vain is fetched again; no promotion waits for it",
    "documents._put_off": "a document that was fetched in vain is fetched again; no promotion waits for it",
    "probing._open_round": "a savepoint inside probing.request_probing",
    "probing._store": "a round that was lost is followed by another; no promotion waits for it",
    "probing.request_probing": "a round that was lost is followed by another; no promotion waits for it",
    "quarantining._claim": "what the registry was not told it is told by whoever looks next; it looks first",
    "quarantining._renew": "what the registry was not told it is told by whoever looks next; it looks first",
    "quarantining._settle": "what the registry was told twice it does once; no promotion waits for it",
    "healing._heal": "the sweeper finds the same promotion again; the harness leaves it switched off",
    "health._ask_for_one": "a person who sees no newer look asks again",
    "health._store": "a look that was lost is followed by another; no promotion waits for it",
    "redelivering.redeliver": "a person's own act: one transaction, told by its key when it is repeated",
    "release_notes.edit_notes": "a person's own act: one transaction, told by its key when it is repeated",
    "recovery._leave_behind": "the sweeper finds the same failure again; the harness's people roll nothing back",
    "recovery._leave_to_people": "the sweeper finds the same failure again; the harness's people roll nothing back",
    "recovery._try_again": "the sweeper finds the same failure again; the harness's people roll nothing back",
    "recovery.recover": "one transaction under a key, as the other commands of steering, which are tried",
    "retention._forget": "what was not forgotten is old enough for the next look too",
    "registry_records._claim": "what the registry was not told it is told by whoever looks next; it looks first",
    "registry_records._renew": "what the registry was not told it is told by whoever looks next; it looks first",
    "registry_records._settle": "what the registry was told twice it does once; no promotion waits for it",
    "rollbacks.roll_back": "one transaction under a key, as promotions.promote_release, which is tried",
    "rules.add_rule": "an editor's own act: one transaction, and who got no answer looks and repeats",
    "rules.edit_rule": "an editor's own act: one transaction, and who got no answer looks and repeats",
    "rules.note_verdicts": "part of the transaction of whoever edits a rule",
    "builds._claim": "an order that was not sent is sent again with the same key by whoever looks next",
    "builds._grant_absence": "the next look of any sweeper grants it; a build that is lost ends by the clock",
    "builds._open": "the next look at the train finds its order, or opens it",
    "builds._renew": "a claim that was not prolonged lapses, and the order is sent again with the same key",
    "builds._settle": "an answer that was lost is asked for again with the same key",
    "builds._time_out": "the next look of any sweeper ends what is overdue",
    "builds.record_build_report": "a report that was not answered is repeated; trains are driven in tests/actions",
    "builds.withdraw_build": "undoing goes on with the next look of any sweeper",
    "departures._depart_if_due": "the next look of any sweeper lets the train depart",
    "departures.depart_train": "a person's own act on a train: one transaction, told by its key when it is repeated",
    "train_phases._couple": "the next look at the train finds its release by the command's key",
    "train_phases._write_down": "the next look at the train determines who is on board, or finds it written down",
    "train_numbers.choose_train_number": "a person's own act: one transaction, told by its key when it is repeated",
    "train_steps._record": "the next look at the phase finds out the same",
    "train_undoing._record": "the next look finds it undone and writes that down",
    "bypasses.bypass_gate": "a person's own act: one transaction, told by its key when it is repeated",
    "bypasses.end_bypass": "a person's own act: one transaction, told by its key when it is repeated",
    "freezes.freeze_stages": "a person's own act: one transaction, told by its key when it is repeated",
    "freezes.lift_freezes": "a person's own act: one transaction, told by its key when it is repeated",
    "signoffs.sign_off": "a person's own act: one transaction, told by its key when it is repeated",
    "signoffs.withdraw_signoff": "a person's own act: one transaction, told by its key when it is repeated",
    "calendars.rotate_calendar_link": "a person who saw no address asks for one again",
    "timetables._book": "the next look of any sweeper books what is missing",
    "timetables._follow_the_clock": "the next look of any sweeper moves what the clock moves",
    "timetables.ensure_schedule": "a command of whoever sets the board up, repeated when it failed",
    "trains.add_train": "a person's own act on a train: one transaction, told by its key when it is repeated",
    "trains.cancel_train": "a person's own act on a train: one transaction, told by its key when it is repeated",
    "trains.hold_train": "a person's own act on a train: one transaction, told by its key when it is repeated",
    "trains.resume_train": "a person's own act on a train: one transaction, told by its key when it is repeated",
    "tokens.create_token": "a command; a token that nobody saw is made again",
    "tokens.make_own_token": "a person who saw no token finds it in the list, revokes it and makes another",
    "tokens.revoke_own_token": "a person's own act: one transaction, and the list tells whether it is done",
    "validation_targets.load_targets": "a command of whoever sets the board up, repeated when it failed",
    "validations._claim": "a validation that was lost is due again with the next claim; no promotion waits for it",
    "validations._store": "a validation that was lost is carried out again; no promotion waits for it",
    "validations.request_validation": "a person's own act: one transaction, and who got no answer looks and repeats",
}
EXEMPT_REQUESTS: Mapping[str, str] = {
    "builds.post": "an order that was not answered is sent again with the same key; no promotion waits for it",
    "documents.get": "a document that was fetched in vain is fetched again; no promotion waits for it",
    "registry_calls.get": "the registry is asked again where a version is; no promotion waits for it",
    "registry_calls.patch": "the same tag once more changes nothing; no promotion waits for it",
    "registry_calls.post": "it is looked at first: nothing is created or moved twice; no promotion waits for it",
    "probes.get": "a probe that was lost is made again; no promotion waits for it",
    "validations.get": "a validation that was lost is carried out again; no promotion waits for it",
    "validations.post": "each attempt orders under a key of its own; no promotion waits for it",
}


def required_points(*, embedded: bool) -> dict[str, frozenset[Kind]]:
    """Return every point that a run must hit, with the processes that can reach it."""
    transactions = {**TRANSACTIONS, **(EMBEDDED_TRANSACTIONS if embedded else {})}
    around = {**REQUESTS, **HINTS}
    return {
        **_with_sides(transactions, BEFORE_COMMIT, AFTER_COMMIT),
        **_with_sides(around, BEFORE, AFTER),
    }


def _with_sides(names: Mapping[str, frozenset[Kind]], *sides: str) -> dict[str, frozenset[Kind]]:
    return {f"{name}:{side}": kinds for name, kinds in names.items() for side in sides}
