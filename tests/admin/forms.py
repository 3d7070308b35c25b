"""Filling in the admin's forms as a browser does: with what the page itself put into them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


def seen_on(page: Response) -> str:
    """Return what the form says that was seen; empty where it says nothing."""
    found = re.search(r'name="_seen" value="([^"]+)"', page.content.decode())
    return unescape(found[1]) if found else ""


def send(client: Client, address: str, entered: dict[str, object], *, follow: bool = False) -> Response:
    """Open the page and send its form filled in."""
    return client.post(address, {**entered, "_seen": seen_on(client.get(address))}, follow=follow)
