"""What nobody answers gets a problem too, not a page."""

# ruff: noqa: ARG001 (ninja hands the request and the path to every operation)

from __future__ import annotations

from django.http import Http404, HttpRequest
from ninja import Router

router = Router()
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@router.api_operation(METHODS, "/{path:rest}", auth=None, include_in_schema=False)
def unknown(request: HttpRequest, rest: str) -> None:
    """Answer 404; the routers before this one had their chance."""
    raise Http404
