"""Accounts and schedules: the admins of other apps, held to the same rule for who saves second."""

from __future__ import annotations

# Imported for what they register, which is taken over here.
import django.contrib.auth.admin  # noqa: F401
import django_celery_beat.admin  # noqa: F401
from django.contrib import admin
from django.contrib.auth.models import User
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from releases.admin.versioned import VersionedAdmin

for model in (User, PeriodicTask, ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule):
    stock = type(admin.site.get_model_admin(model))
    admin.site.unregister(model)
    admin.site.register(model, type(stock.__name__, (VersionedAdmin, stock), {}))
