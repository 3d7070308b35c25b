"""No route without somebody having said whom it is for, and nothing said of a route that is gone."""

from __future__ import annotations

from tests.authorisation import OPERATIONS, PAGES, SOCKETS
from tests.project.routes import operations, page_patterns, sockets

LESSON = """
Say in tests/authorisation.py whom this route is for; tests/project/test_authorisation.py then asks it as every role.
"""


def test_every_page_says_whom_it_is_for() -> None:
    listed = {route.path for route in [*PAGES, *OPERATIONS]}
    assert page_patterns() - listed == set(), LESSON


def test_every_operation_of_the_api_says_whom_it_is_for() -> None:
    assert operations() - {route.name for route in OPERATIONS} == set(), LESSON


def test_every_socket_says_whom_it_is_for() -> None:
    assert sockets() - {route.path for route in SOCKETS} == set(), LESSON


def test_nothing_is_said_of_a_route_that_is_gone() -> None:
    gone = [route.path for route in PAGES if route.path not in page_patterns()]
    gone += [route.name for route in OPERATIONS if route.name not in operations() and route.path not in page_patterns()]
    gone += [route.path for route in SOCKETS if route.path not in sockets()]
    assert gone == []
