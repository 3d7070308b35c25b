"""The durable record of the build system: what a deployment is to a service, a build is here."""

from collections.abc import Mapping

from bookverse.demo import fields
from bookverse.demo.addresses import CI
from bookverse.demo.exchange import malformed
from bookverse.demo.service.deployments import Deployment, DeploymentStore
from bookverse.demo.service.orders import DispatchOrder, callback_url, moment
from bookverse.demo.service.steps import Step

_WORDS = {
    "pulling image": "making the release branch",
    "migrating": "building",
    "starting": "testing what was built",
    "health check": "publishing",
    "healthy": "every service was built from its own version",
}


def read_build(source: Mapping[str, object]) -> DispatchOrder:
    """Refuse with 422 what is malformed; a train takes the place of the stage."""
    versions = source.get("versions")
    if not isinstance(versions, dict) or not versions:
        raise malformed("versions", "versions must name the version of at least one service.")
    fields.text(source, "branch", limit=100)
    return DispatchOrder(
        correlation_id=fields.text(source, "order", limit=64),
        attempt=1,
        stage=fields.text(source, "train", limit=64),
        service=CI,
        from_version="",
        to_version=fields.text(source, "platform_version", pattern=r"[0-9A-Za-z.+-]{1,128}"),
        platform_version=fields.text(source, "platform_version", pattern=r"[0-9A-Za-z.+-]{1,128}"),
        callback_url=callback_url(source, "callback_url"),
        callback_token=fields.text(source, "callback_token", limit=500, pattern=r"[\x21-\x7e]+"),
        deadline=moment(source, "deadline"),
    )


class BuildStore(DeploymentStore):
    """Reports name the order instead of a service, and nothing runs anywhere afterwards."""

    def report(self, deployment: Deployment, step: Step) -> dict[str, object]:
        return {
            "order": deployment.correlation_id,
            "status": step.status,
            "percent": step.percent,
            "message": _WORDS.get(step.message, step.message),
            "sequence": deployment.steps_done + 1,
        }

    def add_effect(self, deployment: Deployment) -> None:
        """A build changes nothing that runs."""
