"""The tests' settings with single sign-on switched on, for a provider that each test starts: `make test-sso`."""

from __future__ import annotations

import os

os.environ |= {
    "SSO_ISSUER": "http://127.0.0.1:9",
    "SSO_CLIENT_ID": "board",
    "SSO_CLIENT_SECRET": "secret-of-the-board",
    "SSO_NAME": "Example Books",
}

from tests.settings import *  # noqa: F403 - they read the environment set above
