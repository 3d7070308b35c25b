"""The kinds of plan: all services together, or some of them beside what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.dependencies import transitive_dependents
from releases.domain.selection import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from releases.domain.dependencies import Graph

SYNCHRONIZED, INDEPENDENT, HOTFIX, ROLLBACK = "synchronized", "independent", "hotfix", "rollback"
# In these kinds a service that nobody names stays as it is; in the others it takes its highest eligible version.
KEEPS_LIVE = frozenset({INDEPENDENT, HOTFIX, ROLLBACK})
# Kinds in which somebody names the few services that move, and what depends on those is to be verified again.
ALONE = frozenset({INDEPENDENT, HOTFIX})


def nothing_live(kind: str, live: Collection[str]) -> tuple[Problem, ...]:
    """What stays as it is must be there: the first release of a platform is one of all its services."""
    if kind not in ALONE or live:
        return ()
    text = f"Nothing is live yet that this {kind} release could join."
    return (Problem(code="nothing-live", text=text, fix="Release the whole platform first.", field="kind"),)


def to_reverify(kind: str, changed: Collection[str], depends_on: Graph, present: Collection[str]) -> tuple[str, ...]:
    """Name what is to be verified again though it is not deployed: whoever needs a changed service, at any distance."""
    if kind not in ALONE:
        return ()
    return tuple(name for name in transitive_dependents(depends_on, changed) if name in present)
