"""Signing in with the account of an organisation, by OpenID Connect; an extra that SSO_ISSUER switches on."""

from __future__ import annotations

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured


def sso_apps() -> list[str]:
    """Return what single sign-on installs; refuses where its packages are missing."""
    if find_spec("allauth") is None:
        message = (
            "SSO_ISSUER is set, but django-allauth is not installed: install requirements/sso.lock "
            "(pip install --require-hashes -r requirements/sso.lock), or leave SSO_ISSUER empty."
        )
        raise ImproperlyConfigured(message)
    # Its models need each other; of its pages no route exists (bookverse/sso/urls.py).
    return [
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
        "bookverse.sso",
    ]
