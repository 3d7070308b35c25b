from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from releases.models import Ignore, Service
from tests.admin.forms import send

if TYPE_CHECKING:
    from django.test import Client

ADD = "/admin/releases/ignore/add/"


def wish(days: float = 3, **changes: object) -> dict[str, object]:
    until = timezone.now() + timedelta(days=days)
    return {
        "code": "range-broken",
        "service": Service.objects.get(slug="web").pk,
        "other": Service.objects.get(slug="inventory").pk,
        "observed": "",
        "reason": "Known",
        "expires_at_0": f"{until:%Y-%m-%d}",
        "expires_at_1": f"{until:%H:%M:%S}",
        **changes,
    }


def test_an_ignore_says_who_decided_it_and_when(administrator: Client) -> None:
    began = timezone.now()
    assert administrator.post(ADD, wish()).status_code == 302
    ignore = Ignore.objects.get()

    assert (ignore.created_by.username, began <= ignore.created_at <= timezone.now()) == ("root", True)


def test_nobody_decides_in_the_name_of_another(administrator: Client) -> None:
    administrator.post(ADD, wish(created_by=424242, created_at_0="2020-01-01", created_at_1="00:00:00"))

    assert Ignore.objects.get().created_by.username == "root"


def test_changing_an_ignore_leaves_its_author(administrator: Client) -> None:
    administrator.post(ADD, wish())
    ignore = Ignore.objects.get()
    send(administrator, f"/admin/releases/ignore/{ignore.pk}/change/", wish(reason="Still known"))
    changed = Ignore.objects.get()

    assert (changed.reason, changed.created_at, changed.created_by) == (
        "Still known",
        ignore.created_at,
        ignore.created_by,
    )


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (-1, "This is over already: give a moment in the future."),
        (31, "An ignore lasts at most 30 days: give an earlier moment, and renew it if need be."),
    ],
)
def test_an_ignore_ends_and_not_too_late(administrator: Client, days: int, message: str) -> None:
    page = administrator.post(ADD, wish(days))

    assert page.context["adminform"].form.errors == {"expires_at": [message]}


def test_an_ignore_without_end_is_refused(administrator: Client) -> None:
    page = administrator.post(ADD, wish(expires_at_0="", expires_at_1=""))

    assert page.context["adminform"].form.errors == {"expires_at": ["This field is required."]}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("denied", "“denied” cannot be lived with: change the rule or the set instead."),
        ("banana", "No reason that can be ignored has the code “banana”; one that has is range-broken."),
    ],
)
def test_only_what_can_be_lived_with_is_ignored(administrator: Client, code: str, message: str) -> None:
    page = administrator.post(ADD, wish(code=code))

    assert page.context["adminform"].form.errors == {"code": [message]}


def test_a_link_fills_the_form_in(administrator: Client) -> None:
    page = administrator.get(ADD, {"code": "no-evidence", "service": "web", "other": "bookverse-inventory"})
    form = page.context["adminform"].form
    pks = {service.slug: str(service.pk) for service in Service.objects.all()}

    assert form.initial == {"code": "no-evidence", "service": pks["web"], "other": pks["inventory"]}


def test_a_link_with_a_name_that_nobody_knows_leaves_the_choice(administrator: Client) -> None:
    page = administrator.get(ADD, {"service": "stock"})

    assert page.context["adminform"].form.initial == {"service": ""}
