"""Boards whose services are one fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.actions.validating import in_dev
from tests.factories import NEXT, load_bookverse
from tests.fakes.service import fake_service
from tests.fakes.shop import fake_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.models import Release
    from tests.fakes.service import FakeService
    from tests.fakes.shop import Shop


@pytest.fixture
def service(transactional_db: None) -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with fake_shop(NEXT) as running:
        load_bookverse(running.url)
        running.answers["GET /api/v1/admin"] = lambda: (401, {"detail": "Sign in."})
        yield running


@pytest.fixture
def release(shop: Shop) -> Release:
    """It runs in DEV, which may be validated."""
    return in_dev()
