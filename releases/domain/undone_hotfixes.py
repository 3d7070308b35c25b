"""Sets that would take a hotfix back: they may be meant, but nobody does it without being told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.rules import Severity
from releases.domain.verdicts import Reason
from releases.domain.versions import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.rules import LiveHotfix, Rules
    from releases.domain.versions import Version

UNDONE = "hotfix-undone"


def undone_hotfixes(versions: Mapping[str, Version], rules: Rules) -> Iterator[Reason]:
    """Yield a warning for each service of the set that is older than what a hotfix brought."""
    for hotfix in sorted(rules.hotfixes, key=lambda each: each.id):
        version = versions.get(hotfix.service)
        if version is not None and version < parse(hotfix.version):
            yield _undone(hotfix, version)


def _undone(hotfix: LiveHotfix, version: Version) -> Reason:
    why = f": {hotfix.reason.rstrip('.')}" if hotfix.reason else ""
    return Reason(
        code=UNDONE,
        severity=Severity.WARNING,
        service=hotfix.service,
        observed=version.raw,
        required=f">={hotfix.version}",
        evidence=f"hotfix:{hotfix.id}",
        fix=f"Take {hotfix.service} {hotfix.version} or a newer version.",
        text=(
            f"{hotfix.service} {version} would undo the hotfix {hotfix.platform_version} ({hotfix.urgency}{why}), "
            f"which brought {hotfix.service} {hotfix.version}."
        ),
    )
