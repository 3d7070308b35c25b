"""Trying out other rules on the plan page: both plans side by side, an address to share, nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from releases.models import Constraint, Freeze
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client

    from releases.queries.views import PlanView

HTMX = {"HX-Request": "true"}
NEW_RULE = "web ^3.0.0 -> checkout >=9.0.0"


def stock_rule() -> Constraint:
    return Constraint.objects.get(consumer__slug="recommendations", consumer_range=">=2.2.0")


def preview(manager: Client, **fields: object) -> PlanView:
    view: PlanView = manager.post("/plans/preview", fields).context["view"]
    return view


def address_after(manager: Client, **fields: object) -> list[tuple[str, str]]:
    """What the page's address says after this was tried out."""
    answer = manager.post("/plans/preview", fields, headers=HTMX)
    assert answer.status_code == 200
    return parse_qsl(urlsplit(answer.headers["HX-Replace-Url"]).query, keep_blank_values=True)


def test_a_looser_rule_is_shown_beside_the_plan_as_things_are(manager: Client) -> None:
    view = preview(manager, **{"version-inventory": "1.3.0", f"rule-{stock_rule().pk}": ">=1.3.0"})

    assert view.now is not None
    assert (view.now.verdict.overall, view.plan.verdict.overall) == ("INCOMPATIBLE", "COMPATIBLE")
    assert stock_rule().provider_range == ">=1.4.0"


def test_doing_what_was_tried_out_gives_the_same_digest(manager: Client) -> None:
    tried = preview(manager, **{"version-inventory": "1.3.0", f"rule-{stock_rule().pk}": ">=1.3.0"})
    Constraint.objects.filter(pk=stock_rule().pk).update(provider_range=">=1.3.0")
    done = preview(manager, **{"version-inventory": "1.3.0"})

    assert tried.plan.digest == done.plan.digest


def test_a_plan_that_tries_something_out_cannot_become_a_release(manager: Client) -> None:
    view = preview(manager, newrule="web * -> checkout >=1.0.0")

    assert (view.create.allowed, view.create.why_not) == (
        False,
        "This plan tries out rules or freezes that are not stored: store them first, or drop the edits.",
    )


def test_rules_that_were_left_alone_are_no_edits(manager: Client) -> None:
    untouched = {f"rule-{rule.pk}": rule.provider_range for rule in Constraint.objects.all()}

    assert address_after(manager, **untouched) == []


def test_the_address_names_what_was_chosen_and_what_is_tried_out(manager: Client) -> None:
    number = stock_rule().pk
    fields = {"version-inventory": "1.3.0", "version-web": "3.0.2", f"rule-{number}": "", "newrule": [NEW_RULE, ""]}

    assert address_after(manager, **fields) == [
        ("version-inventory", "1.3.0"),
        (f"rule-{number}", ""),
        ("newrule", NEW_RULE),
    ]


def test_the_address_leads_back_to_the_same_plan(manager: Client) -> None:
    answer = manager.post("/plans/preview", {"version-inventory": "1.3.0", "newrule": NEW_RULE}, headers=HTMX)
    again = manager.get(answer.headers["HX-Replace-Url"])

    assert again.context["view"].plan.digest == answer.context["view"].plan.digest
    fields = [field.attributes for field in parse_html(again.content.decode()).descendants() if field.tag == "input"]
    assert [field["value"] for field in fields if field.get("name") == "newrule"] == [NEW_RULE, ""]


def test_a_freeze_that_is_tried_out_closes_the_gate_of_its_stage_alone(manager: Client) -> None:
    view = preview(manager, freeze="PROD@2020-01-01T00:00Z/2099-01-01T00:00Z; the move")

    assert view.now is not None
    assert [gate.text for gate in view.plan.gates] == ["PROD is frozen until 2099-01-01 00:00 UTC: the move."]
    assert (view.now.gates, Freeze.objects.count()) == ((), 0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("newrule", "web needs checkout", "“web needs checkout” is not a rule."),
        ("newrule", "web ^3 -> nobody >=1", "There is no service nobody."),
        ("deny", "web", "“web” is not a denial."),
        ("freeze", "PROD", "“PROD” is not a freeze."),
        ("freeze", "MOON@2026-12-01T00:00Z/2026-12-02T00:00Z", "There is no stage MOON."),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_how_to_write_it(
    manager: Client, name: str, text: str, message: str
) -> None:
    answer = manager.post("/plans/preview", {name: text}, headers=HTMX)

    assert answer.status_code == 422
    assert message in parse_html(answer.content.decode()).text
