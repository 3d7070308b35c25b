"""Who may use which route, written down by hand: what the routes themselves say is compared with this.

A new route is listed here, with whom it is for. What needs more than its address to get as far as the question who is
asking has a body.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

# People who are signed in; names of accounts.
VIEWER, APPROVER, MANAGER, ADMIN = "viewer", "approver", "manager", "admin"
# People whose role counts in one stage only; the release of the table has reached DEV and goes to PROD next.
DEV_MANAGER, PROD_MANAGER = "release manager in DEV", "release manager in PROD"
DEV_APPROVER, PROD_APPROVER = "approver in DEV", "approver in PROD"
IN_ONE_STAGE = frozenset({DEV_MANAGER, PROD_MANAGER, DEV_APPROVER, PROD_APPROVER})
PEOPLE = frozenset({VIEWER, APPROVER, MANAGER, ADMIN}) | IN_ONE_STAGE
# Tokens, as account and scope.
ALL, READ, CALLBACK, PROMOTE = "manager: all", "manager: read", "manager: callback", "manager: promote"
PROMOTE_DEV, PROMOTE_PROD = "manager: promote:DEV", "manager: promote:PROD"
VIEWER_ALL, ADMIN_ALL, ADMIN_PROMOTE = "viewer: all", "admin: all", "admin: promote"
DEV_ALL, DEV_IN_PROD = "release manager in DEV: all", "release manager in DEV: promote:PROD"
TOKENS = frozenset(
    {ALL, READ, CALLBACK, PROMOTE, PROMOTE_DEV, PROMOTE_PROD, VIEWER_ALL, ADMIN_ALL, ADMIN_PROMOTE}
    | {DEV_ALL, DEV_IN_PROD}
)
ANONYMOUS, CLOSED = "nobody", "a closed account"
ROLES = PEOPLE | TOKENS | {ANONYMOUS, CLOSED}

Audience = frozenset[str]
EVERYBODY: Audience = ROLES
VIEWERS: Audience = PEOPLE | TOKENS - {CALLBACK}
MANAGERS_OF_ALL: Audience = frozenset({MANAGER, ADMIN, ALL, PROMOTE, ADMIN_ALL, ADMIN_PROMOTE})
MANAGERS_IN_DEV: Audience = MANAGERS_OF_ALL | {PROMOTE_DEV, DEV_MANAGER, DEV_ALL}
MANAGERS_IN_PROD: Audience = MANAGERS_OF_ALL | {PROMOTE_PROD, PROD_MANAGER}
# For what belongs to no stage.
MANAGERS: Audience = MANAGERS_IN_DEV | MANAGERS_IN_PROD | {DEV_IN_PROD}
SIGNERS: Audience = frozenset({APPROVER, MANAGER, ADMIN, ALL, ADMIN_ALL, DEV_ALL}) | IN_ONE_STAGE
# No scope of a token includes it.
FREEZERS: Audience = frozenset({MANAGER, ADMIN, ALL, ADMIN_ALL})
FREEZERS_IN_PROD: Audience = FREEZERS | {PROD_MANAGER}
# The freeze of the table is not there, so what it says of its stage stops nobody.
LIFTERS: Audience = FREEZERS_IN_PROD | {DEV_MANAGER, DEV_ALL}
# Of those who may sign, who holds the role that the table's sign-off is for.
APPROVERS: Audience = frozenset({APPROVER, PROD_APPROVER})
ADMINS: Audience = frozenset({ADMIN, ADMIN_ALL})
# What the token of one order opens is opened by nothing else.
ORDERS: Audience = frozenset()

RELEASE = "2.2.0-alpha.1"
SAMPLES = {
    "version": RELEASE,
    "slug": "inventory",
    "service": "inventory",
    "label": "2026-W48",
    "number": "1",
    "debt_id": "1",
    "debt": "1",
    "delivery": "1",
    "sequence": "1",
    "correlation_id": "6eda6882-683b-4828-bc1f-d92996cc94f8",
    "stage": "DEV",
    "rest": "nowhere",
    "release_id": "1",
    "key_id": "0123456789ab",
}
DIGEST = "0" * 64
REASON = {"reason": "Because"}
AGREED = {**REASON, "accept_digest": DIGEST}
SIGNATURE = {"role": "approver", "digest": DIGEST}
BYPASS = {"stage": "PROD", "gate": "freeze", "reason": "Because", "hours": 1}
RANGES = {"consumer": "web", "consumer_range": "*", "provider": "inventory", "provider_range": "*"}
BUILD = {"order": SAMPLES["correlation_id"], "status": "succeeded"}
REPORT = {"correlation_id": SAMPLES["correlation_id"], "source": "web", "attempt": 1, "status": "succeeded"}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation. ``form`` marks what a browser posts; everything else posts JSON."""

    method: str
    path: str
    audience: Audience
    body: dict[str, Any] = field(default_factory=dict)
    form: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        address = self.path
        for name, value in SAMPLES.items():
            for kind in ("", "str:", "slug:", "int:", "path:"):
                address = address.replace(f"<{kind}{name}>", value)
        return f"/{address}"


