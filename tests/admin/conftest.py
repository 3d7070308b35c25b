from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.api.platform import build_platform


@pytest.fixture
def administrator(db: None) -> Client:
    """Somebody who may do everything, with the platform loaded."""
    build_platform()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client
