"""The tables; no side effects here."""

from releases.models.access import ApiToken, CommandReceipt, Pulse
from releases.models.aggregation import AggregationSession, Callback, Dispatch
from releases.models.builds import BuildOrder
from releases.models.catalog import Collection, Dependency, Service, ServiceAlias, ServiceVersion, Stage
from releases.models.channels import Channel, MessageTemplate
from releases.models.compatibility import CompatibilityRow, Constraint, Denial, Ignore, VerifiedFailure
from releases.models.contents import VersionContent
from releases.models.contracts import (
    ApiDocument,
    BreakingChange,
    Contract,
    DeploymentContract,
    DocumentFetch,
    ProbeResult,
    ProbeRound,
)
from releases.models.gates import ApprovalRule, Bypass, Freeze, SignOff
from releases.models.health import HealthReport
from releases.models.hotfixes import Debt, Hotfix, HotfixPolicy
from releases.models.inboxes import Delivery, Inbox
from releases.models.journal import JournalEntry
from releases.models.manifests import Manifest
from releases.models.observations import Observation
from releases.models.platform_versions import PlatformVersion
from releases.models.promotions import Deployment, Promotion, PromotionStep
from releases.models.quarantines import Quarantine
from releases.models.registry_records import RegistryRecord
from releases.models.release_notes import NotesRevision
from releases.models.releases import Release
from releases.models.subscriptions import Subscription
from releases.models.trains import CalendarLink, Train, TrainEvent, TrainSchedule, TrainStep
from releases.models.validation import ValidationResult, ValidationRun, ValidationTarget

__all__ = [
    "AggregationSession",
    "ApiDocument",
    "ApiToken",
    "ApprovalRule",
    "BreakingChange",
    "BuildOrder",
    "Bypass",
    "CalendarLink",
    "Callback",
    "Channel",
    "Collection",
    "CommandReceipt",
    "CompatibilityRow",
    "Constraint",
    "Contract",
    "Debt",
    "Delivery",
    "Denial",
    "Dependency",
    "Deployment",
    "DeploymentContract",
    "Dispatch",
    "DocumentFetch",
    "Freeze",
    "HealthReport",
    "Hotfix",
    "HotfixPolicy",
    "Ignore",
    "Inbox",
    "JournalEntry",
    "Manifest",
    "MessageTemplate",
    "NotesRevision",
    "Observation",
    "PlatformVersion",
    "ProbeResult",
    "ProbeRound",
    "Promotion",
    "PromotionStep",
    "Pulse",
    "Quarantine",
    "RegistryRecord",
    "Release",
    "Service",
    "ServiceAlias",
    "ServiceVersion",
    "SignOff",
    "Stage",
    "Subscription",
    "Train",
    "TrainEvent",
    "TrainSchedule",
    "TrainStep",
    "ValidationResult",
    "ValidationRun",
    "ValidationTarget",
    "VerifiedFailure",
    "VersionContent",
]
