"""What `make test` calls PostgreSQL and Redis really is PostgreSQL and Redis."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

pytestmark = pytest.mark.postgres


@pytest.mark.django_db
def test_the_database_is_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT split_part(version(), ' ', 1)")
        assert cursor.fetchone() == ("PostgreSQL",)


def test_redis_answers() -> None:
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert redis.ping() is True
