"""The groups that give roles in one stage follow the stages, which the admin says and writes down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse

from releases.domain.access import STAGE_ROLES, Permission, Role, StageRole, why_not
from releases.models import Stage
from releases.queries.access import actor_of
from tests.admin.forms import seen_on, send
from tests.factories import person
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client

ADD = "/admin/releases/stage/add/"
FORM = {"position": 9, "channel": "", "soak_minutes": 0}


def added(administrator: Client, name: str) -> Stage:
    send(administrator, ADD, {**FORM, "name": name})
    return Stage.objects.get(name=name)


def renamed(administrator: Client, stage: Stage, name: str) -> str:
    address = reverse("admin:releases_stage_change", args=[stage.pk])
    return send(administrator, address, {**FORM, "name": name}, follow=True).content.decode()


def deleted(administrator: Client, stage: Stage) -> str:
    address = reverse("admin:releases_stage_delete", args=[stage.pk])
    seen = seen_on(administrator.get(address))
    return administrator.post(address, {"post": "yes", "_seen": seen}, follow=True).content.decode()


def groups_of(stage: str) -> list[str]:
    return sorted(Group.objects.filter(name__endswith=f": {stage}").values_list("name", flat=True))


def people_in(group: str) -> list[str]:
    return sorted(User.objects.filter(groups__name=group).values_list("username", flat=True))


def logged() -> list[str]:
    about = LogEntry.objects.filter(content_type__model="group").order_by("pk")
    return [entry.change_message for entry in about]


def test_a_platform_comes_with_the_groups_of_its_stages(administrator: Client) -> None:
    roles = {role.value for role in Role}
    staged = {StageRole(role, stage).name for role in STAGE_ROLES for stage in ("DEV", "PROD")}
    assert set(Group.objects.values_list("name", flat=True)) == roles | staged


def test_a_new_stage_gets_its_groups(administrator: Client) -> None:
    added(administrator, "EDGE")
    assert groups_of("EDGE") == ["approver: EDGE", "release manager: EDGE"]


def test_who_has_a_role_in_a_stage_keeps_it_when_the_stage_is_renamed(administrator: Client) -> None:
    stage = added(administrator, "EDGE")
    person("dora", Role.MANAGER, "EDGE")
    page = renamed(administrator, stage, "RIM")

    dora = actor_of(User.objects.get(username="dora"))
    told = "The group “release manager: EDGE” of 1 person is called “release manager: RIM” now, as its stage is."
    assert (why_not(dora, Permission.PROMOTE, "RIM"), groups_of("EDGE")) == ("", [])
    assert (groups_of("RIM"), told in page) == (["approver: RIM", "release manager: RIM"], True)
    assert logged() == [
        "The group “approver: EDGE” of 0 people is called “approver: RIM” now, as its stage is.",
        told,
    ]


def test_people_in_a_group_that_has_the_new_name_already_stay_in_it(administrator: Client) -> None:
    stage = added(administrator, "EDGE")
    person("dora", Role.MANAGER, "EDGE")
    person("rita", Role.MANAGER, "RIM")
    renamed(administrator, stage, "RIM")

    assert (people_in("release manager: RIM"), groups_of("EDGE")) == (["dora", "rita"], [])


def test_the_groups_of_a_stage_are_deleted_with_it_so_that_another_of_its_name_begins_empty(
    administrator: Client,
) -> None:
    stage = added(administrator, "EDGE")
    person("dora", Role.MANAGER, "EDGE")
    page = deleted(administrator, stage)
    gone = groups_of("EDGE")
    added(administrator, "EDGE")

    told = "The group “release manager: EDGE” of 1 person is deleted, as its stage is."
    assert (gone, told in page, people_in("release manager: EDGE")) == ([], True, [])
    assert told in logged()


def test_an_edit_that_renames_nothing_leaves_the_groups_alone(administrator: Client) -> None:
    stage = added(administrator, "EDGE")
    renamed(administrator, stage, "EDGE")
    assert (groups_of("EDGE"), logged()) == (["approver: EDGE", "release manager: EDGE"], [])


def test_an_administrator_finds_the_groups_on_a_persons_page(administrator: Client) -> None:
    person("dora", Role.MANAGER, "DEV")
    number = User.objects.get(username="dora").pk
    page = administrator.get(reverse("admin:auth_user_change", args=[number])).content.decode()
    offered = {StageRole(role, stage).name for role in STAGE_ROLES for stage in ("DEV", "PROD")}
    assert {name for name in offered if f">{name}</option>" not in page} == set()


def test_the_list_of_groups_says_what_each_gives(administrator: Client) -> None:
    for name in ("approver: MOON", "admin: DEV", "testers"):
        Group.objects.create(name=name)
    table = parse_html(administrator.get(reverse("admin:auth_group_changelist")).content.decode())
    cells = [each.text for each in table.descendants() if "field-gives" in each.attributes.get("class", "")]

    names = Group.objects.order_by("name").values_list("name", flat=True)
    assert dict(zip(names, cells, strict=True)) == {
        "admin": "the role admin",
        "admin: DEV": "nothing on this board",
        "approver": "the role approver in all stages",
        "approver: DEV": "the role approver in DEV",
        "approver: MOON": "nothing: there is no stage MOON",
        "approver: PROD": "the role approver in PROD",
        "release manager": "the role release manager in all stages",
        "release manager: DEV": "the role release manager in DEV",
        "release manager: PROD": "the role release manager in PROD",
        "testers": "nothing on this board",
        "viewer": "the role viewer",
    }
