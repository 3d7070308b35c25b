"""What to look at when the board misbehaves: the facts that belong to each of five problems, as they are now."""

from __future__ import annotations

import os
import platform
import resource
import sys
import threading
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from releases import conf
from releases.audience import AUDIENCE
from releases.domain.health import Check, Health
from releases.domain.lifecycle import OPEN_SLOTS, SlotState
from releases.models import Callback, Dispatch, Pulse
from releases.queries.clock import database_now
from releases.queries.health_pages import PULSE, newest_health

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.queries.health_pages import HealthSpan

DAY = timedelta(days=1)
# A heartbeat is due with every check of the platform's health.
MISSED_BEATS = 3
MANY_TIMEOUTS = 0.05
_MIB = 1024 * 1024
_OPEN = [state.value for state in OPEN_SLOTS]
LIBRARIES = ("django", "django-ninja", "channels", "channels-redis", "uvicorn", "celery", "redis", "psycopg", "httpx2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """``status`` is what it says of the problem, empty for what is only to be known; ``at`` a moment to show beside."""

    name: str
    value: str
    status: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """``anchor`` leads to the same problem in docs/operations.md, ``first`` says what to look at."""

    anchor: str
    title: str
    first: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsPage:
    problems: tuple[Problem, ...]
    versions: tuple[Fact, ...]


def operations_page() -> OperationsPage:
    """Gather the facts of this process and of the database that all processes share."""
    now, health = database_now(), newest_health()
    problems = (_no_stream(health), _no_callbacks(now), _timeouts(now), _memory(), _disconnects(now))
    return OperationsPage(problems=problems, versions=_versions())


def _no_stream(health: HealthSpan | None) -> Problem:
    return Problem(
        anchor="no-stream",
        title="No stream: live pages do not change",
        first="The badge beside the theme says Live, Catching up or Stale. Stale everywhere is the server or proxy; "
        "stale for one person is their network.",
        facts=(
            Fact(name="Live pages of this process", value=f"{AUDIENCE.present} now, at most {AUDIENCE.most}"),
            _meeting_place(health),
            Fact(name="Origin that sockets must come from", value=conf.site_url()),
        ),
    )


def _meeting_place(health: HealthSpan | None) -> Fact:
    if not conf.redis_url():
        return Fact(name="Redis", value="none: one process does everything")
    name = "Redis, at the last check"
    checks = health.checks if health else ()
    found = [each for check in checks if check.check == Check.EXTERNAL for each in check.findings]
    said = next((each for each in found if each.subject == "Redis"), None)
    if said is None or health is None:
        return Fact(name=name, value="not checked yet", status=Health.UNKNOWN.value)
    return Fact(name=name, value=said.text, status=said.status.value, at=health.checked_at)


def _no_callbacks(now: datetime) -> Problem:
    last = Callback.objects.select_related("dispatch__step__service").order_by("-received_at").first()
    waiting = Dispatch.objects.filter(state__in=_OPEN).count()
    received = Callback.objects.filter(received_at__gt=now - DAY).count()
    newest = Fact(name="Last callback", value="none was ever received")
    if last:
        service = last.dispatch.step.service.slug
        newest = Fact(name="Last callback", value=f"{service}: {last.status}, {last.disposition}", at=last.received_at)
    return Problem(
        anchor="no-callbacks",
        title="No callbacks: services were asked and nothing comes back",
        first="Can the services reach the address below? A 401 in their log is a token of another attempt or of "
        "another SECRET_KEY.",
        facts=(
            newest,
            Fact(name="Callbacks within 24 hours", value=str(received)),
            Fact(name="Orders that wait for an answer", value=str(waiting)),
            Fact(name="Where services report to", value=conf.callback_url()),
        ),
    )


def _timeouts(now: datetime) -> Problem:
    ended = Dispatch.objects.filter(closed_at__gt=now - DAY)
    lost = Q(state=SlotState.TIMED_OUT.value)
    counted = ended.aggregate(total=Count("pk"), lost=Count("pk", filter=lost))
    part = counted["lost"] / counted["total"] if counted["total"] else 0
    worst = (
        ended.filter(lost)
        .values_list("step__service__slug")
        .annotate(count=Count("pk"))
        .order_by("-count", "step__service__slug")
    )
    names = ", ".join(f"{slug} {count}" for slug, count in worst[:5])
    return Problem(
        anchor="many-timeouts",
        title="Many timeouts",
        first="One service is that service; all at once is the network, or a limit that is too short for what is done.",
        facts=(
            Fact(
                name="Timed out within 24 hours",
                value=f"{counted['lost']} of {counted['total']} orders",
                status=Health.DEGRADED.value if part > MANY_TIMEOUTS else Health.HEALTHY.value,
            ),
            Fact(name="By service", value=names or "none"),
            _oldest_silence(),
            Fact(
                name="Limits",
                value=f"a phase {conf.default_timeout_ms() / 1000:g} s, at most {conf.maximum_timeout_ms() / 1000:g} s",
            ),
        ),
    )


def _silences() -> QuerySet[Dispatch]:
    silent = Dispatch.objects.filter(state__in=_OPEN).select_related("step__service", "step__promotion__stage")
    return silent.annotate(silent_since=Coalesce("heard_at", "sent_at", "opened_at")).order_by("silent_since")


def _oldest_silence() -> Fact:
    oldest = _silences().first()
    if oldest is None:
        return Fact(name="Silent for longest", value="nobody is waited for")
    where = f"{oldest.step.service.slug} in {oldest.step.promotion.stage.name}, attempt {oldest.attempt}"
    return Fact(name="Silent for longest", value=where, at=oldest.silent_since)  # type: ignore[attr-defined] # annotated


def _memory() -> Problem:
    return Problem(
        anchor="memory",
        title="Memory grows",
        first="Compare the number of live pages with the memory of the same process. Growth without pages is a leak: "
        "take the numbers an hour apart before you restart.",
        facts=(
            Fact(name="Memory of this process", value=_resident()),
            Fact(name="Threads of this process", value=str(threading.active_count())),
            Fact(name="Process", value=f"{os.getpid()} on {platform.node()}"),
        ),
    )


def _resident() -> str:
    """Return what the process holds now where the system tells, and the most that it held."""
    # In kilobytes, but for macOS, which counts bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (a file of the kernel)
            pages = int(file.read().split()[1])
    except OSError:
        return f"at most {most:.0f} MiB"
    return f"{pages * resource.getpagesize() / _MIB:.0f} MiB now, at most {most:.0f} MiB"


def _disconnects(now: datetime) -> Problem:
    overdue = Dispatch.objects.filter(Q(lease_until__lt=now) | Q(session__deadline_at__lt=now), state__in=_OPEN).count()
    return Problem(
        anchor="undetected-disconnects",
        title="Disconnects that nobody notices",
        first="A service that went away is noticed by its lease, which needs a sweeper; a page by the sign of "
        "life that it gets.",
        facts=(
            _heartbeat(now),
            Fact(
                name="Silent beyond lease or deadline",
                value=str(overdue),
                status=Health.UNHEALTHY.value if overdue else Health.HEALTHY.value,
            ),
            Fact(
                name="Leases",
                value=f"{_seconds(conf.start_lease())} at first, {_seconds(conf.progress_lease())} between callbacks",
            ),
        ),
    )


def _heartbeat(now: datetime) -> Fact:
    every = conf.health_every()
    beat = Pulse.objects.filter(name=PULSE).aggregate(at=Max("at"))["at"]
    if not every:
        return Fact(name="Sweeper", value="its heartbeat is off, for HEALTH_EVERY_S is 0", status=Health.UNKNOWN.value)
    if beat is None:
        return Fact(name="Sweeper", value="has not looked yet", status=Health.UNKNOWN.value)
    late = now - beat > every * MISSED_BEATS
    return Fact(
        name="Sweeper",
        value=f"looks every second; its heartbeat every {_seconds(every)}",
        status=Health.UNHEALTHY.value if late else Health.HEALTHY.value,
        at=beat,
    )


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"


def _versions() -> tuple[Fact, ...]:
    known = (Fact(name=name, value=_version(name)) for name in LIBRARIES)
    return (
        Fact(name="Python", value=platform.python_version()),
        Fact(name=connection.display_name, value=_database()),
        *known,
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        return str(cursor.fetchone()[0])
