"""Ready-made boards for tests: the demo's platform with its next versions, people, releases and what services say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from bookverse.demo.platform import platform_description
from releases import conf
from releases.actions.accounts import ensure_account
from releases.actions.callbacks import IncomingCallback, record_callback
from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.releases import NewRelease, create_release
from releases.clients.signing import callback_token
from releases.domain.access import Actor, Role
from releases.domain.aggregation import CallbackStatus
from releases.domain.lifecycle import OPEN_SLOTS, PromotionState
from releases.domain.plans import PlanRequest
from releases.domain.sort_keys import sort_key_of
from releases.models import AggregationSession, Dispatch, Promotion, PromotionStep, Release, Service, ServiceVersion
from releases.queries.access import actor_of
from releases.queries.plans import computed_plan
from tests.kept_rows import NOWHERE, put_platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.actions.callbacks import Receipt

STAGES = ("DEV", "QA", "STAGING", "PROD")
SERVICES = ("inventory", "recommendations", "checkout", "web", "helm")
LIVE = {"inventory": "1.2.3", "recommendations": "2.1.0", "checkout": "1.5.2", "web": "3.0.1", "helm": "1.1.0"}
NEXT = {"inventory": "1.4.0", "recommendations": "2.2.0", "checkout": "1.5.3", "web": "3.0.2", "helm": "1.1.1"}
# To pages, whoever may act.
LOOKER = Actor(user_id=None, name="", roles=frozenset({Role.MANAGER}))
PHASES = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))
KNOWN = {slug: (LIVE[slug], NEXT[slug]) for slug in SERVICES} | {"inventory": ("1.2.3", "1.3.0", "1.4.0")}


def load_bookverse(url: str = NOWHERE) -> None:
    """Load the demo's platform; a service ``x`` is reached at ``url``/x/deployments."""
    put_platform("demo", _demo, url=url)
    register(KNOWN)


def _demo(url: str) -> Mapping[str, Any]:
    return platform_description(url_of=lambda slug: f"{url}/{slug}")


def register(versions: Mapping[str, Sequence[str]], *, release_status: str = "RELEASED", tag: str = "") -> None:
    """Note versions as the registry would report them."""
    services = {service.slug: service for service in Service.objects.all()}
    ServiceVersion.objects.bulk_create(
        ServiceVersion(
            service=services[slug],
            version=version,
            sort_key=sort_key_of(version),
            tag=tag,
            registry_status="COMPLETED",
            release_status=release_status,
            registry_stage="PROD",
        )
        for slug, texts in versions.items()
        for version in texts
    )


def person(name: str = "maria", role: Role = Role.MANAGER, stage: str = "") -> Actor:
    """Return somebody with a role, in one stage or in all, the same one for the same name."""
    ensure_account(username=name, password=name, role=role, stage=stage)
    return actor_of(User.objects.get(username=name))


def new_release(title: str = "", *, kind: str = "synchronized", path: Sequence[str] = (), **choices: str) -> NewRelease:
    """Return what the plan page would send to create the release with these choices."""
    request = PlanRequest(kind=kind, path=tuple(path), overrides=choices)
    return NewRelease(request=request, accept_digest=computed_plan(request).digest, title=title)


def created(actor: Actor | None = None, title: str = "", *, path: Sequence[str] = (), **choices: str) -> Release:
    """Plan and create a release of the newest versions, or of the chosen ones, for all stages or some."""
    return stored(new_release(title, path=path, **choices), actor)


def created_alone(actor: Actor | None = None, *, path: Sequence[str] = (), **choices: str) -> Release:
    """Plan and create an independent release of the named services."""
    return stored(new_release(kind="independent", path=path, **choices), actor)


def stored(new: NewRelease, actor: Actor | None = None) -> Release:
    """Create the release."""
    version = create_release(actor=actor or person(), new=new)
    return Release.objects.get(version=version)


def promote(release: Release, stage: str = "DEV", *, actor: Actor | None = None, **request: Any) -> Promotion:
    """Start the promotion to a stage."""
    wanted = PromotionRequest(version=release.version, stage=stage, **request)
    started = promote_release(actor=actor or person(), request=wanted)
    release.refresh_from_db()
    return Promotion.objects.get(pk=started.promotion_id)


def promoting(stage: str = "DEV", **request: Any) -> Promotion:
    """Bring a new release of a new board as far as the open promotion to a stage."""
    load_bookverse()
    release = created()
    for name in STAGES[: STAGES.index(stage)]:
        finish(promote(release, name))
        release.refresh_from_db()
    return promote(release, stage, **request)


def slot(promotion: Promotion, service: str) -> Dispatch:
    """Return the last attempt at a service."""
    dispatches = Dispatch.objects.select_related("session", "step__service", "step__promotion")
    found = dispatches.filter(step__promotion=promotion, step__service__slug=service).order_by("-attempt").first()
    assert found is not None, f"{service} was not asked yet"
    return found


def token_of(dispatch: Dispatch) -> str:
    """Return the token that the service was given with the order."""
    return callback_token(signing_key=conf.signing_key(), dispatch_key=dispatch.key)


def incoming(dispatch: Dispatch, status: str, **report: Any) -> IncomingCallback:
    """Return a callback of the dispatch's service."""
    words: dict[str, Any] = {
        "correlation_id": dispatch.session.correlation_id,
        "source": dispatch.step.service.slug,
        "attempt": dispatch.attempt,
        "status": CallbackStatus(status),
    }
    return IncomingCallback(**(words | report))


def say(dispatch: Dispatch, status: str, **report: Any) -> Receipt:
    """Let the service report over its dispatch."""
    return record_callback(callback=incoming(dispatch, status, **report), token=token_of(dispatch))


def tell(promotion: Promotion, service: str, status: str, **report: Any) -> Receipt:
    """Let a service report on its last attempt."""
    return say(slot(promotion, service), status, **report)


def open_services(promotion: Promotion) -> list[str]:
    """Return the services that were asked and have not ended, by name."""
    steps = promotion.steps.filter(attempt__gt=0, state__in=[state.value for state in OPEN_SLOTS])
    return sorted(steps.values_list("service__slug", flat=True))


def bring(release: Release, *stages: str) -> None:
    """Promote the release through these stages, or through all on its way; every service succeeds."""
    for stage in stages or release.path or STAGES:
        finish(promote(release, stage))
        release.refresh_from_db()


def finish(promotion: Promotion) -> None:
    """Let every service succeed, phase after phase."""
    while promotion.state == PromotionState.RUNNING.value:
        for service in open_services(promotion):
            tell(promotion, service, "succeeded")
        promotion.refresh_from_db()


def session_of(promotion: Promotion) -> AggregationSession:
    """Return the promotion's newest fan-out."""
    return promotion.sessions.latest("pk")


def step_of(promotion: Promotion, service: str) -> PromotionStep:
    """Return the promotion's step of a service."""
    return promotion.steps.get(service__slug=service)


def kinds(release: Release) -> list[str]:
    """Return what the journal tells, in order."""
    return list(release.entries.order_by("sequence").values_list("kind", flat=True))
