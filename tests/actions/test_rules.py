"""An edit of the rules reaches every open release, and its journal says who changed what."""

from __future__ import annotations

import pytest

from releases.actions.releases import create_release
from releases.actions.rules import add_rule, change_rules, edit_rule
from releases.domain.access import SYSTEM, Actor, Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.models import CompatibilityRow, Constraint, JournalEntry, Pulse, Release
from releases.queries.impact import impact_of
from releases.queries.rule_drafts import drafted_rule
from releases.queries.rule_edits import Edit
from tests.factories import created, load_bookverse, new_release, person

pytestmark = pytest.mark.django_db(transaction=True)
STRICT = {"provider_range": ">=9.0.0"}


@pytest.fixture
def admin() -> Actor:
    load_bookverse()
    return person("root", Role.ADMIN)


def stock_rule() -> Constraint:
    return Constraint.objects.get(
        consumer__slug="recommendations", provider__slug="inventory", provider_range=">=1.4.0"
    )


def told(release: Release) -> list[tuple[str, dict[str, object]]]:
    entries = JournalEntry.objects.filter(release=release, kind="verdict.changed").order_by("sequence")
    return [(entry.actor, entry.payload) for entry in entries]


def test_an_edit_that_changes_a_verdict_is_told_in_the_journal(admin: Actor) -> None:
    release = created()
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)

    because = "changed the compatibility rule to “recommendations >=2.2.0 needs inventory >=9.0.0”"
    assert told(release) == [("root", {"before": "COMPATIBLE", "after": "INCOMPATIBLE", "because": because})]


def test_the_journal_stays_without_gaps(admin: Actor) -> None:
    release = created()
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)
    release.refresh_from_db()

    assert list(release.entries.order_by("sequence").values_list("sequence", flat=True)) == [1, release.sequence]


def test_an_edit_that_changes_no_verdict_is_told_nowhere(admin: Actor) -> None:
    release = created()
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields={"note": "It reads the stock level."})

    assert (told(release), stock_rule().note) == ([], "It reads the stock level.")


def test_a_release_that_is_over_hears_nothing(admin: Actor) -> None:
    release = created()
    Release.objects.update(state="cancelled")
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)

    assert told(release) == []


def test_every_open_release_whose_verdict_changes_is_told(admin: Actor) -> None:
    releases = [created(title=title) for title in ("one", "other")]
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)

    assert [len(told(release)) for release in releases] == [1, 1]


def test_every_edit_is_a_new_moment_for_the_open_pages(admin: Actor) -> None:
    moments = set()
    for note in ("one", "other"):
        edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields={"note": note})
        moments.add(Pulse.objects.get(name="rules").at)

    assert len(moments) == 2


def test_a_write_that_fails_leaves_nothing_behind(admin: Actor) -> None:
    release = created()

    def write() -> None:
        Constraint.objects.all().delete()
        message = "Not this one."
        raise Conflict(message)

    before = Constraint.objects.count()
    with pytest.raises(Conflict):
        change_rules(actor=admin, because="deleted every rule", write=write)

    assert (Constraint.objects.count(), told(release)) == (before, [])


@pytest.mark.parametrize("actor", ["manager", "board"])
def test_only_admins_edit_rules(admin: Actor, actor: str) -> None:
    somebody = SYSTEM if actor == "board" else person("maria")
    with pytest.raises(PermissionRefused) as refused:
        change_rules(actor=somebody, because="tried", write=Constraint.objects.all().delete)

    assert (refused.value.message, Constraint.objects.exists()) == ("To edit the rules you need the role admin.", True)


def row(**fields: object) -> dict[str, object]:
    return {"platform_version": "2.2.0", "service": "inventory", "approved": ["1.4.0"], **fields}


def test_a_row_is_added_with_its_author(admin: Actor) -> None:
    number = add_rule(actor=admin, model=CompatibilityRow, fields=row(service="bookverse-inventory"))
    stored = CompatibilityRow.objects.get(pk=number)

    assert (stored.service.slug, stored.approved, stored.history.get().history_user.username) == (
        "inventory",
        ["1.4.0"],
        "root",
    )


def test_adding_twice_with_one_key_adds_once(admin: Actor) -> None:
    first, second = (add_rule(actor=admin, model=CompatibilityRow, fields=row(), key="k") for _ in range(2))

    assert (first, CompatibilityRow.objects.filter(platform_version="2.2.0").count()) == (second, 1)


def test_a_second_row_of_one_place_is_refused_with_the_first(admin: Actor) -> None:
    number = add_rule(actor=admin, model=CompatibilityRow, fields=row())
    with pytest.raises(Conflict) as refused:
        add_rule(actor=admin, model=CompatibilityRow, fields=row(approved=["1.5.0"]))

    assert refused.value.message == f"Platform 2.2.0 already has row {number} for inventory; edit that one."


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        (row(service="stock"), "service", "There is no service stock."),
        (row(approved=["1.4"]), "approved", "“1.4” is not a version: it must have three numbers, as in 1.4.0."),
        (row(approved=[]), "approved", "This field cannot be blank."),
        (row(platform_version=""), "platform_version", "This field cannot be blank."),
    ],
)
def test_what_is_wrong_with_a_row_is_named(admin: Actor, fields: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_rule(actor=admin, model=CompatibilityRow, fields=fields)

    assert (refused.value.field, refused.value.message) == (field, message)


@pytest.mark.parametrize("text", ["", " ", "banana"])
def test_a_range_that_is_none_is_refused(admin: Actor, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields={"provider_range": text})

    assert (refused.value.field, stock_rule().provider_range) == ("provider_range", ">=1.4.0")


def test_a_rule_that_is_not_there_cannot_be_changed(admin: Actor) -> None:
    with pytest.raises(NotFound) as refused:
        edit_rule(actor=admin, model=Constraint, number=424242, fields=STRICT)

    assert refused.value.message == "There is no compatibility rule 424242."


def test_what_an_edit_was_said_to_do_is_what_it_does(admin: Actor) -> None:
    created()
    draft = drafted_rule(Constraint, STRICT, number=stock_rule().pk)
    (effect,) = impact_of(Edit(saved=[draft])).effects
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)

    payload = JournalEntry.objects.get(kind="verdict.changed").payload
    assert (payload["before"], payload["after"]) == (effect.before.value, effect.after.value)


def test_a_plan_seen_before_an_edit_is_no_longer_accepted(admin: Actor) -> None:
    new = new_release()
    edit_rule(actor=admin, model=Constraint, number=stock_rule().pk, fields=STRICT)
    with pytest.raises(Conflict):
        create_release(actor=person(), new=new)
