"""``can_i_release`` and ``plan``: what they print, and what their exit code says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from releases.management.commands import can_i_release
from releases.models import CompatibilityRow, Constraint, Dependency, Service
from tests.api.calling import Caller, caller_for
from tests.factories import load_bookverse, person, register

pytestmark = pytest.mark.django_db

BROKEN = ("inventory=1.3.0", "recommendations=2.2.0")


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str


def run(name: str, *arguments: str) -> Ran:
    """Call as a shell does, where a command that says nothing ends with 0."""
    out, code, mistake = StringIO(), 0, ""
    try:
        call_command(name, *arguments, stdout=out, no_color=True)
    except CommandError as refusal:
        code, mistake = refusal.returncode, str(refusal)
    except SystemExit as end:
        code = int(end.code or 0)
    return Ran(code=code, out=out.getvalue(), err=mistake)


@pytest.fixture
def viewer() -> Caller:
    load_bookverse()
    person("kim")
    return caller_for("kim")


def forget_the_web() -> None:
    """Leave nothing that speaks of web and inventory, and no row to infer from."""
    CompatibilityRow.objects.all().delete()
    Constraint.objects.filter(consumer__slug="web", provider__slug="inventory").delete()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("can_i_release", "inventory=1.4.0"), 0, "Compatible: "),
        (("can_i_release", *BROKEN), 1, "Incompatible: "),
        (("plan",), 0, "Platform version: "),
        (("plan", "inventory=1.3.0"), 1, "Platform version: "),
    ],
)
def test_the_exit_code_says_whether_the_versions_fit(arguments: tuple[str, ...], code: int, word: str) -> None:
    load_bookverse()
    ran = run(*arguments)
    assert (ran.code, ran.out[: len(word)], ran.err) == (code, word, "")


@pytest.mark.parametrize("arguments", [("can_i_release", "inventory=1.4.0"), ("plan",)])
def test_a_set_that_nobody_can_vouch_for_ends_with_2(arguments: tuple[str, ...]) -> None:
    load_bookverse()
    forget_the_web()
    assert run(*arguments).code == 2


@pytest.mark.parametrize("arguments", [("can_i_release", *BROKEN), ("plan", "inventory=1.3.0")])
def test_warnings_end_with_0(arguments: tuple[str, ...]) -> None:
    load_bookverse()
    Constraint.objects.update(severity="WARNING")
    ran = run(*arguments)
    assert (ran.code, ran.out.count("Compatible with warnings: ")) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("can_i_release",), "the following arguments are required: service=version"),
        (("can_i_release", "--nonsense", "web=3.0.1"), "unrecognized arguments: --nonsense"),
        (("can_i_release", "web"), "“web” names no version: write service=version, as in inventory=1.3.0."),
        (("can_i_release", "web=3.0.1", "web=3.0.2"), "web is named twice."),
        (("can_i_release", "web=x"), "web: “x” is not a version: it must have three numbers, as in 1.4.0."),
        (
            ("can_i_release", "web=3.0.1", "--platform-version", "2"),
            "platform_version: “2” is not a version: it must have three numbers, as in 1.4.0.",
        ),
        (("plan", "=1.0.0"), "“=1.0.0” names no version: write service=version, as in inventory=1.3.0."),
        (("plan", "--target"), "argument --target: expected one argument"),
    ],
)
def test_a_call_that_cannot_be_read_ends_with_64_and_says_why(arguments: tuple[str, ...], message: str) -> None:
    load_bookverse()
    ran = run(*arguments)
    assert (ran.code, ran.err.splitlines()[0], ran.out) == (64, message, "")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("web=9.9.9",), "Problem: The registry has no web 9.9.9."),
        (("shop=1.0.0",), "Problem: The platform has no service shop."),
        (("--target", "2.0.0"), "Problem: 2.0.0 is not above 2.1.0, the last platform version."),
    ],
)
def test_a_plan_of_what_cannot_be_chosen_ends_with_64_and_says_how_to_mend_it(
    arguments: tuple[str, ...], problem: str
) -> None:
    load_bookverse()
    ran = run("plan", *arguments)
    assert ran.code == 64
    assert [line for line in ran.out.splitlines() if line.startswith("Problem: ")] == [problem]


def test_a_shell_gets_64_too_where_the_arguments_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        can_i_release.Command(no_color=True).run_from_argv(["manage.py", "can_i_release"])
    printed = capsys.readouterr().err.splitlines()
    assert (end.value.code, printed[0]) == (64, "the following arguments are required: service=version")
    assert printed[1].startswith("usage: manage.py can_i_release ")


def test_every_reason_is_printed_with_its_fix_and_evidence_and_then_what_would_fit() -> None:
    load_bookverse()
    rule = Constraint.objects.get(provider_range=">=1.4.0").pk
    lines = run("can_i_release", *BROKEN).out.splitlines()
    assert lines[:4] == [
        "Incompatible: checkout 1.5.2, helm 1.1.0, inventory 1.3.0, recommendations 2.2.0, web 3.0.1",
        "Broken: recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.",
        "  Fix: Take inventory 1.4.0, or keep recommendations at 2.1.0.",
        f"  Evidence: constraint:{rule}",
    ]
    assert lines[-2:] == [
        "The nearest set that fits (proven to be the nearest):",
        "  inventory 1.3.0 → 1.4.0: recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen.",
    ]


def test_where_no_set_fits_the_rules_to_blame_are_printed() -> None:
    load_bookverse()
    web, helm = (Service.objects.get(slug=slug) for slug in ("web", "helm"))
    rule = Constraint.objects.create(consumer=web, consumer_range="*", provider=helm, provider_range=">=9.0.0")
    ran = run("can_i_release", "web=3.0.2")
    assert ran.code == 1
    assert ran.out.splitlines()[-3:] == [
        "No set of known versions fits.",
        "Rules that rule out every set (1 of 1 shown):",
        f"  web * needs helm >=9.0.0 (constraint:{rule.pk})",
    ]


def test_a_plan_is_printed_from_its_number_to_its_digest(viewer: Caller) -> None:
    digest = viewer.post("/plans/preview", {}).json()["digest"]
    lines = run("plan").out.splitlines()
    assert lines[0] == "Platform version: 2.1.0 → 2.2.0 (MINOR)"
    assert lines[lines.index("Phases:") :][:5] == [
        "Phases:",
        "  1. inventory",
        "  2. checkout, recommendations",
        "  3. web",
        "  4. helm",
    ]
    assert lines[-2:] == [
        "Forecast: unknown, because nothing has been timed yet for checkout, helm, inventory, recommendations, web.",
        f"Digest: {digest}",
    ]


def test_a_circle_ends_with_1_whatever_the_versions() -> None:
    load_bookverse()
    inventory, web = (Service.objects.get(slug=slug) for slug in ("inventory", "web"))
    Dependency.objects.create(consumer=inventory, provider=web)
    assert run("plan").code == 1


def test_a_service_without_an_eligible_version_is_no_mistake_of_the_caller() -> None:
    load_bookverse()
    Service.objects.create(slug="shop", name="Shop", application_key="shop", dispatch_url="http://127.0.0.1:9/shop")
    register({"shop": ["1.0.0"]}, release_status="PRE_RELEASE")
    assert run("plan").code == 1


def test_json_is_what_the_api_answers(viewer: Caller) -> None:
    asked = {"inventory": "1.3.0", "recommendations": "2.2.0"}
    judged = json.loads(run("can_i_release", *BROKEN, "--json").out)
    planned: dict[str, Any] = json.loads(run("plan", *BROKEN, "--json").out)

    assert judged == viewer.post("/verdict", {"versions": asked}).json()
    assert {**planned, "compared": None} == viewer.post("/plans/preview", {"versions": asked}).json()
