"""The Celery application; tasks are only hints, every due thing is also found by the sweeper."""

from __future__ import annotations

import os
import sys

from celery import Celery, Task
from celery.signals import beat_init, task_postrun, task_prerun, worker_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import bind_contextvars, clear_contextvars

from bookverse import tracing

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


@worker_init.connect
@beat_init.connect
def _refuse_what_production_must_not_be(**_signal: object) -> None:
    # Django is set up by now; Celery looks at its system checks but starts whatever they say.
    from bookverse.configuration import insist  # noqa: PLC0415

    try:
        insist()
    except ImproperlyConfigured as refusal:
        # Of what a receiver raises Celery lets only this one through.
        sys.exit(str(refusal))


@worker_init.connect
def _trace_worker(**_signal: object) -> None:
    tracing.start("worker")


@beat_init.connect
def _trace_beat(**_signal: object) -> None:
    tracing.start("beat")


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
