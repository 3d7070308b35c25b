"""Two people edit the same object: who saves second is told what happened meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from releases.admin.versioned import VersionedAdmin
from releases.models import Constraint, Inbox, JournalEntry, Service, Stage
from tests.admin.forms import seen_on, send
from tests.admin.test_files import CSV, confirm, exported, upload
from tests.admin.test_impact import entered, selected, stock_rule, text, url
from tests.threads import at_once

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


@pytest.fixture
def colleague(administrator: Client) -> Client:
    """Somebody else who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    return client


def editable_admins() -> list[admin.ModelAdmin[Any]]:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    found = admin.site._registry.values()  # noqa: SLF001 (what is registered is what is tested)
    return [each for each in found if each.has_change_permission(request) and _fields_to_edit(each, request)]


def _fields_to_edit(each: admin.ModelAdmin[Any], request: HttpRequest) -> set[str]:
    """Return none for what is only looked at, such as the lists of failed sign-ins."""
    return set(each.get_form(request).base_fields) - set(each.get_readonly_fields(request))


def test_everything_that_a_person_edits_is_versioned() -> None:
    assert [str(each) for each in editable_admins() if not isinstance(each, VersionedAdmin)] == []
    assert len(editable_admins()) > 15


def test_nothing_is_edited_in_a_list_where_no_version_is_named() -> None:
    assert [str(each) for each in admin.site._registry.values() if each.list_editable] == []  # noqa: SLF001


def test_the_form_of_an_object_names_its_version_and_that_of_a_new_one_does_not(administrator: Client) -> None:
    assert seen_on(administrator.get(url("change", stock_rule()))) != ""
    assert seen_on(administrator.get(url("add"))) == ""


def test_the_second_save_is_refused_with_who_when_and_what_and_keeps_its_entries(
    administrator: Client, colleague: Client
) -> None:
    rule = stock_rule()
    opened = administrator.get(url("change", rule))
    send(colleague, url("change", rule), entered(rule, provider_range=">=1.3.0", note="as agreed"))
    answer = administrator.post(
        url("change", rule), entered(rule, severity="WARNING", note="mine", _seen=seen_on(opened))
    )

    (told,) = answer.context["adminform"].form.non_field_errors()
    assert told == (
        f"At {Constraint.history.latest().history_date:%Y-%m-%d %H:%M:%S} UTC maria changed this compatibility rule"
        " since you opened it: provider range, note. Nothing of yours is saved: compare, then save again to decide."
    )
    assert answer.context["adminform"].form["note"].value() == "mine"
    now = stock_rule_of(rule)
    assert (now.provider_range, now.note, now.severity) == (">=1.3.0", "as agreed", rule.severity)


def stock_rule_of(rule: Constraint) -> Constraint:
    return Constraint.objects.get(pk=rule.pk)


def test_who_was_told_may_save_again(administrator: Client, colleague: Client) -> None:
    rule = stock_rule()
    opened = administrator.get(url("change", rule))
    send(colleague, url("change", rule), entered(rule, note="theirs"))
    wish = entered(rule, note="mine")
    told = administrator.post(url("change", rule), {**wish, "_seen": seen_on(opened)})
    administrator.post(url("change", rule), {**wish, "_seen": seen_on(told)})

    assert stock_rule_of(rule).note == "mine"


@pytest.mark.parametrize("seen", ["", "x", "eyJhIjoxfQ:1:forged"])
def test_a_form_that_does_not_say_what_was_seen_is_refused(administrator: Client, seen: str) -> None:
    rule = stock_rule()
    answer = administrator.post(url("change", rule), entered(rule, note="mine", _seen=seen))

    assert "The form does not say which version of this" in text(answer)
    assert stock_rule_of(rule).note == rule.note


