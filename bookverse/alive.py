"""Ask the board in this container whether it lives: ``python -m bookverse.alive`` ends with 0 if it does."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

PORT = 8000
TIMEOUT_S = 3
OK = 200


def an_allowed_host() -> str:
    """Return a name that the board answers to, read as settings.py does but without a second in which Django starts."""
    file = os.environ.get("ALLOWED_HOSTS_FILE", "")
    names = Path(file).read_text(encoding="utf-8") if file else os.environ.get("ALLOWED_HOSTS", "")
    first = names.split(",")[0].strip()
    return "localhost" if first in {"", "*"} else first.removeprefix(".")


def problem(port: int = PORT) -> str:
    """Return what is wrong, empty when nothing is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": an_allowed_host()})
        status = connection.getresponse().status
    except (OSError, HTTPException) as failure:
        return f"The board does not answer on port {port}: {failure}"
    finally:
        connection.close()
    return "" if status == OK else f"The board answers /healthz on port {port} with {status}"


if __name__ == "__main__":
    sys.exit(problem() or 0)
