"""The product's settings for tests; what a developer keeps in ``.env`` has no influence on a test."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

os.environ |= {
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "AUDIT_KEY": "",
    "BOOKVERSE_DEMO": "false",
    "BUILD_URL": "",
    "CALLBACK_BASE_URL": "http://127.0.0.1:8000",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEBUG": "false",
    "JFROG_ACCESS_TOKEN": "demo-token",
    "LOG_FORMAT": "text",
    "METRICS_PORT": "0",
    "METRICS_TOKEN": "",
    "JFROG_URL": "http://127.0.0.1:9",
    "OUTBOUND_ALLOW": "127.0.0.0/8",
    "RATE_LIMIT": "0",
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
    "SITE_URL": "http://127.0.0.1:8000",
    "SSO_SCOPES": "",
    "SSO_GROUPS_CLAIM": "",
    "SSO_ROLES": "",
    "SSO_ONLY": "false",
    "TIME_ZONE": "UTC",
    "VALIDATION_TOKEN": "",
}
os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(__file__).resolve().parent.parent / 'var' / 'board.sqlite3'}")
os.environ.setdefault("REDIS_URL", "")
# tests/sso_settings.py says otherwise.
os.environ |= dict.fromkeys({"SSO_ISSUER", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "SSO_NAME"} - os.environ.keys(), "")
if os.environ["REDIS_URL"]:
    # Each worker of a parallel run has a Redis database of its own, as it has a PostgreSQL database of its own.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{worker}").geturl()

from bookverse.settings import *  # noqa: F403 - they read the environment set above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow hashes protect nobody here
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True  # nothing is collected before a test
WHITENOISE_AUTOREFRESH = True  # looks a file up when it is asked for, instead of all of them for every test client
