"""A board whose services are one fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.service import fake_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.service import FakeService


@pytest.fixture
def service(transactional_db: None) -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake
