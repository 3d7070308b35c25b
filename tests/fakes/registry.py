"""An AppTrust on loopback that lists what the test put into it, page by page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

VERSIONS = re.compile("/apptrust/api/v1/applications/[^/]+/versions")


class FakeRegistry:
    """``versions`` maps an application to its rows, ``odd`` to a raw answer; pages hold ``page`` rows at most."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.odd: dict[str, Response] = {}
        self.page = 250
        self.asked: list[tuple[str, str, str]] = []
        server.expect_request(VERSIONS, method="GET").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        application = request.path.split("/")[-2]
        self.asked.append((application, request.args.get("offset", ""), request.headers.get("Authorization", "")))
        if application in self.odd:
            return self.odd[application]
        return page_of(self.versions.get(application, []), request, self.page)


def page_of(rows: list[dict[str, Any]], request: Request, size: int) -> Response:
    """Answer as AppTrust documents it."""
    offset, limit = int(request.args["offset"]), min(int(request.args["limit"]), size)
    body = {"versions": rows[offset : offset + limit], "total": len(rows), "offset": offset, "limit": limit}
    return Response(json.dumps(body), content_type="application/json")


def row(version: str, **more: object) -> dict[str, Any]:
    """Return a version as AppTrust lists it."""
    return {
        "version": version,
        "tag": "",
        "status": "COMPLETED",
        "release_status": "RELEASED",
        "current_stage": "PROD",
        "created": "2025-03-01T10:00:00.000Z",
        **more,
    }
