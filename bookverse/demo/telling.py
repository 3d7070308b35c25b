"""What the simulated servers log: lines as the board's own, so that one search finds an order on both sides."""

import logging
from logging.config import dictConfig

from bookverse.demo.addresses import APPTRUST
from bookverse.demo.exchange import Request
from bookverse.demo.service.deployments import Deployment
from bookverse.logs import formatter

LOG = logging.getLogger("bookverse.demo")


def log_as(log_format: str) -> None:
    """Log to standard error in the format that ``LOG_FORMAT`` names."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter(log_format)},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["console"], "level": "WARNING"},
            # People see on the pages what happens, as with the board's journals.
            "loggers": {LOG.name: {"level": "INFO" if log_format == "json" else "WARNING"}},
        }
    )


def tell(message: str, deployment: Deployment, **numbers: int) -> None:
    """Log what happened to a deployment; ``sequence`` counts its callbacks, ``status_code`` is the board's answer."""
    about = {
        "service": deployment.service,
        "stage": deployment.stage,
        "release": deployment.platform_version,
        "correlation_id": deployment.correlation_id,
    }
    LOG.info("%s", message, extra={**about, **_trace(deployment.traceparent), **numbers})


def tell_call(request: Request, status: int) -> None:
    """Log a call to AppTrust that belongs to a promotion; what the board collects every minute would bury it."""
    if correlation_id := request.headers.get("x-correlation-id"):
        about = {"service": APPTRUST, "correlation_id": correlation_id, "status_code": status}
        LOG.info("%s %s", request.method, request.path, extra={**about, **_trace(request.traceparent)})


def _trace(traceparent: str) -> dict[str, str]:
    return {"trace_id": traceparent.split("-")[1]} if traceparent else {}
