"""What happened; only actions write it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from releases.admin.read_only import ReadOnlyAdmin
from releases.models import (
    AggregationSession,
    Callback,
    Dispatch,
    JournalEntry,
    Manifest,
    Observation,
    PlatformVersion,
    Promotion,
    RegistryRecord,
    Release,
)


@admin.register(PlatformVersion)
class PlatformVersionAdmin(ReadOnlyAdmin[PlatformVersion]):
    list_display = ("version", "release", "created_at")
    list_select_related = ("release",)
    search_fields = ("version",)
    ordering = ("-pk",)


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin[Release]):
    list_display = ("version", "target_version", "kind", "state", "title", "created_by", "created_at")
    list_select_related = ("created_by",)
    list_filter = ("state", "kind")
    search_fields = ("labels__version", "title")
    ordering = ("-pk",)


@admin.register(Promotion)
class PromotionAdmin(ReadOnlyAdmin[Promotion]):
    list_display = ("version", "stage", "state", "phase", "started_by", "started_at", "finished_at")
    list_select_related = ("stage", "started_by")
    list_filter = ("state", "stage")
    search_fields = ("version",)
    ordering = ("-pk",)


@admin.register(AggregationSession)
class AggregationSessionAdmin(ReadOnlyAdmin[AggregationSession]):
    list_display = ("correlation_id", "promotion", "phase", "state", "opened_at", "deadline_at", "closed_at")
    list_select_related = ("promotion__stage",)
    list_filter = ("state", "promotion__stage")
    search_fields = ("correlation_id", "promotion__version")
    ordering = ("-pk",)


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin[Dispatch]):
    list_display = ("step", "attempt", "state", "reason", "sends", "opened_at", "heard_at", "closed_at")
    list_select_related = ("step__service",)
    list_filter = ("state", "reason", "step__service")
    search_fields = ("session__correlation_id", "step__service__slug")
    exclude: ClassVar[tuple[str, ...]] = ("token_hash", "key")
    ordering = ("-pk",)


@admin.register(Callback)
class CallbackAdmin(ReadOnlyAdmin[Callback]):
    list_display = ("dispatch", "status", "disposition", "percent", "message", "received_at")
    list_select_related = ("dispatch__step__service",)
    list_filter = ("disposition", "status", "dispatch__step__service")
    search_fields = ("dispatch__session__correlation_id", "message")
    ordering = ("-pk",)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin[JournalEntry]):
    list_display = ("release", "sequence", "at", "kind", "actor", "service")
    list_select_related = ("release",)
    list_filter = ("kind", "service")
    search_fields = ("release__version", "actor", "service")
    ordering = ("-pk",)


@admin.register(Manifest)
class ManifestAdmin(ReadOnlyAdmin[Manifest]):
    list_display = ("release", "sha256", "is_derived", "created_at")
    list_select_related = ("release",)
    list_filter = ("is_derived",)
    search_fields = ("release__labels__version", "sha256")
    ordering = ("-pk",)


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin[Observation]):
    list_display = ("stage", "platform_version", "recorded_by", "began_at", "ended_at", "probes", "failed_probes")
    list_select_related = ("stage",)
    list_filter = ("stage",)
    search_fields = ("platform_version", "digest")
    ordering = ("-pk",)


@admin.register(RegistryRecord)
class RegistryRecordAdmin(ReadOnlyAdmin[RegistryRecord]):
    list_display = ("release", "application_key", "version", "wanted_stage", "registry_stage", "told_at", "problem")
    list_select_related = ("release",)
    search_fields = ("release__labels__version", "version")
    ordering = ("-pk",)
