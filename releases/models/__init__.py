"""The tables; no side effects here."""

from releases.models.access import ApiToken, CommandReceipt, Pulse
from releases.models.aggregation import AggregationSession, Callback, Dispatch
from releases.models.catalog import Collection, Dependency, Service, ServiceAlias, ServiceVersion, Stage
from releases.models.compatibility import CompatibilityRow, Constraint
from releases.models.journal import JournalEntry
from releases.models.platform_versions import PlatformVersion
from releases.models.promotions import Deployment, Promotion, PromotionStep
from releases.models.releases import Release

__all__ = [
    "AggregationSession",
    "ApiToken",
    "Callback",
    "Collection",
    "CommandReceipt",
    "CompatibilityRow",
    "Constraint",
    "Dependency",
    "Deployment",
    "Dispatch",
    "JournalEntry",
    "PlatformVersion",
    "Promotion",
    "PromotionStep",
    "Pulse",
    "Release",
    "Service",
    "ServiceAlias",
    "ServiceVersion",
    "Stage",
]
