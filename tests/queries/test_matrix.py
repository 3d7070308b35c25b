"""The matrix: rows of versions, what is known of each, and the evidence on one or two of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from releases.domain.errors import InvalidInput, NotFound
from releases.domain.version_evidence import Known
from releases.models import CompatibilityRow, Denial, Dependency, Observation, Service, VerifiedFailure
from releases.queries.matrix import MatrixDetail, MatrixPage, MatrixQuestion, matrix_detail, matrix_page
from tests import factories
from tests.factories import created, finish, load_bookverse, promote, register

pytestmark = pytest.mark.django_db


def shown(question: MatrixQuestion) -> dict[str, list[str]]:
    return {row.service: [cell.version for cell in row.cells] for row in matrix_page(question).rows}


def known(service: str, version: str, question: MatrixQuestion) -> tuple[Known, ...]:
    row = next(row for row in matrix_page(question).rows if row.service == service)
    return next(cell.known for cell in row.cells if cell.version == version)


def fail_together(service: str, version: str, other: str, other_version: str) -> None:
    VerifiedFailure.objects.create(
        service=Service.objects.get(slug=service),
        version=version,
        other=Service.objects.get(slug=other),
        other_version=other_version,
        reason="orders were lost.",
        seen_at=timezone.now(),
    )


def test_every_service_shows_its_versions_newest_first() -> None:
    load_bookverse()
    register({"inventory": ["1.10.0", "1.4.0-rc.1", "1.9.0"]})

    rows = shown(MatrixQuestion())

    assert list(rows) == [service for phase in factories.PHASES for service in phase]
    assert rows["inventory"] == ["1.10.0", "1.9.0", "1.4.0", "1.4.0-rc.1", "1.3.0", "1.2.3"]


def test_what_is_no_version_has_no_cell() -> None:
    load_bookverse()
    register({"web": ["latest"]})

    assert shown(MatrixQuestion(service="web")) == {"web": ["3.0.2", "3.0.1"]}


def test_only_as_many_as_asked_for_are_shown_and_all_are_counted() -> None:
    load_bookverse()
    register({"web": [f"3.1.{number}" for number in range(12)]})

    [row] = matrix_page(MatrixQuestion(service="web", newest=10)).rows

    assert ([cell.version for cell in row.cells], row.total) == ([f"3.1.{n}" for n in range(11, 1, -1)], 14)


def test_a_search_finds_services_and_versions() -> None:
    load_bookverse()

    assert shown(MatrixQuestion(search="check")) == {"checkout": ["1.5.3", "1.5.2"]}
    assert shown(MatrixQuestion(search="1.1.1")) == {"helm": ["1.1.1"]}


def test_a_filter_by_what_is_known_looks_past_what_would_be_shown() -> None:
    load_bookverse()
    register({"web": [f"3.1.{number}" for number in range(12)]})

    assert shown(MatrixQuestion(platform="2.1.0", known="declared", service="web")) == {"web": ["3.0.1"]}


def test_an_approved_version_is_declared_and_one_that_runs_is_observed() -> None:
    load_bookverse()

    assert known("web", "3.0.1", MatrixQuestion(platform="2.1.0")) == (Known.DECLARED, Known.OBSERVED)
    assert known("web", "3.0.2", MatrixQuestion(platform="2.1.0")) == (Known.NOTHING,)


def test_a_version_is_observed_once_it_has_run() -> None:
    load_bookverse()
    finish(promote(created()))

    assert known("web", "3.0.2", MatrixQuestion(platform="2.1.0")) == (Known.OBSERVED,)


def test_a_set_whose_probes_failed_is_told_apart() -> None:
    load_bookverse()
    Observation.objects.filter(stage__name="QA").update(probes=4, failed_probes=1)

    assert known("web", "3.0.1", MatrixQuestion(platform="2.1.0")) == (Known.DECLARED, Known.PROBES_FAILED)


def test_a_platform_version_without_rows_infers_from_its_neighbours() -> None:
    load_bookverse()

    assert known("web", "3.0.2", MatrixQuestion(platform="2.1.7")) == (Known.INFERRED,)


def test_a_failed_version_is_marked_on_both_sides() -> None:
    load_bookverse()
    fail_together("checkout", "1.5.3", "inventory", "1.3.0")

    question = MatrixQuestion(platform="2.1.0")

    assert (known("checkout", "1.5.3", question), known("inventory", "1.3.0", question)) == (
        (Known.FAILED,),
        (Known.FAILED,),
    )


def test_the_newest_platform_version_that_anybody_works_on_is_looked_from() -> None:
    load_bookverse()
    before = matrix_page(MatrixQuestion()).detail.platform
    created()

    page = matrix_page(MatrixQuestion())

    assert (before, page.detail.platform, page.platforms) == ("2.1.0", "2.2.0", ("2.2.0", "2.1.0", "2.0.0"))


def test_an_unreadable_platform_version_of_a_row_is_not_offered() -> None:
    load_bookverse()
    CompatibilityRow.objects.create(platform_version="two", service=Service.objects.get(slug="web"), approved=["3.0.1"])

    assert matrix_page(MatrixQuestion()).platforms == ("2.1.0", "2.0.0")


def test_a_board_that_knows_nothing_has_no_rows() -> None:
    page = matrix_page(MatrixQuestion())

    assert (page.rows, page.width, page.detail) == ((), 1, MatrixDetail(platform=""))


def test_the_evidence_on_a_version_names_where_it_runs_and_what_goes_with_it() -> None:
    load_bookverse()

    one = matrix_detail(MatrixQuestion(platform="2.2.0", at=(("recommendations", "2.2.0"),))).one

    assert one is not None
    groups = {
        companion.service: [(str(group.versions[0]), group.reasons[0].code) for group in companion.groups]
        for companion in one.companions
    }
    assert (one.is_registered, one.runs_in, one.row_id) == (True, (), None)
    assert groups["inventory"] == [("1.4.0", "range-holds"), ("1.3.0", "range-broken")]
    assert set(groups) == {"inventory", "web", "helm"}


def test_the_evidence_on_a_declared_version_leads_to_its_row() -> None:
    load_bookverse()
    row = CompatibilityRow.objects.get(service__slug="web", platform_version="2.1.0")

    one = matrix_detail(MatrixQuestion(platform="2.1.0", at=(("web", "3.0.1"),))).one

    assert one is not None
    assert (one.row_id, one.runs_in, one.statements[0].evidence) == (row.pk, factories.STAGES, f"row:{row.pk}")


def test_a_version_that_the_registry_does_not_know_may_be_asked_about() -> None:
    load_bookverse()

    one = matrix_detail(MatrixQuestion(platform="2.1.0", at=(("web", "9.9.9"),))).one

    assert one is not None
    assert (one.is_registered, one.known) == (False, (Known.NOTHING,))


def test_a_pair_is_a_grid_of_consumers_and_providers() -> None:
    load_bookverse()

    grid = matrix_page(MatrixQuestion(pair="recommendations:inventory", platform="2.2.0")).grid

    assert grid is not None
    assert grid.columns == ("1.4.0", "1.3.0", "1.2.3")
    assert [(version, [reason.code for reason in row if reason]) for version, row in grid.rows] == [
        ("2.2.0", ["range-holds", "range-broken", "range-broken"]),
        ("2.1.0", ["range-holds", "range-holds", "range-holds"]),
    ]


def test_the_evidence_on_two_versions_tells_the_rules_and_the_sets_that_held_both() -> None:
    load_bookverse()

    both = matrix_detail(
        MatrixQuestion(platform="2.1.0", at=(("inventory", "1.2.3"), ("recommendations", "2.1.0")))
    ).both

    assert both is not None
    assert ([reason.code for reason in both.reasons], len(both.seen)) == (["approved-row"], len(factories.STAGES))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "two"}, "platform"),
        ({"pair": "inventory:web"}, "pair"),
        ({"at": (("web", "latest"),)}, "at"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(changes: dict[str, object], field: str) -> None:
    load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        matrix_page(replace(MatrixQuestion(), **changes))  # type: ignore[arg-type]

    assert refusal.value.field == field


@pytest.mark.parametrize(
    "at", [(("nobody", "1.0.0"),), (("checkout", "1.5.3"), ("recommendations", "2.2.0")), (("web", "1.0.0"),) * 2]
)
def test_evidence_on_what_is_not_there_is_not_found(at: tuple[tuple[str, str], ...]) -> None:
    load_bookverse()
    Service.objects.filter(slug="web").delete()

    with pytest.raises(NotFound):
        matrix_detail(MatrixQuestion(at=at))


def queries(question: MatrixQuestion) -> tuple[int, MatrixPage]:
    with CaptureQueriesContext(connection) as captured:
        page = matrix_page(question)
    return len(captured), page


@pytest.mark.parametrize(
    "question",
    [
        MatrixQuestion(newest=200),
        MatrixQuestion(known="observed"),
        MatrixQuestion(pair="recommendations:inventory"),
        MatrixQuestion(at=(("inventory", "1.4.0"),)),
    ],
    ids=["all", "known", "pair", "version"],
)
def test_the_number_of_queries_does_not_grow_with_services_versions_or_evidence(question: MatrixQuestion) -> None:
    load_bookverse()
    fail_together("checkout", "1.5.3", "inventory", "1.3.0")
    finish(promote(created()))
    before, _ = queries(question)

    inventory = Service.objects.get(slug="inventory")
    for number in range(20):
        slug = f"more-{number}"
        more = Service.objects.create(slug=slug, name=slug, application_key=slug, dispatch_url="http://127.0.0.1:9")
        Dependency.objects.create(consumer=more, provider=inventory)
        Denial.objects.create(service=more, service_range="1.x", other=inventory, other_range="9.x", reason="why")
        register({slug: [f"1.{minor}.0" for minor in range(10)]})
    finish(promote(created(title="again", web="3.0.1")))
    after, _ = queries(question)

    assert after == before
