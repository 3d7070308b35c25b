"""Every route, asked as every role: who gets in is exactly who is listed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from releases.actions.tokens import create_token
from releases.domain.access import Role
from releases.models import Release
from tests.api.calling import caller_for, create_candidate, finish_promotion, promote
from tests.api.platform import build_platform
from tests.authorisation import (
    ADMIN,
    ANONYMOUS,
    APPROVER,
    CLOSED,
    EVERYBODY,
    IN_ONE_STAGE,
    OPERATIONS,
    PAGES,
    PEOPLE,
    RELEASE,
    ROLES,
    SOCKETS,
    TOKENS,
    Route,
)
from tests.factories import person
from tests.fakes.openid_provider import FakeOpenIdProvider
from tests.live.viewing import PATIENCE_S, act, signed_in, socket
from tests.project.routes import administration_patterns
from tests.trains import first_train, next_train

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django.fixtures import Settings

SIGN_IN = ("/login/?next=", "/admin/login/?next=")
# Where everybody is sent on to the board's own sign-in page, and where a session ends.
DOOR = frozenset({"admin/login/", "admin/logout/"})


@pytest.fixture(autouse=True)
def provider(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Where single sign-on is on, have somebody whom it can send people to."""
    if settings.SSO_ISSUER:
        server = request.getfixturevalue("httpserver")
        settings.SSO_ISSUER = FakeOpenIdProvider(server, client_id="board", client_secret="secret").issuer


def platform() -> None:
    """A release that DEV runs, and somebody of each role."""
    build_platform()
    for name, role in ((APPROVER, Role.APPROVER), (ADMIN, Role.ADMIN), (CLOSED, Role.MANAGER)):
        person(name, role)
    for name in IN_ONE_STAGE:
        held, _, stage = name.partition(" in ")
        person(name, Role(held), stage)
    manager = caller_for("manager")
    assert create_candidate(manager) == RELEASE
    promote(manager)
    finish_promotion()


def clients_of(role: str) -> Callable[[], Client]:
    """Return what makes the role's browser or script, a new one each time: some routes end a session."""
    if role in TOKENS:
        account, _, scope = role.partition(": ")
        token = create_token(username=account, scopes=[scope])
        return lambda: Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    def browser() -> Client:
        client = Client(raise_request_exception=False)
        if role != ANONYMOUS:
            client.force_login(User.objects.get(username=role))
        return client

    return browser


def answer_to(client: Client, route: Route) -> Response:
    if route.method == "GET":
        return client.get(route.address)
    if route.form:
        return client.post(route.address, urlencode(route.body), "application/x-www-form-urlencoded")
    return client.generic(route.method, route.address, json.dumps(route.body), "application/json")


def is_let_in(answer: Response) -> bool:
    """Tell whether somebody got past the question who they are; what comes after is told elsewhere."""
    assert answer.status_code < 500
    return answer.status_code not in {401, 403} and not answer.headers.get("Location", "").startswith(SIGN_IN)


def is_for(role: str, route: Route) -> bool:
    """Tell whether the list lets the role in; a page knows nobody by a token, but for the one that scripts read."""
    if route.audience != EVERYBODY and role in TOKENS and not route.path.startswith(("api/", "metrics")):
        return False
    return role in route.audience


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_gets_in_exactly_where_it_is_listed(db: None, role: str) -> None:
    platform()
    client_of_role = clients_of(role)
    User.objects.filter(username=CLOSED).update(is_active=False)
    routes = [*PAGES, *OPERATIONS]

    let_in = {route.name: is_let_in(answer_to(client_of_role(), route)) for route in routes}

    listed = {route.name: is_for(role, route) for route in routes}
    assert {name: let_in[name] for name in let_in if let_in[name] != listed[name]} == {}


def administration_address(pattern: str) -> str:
    """Return an address that the pattern leads to; the object need not be there."""
    plain = re.sub(r"<(\w+:)?\w+>", "1", pattern)
    plain = re.sub(r"\(\?P1[\w|]+\)", "releases", plain.replace("([^/]+)", "1"))
    return "/" + plain.replace("(?P1.*)$", "nowhere").replace("^", "").replace("$", "")


@pytest.mark.parametrize("role", sorted((ROLES - {ADMIN}) - TOKENS | {"admin: all"}))
def test_the_admin_lets_nobody_in_without_the_role(db: None, role: str) -> None:
    platform()
    client = clients_of(role)()
    User.objects.filter(username=CLOSED).update(is_active=False)
    addresses = [administration_address(pattern) for pattern in administration_patterns() if pattern not in DOOR]

    assert [address for address in addresses if is_let_in(client.get(address))] == []
    assert [address for address in addresses if is_let_in(client.post(address))] == []


def test_every_address_of_the_admin_answers_an_administrator(db: None) -> None:
    platform()
    client = clients_of(ADMIN)()
    answers = {
        pattern: client.get(administration_address(pattern))
        for pattern in administration_patterns()
        if pattern not in DOOR
    }
    astray = {pattern for pattern, answer in answers.items() if answer.headers.get("Location", "").startswith(SIGN_IN)}
    assert (astray, {pattern for pattern, answer in answers.items() if answer.status_code >= 500}) == (set(), set())


def test_the_staff_flag_and_permissions_of_django_open_nothing_by_themselves(db: None) -> None:
    person("clerk", Role.VIEWER)
    User.objects.filter(username="clerk").update(is_staff=True)
    assert clients_of("clerk")().get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"


def test_the_role_opens_the_admin_without_any_flag_of_django(db: None) -> None:
    person("ada", Role.ADMIN)
    User.objects.filter(username="ada").update(is_staff=False, is_superuser=False)
    client = clients_of("ada")()
    assert [client.get(path).status_code for path in ("/admin/", "/admin/releases/constraint/add/")] == [200, 200]


def test_who_may_not_enter_the_admin_is_told_which_role_is_missing(db: None) -> None:
    person("vera", Role.VIEWER)
    answer = clients_of("vera")().get("/admin/", follow=True)
    assert (answer.status_code, "To edit the rules you need the role admin." in answer.content.decode()) == (403, True)


async def opens(role: str, route: Route) -> bool:
    """Tell whether a socket stays open for the role."""
    release, train = await act(Release.objects.get), await act(first_train)
    client = None if role in TOKENS or role == ANONYMOUS else await act(signed_in, role)
    await act(User.objects.filter(username=CLOSED).update, is_active=False)
    named = route.path.replace("<int:release_id>", str(release.pk)).replace("<slug:label>", train.label)
    connection = socket(f"/{named}", client=client)
    accepted, _ = await connection.connect(timeout=PATIENCE_S)
    assert accepted
    message = await connection.receive_output(timeout=PATIENCE_S)
    await connection.disconnect()
    await act(User.objects.filter(username=CLOSED).update, is_active=True)
    return bool(message["type"] == "websocket.send")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", SOCKETS, ids=lambda route: route.path)
async def test_a_socket_opens_for_whom_it_is(route: Route) -> None:
    await act(platform)
    await act(next_train)
    assert {role for role in ROLES if await opens(role, route)} == route.audience & PEOPLE
