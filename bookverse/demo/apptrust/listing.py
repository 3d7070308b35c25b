"""Filters, orders and pages of AppTrust's lists."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import semver

from bookverse.demo import fields
from bookverse.demo.apptrust.records import VersionRecord

Item = TypeVar("Item")

DEFAULT_LIMIT = 25
_LARGEST_LIMIT = 1000
_LARGEST_OFFSET = 1_000_000
_SEMVER_LIMIT = 1000


class Order(StrEnum):
    CREATED = "created"
    CREATED_BY = "created_by"
    BUNDLE_NAME = "release_bundle_name"
    BUNDLE_VERSION = "release_bundle_version"
    BUNDLE_SEMVER = "release_bundle_semver"


def page(
    items: Sequence[Item], query: Mapping[str, str], *, largest: int = _LARGEST_LIMIT
) -> tuple[Sequence[Item], dict[str, int]]:
    """Return the asked part and the totals that every list answers with."""
    limit = fields.whole(query, "limit", low=1, high=largest, default=DEFAULT_LIMIT)
    offset = fields.whole(query, "offset", low=0, high=_LARGEST_OFFSET, default=0)
    return items[offset : offset + limit], {"total": len(items), "offset": offset, "limit": limit}


def version_page(
    records: Sequence[VersionRecord], query: Mapping[str, str]
) -> tuple[Sequence[VersionRecord], dict[str, int]]:
    """Filter, order and cut the versions of one application; ``records`` come newest first."""
    order = fields.choice(query, "order_by", Order, default=Order.CREATED)
    ascending = fields.flag(query, "order_asc", default=False)
    kept = [record for record in records if _passes(record, query)]
    if order is Order.BUNDLE_SEMVER:
        newest = sorted(kept, key=_precedence, reverse=not ascending)[:_SEMVER_LIMIT]
        return newest, {"total": len(newest), "offset": 0, "limit": _SEMVER_LIMIT}
    return page(sorted(kept, key=_KEYS[order], reverse=not ascending), query)


def _passes(record: VersionRecord, query: Mapping[str, str]) -> bool:
    return (
        _matches(query.get("application_version", ""), record.version)
        and _matches(query.get("created_by", ""), record.created_by)
        and _matches(query.get("release_status", "").casefold(), record.release_status.casefold())
        and _matches(query.get("tag", ""), record.tag)
    )


def _matches(pattern: str, value: str) -> bool:
    """``pattern`` is a list parted by commas; a closing asterisk matches any ending; an empty one matches all."""
    wanted = [part.strip() for part in pattern.split(",") if part.strip()]
    return not wanted or any(_is_like(part, value) for part in wanted)


def _is_like(part: str, value: str) -> bool:
    return value.startswith(part[:-1]) if part.endswith("*") else value == part


def _precedence(record: VersionRecord) -> tuple[bool, semver.Version, str]:
    """Strings that are not SemVer come below every version that is."""
    try:
        return True, semver.Version.parse(record.version), record.version
    except ValueError:
        return False, semver.Version(0), record.version


_KEYS: dict[Order, Callable[[VersionRecord], tuple[str | float, ...]]] = {
    Order.CREATED: lambda record: (record.created,),
    Order.CREATED_BY: lambda record: (record.created_by, record.created),
    Order.BUNDLE_NAME: lambda record: (record.application_key, record.created),
    Order.BUNDLE_VERSION: lambda record: (record.version,),
}