def test_the_version_of_another_object_is_none(administrator: Client) -> None:
    rule, other = stock_rule(), Constraint.objects.exclude(pk=stock_rule().pk)[0]
    seen = seen_on(administrator.get(url("change", other)))
    administrator.post(url("change", rule), entered(rule, note="mine", _seen=seen))

    assert stock_rule_of(rule).note == rule.note


def test_a_save_that_changed_nothing_is_in_nobodys_way(administrator: Client, colleague: Client) -> None:
    rule = stock_rule()
    opened = administrator.get(url("change", rule))
    send(colleague, url("change", rule), entered(rule))
    answer = administrator.post(url("change", rule), entered(rule, note="mine", _seen=seen_on(opened)))

    assert (answer.status_code, stock_rule_of(rule).note) == (302, "mine")


def stage_form(stage: Stage, **changes: object) -> dict[str, object]:
    texts = {name: getattr(stage, name) for name in ("name", "position", "channel", "soak_minutes")}
    ticks = {name: "on" for name in ("admits_prereleases", "requires_validation") if getattr(stage, name)}
    return {**texts, **ticks, **changes}


def test_an_object_without_history_is_versioned_by_what_the_admin_noted(
    administrator: Client, colleague: Client
) -> None:
    stage = Stage.objects.get(name="PROD")
    opened = administrator.get(url("change", stage, "stage"))
    send(colleague, url("change", stage, "stage"), stage_form(stage, channel="ga"))
    answer = administrator.post(url("change", stage, "stage"), stage_form(stage, channel="rc", _seen=seen_on(opened)))

    assert "UTC maria changed this stage since you opened it: channel." in text(answer)
    assert Stage.objects.get(pk=stage.pk).channel == "ga"


def test_a_stage_that_a_promotion_moved_on_may_be_edited_and_keeps_what_it_runs(administrator: Client) -> None:
    stage = Stage.objects.get(name="DEV")
    opened = administrator.get(url("change", stage, "stage"))
    Stage.objects.filter(pk=stage.pk).update(epoch=41)
    administrator.post(url("change", stage, "stage"), stage_form(stage, channel="beta", _seen=seen_on(opened)))

    saved = Stage.objects.get(pk=stage.pk)
    assert (saved.channel, saved.epoch) == ("beta", 41)


def test_rows_inside_a_form_belong_to_its_version(administrator: Client) -> None:
    service = Service.objects.get(slug="inventory")
    opened = administrator.get(url("change", service, "service"))
    service.aliases.create(name="stock")
    form = {
        "name": "Stock",
        "application_key": service.application_key,
        "dispatch_url": service.dispatch_url,
        "required": "on",
        "aliases-TOTAL_FORMS": 0,
        "aliases-INITIAL_FORMS": 0,
        "_seen": seen_on(opened),
    }
    answer = administrator.post(url("change", service, "service"), form)

    assert "Somebody changed this service since you opened it: service aliases." in text(answer)
    assert Service.objects.get(pk=service.pk).name != "Stock"


def save_group(client: Client, group: Group, seen: str) -> Response:
    return client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "mine", "_seen": seen})


def test_admins_of_other_apps_are_versioned_too(administrator: Client, colleague: Client) -> None:
    group = Group.objects.create(name="testers")
    opened = administrator.get(reverse("admin:auth_group_change", args=[group.pk]))
    save_group(colleague, group, seen_on(opened))
    answer = save_group(administrator, group, seen_on(opened))

    assert "changed this group since you opened it: name." in text(answer)


def examples() -> list[tuple[str, Model]]:
    every = IntervalSchedule.objects.create(every=1, period="hours")
    return [
        ("auth_user", User.objects.get(username="root")),
        ("auth_group", Group.objects.all()[0]),
        ("django_celery_beat_intervalschedule", every),
        ("django_celery_beat_periodictask", PeriodicTask.objects.create(name="x", task="y", interval=every)),
        ("releases_inbox", Inbox.objects.create(name="ops", url="https://ops.example.org/")),
        ("releases_stage", Stage.objects.all()[0]),
        ("releases_service", Service.objects.all()[0]),
    ]


