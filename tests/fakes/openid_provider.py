"""An OpenID Connect provider on loopback: discovery, sign-in, codes that count once and ask for PKCE, signed tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug import Request, Response

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

KEY_ID = "first"
Answer = Callable[[Request], Response]


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """Return a key of that name, the same one each time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class FakeOpenIdProvider:
    """``person`` is who signs in there, without a password; the rest says what it does wrong, and what it was asked.

    ``spoilt`` replaces claims of the id_token (None takes one away), ``signs_with`` names another key or an algorithm,
    ``asks`` shows a page with a button first, ``error`` is what it sends people back with, ``odd`` maps a path to a raw
    answer.
    """

    def __init__(self, server: HTTPServer, *, client_id: str, client_secret: str) -> None:
        self.issuer = server.url_for("").rstrip("/")
        self.client = (client_id, client_secret)
        self.person: dict[str, Any] = {"sub": "u-1", "preferred_username": "maria", "groups": []}
        self.spoilt: dict[str, Any] = {}
        self.signs_with = KEY_ID
        self.algorithm = "RS256"
        self.error = ""
        self.asks = False
        self.odd: dict[str, Response] = {}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        for path, answer in {
            "/.well-known/openid-configuration": self._discovery,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._keys,
            "/userinfo": self._userinfo,
        }.items():
            server.expect_request(path).respond_with_handler(self._unless_odd(path, answer))

    def _unless_odd(self, path: str, answer: Answer) -> Answer:
        def respond(request: Request) -> Response:
            self.asked.append(path)
            return self.odd.get(path) or answer(request)

        return respond

    def _discovery(self, _request: Request) -> Response:
        endpoints = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        addresses: dict[str, Any] = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in endpoints.items()}
        return answered(
            issuer=self.issuer,
            jwks_uri=f"{self.issuer}/keys",
            token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
            **addresses,
        )

    def _authorize(self, request: Request) -> Response:
        asked = request.args.to_dict()
        wanted = {"client_id": self.client[0], "response_type": "code", "code_challenge_method": "S256"}
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        wrong += [name for name in ("code_challenge", "nonce", "state", "redirect_uri") if not asked.get(name)]
        if wrong or "openid" not in asked.get("scope", "").split():
            return answered(400, error="invalid_request", wrong=wrong)
        if self.asks and request.method == "GET":
            button = f"<form method=post><button>Go on as {self.person['preferred_username']}</button></form>"
            return Response(f"<!doctype html><title>Example Books</title>{button}", content_type="text/html")
        back = {"state": asked["state"]}
        if self.error:
            back["error"] = self.error
        else:
            back["code"] = secrets.token_urlsafe(16)
            self._codes[back["code"]] = asked
        return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, request: Request) -> Response:
        told = request.form
        asked = self._codes.pop(told.get("code", ""), None)
        if (told.get("client_id"), told.get("client_secret")) != self.client:
            return answered(401, error="invalid_client")
        if asked is None or told.get("redirect_uri") != asked["redirect_uri"]:
            return answered(400, error="invalid_grant")
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return answered(400, error="invalid_grant")
        self.tokens += [secrets.token_urlsafe(16), self._id_token(asked["nonce"])]
        return answered(access_token=self.tokens[-2], token_type="Bearer", id_token=self.tokens[-1])

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": self.client[0], "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {**usual, "sub": self.person["sub"], **self.spoilt}
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(told, self._key(), algorithm=self.algorithm, headers={"kid": KEY_ID})

    def _key(self) -> rsa.RSAPrivateKey | str:
        if self.algorithm.startswith("RS"):
            return private_key(self.signs_with)
        return "" if self.algorithm == "none" else secrets.token_hex(32)

    def _keys(self, _request: Request) -> Response:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(private_key(KEY_ID).public_key(), as_dict=True)
        return answered(keys=[{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}])

    def _userinfo(self, request: Request) -> Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return answered(401, error="invalid_token")
        return answered(**self.person)


def answered(status: int = 200, **body: object) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
