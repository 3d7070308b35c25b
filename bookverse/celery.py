"""The Celery application; tasks are only hints, every due thing is also found by the sweeper."""

from __future__ import annotations

import os

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_ready, worker_shutting_down
from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookverse.settings")

app = Celery("bookverse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["releases"])


@task_prerun.connect
def _name_request(task: Task[..., object], **_signal: object) -> None:
    clear_contextvars()
    if request_id := (task.request.headers or {}).get("request_id"):
        bind_contextvars(request_id=request_id)


@task_postrun.connect
def _forget_request(**_signal: object) -> None:
    clear_contextvars()


@worker_ready.connect
def _start_sweeper(**_signal: object) -> None:
    # The sweeper needs the models, which exist only once Celery has set Django up.
    from bookverse.metrics import serve_metrics  # noqa: PLC0415
    from bookverse.sweeper import sweeper  # noqa: PLC0415

    sweeper.start()
    # Only a worker of its own says this; the embedded one is counted by the process that serves pages.
    if settings.METRICS_PORT:
        serve_metrics(settings.METRICS_PORT)


@worker_shutting_down.connect
def _stop_sweeper(**_signal: object) -> None:
    from bookverse.sweeper import sweeper  # noqa: PLC0415

    sweeper.stop()
