"""Which groups of the board stand for what the provider says of somebody: ``SSO_ROLES``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def pairs_of(entries: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return what the provider says with the group that it means; the last ``=`` parts them."""
    parted = (entry.rpartition("=") for entry in entries)
    return tuple((said.strip(), group.strip()) for said, _, group in parted)


def groups_meant(claim: object, entries: Sequence[str]) -> frozenset[str] | None:
    """Return the groups that a claim means; None where no mapping says that the provider decides."""
    if not entries:
        return None
    said = claim if isinstance(claim, list) else [claim]
    return frozenset(group for name, group in pairs_of(entries) if name in said)
