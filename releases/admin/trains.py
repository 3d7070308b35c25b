"""Schedules of trains to edit; trains and what happened to them to look at."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.versioned import VersionedAdmin
from releases.domain.errors import InvalidInput
from releases.models import Train, TrainSchedule
from releases.queries.timetables import checked_recurrence, known_zone

if TYPE_CHECKING:
    from collections.abc import Callable

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    """Refuses a rule that names no days, and a zone that is none."""

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"]).strip()
        _as_field_error(lambda: known_zone(name))
        return name

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if not EARLIEST <= day < LATEST:
            message = f"A schedule starts between {EARLIEST.year} and {LATEST.year - 1}."
            raise ValidationError(message)
        return day

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if "recurrence" in cleaned and "starts_on" in cleaned:
            rule = cleaned["recurrence"] = str(cleaned["recurrence"]).strip().upper().removeprefix("RRULE:")
            try:
                checked_recurrence(rule, cleaned["starts_on"])
            except InvalidInput as refusal:
                self.add_error("recurrence", refusal.message)
        return cleaned


def _as_field_error(check: Callable[[], object]) -> None:
    try:
        check()
    except InvalidInput as refusal:
        raise ValidationError(refusal.message) from refusal


@admin.register(TrainSchedule)
class TrainScheduleAdmin(VersionedAdmin[TrainSchedule]):
    form = ScheduleForm
    list_display = ("name", "recurrence", "time_zone", "departure_time", "cut_off_minutes", "conductor", "active")
    list_select_related = ("conductor",)
    list_filter = ("active",)
    search_fields = ("name", "recurrence", "time_zone")


@admin.register(Train)
class TrainAdmin(ReadOnlyAdmin[Train]):
    list_display = ("label", "schedule", "state", "cut_off_at", "departs_at", "departed_at", "release", "message")
    list_select_related = ("schedule", "release")
    list_filter = ("state", "schedule")
    search_fields = ("label", "schedule__name", "release__version")
    ordering = ("-pk",)
