from __future__ import annotations

from datetime import UTC, datetime

import pytest

from releases.display.sentences import sentence
from releases.display.status import status_of
from releases.domain.journal import Kind
from releases.queries.views import Entry

NOW = datetime(2026, 11, 22, 14, 3, 41, tzinfo=UTC)

PASSED = "The validation of QA passed: 5 of 5 scenarios passed"
BROKE_OFF = "The validation of QA broke off: Nobody"


def entry(kind: str, payload: dict[str, object], *, actor: str = "manager", service: str = "checkout") -> Entry:
    return Entry(sequence=7, at=NOW, kind=kind, actor=actor, service=service, payload=payload)


@pytest.mark.parametrize(
    ("kind", "payload", "text"),
    [
        (
            "release.created",
            {"version": "2.2.0-alpha.1", "services": {"web": "3.0.2"}},
            "manager planned 2.2.0-alpha.1 with 1 service",
        ),
        (
            "version.quarantined",
            {"version": "1.5.3", "stage": "PROD"},
            "checkout 1.5.3 was taken back from PROD; nobody can plan with it any more",
        ),
        (
            "registry.told",
            {"version": "1.5.3", "registry_stage": "STAGING", "is_known": True},
            "AppTrust keeps checkout 1.5.3 in quarantine, in STAGING",
        ),
        (
            "registry.told",
            {"version": "1.5.3", "registry_stage": "", "is_known": False},
            "AppTrust does not know checkout 1.5.3; the board keeps it in quarantine",
        ),
        (
            "registry.unreached",
            {"version": "1.5.3", "reason": "AppTrust: 503"},
            "AppTrust does not know yet that checkout 1.5.3 is in quarantine: AppTrust: 503; it is told again",
        ),
        (
            "platform.recorded",
            {"application_key": "bookverse-platform", "version": "2.2.0-alpha.1", "registry_stage": "QA"},
            "AppTrust has bookverse-platform 2.2.0-alpha.1 in QA",
        ),
        (
            "platform.recorded",
            {"application_key": "bookverse-platform", "version": "2.2.0-alpha.1", "registry_stage": ""},
            "AppTrust has bookverse-platform 2.2.0-alpha.1 in no stage yet",
        ),
        (
            "platform.unrecorded",
            {"version": "2.2.0-alpha.1", "reason": "AppTrust: 503"},
            "AppTrust does not have platform 2.2.0-alpha.1 as it should: AppTrust: 503",
        ),
        (
            "gate.restored",
            {"stage": "PROD", "gate": "approval", "reason": "signed after all"},
            "manager ended the bypass of the gate approval of PROD: signed after all",
        ),
        (
            "freeze.declared",
            {"stage": "PROD", "until": "2026-12-01T08:00:00+00:00", "reason": "holidays"},
            "manager froze PROD until 2026-12-01 08:00 UTC: holidays",
        ),
        ("freeze.lifted", {"stage": "PROD", "reason": "", "is_paused": False}, "manager lifted the freeze of PROD"),
        (
            "freeze.lifted",
            {"stage": "QA", "reason": "over", "is_paused": True},
            "manager lifted the freeze of QA; the promotion may be resumed: over",
        ),
        ("step.accepted", {"message": ""}, "manager accepted the late result of checkout"),
        ("step.accepted", {"message": "slow disk"}, "manager accepted the late result of checkout: slow disk"),
        (
            "promotion.started",
            {"version": "2.2.0-rc.1", "stage": "STAGING"},
            "manager started promoting 2.2.0-rc.1 to STAGING",
        ),
        (
            "promotion.started",
            {
                "version": "2.2.0",
                "stage": "PROD",
                "forecast": {"p50_ms": 20_000, "p90_ms": 34_000, "basis": "from 9 runs"},
            },
            "manager started promoting 2.2.0 to PROD; nine of ten take at most 34s",
        ),
        (
            "promotion.started",
            {"version": "2.2.0", "stage": "PROD", "forecast": {"p50_ms": 0, "p90_ms": 0, "basis": "nothing moves"}},
            "manager started promoting 2.2.0 to PROD",
        ),
        (
            "session.opened",
            {"phase": 2, "services": ["checkout", "recommendations"]},
            "Phase 2 started, waiting for checkout and recommendations",
        ),
        (
            "verdict.changed",
            {"before": "COMPATIBLE", "after": "UNDETERMINED", "because": "deleted the compatibility rule “x”"},
            "manager deleted the compatibility rule “x”; the verdict went from compatible to undetermined",
        ),
        ("dispatch.sent", {"attempt": 1}, "checkout was asked to deploy"),
        ("dispatch.sent", {"attempt": 1, "uninstalls": True}, "checkout was asked to uninstall itself"),
        ("dispatch.sent", {"attempt": 2}, "checkout was asked to deploy (attempt 2)"),
        (
            "dispatch.retrying",
            {"reason": "connection refused", "next_in_ms": 2000},
            "checkout could not be reached: connection refused; asking again in 2s",
        ),
        (
            "promotion.healed",
            {"act": "retry", "services": ["checkout", "web"], "reason": "deadline", "stage": "QA"},
            "The board asks checkout and web again by itself: deadline",
        ),
        (
            "promotion.healed",
            {"act": "restart", "services": [], "stage": "QA"},
            "The board woke the promotion to QA, which was stuck",
        ),
        ("platform.healthy", {"before": "UNKNOWN"}, "The platform is healthy again"),
        ("platform.degraded", {"reason": "Redis is away."}, "The platform is degraded: Redis is away"),
        ("platform.unknown", {}, "The platform is not known to be healthy"),
        ("inbox.delivered", {"inbox": "ops", "phase": 2}, "ops was sent the results of phase 2"),
        (
            "inbox.gave_up",
            {"inbox": "ops", "phase": 2, "reason": "the inbox answered 410"},
            "ops did not take the results of phase 2: the inbox answered 410",
        ),
        ("service.asked", {"status": "succeeded"}, "checkout was asked how far it is and said succeeded"),
        (
            "service.asked",
            {"status": "", "reason": "the service answered 404"},
            "checkout was asked how far it is and could not tell: the service answered 404",
        ),
        ("callback.applied", {"status": "accepted"}, "checkout accepted the deployment"),
        ("callback.applied", {"status": "accepted", "message": "accepted"}, "checkout accepted the deployment"),
        ("callback.applied", {"status": "progress", "percent": 62}, "checkout is 62 % done"),
        (
            "callback.applied",
            {"status": "progress", "percent": None, "message": "migrating"},
            "checkout is in progress: migrating",
        ),
        ("callback.out_of_order", {"status": "progress"}, "checkout repeated older news; nothing changes"),
        (
            "callback.late",
            {"status": "succeeded", "message": "deployed"},
            "checkout called back too late (succeeded: deployed); kept, not counted",
        ),
        (
            "callback.contradictory",
            {"status": "failed"},
            "checkout contradicted itself (failed); its first result counts",
        ),
        ("slot.closed", {"state": "succeeded", "duration_ms": 64_000}, "checkout succeeded in 1m 04s"),
        ("slot.closed", {"state": "failed", "message": "schema mismatch"}, "checkout failed: schema mismatch"),
        (
            "slot.closed",
            {"state": "timed_out", "duration_ms": 27_000, "reason": "no_callback"},
            "checkout timed out after 27s: no callback",
        ),
        ("step.skipped", {"reason": "deployed by hand"}, "manager skipped checkout: deployed by hand"),
        ("step.retried", {"attempt": 2}, "manager retried checkout (attempt 2)"),
        (
            "session.closed",
            {"phase": 2, "state": "partial", "expected": 2, "received": 2, "respondents": 1, "errors": 1},
            "Phase 2 ended: 2 of 2 services answered, 1 error",
        ),
        ("promotion.held", {"stage": "QA", "failed": ["checkout"]}, "The promotion to QA is held by checkout"),
        ("promotion.paused", {"stage": "QA", "reason": "lunch"}, "manager paused the promotion to QA: lunch"),
        ("promotion.resumed", {"stage": "QA"}, "manager resumed the promotion to QA"),
        ("promotion.cancelled", {"stage": "QA", "reason": ""}, "manager cancelled the promotion to QA"),
        ("promotion.succeeded", {"stage": "QA", "version": "2.2.0-beta.1"}, "2.2.0-beta.1 is live in QA"),
        ("release.released", {"version": "2.2.0"}, "2.2.0 is released"),
        ("release.cancelled", {"reason": "superseded"}, "manager cancelled the release: superseded"),
        ("deadline.extended", {"by_ms": 30_000}, "manager extended the deadline by 30s"),
        ("validation.started", {"stage": "QA", "by": "manager"}, "manager asked for a validation of QA"),
        ("validation.started", {"stage": "QA", "by": "board"}, "The board began to validate QA after the promotion"),
        ("validation.finished", {"stage": "QA", "state": "passed", "message": "5 of 5 scenarios passed."}, PASSED),
        ("validation.finished", {"stage": "QA", "state": "error", "message": "Nobody"}, BROKE_OFF),
        ("validation.finished", {"stage": "QA", "state": "not_configured"}, "The validation of QA could not pass"),
    ],
)
def test_an_entry_reads_as_a_sentence_with_its_cause(kind: str, payload: dict[str, object], text: str) -> None:
    assert sentence(entry(kind, payload)).text == text


@pytest.mark.parametrize("kind", [*Kind, "train.departed"])
def test_an_entry_without_its_payload_is_no_error(kind: str) -> None:
    assert sentence(entry(kind, {}, actor="", service="")).text != ""


def test_an_unknown_kind_reads_as_its_words() -> None:
    assert sentence(entry("train.departed", {}, service="")).text == "manager train departed"


def test_the_subject_is_what_is_set_in_bold() -> None:
    said = sentence(entry("slot.closed", {"state": "failed", "message": "schema mismatch"}))
    assert (said.subject, said.rest, said.status) == ("checkout", "failed: schema mismatch", status_of("failed"))