def test_every_kind_of_form_carries_its_version(administrator: Client) -> None:
    for name, obj in examples():
        page = administrator.get(reverse(f"admin:{name}_change", args=[obj.pk]))
        assert (page.status_code, seen_on(page) != "") == (200, True), name


def test_a_deletion_of_what_somebody_changed_meanwhile_is_not_made(administrator: Client, colleague: Client) -> None:
    rule = stock_rule()
    opened = administrator.get(url("delete", rule))
    send(colleague, url("change", rule), entered(rule, note="keep this"))
    answer = administrator.post(url("delete", rule), {"post": "yes", "_seen": seen_on(opened)}, follow=True)

    told = "maria changed this compatibility rule since you opened it: note. Nothing is deleted: compare, then delete"
    assert told in text(answer)
    assert stock_rule_of(rule).note == "keep this"


def test_selected_rows_of_which_one_changed_meanwhile_are_not_deleted(administrator: Client, colleague: Client) -> None:
    rules = (stock_rule(),)
    opened = administrator.post(url("changelist"), selected(*rules))
    send(colleague, url("change", rules[0]), entered(rules[0], note="keep this"))
    answer = administrator.post(url("changelist"), selected(*rules, post="yes", _seen=seen_on(opened)), follow=True)

    assert f"changed “{rules[0]}” since you looked. Nothing is deleted: look again, then decide." in text(answer)
    assert Constraint.objects.filter(pk__in=[rule.pk for rule in rules]).count() == len(rules)


def test_a_file_whose_rows_somebody_edited_since_its_preview_is_shown_again(
    administrator: Client, colleague: Client
) -> None:
    rule = stock_rule()
    content = exported(administrator, "constraint").replace(">=1.4.0", ">=1.3.0")
    page = upload(administrator, "constraint", content, CSV)
    send(colleague, url("change", rule), entered(rule, note="as agreed"))
    told = confirm(administrator, "constraint", page)

    assert "changed rows of this file since you looked. Nothing is imported yet" in text(told)
    assert (stock_rule_of(rule).provider_range, stock_rule_of(rule).note) == (">=1.4.0", "as agreed")
    confirm(administrator, "constraint", told)
    assert stock_rule_of(rule).provider_range == ">=1.3.0"


def test_going_back_to_an_old_version_of_what_somebody_changed_meanwhile_is_refused(
    administrator: Client, colleague: Client
) -> None:
    rule = stock_rule()
    rule.save()
    address = reverse("admin:releases_constraint_simple_history", args=[rule.pk, rule.history.latest().pk])
    opened = administrator.get(address)
    send(colleague, url("change", rule), entered(rule, note="as agreed"))
    answer = administrator.post(address, entered(rule, _seen=seen_on(opened)))

    assert "since you opened it: note." in text(answer)
    assert stock_rule_of(rule).note == "as agreed"


def test_a_refused_save_leaves_no_trace(administrator: Client, colleague: Client) -> None:
    rule = stock_rule()
    opened = administrator.get(url("change", rule))
    send(colleague, url("change", rule), entered(rule, note="theirs"))
    before = (Constraint.history.count(), JournalEntry.objects.count())
    administrator.post(url("change", rule), entered(rule, note="mine", _seen=seen_on(opened)))

    assert (Constraint.history.count(), JournalEntry.objects.count()) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_refused(administrator: Client, colleague: Client) -> None:
    rule = stock_rule()
    seen = {client: seen_on(client.get(url("change", rule))) for client in (administrator, colleague)}

    def save(client: Client, note: str) -> int:
        return client.post(url("change", rule), entered(rule, note=note, _seen=seen[client])).status_code

    assert set(at_once(lambda: save(administrator, "mine"), lambda: save(colleague, "theirs"))) == {200, 302}
