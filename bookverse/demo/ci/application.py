"""The HTTP face of the build system."""

from collections.abc import Mapping

from bookverse.demo import fields
from bookverse.demo.addresses import CI
from bookverse.demo.ci.builds import BuildStore, read_build
from bookverse.demo.ci.webhooks import WebhookReceiver
from bookverse.demo.exchange import Refusal, Request, Response, json_answer
from bookverse.demo.routing import Route
from bookverse.demo.service.application import ServiceFace
from bookverse.demo.service.steps import State
from bookverse.demo.service.workshop import Workshop

_KEY = r"[0-9A-Za-z._:-]+"


class CiFace(ServiceFace):
    """Takes builds where a service takes deployments, and webhooks; its page and its settings are a service's."""

    def __init__(
        self, store: BuildStore, workshop: Workshop, *, ports: Mapping[str, int], webhooks: WebhookReceiver
    ) -> None:
        super().__init__(store, workshop, ports=ports)
        self._routes = (
            Route(method="POST", path="/builds", handle=self.order),
            Route(method="GET", path="/health", handle=self.health),
            *self._setting_routes(),
            *webhooks.routes(ports),
        )

    def order(self, request: Request) -> Response:
        key = fields.text(request.headers, "idempotency-key", limit=128, pattern=_KEY)
        build, is_new = self._store.take(key, read_build(request.json()), request.traceparent)
        self._tell_of_order(build, is_new=is_new)
        if build.state is State.REJECTED:
            raise Refusal(401, f"The build system refuses to build {build.to_version}.")
        if is_new:
            self._workshop.take_up(key)
        return json_answer({"order": key, "state": State.ACCEPTED}, status=202)

    def health(self, request: Request) -> Response:
        del request
        return json_answer({"status": "healthy", "service": CI})