def looks(audience: Audience, *paths: str) -> list[Route]:
    """Return pages that are read."""
    return [Route(method="GET", path=path, audience=audience) for path in paths]


def buttons(audience: Audience, *paths: str, **fields: Any) -> list[Route]:
    """Return what forms of pages are sent to."""
    return [Route(method="POST", path=path, audience=audience, body=fields, form=True) for path in paths]


def calls(audience: Audience, *names: str, **body: Any) -> list[Route]:
    """Return operations of the API, as in ``GET services``."""
    pairs = [name.split(" ") for name in names]
    return [Route(method=method, path=f"api/v1/{path}", audience=audience, body=body) for method, path in pairs]


PAGES = [
    *looks(EVERYBODY, "healthz", "readyz", "login/", "favicon.ico", "calendar/trains.ics"),
    *looks(EVERYBODY, "feeds/releases.atom", "badge/<str:stage>.svg"),
    *buttons(EVERYBODY, "logout/", "theme/"),
    *looks(VIEWERS, "", "plans/new", "releases", "releases/<str:version>", "releases/<str:version>/replay"),
    *looks(VIEWERS, "releases/<str:version>/journal.json", "releases/<str:version>/rollback"),
    *looks(VIEWERS, "services/<slug:slug>", "services/<slug:slug>/probing", "catalog/collection", "matrix"),
    *looks(VIEWERS, "trains", "trains/<str:label>", "deliveries", "debts", "diagnostics"),
    *buttons(VIEWERS, "plans/preview", "calendar/rotate"),
    *buttons(MANAGERS, "catalog/collect", "services/<slug:slug>/probe", "deliveries/<int:delivery>/redeliver"),
    *buttons(MANAGERS, "releases/create", digest=DIGEST),
    *buttons(MANAGERS_IN_PROD, "releases/<str:version>/promote", stage="PROD"),
    *buttons(MANAGERS_IN_DEV, "releases/<str:version>/validate", stage="DEV"),
    *buttons(MANAGERS_IN_DEV, "releases/<str:version>/rollback/start", stage="DEV", **REASON),
    *buttons(MANAGERS, "releases/<str:version>/recover", **REASON),
    *buttons(MANAGERS, "releases/<str:version>/pause", "releases/<str:version>/resume"),
    *buttons(MANAGERS, "releases/<str:version>/steps/<slug:service>/retry"),
    *buttons(MANAGERS, "releases/<str:version>/steps/<slug:service>/skip", **REASON),
    *buttons(MANAGERS, "releases/<str:version>/steps/<slug:service>/accept"),
    *buttons(MANAGERS_OF_ALL, "trains/<str:label>/depart", "trains/<str:label>/resume"),
    *buttons(MANAGERS_OF_ALL, "trains/<str:label>/hold", "trains/<str:label>/cancel", **REASON),
    *buttons(MANAGERS_OF_ALL, "trains/<str:label>/number", version="2.2.1", **REASON),
    *buttons(MANAGERS, "debts/<int:number>/pay", how="Tested"),
    *buttons(MANAGERS, "releases/<str:version>/cancel", **REASON),
    *looks(EVERYBODY, "health-board", "inbox/count"),
    *looks(VIEWERS, "health", "health/metrics", "forecasts", "inbox"),
    *looks(VIEWERS, "releases/<str:version>/manifest.yaml", "releases/<str:version>/manifest.json"),
    *looks(VIEWERS, "releases/<str:version>/notes"),
    *looks(MANAGERS, "releases/<str:version>/notes/edit"),
    *buttons(MANAGERS, "releases/<str:version>/notes/preview", "releases/<str:version>/notes/save", revision=0),
    *looks(ADMINS, "diagnostics/operations"),
    *looks(VIEWERS, "metrics", "tokens"),
    *buttons(VIEWERS, "tokens/make", "tokens/<str:key_id>/revoke", name="CI", scope="read", days=30),
    *buttons(MANAGERS, "health/check"),
    *buttons(FREEZERS, "freezes", hours=1, in_flight="finish", **REASON),
    *buttons(LIFTERS, "freezes/lift", freeze=1, **REASON),
    *buttons(APPROVERS, "releases/<str:version>/signoffs", role="approver", digest=DIGEST),
    *buttons(SIGNERS, "releases/<str:version>/signoffs/<int:number>/withdraw"),
    *buttons(ADMINS, "releases/<str:version>/bypass", **BYPASS),
    *buttons(ADMINS, "releases/<str:version>/bypasses/<int:number>/end"),
    *looks(EVERYBODY, *(("sso/start", "sso/callback") if settings.SSO_ISSUER else ())),
]
OPERATIONS = [
    *looks(VIEWERS, "api/openapi.json", "api/docs"),
    *looks(EVERYBODY, "api/", "api/<path:rest>"),
    *calls(EVERYBODY, "GET health"),
    *calls(VIEWERS, "GET services", "GET services/<slug>/versions", "GET services/<slug>/versions/<version>/openapi"),
    *calls(VIEWERS, "GET releases", "GET releases/<version>", "GET releases/<version>/manifest", "GET trains"),
    *calls(VIEWERS, "GET releases/<version>/journal", "GET releases/<version>/at/<sequence>", "GET trains/<label>"),
    *calls(VIEWERS, "GET sessions/<correlation_id>", "GET sessions/<correlation_id>/stream", "GET deliveries"),
    *calls(VIEWERS, "GET compatibility/rows", "GET compatibility/constraints", "GET debts"),
    *calls(VIEWERS, "GET dependencies/analysis", "POST plans/preview", "POST releases/<version>/rollback/preview"),
    *calls(VIEWERS, "POST verdict", "POST contracts/check", versions={}),
    *calls(VIEWERS, "GET freezes", "GET health/history", "GET forecasts/calibration", "GET inbox"),
    *calls(VIEWERS, "GET metrics/dora", "GET metrics/objectives"),
    *calls(MANAGERS, "PATCH services/<slug>/versions/<version>", irreversible=""),
    *calls(FREEZERS_IN_PROD, "POST freezes", stages=["PROD"], hours=1, in_flight="finish", **REASON),
    *calls(LIFTERS, "POST freezes/lift", freezes=[1], **REASON),
    *calls(VIEWERS, "POST compatibility/impact", delete="constraint:1"),
    *calls(MANAGERS, "POST catalog/sync", "POST probes", "POST deliveries/<delivery>/redeliver"),
    *calls(MANAGERS, "POST services/<slug>/versions", version="9.9.9"),
    *calls(MANAGERS, "PUT services/<slug>/versions/<version>/openapi", openapi="3.1.0"),
    *calls(MANAGERS, "POST releases", accept_digest=DIGEST),
    *calls(MANAGERS, "POST independent-releases", service="inventory", version="1.4.0"),
    *calls(MANAGERS, "POST hotfixes", service="inventory", version="1.4.0", urgency="HIGH", **REASON),
    *calls(MANAGERS_IN_DEV, "POST releases/<version>/promotions", stage="DEV"),
    *calls(MANAGERS_IN_DEV, "POST releases/<version>/validations", stage="DEV"),
    *calls(MANAGERS_IN_DEV, "POST releases/<version>/rollback", stage="DEV", **AGREED),
    *calls(MANAGERS, "POST releases/<version>/recover", **REASON),
    *calls(MANAGERS, "POST releases/<version>/pause", "POST releases/<version>/resume"),
    *calls(MANAGERS, "POST releases/<version>/steps/<service>/retry"),
    *calls(MANAGERS, "POST releases/<version>/steps/<service>/accept"),
    *calls(MANAGERS, "POST releases/<version>/steps/<service>/skip", **REASON),
    *calls(MANAGERS_OF_ALL, "POST trains", schedule="platform", departs_at="2030-01-01T10:00:00Z"),
    *calls(MANAGERS_OF_ALL, "POST trains/<label>/depart", "POST trains/<label>/resume"),
    *calls(MANAGERS_OF_ALL, "POST trains/<label>/hold", "POST trains/<label>/cancel", **REASON),
    *calls(MANAGERS_OF_ALL, "POST trains/<label>/number", version="2.2.1", **REASON),
    *calls(MANAGERS, "POST debts/<debt_id>/pay", how="Tested"),
    *calls(MANAGERS, "POST releases/<version>/cancel", **REASON),
    *calls(APPROVERS, "POST releases/<version>/signoffs", **SIGNATURE),
    *calls(SIGNERS, "DELETE releases/<version>/signoffs/<number>"),
    *calls(VIEWERS, "GET releases/<version>/notes"),
    *calls(MANAGERS, "PUT releases/<version>/notes", markdown="Faster.", revision=0),
    *calls(ADMINS, "POST releases/<version>/bypasses", **BYPASS),
    *calls(ADMINS, "DELETE releases/<version>/bypasses/<number>"),
    *calls(ADMINS, "POST compatibility/rows", platform_version="2.2.0", service="inventory", approved=["1.4.0"]),
    *calls(ADMINS, "POST compatibility/constraints", **RANGES),
    *calls(ADMINS, "PATCH compatibility/rows/<number>", "PATCH compatibility/constraints/<number>", note="Known"),
    *calls(ORDERS, "POST callbacks", **REPORT),
    *calls(ORDERS, "POST builds/callbacks", **BUILD),
]
SOCKETS = looks(VIEWERS, "ws/board/", "ws/releases/<int:release_id>/", "ws/trains/", "ws/trains/<slug:label>/")
