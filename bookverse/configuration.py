"""What a board in production must be told, judged before it starts: each refusal names the setting and the mend."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from bookverse.addresses import host_of, is_this_machine
from bookverse.sso.judging import SSO_RULES, SingleSignOn
from bookverse.tracing import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 5
# How the examples of this project and of Django begin.
EXAMPLES = ("demo-only", "django-insecure", "only-while-the-image-is-built", "changeme", "change-me")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What is judged."""

    secret_key: str
    debug: bool
    allowed_hosts: tuple[str, ...]
    site_url: str
    callback_base_url: str
    registry_url: str
    registry_token: str
    sso: SingleSignOn = field(default_factory=SingleSignOn)
    no_traces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One setting that will not do: one sentence with the mend."""

    setting: str
    sentence: str


def configuration() -> Configuration:
    """Return what this process was told."""
    return Configuration(
        secret_key=settings.SECRET_KEY,
        debug=settings.DEBUG,
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        site_url=settings.SITE_URL,
        callback_base_url=settings.CALLBACK_BASE_URL,
        registry_url=settings.JFROG_URL,
        registry_token=settings.JFROG_ACCESS_TOKEN,
        sso=SingleSignOn(
            issuer=settings.SSO_ISSUER,
            client_id=settings.SSO_CLIENT_ID,
            client_secret=settings.SSO_CLIENT_SECRET,
            roles=tuple(settings.SSO_ROLES),
            only=settings.SSO_ONLY,
        ),
        no_traces=refusal(),
    )


def is_production(told: Configuration) -> bool:
    """Tell whether others than this machine reach the board: by the address people use, or by a name it answers to."""
    hosts = [host_of(told.site_url), *told.allowed_hosts]
    # Names without a dot are those of containers beside this one.
    return any(host == "*" or (("." in host or ":" in host) and not is_this_machine(host)) for host in hosts)


def findings(told: Configuration) -> tuple[Finding, ...]:
    """Return what keeps a board from starting; on one machine only sign-on and traces are judged, if there are any."""
    wrong = {setting: judge(told) for setting, judge in _rules_for(told).items()}
    return tuple(Finding(setting=setting, sentence=sentence) for setting, sentence in wrong.items() if sentence)


def insist() -> None:
    """Raise ``ImproperlyConfigured`` with every sentence, for processes that run no system checks."""
    if found := findings(configuration()):
        sentences = "\n".join(f"  {finding.sentence}" for finding in found)
        raise ImproperlyConfigured(f"The board does not start:\n{sentences}")


def check_configuration(**_options: object) -> list[checks.CheckMessage]:
    """Report the findings as system checks, so that every command of manage.py refuses as well."""
    return [checks.Error(finding.sentence, id=f"bookverse.{finding.setting}") for finding in findings(configuration())]


def checked_list() -> Sequence[str]:
    """Return a line for every setting that was judged."""
    told = configuration()
    wrong = {finding.setting: finding.sentence for finding in findings(told)}
    lines = tuple(f"{setting}: {wrong.get(setting, 'ok')}" for setting in _rules_for(told))
    if is_production(told):
        return lines
    return (f"{', '.join(RULES)}: not judged, for SITE_URL and ALLOWED_HOSTS name this machine only", *lines)


def _rules_for(told: Configuration) -> dict[str, Callable[[Configuration], str]]:
    rules = dict(RULES) if is_production(told) else {}
    if told.no_traces:
        rules["OTEL_EXPORTER_OTLP_ENDPOINT"] = lambda told: told.no_traces
    if told.sso.is_told:
        rules |= {setting: partial(_of_single_sign_on, setting) for setting in SSO_RULES}
    return rules


def _of_single_sign_on(setting: str, told: Configuration) -> str:
    return SSO_RULES[setting](replace(told.sso, may_be_local=not is_production(told)))


def _secret_key(told: Configuration) -> str:
    secret = told.secret_key
    if secret.startswith(EXAMPLES):
        return f"SECRET_KEY is an example that anybody can read: set it to {SHORTEST_SECRET} random characters or more."
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS:
        return f"SECRET_KEY can be guessed: set it to {SHORTEST_SECRET} random characters or more."
    return ""


def _debug(told: Configuration) -> str:
    return "DEBUG shows the inside of the board to whoever makes it fail: set DEBUG=false." if told.debug else ""


def _allowed_hosts(told: Configuration) -> str:
    if not told.allowed_hosts:
        return "ALLOWED_HOSTS is empty, so that every request is refused: name the hosts that the board answers to."
    if "*" in told.allowed_hosts:
        return "ALLOWED_HOSTS allows every host, so that links can be forged: name the hosts that the board answers to."
    return ""


def _site_url(told: Configuration) -> str:
    if not _is_address(told.site_url) or is_this_machine(host_of(told.site_url)):
        return (
            f"SITE_URL is {told.site_url or 'empty'}, which leads nobody here: set it to the address that people use."
        )
    return ""


def _callback_base_url(told: Configuration) -> str:
    if not _is_address(told.callback_base_url) or is_this_machine(host_of(told.callback_base_url)):
        return (
            f"CALLBACK_BASE_URL is {told.callback_base_url or 'empty'}, where no service can report to: "
            "set it to an address of the board that services reach, or leave it out where that is SITE_URL."
        )
    return ""


def _registry_url(told: Configuration) -> str:
    if not _is_address(told.registry_url):
        return (
            f"JFROG_URL is {told.registry_url or 'empty'}, so that no version is known: "
            "set it to the http or https address of AppTrust."
        )
    return ""


def _registry_token(told: Configuration) -> str:
    if not told.registry_token or told.registry_token == "demo-token":  # noqa: S105 (the one that is refused)
        return "JFROG_ACCESS_TOKEN is empty or the demo's: set it to a token that AppTrust gave the board."
    return ""


RULES: Mapping[str, Callable[[Configuration], str]] = {
    "SECRET_KEY": _secret_key,
    "DEBUG": _debug,
    "ALLOWED_HOSTS": _allowed_hosts,
    "SITE_URL": _site_url,
    "CALLBACK_BASE_URL": _callback_base_url,
    "JFROG_URL": _registry_url,
    "JFROG_ACCESS_TOKEN": _registry_token,
}


def _is_address(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"} and bool(host_of(url))
