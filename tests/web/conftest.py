"""Browsers of people with each role."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from releases.domain.access import Role
from tests.factories import load_bookverse, person


def browser_of(username: str, role: Role) -> Client:
    person(username, role)
    client = Client()
    client.force_login(User.objects.get(username=username))
    # The first answer of a session writes down when it began; no page costs that again.
    client.get("/favicon.ico")
    return client


@pytest.fixture
def manager(db: None) -> Client:
    """Somebody who may do everything, on a board with the demo's platform."""
    load_bookverse()
    return browser_of("maria", Role.MANAGER)


@pytest.fixture
def viewer(db: None) -> Client:
    return browser_of("vera", Role.VIEWER)
