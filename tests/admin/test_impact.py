"""Nobody changes what is open or live without having seen it first."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from releases.models import (
    CompatibilityRow,
    Constraint,
    Denial,
    Dependency,
    JournalEntry,
    Service,
)
from tests.admin.forms import seen_on, send
from tests.api.calling import caller_for, create_candidate

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SUMMARY = "blocks 1 open release"


def url(page: str, rule: Model | None = None, model: str = "constraint") -> str:
    return reverse(f"admin:releases_{model}_{page}", args=[rule.pk] if rule else [])


@pytest.fixture
def candidate(administrator: Client) -> str:
    return create_candidate(caller_for("manager"))


def stock_rule() -> Constraint:
    return Constraint.objects.get(consumer_range=">=2.2.0")


def entered(rule: Constraint, **changes: object) -> dict[str, object]:
    return {
        "consumer": rule.consumer_id,
        "consumer_range": rule.consumer_range,
        "provider": rule.provider_id,
        "provider_range": rule.provider_range,
        "severity": rule.severity,
        "note": rule.note,
        **changes,
    }


def digest(page: Response) -> str:
    found = re.search(r'name="_impact" value="([0-9a-f]{64})"', page.content.decode())
    assert found is not None
    return found[1]


def text(page: Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def test_an_edit_that_blocks_a_release_is_shown_before_it_is_saved(administrator: Client, candidate: str) -> None:
    page = send(administrator, url("change", stock_rule()), entered(stock_rule(), provider_range=">=9.0.0"))
    shown = text(page)

    assert (page.status_code, stock_rule().provider_range) == (200, ">=1.4.0")
    assert f"Nothing is saved yet. Saving this {SUMMARY}." in shown
    assert f"Release {candidate} Compatible Incompatible" in shown
    assert "recommendations 2.2.0 needs inventory >=9.0.0, but inventory 1.4.0 is chosen." in shown
    assert "Please correct the error" not in shown


def test_the_edit_is_made_once_it_was_seen(administrator: Client, candidate: str) -> None:
    rule = stock_rule()
    wish = entered(rule, provider_range=">=9.0.0")
    seen = digest(send(administrator, url("change", rule), wish))
    answer = send(administrator, url("change", rule), {**wish, "_impact": seen})

    assert (answer.status_code, stock_rule().provider_range) == (302, ">=9.0.0")
    entry = JournalEntry.objects.get(kind="verdict.changed")
    assert (entry.actor, entry.payload["after"]) == ("root", "INCOMPATIBLE")


def test_another_edit_than_the_one_seen_is_shown_again(administrator: Client, candidate: str) -> None:
    rule = stock_rule()
    seen = digest(send(administrator, url("change", rule), entered(rule, provider_range=">=9.0.0")))
    other = send(administrator, url("change", rule), entered(rule, provider_range=">=8.0.0", _impact=seen))

    assert (other.status_code, stock_rule().provider_range, digest(other) == seen) == (200, ">=1.4.0", False)


def test_an_impact_that_grew_since_is_shown_again(administrator: Client, candidate: str) -> None:
    rule = stock_rule()
    wish = entered(rule, provider_range=">=9.0.0")
    seen = digest(send(administrator, url("change", rule), wish))
    create_candidate(caller_for("manager"))
    again = send(administrator, url("change", rule), {**wish, "_impact": seen})

    assert (again.status_code, "blocks 2 open releases" in text(again)) == (200, True)


def test_an_edit_without_effect_is_saved_at_once(administrator: Client, candidate: str) -> None:
    answer = send(administrator, url("change", stock_rule()), entered(stock_rule(), provider_range=">=1.3.0"))

    assert (answer.status_code, stock_rule().provider_range) == (302, ">=1.3.0")


def test_a_mistake_in_the_form_is_told_before_any_impact(administrator: Client, candidate: str) -> None:
    page = send(administrator, url("change", stock_rule()), entered(stock_rule(), provider_range=" "))

    assert page.context["adminform"].form.errors.keys() == {"provider_range"}
    assert page.context["adminform"].form.pending is None


def test_a_new_rule_is_shown_before_it_is_added(administrator: Client, candidate: str) -> None:
    wish = entered(stock_rule(), provider_range=">=9.0.0")
    before = Constraint.objects.count()
    page = administrator.post(url("add"), wish)
    assert (SUMMARY in text(page), "the new rule" in text(page), Constraint.objects.count()) == (True, True, before)

    assert administrator.post(url("add"), {**wish, "_impact": digest(page)}).status_code == 302
    assert Constraint.objects.count() == before + 1


def only_rule() -> Constraint:
    """The one rule that speaks of checkout with inventory."""
    return Constraint.objects.get(consumer__slug="checkout", provider__slug="inventory")


def test_a_deletion_is_shown_before_it_is_made(administrator: Client, candidate: str) -> None:
    rule = only_rule()
    page = administrator.get(url("delete", rule))
    assert "Deleting this un-verifies 1 open release, un-verifies the current sets of DEV and PROD." in text(page)

    send(administrator, url("delete", rule), {"post": "yes", "_impact": digest(page)})
    assert Constraint.objects.filter(pk=rule.pk).exists() is False


def test_a_deletion_that_nobody_saw_is_not_made(administrator: Client, candidate: str) -> None:
    rule = only_rule()
    answer = send(administrator, url("delete", rule), {"post": "yes"}, follow=True)

    assert Constraint.objects.filter(pk=rule.pk).exists() is True
    assert "Nothing is deleted yet: what this would change is not what you saw." in text(answer)


def test_a_deletion_without_effect_needs_no_second_look(administrator: Client) -> None:
    rule = stock_rule()
    send(administrator, url("delete", rule), {"post": "yes"})

    assert Constraint.objects.filter(pk=rule.pk).exists() is False


def selected(*rules: Constraint, **more: object) -> dict[str, object]:
    return {"action": "delete_selected", "_selected_action": [rule.pk for rule in rules], **more}


def test_several_deletions_are_judged_together(administrator: Client, candidate: str) -> None:
    rules = (only_rule(), stock_rule())
    page = administrator.post(url("changelist"), selected(*rules))
    assert "Deleting these un-verifies 1 open release" in text(page)
    seen = seen_on(page)
    administrator.post(url("changelist"), selected(*rules, post="yes", _seen=seen))
    assert Constraint.objects.filter(pk__in=[rule.pk for rule in rules]).count() == 2

    administrator.post(url("changelist"), selected(*rules, post="yes", _impact=digest(page), _seen=seen))
    assert Constraint.objects.filter(pk__in=[rule.pk for rule in rules]).count() == 0


def test_a_dependency_that_closes_no_gap_but_opens_one_is_shown(administrator: Client, candidate: str) -> None:
    ends = {slug: Service.objects.get(slug=slug).pk for slug in ("checkout", "recommendations")}
    wish = {"consumer": ends["checkout"], "provider": ends["recommendations"]}
    page = administrator.post(url("add", model="dependency"), wish)

    assert "un-verifies 1 open release" in text(page)
    assert Dependency.objects.filter(consumer=ends["checkout"], provider=ends["recommendations"]).exists() is False


def test_a_denial_is_shown_with_what_runs(administrator: Client) -> None:
    ends = {slug: Service.objects.get(slug=slug).pk for slug in ("checkout", "web")}
    wish = {"service": ends["web"], "service_range": "*", "other": ends["checkout"], "other_range": "*", "reason": "No"}
    page = administrator.post(url("add", model="denial"), wish)

    assert ("un-verifies the current sets of DEV and PROD" in text(page), Denial.objects.count()) == (True, 0)


def test_a_required_service_more_is_shown(administrator: Client, candidate: str) -> None:
    wish = {
        "slug": "gifts",
        "name": "Gifts",
        "application_key": "gifts",
        "dispatch_url": "http://127.0.0.1:9/gifts",
        "required": "on",
        "secret_generation": 1,
        "aliases-TOTAL_FORMS": 0,
        "aliases-INITIAL_FORMS": 0,
    }
    page = administrator.post(url("add", model="service"), wish)

    assert f"Saving this {SUMMARY}, un-verifies the current sets of DEV and PROD." in text(page)
    assert Service.objects.filter(slug="gifts").exists() is False


def test_going_back_to_an_older_version_is_shown_first(administrator: Client, candidate: str) -> None:
    rule = stock_rule()
    rule.provider_range = ">=9.0.0"
    rule.save()
    strict = rule.history.first()
    rule.provider_range = ">=1.4.0"
    rule.save()
    address = reverse("admin:releases_constraint_simple_history", args=[rule.pk, strict.pk])
    wish = entered(rule, provider_range=">=9.0.0")
    page = send(administrator, address, wish)
    assert (SUMMARY in text(page), stock_rule().provider_range) == (True, ">=1.4.0")

    send(administrator, address, {**wish, "_impact": digest(page)})
    assert stock_rule().provider_range == ">=9.0.0"


def test_staff_without_the_role_edits_no_rule(administrator: Client) -> None:
    user = User.objects.create_user("clerk", is_staff=True, is_superuser=False)
    user.user_permissions.set(Permission.objects.all())
    clerk = Client()
    clerk.force_login(user)
    answer = send(clerk, url("change", stock_rule()), entered(stock_rule(), provider_range=">=1.3.0"))

    assert (answer.status_code, stock_rule().provider_range) == (302, ">=1.4.0")
    assert answer.headers["Location"].startswith("/admin/login/?next=")


def wide_rule() -> Constraint:
    return Constraint.objects.get(consumer__slug="recommendations", consumer_range="^2.0.0")


def test_rules_that_contradict_each_other_are_told_on_saving_with_a_link(administrator: Client) -> None:
    page = administrator.post(url("add"), entered(stock_rule(), provider_range=">=9.0.0"), follow=True)
    shown = page.content.decode()

    assert "No inventory satisfies both" in shown
    assert f'<a href="{url("change", wide_rule())}">rule {wide_rule().pk}</a>' in shown


def test_a_range_that_admits_nothing_is_told_on_saving(administrator: Client) -> None:
    page = send(administrator, url("change", stock_rule()), entered(stock_rule(), provider_range=">2 <1"), follow=True)

    assert "The range &gt;2 &lt;1 of inventory admits no version at all" in page.content.decode()


def test_the_list_says_which_rules_conflict(administrator: Client) -> None:
    administrator.post(url("add"), entered(stock_rule(), provider_range=">=9.0.0"))
    told = text(administrator.get(url("changelist")))
    numbers = (Constraint.objects.latest("pk").pk, wide_rule().pk)

    assert [told.count(f"conflicts with rule {number} ") for number in numbers] == [1, 1]


def test_a_row_that_runs_out_is_entered_with_its_last_day(administrator: Client) -> None:
    inventory = Service.objects.get(slug="inventory").pk
    wish = {"platform_version": "2.1.0", "service": inventory, "approved": "1.2.3", "expires_on": "2026-12-31"}
    administrator.post(url("add", model="compatibilityrow"), wish)

    assert str(CompatibilityRow.objects.get().expires_on) == "2026-12-31"
