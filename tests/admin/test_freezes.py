"""The admin plans freezes; what is on, or begins now, is declared and lifted on the board, which tells the releases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from releases.models import Freeze, Stage
from tests.admin.forms import send
from tests.admin.test_files import JSON, confirm, upload

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

HOUR = timedelta(hours=1)
ADD = "/admin/releases/freeze/add/"
MISTAKE = "A freeze is planned for a time to come; freeze a stage from now on, or lift that, on the board."


def form(starts_at: datetime, reason: str = "Holidays") -> dict[str, object]:
    moments = {"starts_at": starts_at, "ends_at": starts_at + 24 * HOUR}
    split = {f"{name}_0": f"{moment:%Y-%m-%d}" for name, moment in moments.items()}
    split |= {f"{name}_1": f"{moment:%H:%M:%S}" for name, moment in moments.items()}
    return {"stage": Stage.objects.get(name="PROD").pk, "reason": reason, **split}


def frozen(starts_in: timedelta) -> Freeze:
    starts_at = timezone.now().replace(microsecond=0) + starts_in
    stage = Stage.objects.get(name="PROD")
    return Freeze.objects.create(stage=stage, starts_at=starts_at, ends_at=starts_at + 24 * HOUR, reason="Holidays")


def page(name: str, freeze: Freeze) -> str:
    return reverse(f"admin:releases_freeze_{name}", args=[freeze.pk])


def confirmed(administrator: Client, address: str, entered: dict[str, object]) -> Response:
    """Send the form, and once more where it asks to look at what that would change."""
    answer = send(administrator, address, entered)
    context = getattr(answer, "context", None)
    pending = context["adminform"].form.pending if context else None
    return send(administrator, address, {**entered, "_impact": pending.digest}) if pending else answer


def test_a_freeze_to_come_is_planned_and_moved_in_the_admin(administrator: Client) -> None:
    confirmed(administrator, ADD, form(timezone.now() + HOUR))
    freeze = Freeze.objects.get()
    confirmed(administrator, page("change", freeze), form(timezone.now() + 2 * HOUR, "Later"))

    freeze.refresh_from_db()

    assert (freeze.reason, freeze.declared_by, freeze.in_flight) == ("Later", "root", "finish")


@pytest.mark.parametrize("early", [timedelta(0), HOUR])
def test_a_freeze_from_now_on_is_not_made_in_the_admin(administrator: Client, early: timedelta) -> None:
    answer = confirmed(administrator, ADD, form(timezone.now() - early))

    assert (answer.context["adminform"].form.errors["starts_at"], Freeze.objects.count()) == ([MISTAKE], 0)


def test_a_freeze_that_is_on_can_be_seen_and_is_lifted_on_the_board(administrator: Client) -> None:
    freeze = frozen(-HOUR)
    seen = administrator.get(page("change", freeze))
    statuses = [
        administrator.post(page("change", freeze), form(timezone.now() + HOUR)).status_code,
        administrator.post(page("delete", freeze), {"post": "yes"}).status_code,
    ]

    assert (seen.status_code, "<a href='/'>the board</a>" in seen.content.decode()) == (200, True)
    assert b'name="_save"' not in seen.content
    assert (statuses, Freeze.objects.get().reason) == ([403, 403], "Holidays")


def test_a_freeze_that_is_on_is_deleted_with_no_selection_either(administrator: Client) -> None:
    on, ahead = frozen(-HOUR), frozen(HOUR)
    chosen = {"action": "delete_selected", "_selected_action": [on.pk, ahead.pk]}
    answer = administrator.post(reverse("admin:releases_freeze_changelist"), chosen)

    assert answer.context["perms_lacking"] == {"freeze"}


def test_a_planned_freeze_is_taken_out_in_the_admin(administrator: Client) -> None:
    freeze = frozen(HOUR)

    assert administrator.get(page("delete", freeze)).status_code == 200


@pytest.mark.parametrize(("starts_in", "moved_by"), [(-HOUR, 3 * HOUR), (HOUR, -3 * HOUR), (-2 * HOUR, HOUR)])
def test_a_file_moves_no_freeze_that_is_on_and_begins_none(
    administrator: Client, starts_in: timedelta, moved_by: timedelta
) -> None:
    freeze = frozen(starts_in)
    moved = freeze.starts_at + moved_by
    row = {"id": freeze.pk, "stage": "PROD", "reason": "Holidays"}
    row |= {"starts_at": f"{moved:%Y-%m-%d %H:%M:%S}", "ends_at": f"{moved + HOUR:%Y-%m-%d %H:%M:%S}"}
    answer = upload(administrator, "freeze", json.dumps([row]), JSON)

    errors = [each.error.message_dict for each in answer.context["result"].invalid_rows]
    assert errors == [{"starts_at": [MISTAKE]}]


def test_a_file_plans_a_freeze(administrator: Client) -> None:
    starts_at = timezone.now() + HOUR
    row = {"id": "", "stage": "PROD", "reason": "Fair"}
    row |= {"starts_at": f"{starts_at:%Y-%m-%d %H:%M:%S}", "ends_at": f"{starts_at + HOUR:%Y-%m-%d %H:%M:%S}"}
    confirm(administrator, "freeze", upload(administrator, "freeze", json.dumps([row]), JSON))

    assert Freeze.objects.get().reason == "Fair"
