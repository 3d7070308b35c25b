"""Schedules of trains in the admin: what is wrong is said where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User

from releases.models import TrainSchedule

if TYPE_CHECKING:
    from django.test import Client

ADD = "/admin/releases/trainschedule/add/"


def form(**changed: str) -> dict[str, str]:
    fields = {
        "name": "platform",
        "recurrence": "FREQ=WEEKLY;INTERVAL=2",
        "starts_on": "2026-11-24",
        "time_zone": "Europe/Berlin",
        "departure_time": "10:00",
        "cut_off_minutes": "1440",
        "conductor": str(User.objects.get(is_superuser=True).pk),
        "build_minutes": "30",
        "watch_minutes": "10",
        "active": "on",
    }
    return fields | changed


def test_a_schedule_is_added(administrator: Client) -> None:
    administrator.post(ADD, form(recurrence="rrule:freq=weekly"))
    assert list(TrainSchedule.objects.values_list("name", "recurrence")) == [("platform", "FREQ=WEEKLY")]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("recurrence", "FREQ=HOURLY", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ("recurrence", "every week", "is no part of a recurrence rule"),
        ("time_zone", "Berlin", "Berlin is no time zone; write one like Europe/Berlin or UTC."),
        ("starts_on", "9999-12-31", "A schedule starts between 2000 and 2199."),
        ("cut_off_minutes", "9999999", "Ensure this value is less than or equal to"),
        ("departure_time", "25:00", "Enter a valid time."),
    ],
)
def test_what_cannot_be_followed_is_refused_at_its_field(
    administrator: Client, field: str, value: str, words: str
) -> None:
    answer = administrator.post(ADD, form(**{field: value}))
    assert (answer.status_code, words in answer.content.decode(), TrainSchedule.objects.count()) == (200, True, 0)
    assert list(answer.context["adminform"].form.errors) == [field]
