"""Traces by OpenTelemetry: an extra that the standard environment names switch on, and that costs nothing while off."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.conf import settings

from releases.tracing import listen, tracing

if TYPE_CHECKING:
    from collections.abc import Mapping

# Any of these switches traces on; the SDK prefers the second.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
PROTOCOL = "http/protobuf"
EXTRA = ("google.protobuf", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def traces_wanted(settled: Mapping[str, str]) -> bool:
    """Tell whether there is somewhere to send traces to, and nothing forbids it.

    ``settled`` is left in the environment, where the SDK reads: it knows no ``NAME_FILE``, and takes empty for a value.
    """
    for name, value in settled.items():
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value
    environment = os.environ
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    return any(environment.get(name) for name in ENDPOINTS) and not is_disabled and exporter != "none"


def refusal() -> str:
    """Return why traces that are wanted cannot be sent, in a sentence with the mend."""
    if not settings.TRACES:
        return ""
    if not all(map(_is_installed, EXTRA)):
        return (
            f"{' or '.join(ENDPOINTS)} asks for traces, but OpenTelemetry is not installed: "
            "pip install --require-hashes -r requirements/otel.lock, or leave it empty."
        )
    for name in PROTOCOLS:
        if os.environ.get(name, "") not in {"", PROTOCOL}:
            return f"{name} is {os.environ[name]}, which the board does not speak: set it to {PROTOCOL}."
    return ""


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


def start(process: str) -> None:
    """Send traces as ``process`` (web, worker or beat) from now on, if they are wanted; a second call does nothing."""
    if not settings.TRACES or tracing().is_on:
        return
    # Only now: while traces are off nothing of OpenTelemetry is loaded.
    from bookverse.entering import watch_tasks  # noqa: PLC0415
    from bookverse.spans import Spans  # noqa: PLC0415

    listen(Spans(process))
    watch_tasks()
