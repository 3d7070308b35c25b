"""The conversation with the organisation's OpenID Connect provider: allauth's, with stricter checks of what comes back.

allauth trusts an id_token that came over TLS and sends no nonce. Here the signature is verified as well, with keys that
the provider publishes, and everything that the board relies on has to be there.
"""

from __future__ import annotations

import hmac
import logging
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

logger = logging.getLogger(__name__)

# Those that a public key verifies: with a symmetric one the published key could be taken for the secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")
CLOCKS_DIFFER_S = 30


class NotSignedIn(Exception):
    """A sign-in that came to nothing: why in a sentence for who tried it, and the status of the answer."""

    def __init__(self, sentence: str, status: HTTPStatus) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class OutboundRequests(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """How allauth asks other machines."""

    def get_requests_session(self) -> requests.Session:
        """Follow no redirect, which could take the client's secret elsewhere."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


class Conversation(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth has no types
    """One sign-in's questions to the provider."""

    def get_provider(self) -> Provider:
        """Return the one provider, which no row of the database can replace."""
        return provider_for(self.request)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 (allauth's signature)
        """Return the one address that the provider was told, whatever ``Host`` the request names."""
        return settings.SITE_URL + reverse("sso:callback")

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider publishes of itself, refused where it is somebody else's."""
        published = _fetched(self.get_provider().server_url)
        if published["issuer"] != settings.SSO_ISSUER:
            raise OAuth2Error("The provider calls itself by another name than SSO_ISSUER.")
        return published

    def claims(self, code: str, *, verifier: str, nonce: str) -> dict[str, Any]:
        """Redeem the code; return what the provider says of the person, and what it signed goes before the rest."""
        client = self.get_client(self.request, self.get_provider().app)
        answer = client.get_access_token(code, pkce_code_verifier=verifier)
        signed = self._verified(answer["id_token"], nonce)
        return {**self._told_besides(answer["access_token"], signed["sub"]), **signed}

    def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        keys = jwt.PyJWKSet.from_dict(_fetched(self.openid_config["jwks_uri"]))
        claims: dict[str, Any] = jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=ALGORITHMS,
            audience=settings.SSO_CLIENT_ID,
            issuer=settings.SSO_ISSUER,
            leeway=CLOCKS_DIFFER_S,
            options={"require": list(NEEDED)},
        )
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise jwt.InvalidTokenError("The nonce is not that of this sign-in")
        if claims.get("azp", settings.SSO_CLIENT_ID) != settings.SSO_CLIENT_ID:
            raise jwt.InvalidTokenError("The token was made for another client")
        return claims

    def _told_besides(self, access_token: str, subject: str) -> dict[str, Any]:
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        told = _fetched(address, Authorization=f"Bearer {access_token}")
        if told["sub"] != subject:
            raise OAuth2Error("The provider told of somebody else than it signed for.")
        return told


class Provider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """The organisation's provider, spoken with as this board does."""

    oauth2_adapter_class = Conversation


def provider_for(request: HttpRequest) -> Provider:
    """Return the provider that the settings name. Its issuer is its id, so another issuer's people are others."""
    app = SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=settings.SSO_ISSUER,
        name=settings.SSO_NAME,
        client_id=settings.SSO_CLIENT_ID,
        secret=settings.SSO_CLIENT_SECRET,
        settings={
            "server_url": settings.SSO_ISSUER.rstrip("/"),
            "scope": sorted({"openid", *settings.SSO_SCOPES}),
            "oauth_pkce_enabled": True,
        },
    )
    return Provider(request, app=app)


@contextmanager
def explained_failures() -> Iterator[None]:
    """Turn what goes wrong with the provider into a sentence; the log has the kind, never a code or a token."""
    try:
        yield
    except requests.RequestException as failure:
        logger.warning("The provider of single sign-on does not answer: %s", type(failure).__name__)
        sentence = f"The sign-in service of {settings.SSO_NAME} does not answer. Try again in a moment."
        raise NotSignedIn(sentence, HTTPStatus.BAD_GATEWAY) from failure
    except (OAuth2Error, jwt.PyJWTError, LookupError, TypeError, ValueError, AttributeError) as failure:
        # Messages of PyJWT name the claim that is wrong; those of allauth hold the provider's whole answer.
        reason = failure if isinstance(failure, jwt.PyJWTError) else type(failure).__name__
        logger.warning("What the provider of single sign-on answered was not accepted: %s", reason)
        sentence = (
            f"What the sign-in service of {settings.SSO_NAME} answered cannot be trusted or understood. "
            "Sign in again; if that does not help, tell an administrator, whom the log tells more."
        )
        raise NotSignedIn(sentence, HTTPStatus.BAD_GATEWAY) from failure


def _fetched(address: str, **headers: str) -> dict[str, Any]:
    with get_adapter().get_requests_session() as session:
        response = session.get(address, headers=headers)
        response.raise_for_status()
        answer = response.json()
    if not isinstance(answer, dict):
        raise TypeError("The provider answered with something else than an object.")
    return answer
