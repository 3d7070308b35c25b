"""What nobody could be asked about is never called clean."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from tests.quality.sources import ROOT

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

LONG_KNOWN = ("django", "3.2.0")
CLEAN = "No known vulnerabilities found"


def audit(advisories: str) -> tuple[int, str]:
    """Return the exit code and what was said of the shortest lock, by the advisories at that address."""
    asked = ["make", "--assume-old=.venv/dev.stamp", "audit", "LOCKS=requirements/installer.lock"]
    ended = subprocess.run(
        [*asked, f"ADVISORIES=-s osv --osv-url {advisories}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def advisories_against(server: HTTPServer, *unsafe: str) -> str:
    """Serve advisories as osv.dev does, against Django 3.2.0 and every version of the packages named."""

    def answer(request: Request) -> Response:
        asked = request.get_json(force=True)
        package, version = asked["package"]["name"].lower(), asked["version"]
        hole = {
            "id": "GHSA-1",
            "summary": "a hole",
            "modified": "2026-01-01T00:00:00Z",
            "affected": [{"package": {"ecosystem": "PyPI", "name": package}, "versions": [version]}],
        }
        known = (package, version) == LONG_KNOWN or package in unsafe
        return Response(json.dumps({"vulns": [hole]} if known else {}))

    server.expect_request("/").respond_with_handler(answer)
    return server.url_for("/")


def test_a_package_without_holes_is_clean_by_advisories_that_know_of_holes(httpserver: HTTPServer) -> None:
    code, said = audit(advisories_against(httpserver))
    assert (code, CLEAN in said) == (0, True), said


def test_a_hole_fails_the_audit(httpserver: HTTPServer) -> None:
    code, said = audit(advisories_against(httpserver, "uv"))
    assert (code, "GHSA-1" in said, CLEAN in said) == (2, True, False), said


@pytest.mark.parametrize("answer", [Response("{}"), Response("no", status=503), Response("<html>")])
def test_advisories_that_know_of_no_hole_at_all_count_as_not_asked(httpserver: HTTPServer, answer: Response) -> None:
    httpserver.expect_request("/").respond_with_response(answer)
    code, said = audit(httpserver.url_for("/"))
    assert (code, "NOT RUN: nothing was audited" in said, CLEAN in said) == (2, True, False), said
