"""Hotfixes: what they skip, what they must pass, how long they took, and what they owe afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from releases.actions.debts import pay_debt
from releases.actions.releases import NewRelease, create_release
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused, VerdictRefused
from releases.domain.hotfixes import DEFAULT_POLICIES, MINUTE_MS
from releases.models import Debt, Hotfix, HotfixPolicy, Promotion, Release, Stage
from releases.queries.debts import debt_page, open_debts
from releases.queries.hotfixes import hotfix_panel
from releases.queries.plans import computed_plan
from releases.queries.release_facts import read_facts
from releases.queries.replay import journal_of, replayed_release, stored_release
from tests import factories
from tests.factories import LOOKER, bring, created, finish, kinds, load_bookverse, new_release, person, promote
from tests.hotfixing import created_hotfix, hotfix_request, live_hotfix, note_validation

if TYPE_CHECKING:
    from releases.queries.hotfix_views import HotfixPanel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("table")]


@pytest.fixture
def table() -> None:
    """The lines that the migration wrote, which a test that commits may have taken along."""
    for policy in DEFAULT_POLICIES.values():
        HotfixPolicy.objects.get_or_create(
            urgency=policy.urgency,
            defaults={
                "skips": list(policy.skips),
                "scenarios": list(policy.scenarios),
                "budget_minutes": policy.budget_ms // MINUTE_MS,
                "debt_days": policy.debt_days,
            },
        )


def owed(release: Release) -> list[tuple[str, str]]:
    return list(Debt.objects.filter(release=release).order_by("pk").values_list("subject", "cause"))


def panel(release: Release) -> HotfixPanel:
    found = hotfix_panel(read_facts(release, LOOKER))
    assert found is not None
    return found


def test_a_hotfix_goes_the_way_of_its_urgency() -> None:
    load_bookverse()

    release = created_hotfix()

    assert (release.kind, release.path, release.version) == ("hotfix", ["STAGING", "PROD"], "2.1.1-rc.1")
    assert release.manifest == factories.LIVE | {"checkout": "1.5.3"}


def test_a_hotfix_keeps_what_the_table_said_when_it_was_created() -> None:
    load_bookverse()
    release = created_hotfix()
    HotfixPolicy.objects.update(scenarios=[], budget_minutes=1)

    hotfix = Hotfix.objects.get(release=release)

    assert (hotfix.urgency, hotfix.scenarios, hotfix.budget_ms) == ("CRITICAL", ["health"], 3_600_000)
    assert (hotfix.versions, hotfix.skipped_stages) == ({"checkout": "1.5.3"}, ["DEV", "QA"])


def test_the_table_decides_what_is_skipped() -> None:
    load_bookverse()
    HotfixPolicy.objects.filter(urgency="CRITICAL").update(skips=["QA"])

    assert created_hotfix().path == ["DEV", "STAGING", "PROD"]


def test_without_a_line_in_the_table_the_defaults_hold() -> None:
    load_bookverse()
    HotfixPolicy.objects.all().delete()

    assert created_hotfix("HIGH").path == ["STAGING", "PROD"]


def test_a_plan_that_was_seen_is_refused_once_the_table_lets_it_skip_something_else() -> None:
    load_bookverse()
    digest = computed_plan(hotfix_request()).digest
    HotfixPolicy.objects.update(skips=[])

    with pytest.raises(Conflict, match="The plan has changed since you saw it"):
        create_release(actor=person(), new=NewRelease(request=hotfix_request(), accept_digest=digest))


@pytest.mark.parametrize(
    ("urgency", "reason", "said"), [("", "broken", "needs an urgency"), ("CRITICAL", " ", "needs a reason")]
)
def test_a_hotfix_without_urgency_or_reason_is_refused(urgency: str, reason: str, said: str) -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match=said):
        created_hotfix(urgency, reason=reason)


@pytest.mark.parametrize("urgency", ["LOW", "CRITICAL"])
def test_no_urgency_waives_an_incompatibility(urgency: str) -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="incompatible"):
        created_hotfix(urgency, recommendations="2.2.0")


def test_a_critical_hotfix_waits_until_its_tests_have_passed() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")

    with pytest.raises(
        Conflict, match="PROD takes a CRITICAL hotfix once its tests passed in STAGING; service health was"
    ):
        promote(release, "PROD")


def test_a_critical_hotfix_is_kept_back_by_a_test_that_failed() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")
    note_validation(release, health="failed")

    with pytest.raises(Conflict, match="service health failed in STAGING: web answered 500"):
        promote(release, "PROD")


def test_a_test_that_passed_in_another_stage_does_not_count() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")
    note_validation(release, stage="QA", health="passed")

    with pytest.raises(Conflict, match="was not run in STAGING"):
        promote(release, "PROD")


def test_the_newest_result_of_a_test_counts() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")
    note_validation(release, health="failed")
    note_validation(release, health="passed")

    assert promote(release, "PROD").state == "running"


def test_a_way_without_a_stage_to_test_in_leads_nowhere_while_tests_are_required() -> None:
    load_bookverse()
    HotfixPolicy.objects.update(skips=["DEV", "QA", "STAGING"])
    release = created_hotfix()

    with pytest.raises(Conflict, match="no stage comes before it"):
        promote(release, "PROD")


def test_other_releases_are_not_asked_for_the_tests_of_hotfixes() -> None:
    load_bookverse()
    release = created()
    bring(release)

    assert release.state == "released"


def test_a_hotfix_that_is_live_is_a_platform_version_of_its_own() -> None:
    """Mistake 13.5 no. 41: after a hotfix the live set matched no record."""
    load_bookverse()
    release = live_hotfix()

    stage = Stage.objects.get(name="PROD")

    assert stage.live_version is not None
    assert (stage.live_version.version, stage.live_version.manifest) == ("2.1.1", release.manifest)


def test_what_a_hotfix_skipped_becomes_debt_when_it_is_live() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")
    note_validation(release, health="passed")
    assert owed(release) == []

    finish(promote(release, "PROD"))

    assert owed(release) == [
        ("DEV", "skipped"),
        ("QA", "skipped"),
        ("journey", "skipped"),
        ("security", "skipped"),
        ("consistency", "skipped"),
    ]


def test_a_debt_has_an_owner_and_a_day_on_which_it_is_due() -> None:
    load_bookverse()
    release = live_hotfix()

    debt = Debt.objects.filter(release=release)[0]

    assert (debt.owner.get_username(), debt.due_on) == ("maria", (debt.created_at + timedelta(days=3)).date())


def test_a_failed_test_that_is_not_critical_is_owed_as_failed() -> None:
    """Mistake 13.5 no. 40."""
    load_bookverse()
    release = live_hotfix(outcomes={"health": "passed", "security": "failed", "journey": "passed"})

    assert ("security", "failed") in owed(release)
    assert ("journey", "skipped") not in owed(release)
    assert ("security", "failed") in [(test.name, test.state) for test in panel(release).tests]


def test_a_hotfix_that_skipped_nothing_owes_nothing() -> None:
    load_bookverse()
    release = live_hotfix("LOW")

    assert (owed(release), "debt.incurred" in kinds(release)) == ([], False)


def test_a_hotfix_that_is_given_up_owes_nothing() -> None:
    load_bookverse()
    release = created_hotfix()
    bring(release, "STAGING")

    assert owed(release) == []


def test_the_time_is_measured_from_creation_until_it_is_live() -> None:
    load_bookverse()
    release = live_hotfix()

    shown = panel(release)
    live_at = Hotfix.objects.get().live_at
    assert live_at is not None
    took = live_at - release.created_at
    told = release.entries.get(kind="hotfix.live").payload

    assert shown.took_ms == told["took_ms"] == round(took / timedelta(milliseconds=1))
    assert (shown.is_late, shown.budget_ms) == (False, 3_600_000)


def test_a_hotfix_that_took_longer_than_its_budget_is_late() -> None:
    load_bookverse()
    release = live_hotfix()
    Hotfix.objects.update(budget_ms=0)

    assert panel(release).is_late


def test_the_release_ends_after_all_that_its_hotfix_left() -> None:
    load_bookverse()

    assert kinds(live_hotfix())[-5:] == [
        "promotion.succeeded",
        "evidence.recorded",
        "hotfix.live",
        "debt.incurred",
        "release.released",
    ]


def test_a_debt_is_paid_with_words() -> None:
    load_bookverse()
    release = live_hotfix()
    debt = Debt.objects.filter(release=release)[0]

    assert pay_debt(actor=person("tom"), debt_id=debt.pk, how=" Ran it in DEV. ") == release.version

    debt.refresh_from_db()
    assert (debt.paid_by, debt.how, open_debts()) == ("tom", "Ran it in DEV.", 4)
    assert kinds(release)[-1] == "debt.paid"


def test_a_debt_is_paid_once_for_a_key() -> None:
    load_bookverse()
    debt = Debt.objects.filter(release=live_hotfix())[0]
    actor = person()

    for _ in range(2):
        pay_debt(actor=actor, debt_id=debt.pk, how="done", key="click")

    assert open_debts() == 4


def test_a_debt_that_is_paid_is_not_paid_again() -> None:
    load_bookverse()
    debt = Debt.objects.filter(release=live_hotfix())[0]
    pay_debt(actor=person(), debt_id=debt.pk, how="ran in DEV")

    with pytest.raises(Conflict, match="maria has paid this debt already: ran in DEV"):
        pay_debt(actor=person("tom"), debt_id=debt.pk, how="me too")


@pytest.mark.parametrize("how", ["", "  ", "x" * 301])
def test_a_debt_is_not_paid_without_words_that_fit(how: str) -> None:
    load_bookverse()
    debt = Debt.objects.filter(release=live_hotfix())[0]

    with pytest.raises(InvalidInput, match="Say in at most 300 characters"):
        pay_debt(actor=person(), debt_id=debt.pk, how=how)


def test_a_debt_that_nobody_has_is_not_found() -> None:
    load_bookverse()

    with pytest.raises(NotFound, match="There is no debt 7"):
        pay_debt(actor=person(), debt_id=7, how="done")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_steer_pays_nothing(role: Role) -> None:
    load_bookverse()
    debt = Debt.objects.filter(release=live_hotfix())[0]

    with pytest.raises(PermissionRefused):
        pay_debt(actor=person("vera", role), debt_id=debt.pk, how="done")


def test_a_debt_is_overdue_after_its_day() -> None:
    load_bookverse()
    live_hotfix()
    first = Debt.objects.order_by("pk")[0]
    Debt.objects.filter(pk=first.pk).update(due_on=first.due_on - timedelta(days=30))

    debts, _ = debt_page()

    assert [(each.subject, each.is_overdue) for each in debts][:2] == [("DEV", True), ("QA", False)]


def test_debts_come_in_pages() -> None:
    load_bookverse()
    live_hotfix()

    first, cursor = debt_page(limit=3)
    rest, end = debt_page(after=cursor or 0, limit=3)

    assert ([each.subject for each in (*first, *rest)], end) == (
        ["DEV", "QA", "journey", "security", "consistency"],
        None,
    )


def test_a_plan_that_would_undo_a_hotfix_names_it() -> None:
    load_bookverse()
    planned = created(checkout="1.5.2")
    live_hotfix()

    reasons = computed_plan(new_release(checkout="1.5.2").request).verdict.reasons
    undone = [reason for reason in reasons if reason.code == "hotfix-undone"]

    assert [reason.text for reason in undone] == [
        "checkout 1.5.2 would undo the hotfix 2.1.1 (CRITICAL: Orders fail at checkout), which brought checkout 1.5.3."
    ]
    assert planned.manifest["checkout"] == "1.5.2"


def test_a_plan_with_the_version_of_the_hotfix_undoes_nothing() -> None:
    load_bookverse()
    live_hotfix()

    reasons = computed_plan(new_release().request).verdict.reasons

    assert [reason.code for reason in reasons if reason.code == "hotfix-undone"] == []


def test_a_hotfix_that_was_taken_back_binds_nobody() -> None:
    load_bookverse()
    release = live_hotfix()
    Promotion.objects.filter(release=release, stage__name="PROD").update(rolled_back_at=release.updated_at)

    reasons = computed_plan(new_release(checkout="1.5.2").request).verdict.reasons

    assert [reason.code for reason in reasons if reason.code == "hotfix-undone"] == []


def test_the_journal_alone_tells_a_hotfix() -> None:
    load_bookverse()
    release = live_hotfix()

    assert replayed_release(release, len(journal_of(release))) == stored_release(release)
    assert release.entries.get(sequence=1).payload["hotfix"]["urgency"] == "CRITICAL"
