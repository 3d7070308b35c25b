"""Three scenarios about the services themselves: health and version, response times, and what they give away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from releases.domain.validation import Outcome, p95, slowest_allowed
from releases.domain.validation_exchange import Ask, Broken, Token, at, read_json

if TYPE_CHECKING:
    from collections.abc import Generator

    from releases.domain.validation_exchange import Answer, Record, Talk
    from releases.domain.validation_setup import DeployedService, ProtectedPath, Setup

MEASURE, COMPARE = "Measure", "Compare with the baseline"
PROTECTION = "Protected paths"
_VERSION = re.compile(r"\d+\.\d+|/\d")
_TELLTALES = ("server", "x-powered-by", "x-aspnet-version")
_REFUSALS = (401, 403)
_STRONG_TLS = ("TLSv1.2", "TLSv1.3")


def health(setup: Setup, record: Record) -> Talk:
    """Every deployed service must answer its health path and name the version that the release brought."""
    for service in setup.services:
        with record.step(service.slug, stops=False):
            version = yield from told_version(setup, record, service)
            if version != service.version:
                raise Broken("It runs another version.", expected=service.version, observed=version)
            record.say(expected=service.version, observed=version)


def told_version(setup: Setup, record: Record, service: DeployedService) -> Generator[Ask, Answer, str]:
    """Return the version that a service says it runs; ``Broken`` where it cannot be asked, or does not say."""
    _reachable(service)
    answer = yield from record.ask_well(Ask(url=setup.url(service.url, setup.paths.health)))
    if not setup.fields.version:
        raise Broken("No field of the version is configured.", outcome=Outcome.NOT_CONFIGURED)
    return str(at(read_json(answer), setup.fields.version))


def _reachable(service: DeployedService) -> None:
    if not service.url:
        raise Broken("No address is configured.", outcome=Outcome.NOT_CONFIGURED)


def performance(setup: Setup, record: Record) -> Talk:
    """Measure the 95th percentile of listing the books; without a baseline it is only recorded."""
    with record.step(MEASURE):
        if not setup.catalog_url:
            raise Broken("No address of catalog is configured.", outcome=Outcome.NOT_CONFIGURED)
        url, durations = setup.url(setup.catalog_url, setup.paths.books), []
        for _ in range(setup.requests):
            answer = yield from record.ask_well(Ask(url=url))
            durations.append(answer.took_ms)
        record.measured_ms = p95(durations)
        record.say(f"p95 of {setup.requests} requests.", observed=f"{record.measured_ms} ms")
    with record.step(COMPARE, stops=False):
        _compare(setup, record, record.measured_ms)


def _compare(setup: Setup, record: Record, measured_ms: int) -> None:
    if setup.baseline is None:
        message = (
            f"There is no baseline yet: {measured_ms} ms is recorded, and becomes one once this version is released."
        )
        raise Broken(message, outcome=Outcome.NOT_CONFIGURED, observed=f"{measured_ms} ms")
    limit = slowest_allowed(setup.baseline.p95_ms, slower_percent=setup.slower_percent, slack_ms=setup.slack_ms)
    beside = f"{setup.baseline.version} took {setup.baseline.p95_ms} ms"
    if measured_ms > limit:
        message = f"Slower than it may be; {beside}."
        raise Broken(message, expected=f"at most {limit} ms", observed=f"{measured_ms} ms")
    record.say(f"{beside}.", expected=f"at most {limit} ms", observed=f"{measured_ms} ms")


def security(setup: Setup, record: Record) -> Talk:
    """Headers and TLS of every service, and whether what is protected refuses whoever brings no token."""
    for service in setup.services:
        protocol = ""
        with record.step(f"{service.slug}: headers", stops=False):
            _reachable(service)
            answer = yield from record.ask(Ask(url=setup.url(service.url, setup.paths.health), token=Token.NONE))
            protocol = answer.tls
            _check_headers(record, answer, is_https=_is_https(service.url))
        if _is_https(service.url):
            with record.step(f"{service.slug}: TLS", stops=False):
                _check_tls(record, protocol)
    if not setup.protected:
        with record.step(PROTECTION, stops=False):
            raise Broken("No protected path is configured.", outcome=Outcome.NOT_CONFIGURED)
    for protected in setup.protected:
        with record.step(f"{protected.service}: {protected.method} {protected.path}", stops=False):
            yield from _check_protected(setup, record, protected)


def _is_https(url: str) -> bool:
    return url.lower().startswith("https://")


def _check_headers(record: Record, answer: Answer, *, is_https: bool) -> None:
    wanted = ["content-security-policy", "x-content-type-options", *(["strict-transport-security"] if is_https else [])]
    missing = [name for name in wanted if not answer.headers.get(name)]
    if (answer.headers.get("x-content-type-options") or "nosniff").strip().lower() != "nosniff":
        missing.append("x-content-type-options: nosniff")
    if missing:
        raise Broken(f"Missing: {', '.join(missing)}.", expected=", ".join(wanted), observed=", ".join(missing))
    for name in _TELLTALES:
        told = answer.headers.get(name, "")
        if _VERSION.search(told):
            raise Broken(f"The {name} header tells a version.", expected="no version", observed=told)
    record.say(f"{', '.join(wanted)}; no version is told.")


def _check_tls(record: Record, protocol: str) -> None:
    if not protocol:
        raise Broken("The protocol is not known.", outcome=Outcome.ERROR, expected=" or ".join(_STRONG_TLS))
    if protocol not in _STRONG_TLS:
        raise Broken("The protocol is out of date.", expected=" or ".join(_STRONG_TLS), observed=protocol)
    record.say("The certificate holds.", observed=protocol)


def _check_protected(setup: Setup, record: Record, protected: ProtectedPath) -> Talk:
    base = setup.base_of(protected.service)
    if not base:
        raise Broken(f"No address of {protected.service} is configured.", outcome=Outcome.NOT_CONFIGURED)
    url = setup.url(base, protected.path, "0")
    answer = yield from record.ask(Ask(method=protected.method, url=url, token=Token.NONE))
    expected = "401 or 403 without a token"
    if answer.status not in _REFUSALS:
        message = "It answers without a token." if answer.is_good else "It does not refuse who brings no token."
        raise Broken(message, expected=expected, observed=answer.status)
    record.say(expected=expected, observed=answer.status)
