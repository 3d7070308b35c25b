"""The HTTP face of the simulated AppTrust."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TypeAlias

from bookverse.demo import fields
from bookverse.demo.apptrust import bodies, listing
from bookverse.demo.apptrust.creating import TAG, create_version, read_application, read_version
from bookverse.demo.apptrust.page import registry_page
from bookverse.demo.apptrust.promoting import (
    RELEASE_STAGE,
    Move,
    PromotionType,
    move_version,
    read_target,
    roll_back,
)
from bookverse.demo.apptrust.records import ActivityRecord, VersionRecord
from bookverse.demo.apptrust.registry import Registry
from bookverse.demo.exchange import (
    Refusal,
    Request,
    Response,
    fault_answer,
    html_answer,
    json_answer,
    malformed,
    see_other,
    text_answer,
)
from bookverse.demo.routing import Application, Handler, Route
from bookverse.demo.telling import tell_call

_BASE = "/apptrust/api/v1"
_APPLICATIONS = f"{_BASE}/applications"
_VERSIONS = f"{_APPLICATIONS}/{{key}}/versions"
_VERSION = f"{_VERSIONS}/{{version}}"
_CALLER = "release-board"
_MOST_CONTENT = 250
_OPTIONS = (
    "included_repository_keys",
    "excluded_repository_keys",
    "artifact_additional_properties",
    "overwrite_strategy",
)
_PARTS = {"sources", "releasables", "releasables_expanded"}

Call: TypeAlias = Callable[[Request], Response]


class AppTrustFace:
    """``ports`` gives the port of each sibling, for the links of the page."""

    def __init__(self, registry: Registry, *, token: str, ports: Mapping[str, int]) -> None:
        self._registry = registry
        self._token = token
        self._ports = ports

    def application(self) -> Application:
        return Application((*self._api_routes(), *self._page_routes()), answer_refusal=bodies.envelope)

    def _api_routes(self) -> tuple[Route, ...]:
        calls: tuple[tuple[str, str, Call], ...] = (
            ("POST", _APPLICATIONS, self.create_application),
            ("GET", _APPLICATIONS, self.list_applications),
            ("GET", f"{_APPLICATIONS}/{{key}}", self.show_application),
            ("POST", _VERSIONS, self.create_version),
            ("GET", _VERSIONS, self.list_versions),
            ("GET", f"{_VERSION}/content", self.show_content),
            ("GET", f"{_VERSION}/status", self.show_status),
            ("PATCH", _VERSION, self.describe_version),
            ("POST", f"{_VERSION}/promote", self.promote),
            ("POST", f"{_VERSION}/release", self.release),
            ("POST", f"{_VERSION}/rollback", self.roll_back),
            ("GET", f"{_VERSION}/promotions", self.list_promotions),
            ("GET", f"{_BASE}/activity/log", self.list_activity),
        )
        routes = [Route(method=method, path=path, handle=self._guarded(handle)) for method, path, handle in calls]
        return (*routes, Route(method="GET", path=f"{_BASE}/system/ping", handle=self.ping))

    def _page_routes(self) -> tuple[Route, ...]:
        calls: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/", self.page),
            ("POST", "/tag", self.submit_tag),
            ("GET", "/settings", self.settings),
            ("PUT", "/settings", self.change_settings),
            ("POST", "/settings", self.submit_settings),
            ("GET", "/health", self.health),
            ("GET", "/health/live", self.health),
            ("GET", "/health/ready", self.health),
        )
        return tuple(Route(method=method, path=path, handle=handle) for method, path, handle in calls)

    def _guarded(self, handle: Call) -> Handler:
        def answer(request: Request) -> Response:
            try:
                self._insist_on_token(request)
                self._registry.settle()
                response = handle(request)
            except Refusal as refusal:
                response = bodies.envelope(refusal)
            tell_call(request, response.status)
            return response

        return answer

    def _insist_on_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise Refusal(401, "Bad credentials.")

    def ping(self, request: Request) -> Response:
        del request
        return text_answer("OK")

    def health(self, request: Request) -> Response:
        del request
        return json_answer({"status": "healthy", "service": "apptrust"})

    def create_application(self, request: Request) -> Response:
        record = read_application(request.json(), at=self._registry.now())
        self._registry.add_application(record)
        body = {**bodies.application_body(record), "signing_key": f"{record.application_key}-signing-key"}
        return json_answer(body, status=201)

    def list_applications(self, request: Request) -> Response:
        wanted = request.query.get("project_key", "")
        kept = [record for record in self._registry.applications() if wanted in ("", record.project_key)]
        shown, totals = listing.page(kept, request.query)
        listed = []
        for record in shown:
            versions = self._registry.versions(record.application_key)
            latest = versions[0] if versions else None
            listed.append(bodies.listed_application(record, latest, len(versions)))
        return json_answer({"applications": listed, **totals})

    def show_application(self, request: Request) -> Response:
        return json_answer(bodies.application_body(self._registry.application(request.parameters["key"])))

    def create_version(self, request: Request) -> Response:
        key = request.parameters["key"]
        self._registry.application(key)
        is_async = fields.flag(request.query, "async", default=True)
        new = read_version(request.json(), by=_CALLER, at=self._registry.now(), is_async=is_async)
        record = create_version(self._registry, key, new)
        return json_answer(bodies.created_version(record), status=202 if is_async else 201)

    def list_versions(self, request: Request) -> Response:
        records = self._registry.versions(request.parameters["key"])
        shown, totals = listing.version_page(records, request.query)
        dialect = self._registry.setting().dialect
        return json_answer({"versions": [bodies.listed_version(record, dialect) for record in shown], **totals})

    def show_content(self, request: Request) -> Response:
        record = self._version(request)
        include = set(filter(None, request.query.get("include", "").split(",")))
        if not include <= _PARTS:
            why = f"include takes {', '.join(sorted(_PARTS))}."
            raise malformed("include", why)
        body = bodies.content(record, self._project_key(record), self._registry.setting().dialect)
        expanded = "releasables_expanded" in include
        shown, totals = listing.page(
            bodies.releasables(record, expanded=expanded), request.query, largest=_MOST_CONTENT
        )
        if "sources" in include:
            body["sources"] = bodies.sources(record)
        if expanded or "releasables" in include:
            body["releasables"] = shown
        return json_answer({**body, "offset": totals["offset"], "limit": totals["limit"]})

    def show_status(self, request: Request) -> Response:
        status = bodies.spelled(self._version(request).release_status, self._registry.setting().dialect)
        return json_answer({"version_release_status": status})

    def describe_version(self, request: Request) -> Response:
        record, source = self._version(request), request.json()
        tag = fields.optional_text(source, "tag", limit=128, pattern=TAG) if "tag" in source else record.tag
        properties = _changed_properties(record, source)
        self._registry.describe_version(record, tag=tag, properties=properties)
        changed = self._version(request)
        return json_answer(
            {
                "application_key": changed.application_key,
                "version": changed.version,
                "tag": changed.tag,
                "properties": changed.properties,
                "modified_by": _CALLER,
                "modified_at": bodies.moment(changed.modified),
            }
        )

    def promote(self, request: Request) -> Response:
        record = self._version(request)
        return self._move(request, record, read_target(request.json(), self._project_key(record)))

    def release(self, request: Request) -> Response:
        return self._move(request, self._version(request), RELEASE_STAGE)

    def _move(self, request: Request, record: VersionRecord, target: str) -> Response:
        source = request.json() if request.body else {}
        move = Move(
            target=target,
            promotion_type=fields.choice(source, "promotion_type", PromotionType, default=PromotionType.COPY),
            is_async=fields.flag(request.query, "async", default=False),
            by=_CALLER,
            options={name: source[name] for name in _OPTIONS if name in source},
            at=self._registry.now(),
        )
        status, body = move_version(self._registry, record, move, project_key=self._project_key(record))
        return json_answer(body, status=status)

    def roll_back(self, request: Request) -> Response:
        record = self._version(request)
        project_key = self._project_key(record)
        from_stage = fields.text(request.json(), "from_stage", limit=64)
        is_async = fields.flag(request.query, "async", default=False)
        reached = roll_back(self._registry, record, from_stage=from_stage, project_key=project_key, by=_CALLER)
        body = {
            "application_key": record.application_key,
            "version": record.version,
            "project_key": project_key,
            "rollback_from_stage": record.current_stage,
            "rollback_to_stage": reached,
        }
        return json_answer(body, status=202 if is_async else 200)

    def list_promotions(self, request: Request) -> Response:
        record = self._version(request)
        history = list(self._registry.promotions(record))
        if fields.flag(request.query, "order_asc", default=False):
            history.reverse()
        shown, totals = listing.page(history, request.query)
        with_message = "message" in request.query.get("include", "").split(",")
        dialect, project_key = self._registry.setting().dialect, self._project_key(record)
        promotions = [
            bodies.promotion_body(promotion, project_key, with_message=with_message, dialect=dialect)
            for promotion in shown
        ]
        return json_answer({"promotions": promotions, **totals})

    def list_activity(self, request: Request) -> Response:
        entries = self._registry.activity(request.query.get("application_key", ""))
        return json_answer([bodies.activity_body(entry, self._project_key(entry)) for entry in entries])

    def _version(self, request: Request) -> VersionRecord:
        return self._registry.version(request.parameters["key"], request.parameters["version"])

    def _project_key(self, record: VersionRecord | ActivityRecord) -> str:
        return self._registry.application(record.application_key).project_key

    def page(self, request: Request) -> Response:
        return html_answer(self._page(request, fault=""))

    def _page(self, request: Request, *, fault: str) -> str:
        self._registry.settle()
        records = self._registry.applications()
        return registry_page(
            content=[(record, self._registry.versions(record.application_key)) for record in records],
            setting=self._registry.setting(),
            siblings={name: f"http://{request.host}:{port}/" for name, port in self._ports.items()},
            fault=fault,
        )

    def submit_tag(self, request: Request) -> Response:
        return self._submitted(request, self._change_tag)

    def _change_tag(self, form: Mapping[str, object]) -> None:
        key, version = fields.text(form, "application_key"), fields.text(form, "version")
        record = self._registry.version(key, version)
        tag = fields.optional_text(form, "tag", limit=128, pattern=TAG)
        self._registry.describe_version(record, tag=tag, properties=record.properties)

    def submit_settings(self, request: Request) -> Response:
        return self._submitted(request, self._change_setting)

    def _change_setting(self, source: Mapping[str, object]) -> None:
        self._registry.change_setting(self._registry.setting().changed(source))

    def _submitted(self, request: Request, change: Callable[[Mapping[str, object]], None]) -> Response:
        try:
            change(request.form())
        except Refusal as refusal:
            return html_answer(self._page(request, fault=refusal.message), status=refusal.status)
        return see_other("/")

    def settings(self, request: Request) -> Response:
        del request
        return json_answer(asdict(self._registry.setting()))

    def change_settings(self, request: Request) -> Response:
        # The setting is the simulation's own, not AppTrust's, so it answers as the services' settings do.
        try:
            self._change_setting(request.json())
        except Refusal as refusal:
            return fault_answer(refusal)
        return self.settings(request)


def _changed_properties(record: VersionRecord, source: Mapping[str, object]) -> dict[str, object]:
    """Named keys are replaced, an empty list clears one, ``delete_properties`` removes keys, others are kept."""
    given, deleted = source.get("properties", {}), source.get("delete_properties", [])
    if not isinstance(given, dict) or not all(isinstance(value, list) for value in given.values()):
        why = "properties must be an object of lists."
        raise malformed("properties", why)
    if not isinstance(deleted, list) or not all(isinstance(name, str) for name in deleted):
        why = "delete_properties must be a list of names."
        raise malformed("delete_properties", why)
    merged = {**record.properties, **given}
    return {name: value for name, value in merged.items() if name not in deleted}
