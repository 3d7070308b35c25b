"""The eight phases of a train: each is looked at until it says how it went, and each look may be repeated."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.builds import order_build
from releases.actions.collections import request_collection
from releases.actions.probing import request_probing
from releases.actions.releases import NewRelease, create_release
from releases.actions.train_ledgers import open_train
from releases.actions.train_promotions import promote_through, test_in_first_stage
from releases.domain.access import SYSTEM
from releases.domain.boarding import number_in_the_way
from releases.domain.builds import OPEN_BUILDS, BuildState
from releases.domain.journal import Kind
from releases.domain.trains import Outcome, TrainPhase, done, fail, give_up, hold, not_configured, wait
from releases.models import Release, TrainStep
from releases.queries.boarding import train_request, train_set
from releases.queries.clock import database_now
from releases.queries.conductors import answer_of_train, conductor, train_key
from releases.queries.labels import label_and_release
from releases.queries.paths import stages_of
from releases.queries.plans import computed_plan
from releases.queries.watching import is_watchable, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from releases.domain.plans import Plan
    from releases.models import Train
    from releases.queries.boarding import Set

RELEASE_KEY = "release"


def collect(_train: Train, step: TrainStep) -> Outcome:
    """Collect the versions once more, so that nobody who was in time is missed."""
    if step.collection is None:
        TrainStep.objects.filter(pk=step.pk).update(collection=request_collection(actor=SYSTEM))
        return wait("Versions are being collected from the registry.")
    if step.collection.finished_at is None:
        return wait("Versions are being collected from the registry.")
    if step.collection.error:
        return fail(f"Versions could not be collected: {step.collection.error}")
    return done(f"{step.collection.versions} versions were collected.")


def determine(train: Train, _step: TrainStep) -> Outcome:
    """Fix who is on board by what was registered before the cut-off."""
    if not train.versions:
        found = train_set(train)
        if not found.moving:
            return give_up("Nobody is on board: no service has anything newer than what is live.")
        _write_down(train.label, found)
        train.versions = dict(found.versions)
        train.passengers = [asdict(each) for each in found.passengers]
    moving = sum(each["version"] != each["live"] for each in train.passengers)
    late = [each["service"] for each in train.passengers if each["late"]]
    missed = f"; {', '.join(late)} came too late" if late else ""
    return done(f"{moving} of {len(train.passengers)} services move{missed}.")


@transaction.atomic(durable=True)
def _write_down(label: str, found: Set) -> None:
    books = open_train(label=label, actor="board")
    if not books.train.versions:
        books.train.versions = dict(found.versions)
        books.train.passengers = [asdict(each) for each in found.passengers]
        books.close()


def judge(train: Train, _step: TrainStep) -> Outcome:
    """Make the set a plan, and a plan that fits the train's release."""
    version = train.release.version if train.release else answer_of_train(train, RELEASE_KEY, "version")
    if not version:
        request = train_request(train, train.versions)
        plan = computed_plan(request)
        if refusal := _refusal(plan):
            return hold(refusal) if number_in_the_way(plan) else fail(refusal)
        new = NewRelease(request=request, accept_digest=plan.digest, title=f"Train {train.label}")
        version = create_release(actor=conductor(train), new=new, key=train_key(train, RELEASE_KEY))
    release = label_and_release(version)[1]
    if train.release is None:
        _couple(train.label, release)
    return done(f"The set is {release.plan['verdict']['overall'].lower().replace('_', ' ')}: release {version}.")


def _refusal(plan: Plan) -> str:
    if plan.problems:
        return " ".join(f"{problem.text} {problem.fix}".strip() for problem in plan.problems)
    if not plan.can_be_created:
        return " ".join(f"{reason.text} {reason.fix}".strip() for reason in plan.verdict.errors)
    return ""


@transaction.atomic(durable=True)
def _couple(label: str, release: Release) -> None:
    books = open_train(label=label, actor="board", release_id=release.pk)
    text = f"carries release {release.version}. {books.train.number_reason}".strip()
    books.note(Kind.TRAIN_STEP, text, state="planned", phase="compatibility")
    books.close()


def build(train: Train, _step: TrainStep) -> Outcome:
    """Let the build system make the release branch and build it."""
    order = order_build(train)
    if order is None:
        message = "No build system is configured (BUILD_URL), so no release branch was built."
        return not_configured(message, may_pass=train.schedule.builds_optional)
    state = BuildState(order.state)
    if state is BuildState.SUCCEEDED:
        return done(f"{order.branch} was built{f': {order.message}' if order.message else ''}.")
    if state not in OPEN_BUILDS:
        return fail(
            f"The build of {order.branch} {state.replace('_', ' ')}{f': {order.message}' if order.message else ''}"
        )
    percent = "" if order.percent is None else f", {order.percent} % done"
    return wait(f"{order.branch} is being built ({state.replace('_', ' ')}{percent}).")


def test(train: Train, _step: TrainStep) -> Outcome:
    """Bring the release to the first stage and validate it there."""
    return test_in_first_stage(train)


def promote(train: Train, _step: TrainStep) -> Outcome:
    """Bring the release through every stage before the last."""
    assert train.release is not None  # noqa: S101 (a train that was judged has one)
    return promote_through(train, stages_of(train.release)[:-1])


def produce(train: Train, _step: TrainStep) -> Outcome:
    """Bring the release to the last stage."""
    assert train.release is not None  # noqa: S101 (a train that was judged has one)
    return promote_through(train, stages_of(train.release)[-1:])


def monitor(train: Train, step: TrainStep) -> Outcome:
    """Watch what runs in the last stage for a while: one failed probe is one too many."""
    assert train.release is not None  # noqa: S101 (a train that was judged has one)
    assert step.started_at is not None  # noqa: S101 (a phase that is looked at has begun)
    stage = stages_of(train.release)[-1]
    if not is_watchable(stage):
        message = f"Nothing says how to probe {stage.name}: no deployment contract, or no address of a service."
        return not_configured(message, may_pass=True)
    until = step.started_at + timedelta(minutes=train.schedule.watch_minutes)
    found = watched(stage, train.release.manifest, step.started_at)
    if found.failures:
        return fail(f"{stage.name}: {' '.join(found.failures)}")
    if found.last_asked_at is not None and found.last_asked_at >= until:
        return done(f"{found.passed} probes of {stage.name} passed in {train.schedule.watch_minutes} minutes.")
    if found.last_asked_at is None or database_now() >= until:
        request_probing(actor=SYSTEM)
    return wait(f"{stage.name} is watched until {until:%H:%M:%S} UTC; {found.passed} probes passed so far.")


PHASES: Mapping[TrainPhase, Callable[[Train, TrainStep], Outcome]] = {
    TrainPhase.COLLECTION: collect,
    TrainPhase.DETERMINATION: determine,
    TrainPhase.COMPATIBILITY: judge,
    TrainPhase.BUILD: build,
    TrainPhase.TESTING: test,
    TrainPhase.PROMOTIONS: promote,
    TrainPhase.PRODUCTION: produce,
    TrainPhase.MONITORING: monitor,
}
