"""One scenario that compares the manifest, service by service, with what runs and with AppTrust's record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.registry_records import versions_among
from releases.domain.validation import Outcome
from releases.domain.validation_checks import told_version
from releases.domain.validation_exchange import Ask, Broken, Token, at, good, read_json

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from releases.domain.validation_exchange import Answer, Record, Talk
    from releases.domain.validation_setup import DeployedService, Setup

MANIFEST, RECORD, BEYOND = "Manifest", "AppTrust's record", "AppTrust: nothing else"
MATCHES = "Matches the manifest."
_NOT_FOUND = 404


def integrity_steps(setup: Setup) -> tuple[str, ...]:
    services = setup.sealed.services
    return (MANIFEST, *map(_running, services), RECORD, *map(_recorded, services), BEYOND)


def _running(service: DeployedService) -> str:
    return f"{service.slug}: running"


def _recorded(service: DeployedService) -> str:
    return f"{service.slug}: AppTrust"


def integrity(setup: Setup, record: Record) -> Talk:
    """Each service must run the manifest's version, and AppTrust's version of the platform must be of just these."""
    with record.step(MANIFEST):
        _sealed(setup, record)
    for service in setup.sealed.services:
        with record.step(_running(service), stops=False):
            version = yield from told_version(setup, record, service)
            _compare(record, service, version, _past_the_board(setup, service, version))
    yield from _compare_record(setup, record)


def _sealed(setup: Setup, record: Record) -> None:
    if not setup.sealed.services:
        raise Broken("The release was created without a manifest.", outcome=Outcome.NOT_CONFIGURED)
    if not setup.sealed.is_intact:
        raise Broken("It is not what was written when the release was created: run manage.py verify_journal.")
    count = len(setup.sealed.services)
    record.say(f"{count} service{'' if count == 1 else 's'}, as sealed.")


def _past_the_board(setup: Setup, service: DeployedService, found: str) -> str:
    return (
        f"Differs: it was deployed past the board, or not replaced. Deploy {service.version[:40]} "
        f"to {setup.stage[:40]} again, or bring {found[:40]} there with a release of its own."
    )


def _compare(record: Record, service: DeployedService, found: str, why: str) -> None:
    if found != service.version:
        raise Broken(why, expected=service.version, observed=found)
    record.say(MATCHES, expected=service.version, observed=found)


def _compare_record(setup: Setup, record: Record) -> Talk:
    with record.step(RECORD):
        found = yield from _recorded_versions(setup, record)
    for service in setup.sealed.services:
        with record.step(_recorded(service), stops=False):
            _compare(record, service, found.get(service.application_key, "nothing"), _changed_there(setup))
    with record.step(BEYOND, stops=False):
        keys = {service.application_key for service in setup.sealed.services}
        more = ", ".join(f"{key} {found[key]}" for key in sorted(found.keys() - keys))
        if more:
            raise Broken(f"It holds what the manifest does not. {_changed_there(setup)}", observed=more)
        record.say("It holds nothing beyond the manifest.")


def _changed_there(setup: Setup) -> str:
    return (
        f"Differs: {setup.recorded.name[:120]} is of other versions in AppTrust. Find out there who created it, "
        "and plan a new release, which gets a version of its own."
    )


def _recorded_versions(setup: Setup, record: Record) -> Generator[Ask, Answer, Mapping[str, str]]:
    recorded = setup.recorded
    if recorded.why_not:
        raise Broken(recorded.why_not, outcome=Outcome.NOT_CONFIGURED)
    ask = Ask(url=recorded.url, token=Token.APPTRUST)
    answer = yield from record.ask(ask)
    if answer.status == _NOT_FOUND:
        message = (
            f"AppTrust has no {recorded.name[:120]}. The release's page says why it could not be recorded; validate "
            "again once it is."
        )
        raise Broken(message, expected=recorded.name, observed="nothing")
    sources = at(read_json(good(ask, answer)), "sources")
    if not isinstance(sources, list):
        raise Broken("AppTrust's sources are not a list.", expected="a list", observed=type(sources).__name__)
    record.say(f"AppTrust has {recorded.name}.")
    return versions_among(sources)
