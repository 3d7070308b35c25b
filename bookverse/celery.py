"""The Celery application; tasks are only hints, every due thing is also found by the sweeper."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookverse.settings")

app = Celery("bookverse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["releases"])
