"""The product's settings with the app of the tests, which can stop a process at a named point or plant a bug in it."""

from __future__ import annotations

from bookverse.settings import *  # noqa: F403 - whoever starts the process decides about its environment
from bookverse.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.chaos.app"]

# Nothing is collected before a run.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
