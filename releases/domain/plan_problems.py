"""What stands in the way of a plan apart from its verdict, each with the part of the request to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.platform_versions import is_downgrade
from releases.domain.selection import Problem
from releases.domain.versions import AlreadyPublished

if TYPE_CHECKING:
    from collections.abc import Collection

    from releases.domain.dependencies import CyclicDependency
    from releases.domain.errors import ReleaseError
    from releases.domain.platform_versions import PlatformBump

TARGET_VERSION = "target_version"


def unknown_services(named: Collection[str], known: Collection[str]) -> tuple[Problem, ...]:
    fix = f"Name one of {', '.join(sorted(known))}." if known else "Add the service to the platform first."
    return tuple(
        Problem(
            code="unknown-service",
            service=name,
            text=f"The platform has no service {name}.",
            fix=fix,
            field=f"overrides.{name}",
        )
        for name in sorted(set(named).difference(known))
    )


def refused_version(error: ReleaseError) -> Problem:
    free = error.free.raw if isinstance(error, AlreadyPublished) else ""
    fix = f"Choose another platform version{f', such as {free}' if free else ''}."
    return Problem(code=error.code, text=error.message, fix=fix, field=TARGET_VERSION, offered=free)


def unexplained_downgrades(bump: PlatformBump, reason: str) -> tuple[Problem, ...]:
    if reason:
        return ()
    return tuple(
        Problem(
            code="downgrade-needs-reason",
            service=change.service,
            text=change.text,
            fix=f"Give a reason, or choose {change.before} or a higher version of {change.service}.",
            field="reason",
        )
        for change in bump.changes
        if is_downgrade(change)
    )


def nothing_to_release(bump: PlatformBump, reason: str, *, forced: bool) -> tuple[Problem, ...]:
    if bump.version is not None or (forced and reason):
        return ()
    code, field = ("force-needs-reason", "reason") if forced else ("no-change", "")
    fix = "Give a reason." if forced else "Choose a version that differs from the live one."
    return (Problem(code=code, text=bump.rationale[0], fix=fix, field=field),)


def circle(error: CyclicDependency) -> Problem:
    fix = "Remove one dependency of each circle."
    return Problem(code=error.code, service=error.members[0], text=error.message, fix=fix)
