"""Sessions in the database, asked only for what could be one.

The key is what a cookie says, and a quoted cookie may say NUL, which PostgreSQL refuses with an error and not with
“no such session”. Channels finds this class by the same setting.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS

VALID_KEY = frozenset(VALID_KEY_CHARS)
KEY_LENGTH = 32


class SessionStore(db.SessionStore):
    """Takes a key that Django would never have made for none."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and len(key) == KEY_LENGTH and VALID_KEY.issuperset(key)
