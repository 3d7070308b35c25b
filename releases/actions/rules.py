"""Changing the rules: the one door for the admin and the API, so that every open page learns what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.models import User
from django.db import transaction

from releases.actions.ledger import open_ledger
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Actor, Permission, require
from releases.domain.errors import Conflict
from releases.domain.impact import impact
from releases.domain.journal import Kind
from releases.models import Pulse
from releases.queries.changes import RULES
from releases.queries.changes_of_objects import changes_after
from releases.queries.clock import database_now
from releases.queries.impact import open_releases, release_subjects
from releases.queries.rule_drafts import drafted_rule
from releases.queries.rules import declared_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from releases.actions.ledger import Ledger
    from releases.domain.impact import Impact
    from releases.models import CompatibilityRow, Constraint

T = TypeVar("T")


class ChangedMeanwhile(Conflict):
    """Somebody edited the rule since the caller last read it."""

    code = "stale"


Rule = TypeVar("Rule", "CompatibilityRow", "Constraint")


def change_rules(*, actor: Actor, because: str, write: Callable[[], T]) -> T:
    """Carry out ``write``, which edits a rule, and note the verdicts that it changes; refused without the role."""
    require(actor, Permission.EDIT_RULES)
    return note_verdicts(actor=actor, because=because, write=write)


@transaction.atomic
def note_verdicts(*, actor: Actor, because: str, write: Callable[[], T]) -> T:
    """Carry out ``write`` and note, in the journal of every open release, a verdict that it changed.

    ``because`` follows the actor's name in the journal, as in ``changed rule 7``.
    """
    pulse = lock_rules()
    # What was read before its turn came may be out of date: a release that was promoted meanwhile has a new label.
    ledgers = [open_ledger(release_id=release.pk, actor=actor.name) for release in open_releases()]
    before = declared_rules()
    result = write()
    # As of the same moment, or what runs out meanwhile would be laid to this edit.
    after = replace(declared_rules(), as_of=before.as_of)
    subjects = release_subjects([ledger.release for ledger in ledgers])
    _note({ledger.release.version: ledger for ledger in ledgers}, impact(before, after, subjects), because)
    pulse.at = database_now()
    pulse.save(update_fields=["at"])
    return result


def lock_rules() -> Pulse:
    """Let one edit follow the other: each must see what the one before it left."""
    pulse, _ = Pulse.objects.select_for_update().get_or_create(name=RULES, defaults={"at": database_now()})
    return pulse


def _note(ledgers: Mapping[str, Ledger], found: Impact, because: str) -> None:
    for effect in found.effects:
        if effect.before is not effect.after:
            ledger = ledgers[effect.subject.name]
            ledger.append(Kind.VERDICT_CHANGED, before=effect.before.value, after=effect.after.value, because=because)
            ledger.close()


@transaction.atomic(durable=True)
def add_rule(*, actor: Actor, model: type[Rule], fields: Mapping[str, object], key: str = "") -> int:
    """Add a row or a rule and return its number; ``InvalidInput`` names the field, ``Conflict`` the row in the way."""
    require(actor, Permission.EDIT_RULES)
    lock_rules()
    print_ = fingerprint("add_rule", model=model.__name__, fields=fields)
    if known := recall(actor=actor, key=key, print_=print_):
        return int(str(known["id"]))
    rule = drafted_rule(model, fields)
    because = f"added the {model._meta.verbose_name} “{rule}”"
    change_rules(actor=actor, because=because, write=lambda: _save(actor, rule))
    remember(actor=actor, key=key, print_=print_, result={"id": rule.pk})
    return rule.pk


@transaction.atomic(durable=True)
def edit_rule(
    *, actor: Actor, model: type[Rule], number: int, fields: Mapping[str, object], revision: int | None = None
) -> None:
    """Change the given fields of a row or a rule; refused like a new one, ``NotFound`` for an unknown number.

    ``revision`` is the one that the edit was made on: ``ChangedMeanwhile`` when somebody changed the rule since.
    """
    require(actor, Permission.EDIT_RULES)
    lock_rules()
    _refuse_stale(model, number, revision)
    rule = drafted_rule(model, fields, number=number)
    because = f"changed the {model._meta.verbose_name} to “{rule}”"
    change_rules(actor=actor, because=because, write=lambda: _save(actor, rule, fields))


def _refuse_stale(model: type[Rule], number: int, revision: int | None) -> None:
    changes = () if revision is None else changes_after(model, [number], revision)
    if changes:
        by = " and ".join(dict.fromkeys(change.by or "the board" for change in changes))
        name, when = model._meta.verbose_name, f"{changes[-1].at:%Y-%m-%d %H:%M:%S} UTC"
        message = f"{by} changed {name} {number} meanwhile, last at {when}. Read it again, then decide."
        raise ChangedMeanwhile(message)


def _save(actor: Actor, rule: Rule, fields: Mapping[str, object] | None = None) -> None:
    # A token's request carries nobody that the history could find by itself.
    person = User.objects.get(pk=actor.person_id)
    rule._history_user = person  # type: ignore[attr-defined] # noqa: SLF001 (simple-history's own name)
    rule.save(update_fields=list(fields) if fields else None)
