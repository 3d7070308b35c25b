"""The API as a whole: version 1, its documents, and the routers that make it up."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

from releases.api import (
    builds,
    callbacks,
    compatibility,
    contracts,
    debts,
    deliveries,
    dependencies,
    forecasts,
    freezes,
    gates,
    health,
    inbox,
    metrics,
    plans,
    promotions,
    release_notes,
    releases,
    replays,
    rollbacks,
    services,
    sessions,
    trains,
    unknown_routes,
    validations,
)
from releases.api.authentication import BEARER, SIGNED_IN, for_viewers
from releases.api.documents import with_problems
from releases.api.parsing import StrictJson
from releases.api.problems import answer_with_problems

DESCRIPTION = """\
Everything that the board's pages do. Call it with `Authorization: Bearer <token>`, made by `manage.py create_token`.
Refusals are problem details (RFC 9457). `Idempotency-Key` makes a repeated POST start nothing twice.
"""


class BoardApi(NinjaAPI):
    """Describes the refusals of every operation in its OpenAPI document."""

    def get_openapi_schema(self, **options: object) -> dict[str, Any]:  # type: ignore[override] # theirs is a dict too
        return with_problems(super().get_openapi_schema(**options))  # type: ignore[arg-type]


api = BoardApi(
    title="BookVerse Release Board",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=[BEARER, SIGNED_IN],
    parser=StrictJson(),
    docs_decorator=for_viewers,
)
answer_with_problems(api)
for module in (
    services,
    plans,
    compatibility,
    contracts,
    debts,
    dependencies,
    releases,
    release_notes,
    replays,
    rollbacks,
    promotions,
    validations,
    freezes,
    gates,
    inbox,
    sessions,
    deliveries,
    trains,
    forecasts,
    callbacks,
    builds,
    health,
    metrics,
):
    api.add_router("/v1", module.router)
api.add_router("", unknown_routes.router)
