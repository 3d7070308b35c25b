"""The HTTP face of one simulated service."""

from collections.abc import Mapping
from dataclasses import asdict

from bookverse.demo import fields
from bookverse.demo.exchange import (
    Refusal,
    Request,
    Response,
    fault_answer,
    html_answer,
    json_answer,
    see_other,
)
from bookverse.demo.routing import Application, Parameter, Route
from bookverse.demo.service.deployments import Deployment, DeploymentStore
from bookverse.demo.service.journey import journey_routes
from bookverse.demo.service.moods import ruled
from bookverse.demo.service.openapi import openapi_document
from bookverse.demo.service.orders import DispatchOrder, read_order
from bookverse.demo.service.page import service_page
from bookverse.demo.service.steps import State
from bookverse.demo.service.stock import Stock
from bookverse.demo.service.workshop import Workshop
from bookverse.demo.telling import tell

_KEY = r"[0-9A-Za-z._:-]+"
_SHOWN = 20


class ServiceFace:
    """``ports`` gives the port of each sibling, for the links of the page; ``stock`` is what checkout orders from."""

    def __init__(
        self, store: DeploymentStore, workshop: Workshop, *, ports: Mapping[str, int], stock: Stock | None = None
    ) -> None:
        self._store = store
        self._workshop = workshop
        self._ports = ports
        shop = journey_routes(store.service, store.connection, store.live, stock)
        self._routes = (*self._own_routes(), *(ruled(route, store.behaviour) for route in shop))

    def application(self) -> Application:
        return Application(self._routes, answer_refusal=fault_answer)

    def _own_routes(self) -> tuple[Route, ...]:
        return (*self._deployment_routes(), *self._state_routes(), *self._setting_routes())

    def _deployment_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/deployments",
                handle=self.deploy,
                summary="Move this service to a version in one stage",
                parameters=(Parameter(name="Idempotency-Key", place="header", required=True),),
                takes="DispatchOrder",
                gives="Accepted",
                status=202,
                refuses=(401, 422),
            ),
            Route(
                method="GET",
                path="/deployments/{key}",
                handle=self.deployment,
                summary="Tell how far a deployment is",
                gives="DeploymentState",
                refuses=(404,),
            ),
        )

    def _state_routes(self) -> tuple[Route, ...]:
        return (
            *(
                Route(
                    method="GET",
                    path=path,
                    handle=self.health,
                    summary=summary,
                    parameters=(Parameter(name="stage"),),
                    gives="Health",
                    refuses=(422,),
                )
                for path, summary in (
                    ("/health", "Tell whether the service is healthy"),
                    ("/health/live", "Tell whether the process answers"),
                    ("/health/ready", "Tell whether the service takes requests"),
                )
            ),
            Route(
                method="GET",
                path="/version",
                handle=self.version,
                summary="Tell the live version of one stage",
                parameters=(Parameter(name="stage"),),
                gives="LiveVersion",
                refuses=(404, 422),
            ),
            Route(method="GET", path="/openapi.json", handle=self.openapi),
        )

    def _setting_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="GET",
                path="/settings",
                handle=self.settings,
                summary="Show how deployments are treated",
                gives="Behaviour",
            ),
            Route(
                method="PUT",
                path="/settings",
                handle=self.change_settings,
                summary="Change how the next deployments are treated",
                takes="BehaviourChange",
                gives="Behaviour",
                refuses=(422,),
            ),
            Route(method="POST", path="/settings", handle=self.submit_settings),
            Route(method="GET", path="/", handle=self.page),
        )

    def deploy(self, request: Request) -> Response:
        key = fields.text(request.headers, "idempotency-key", limit=128, pattern=_KEY)
        deployment, is_new = self._store.take(key, self._order(request), request.traceparent)
        self._tell_of_order(deployment, is_new=is_new)
        if deployment.state is State.REJECTED:
            raise Refusal(401, f"{self._store.service} refuses to move to {deployment.to_version or 'nothing'}.")
        if is_new:
            self._workshop.take_up(key)
        location = {"location": f"/deployments/{key}"}
        return json_answer({"key": key, "state": State.ACCEPTED}, status=202, headers=location)

    def _order(self, request: Request) -> DispatchOrder:
        return read_order(request.json(), service=self._store.service)

    def _tell_of_order(self, deployment: Deployment, *, is_new: bool) -> None:
        verdict = "rejected" if deployment.state is State.REJECTED else "accepted"
        tell(f"order.{verdict}" if is_new else "order.repeated", deployment)

    def deployment(self, request: Request) -> Response:
        found = self._store.find(request.parameters["key"])
        if found is None or found.state is State.REJECTED:
            raise Refusal(404, "No deployment was accepted under this key.")
        return json_answer({"state": found.state, "percent": found.percent, "message": found.message})

    def health(self, request: Request) -> Response:
        """Name the version of the stage that is asked for; one address answers for them all."""
        stage = fields.text({"stage": "PROD", **request.query}, "stage", limit=64)
        return json_answer({"status": "healthy", "service": self._store.service, "version": self._version(stage)})

    def version(self, request: Request) -> Response:
        stage = fields.text({"stage": "PROD", **request.query}, "stage", limit=64)
        version = self._version(stage)
        if not version:
            raise Refusal(404, f"Nothing is deployed to {stage}.")
        return json_answer({"service": self._store.service, "stage": stage, "version": version})

    def _version(self, stage: str) -> str:
        return self._store.live().get(stage, "")

    def openapi(self, request: Request) -> Response:
        """Describe the version that runs in the last stage, or another that runs somewhere and is asked for."""
        version = fields.text({"version": self._version("PROD"), **request.query}, "version", limit=128)
        if version not in self._store.live().values():
            raise Refusal(404, f"{version} of {self._store.service} runs nowhere.")
        return json_answer(openapi_document(service=self._store.service, version=version, routes=self._routes))

    def settings(self, request: Request) -> Response:
        del request
        return json_answer(asdict(self._store.behaviour()))

    def change_settings(self, request: Request) -> Response:
        self._store.change_behaviour(self._store.behaviour().changed(request.json()))
        return self.settings(request)

    def submit_settings(self, request: Request) -> Response:
        try:
            self._store.change_behaviour(self._store.behaviour().changed(request.form()))
        except Refusal as refusal:
            return html_answer(self._page(request, fault=refusal.message), status=refusal.status)
        return see_other("/")

    def page(self, request: Request) -> Response:
        return html_answer(self._page(request, fault=""))

    def _page(self, request: Request, *, fault: str) -> str:
        siblings = {name: f"http://{request.host}:{port}/" for name, port in self._ports.items()}
        store = self._store
        return service_page(
            service=store.service,
            behaviour=store.behaviour(),
            live=store.live(),
            recent=store.recent(_SHOWN),
            siblings=siblings,
            fault=fault,
        )
