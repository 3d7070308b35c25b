"""Whatever the document allows or forbids, the answer is one that the document tells of."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest
from django.db import connections
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from releases import stopping
from releases.actions.tokens import create_token
from releases.domain.access import Role
from releases.models import Dispatch
from tests.api.calling import Caller, create_candidate, finish_promotion, open_dispatches, promote, report
from tests.api.fuzzing import Known, ask, document
from tests.api.platform import LIVE, NEWEST
from tests.api.sequences import STEPS, story_of
from tests.authorisation import ADMIN
from tests.factories import person
from tests.fuzzing import SEED, amount, tell


@pytest.fixture
def known(manager: Caller, monkeypatch: pytest.MonkeyPatch) -> Known:
    """A board with releases in several states, and the names that it knows; nobody is kept waiting."""
    monkeypatch.setattr(stopping, "has_begun", lambda: True)
    # The end of a request would close the connection, and with it the transaction that each request is undone in.
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)
    person(ADMIN, Role.ADMIN)
    labels = [create_candidate(manager, versions={**LIVE, "inventory": "1.3.0"})]
    promote(manager, version=labels[0])
    finish_promotion()
    labels.append(create_candidate(manager))
    promote(manager, version=labels[1])
    report(open_dispatches()[0], "failed")
    sessions = [str(dispatch.session.correlation_id) for dispatch in Dispatch.objects.select_related("session")]
    digest = manager.post("/plans/preview", {}).json()["digest"]
    return {
        "version": [*labels, *LIVE.values(), *NEWEST.values()],
        "target_version": labels,
        "service": list(LIVE),
        "slug": list(LIVE),
        "source": list(LIVE),
        "stage": ["DEV", "PROD"],
        "correlation_id": [*sessions, str(uuid4())],
        "accept_digest": [digest],
        "versions": [{"inventory": "1.4.0"}, NEWEST],
        "number": [1, 2],
        "sequence": [1, 5],
        "limit": [1, 200],
    }


# WSGI serves a stream whole, which is how it is read here.
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_every_answer_to_whatever_is_asked_is_as_documented(known: Known, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [create_token(username=ADMIN), create_token(username="manager", scopes=["promote:DEV"])]
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]

    described = document(headers[0])
    findings = ask(described, headers=headers, known=known, requests=amount(300), start=SEED)

    tell(capsys, f"{findings.requests} requests: {findings}")
    paths = described.raw_schema["paths"]
    assert findings.asked == {f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs}
    assert findings.broken == {}, "\n\n".join(findings.broken.values())


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_every_answer_in_a_story_of_requests_is_as_documented(known: Known, capsys: pytest.CaptureFixture[str]) -> None:
    headers = {"Authorization": f"Bearer {create_token(username='manager')}"}
    answered: Counter[int] = Counter()
    stories = max(1, amount(120) // STEPS)

    run_state_machine_as_test(
        seed(SEED)(story_of(document(headers), headers=headers, known=known, answered=answered)),
        settings=settings(
            max_examples=stories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    tell(capsys, f"{answered.total()} requests in {stories} stories: {dict(sorted(answered.items()))}")
    assert answered.keys() >= {200, 409}
