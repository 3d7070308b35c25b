"""Stages, services and who needs whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from releases.actions.groups import follow_stages, names_of_stages
from releases.actions.versions import Learnt, note_version
from releases.admin.generic import RowsInline
from releases.admin.impact import ImpactAdmin
from releases.admin.read_only import ReadOnlyAdmin
from releases.admin.resources import DependencyResource
from releases.admin.rules import RuleAdmin
from releases.admin.versioned import VersionedAdmin
from releases.models import Dependency, Quarantine, Service, ServiceAlias, ServiceVersion, Stage, VersionContent
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


@admin.register(Stage)
class StageAdmin(ImpactAdmin[Stage]):
    list_display = (
        "name",
        "position",
        "channel",
        "admits_prereleases",
        "soak_minutes",
        "requires_validation",
        "live_version",
        "live_since_at",
    )
    list_select_related = ("live_version",)
    search_fields = ("name",)
    readonly_fields = ("live_version", "live_since_at")

    def carry_out(self, request: HttpRequest, because: str, write: Callable[[], Any]) -> Any:  # noqa: ANN401 (what is written decides)
        """Let the groups that give roles in one stage follow it, and say so."""
        before = names_of_stages()
        result = super().carry_out(request, because, write)
        for sentence in follow_stages(actor=actor_of(request.user), before=before):
            self.message_user(request, sentence)
        return result


class ServiceAliasInline(RowsInline[ServiceAlias, Service]):
    model = ServiceAlias
    extra = 0


@admin.register(Service)
class ServiceAdmin(ImpactAdmin[Service]):
    list_display = ("slug", "name", "application_key", "dispatch_url", "required", "signs_callbacks")
    list_filter = ("required", "signs_callbacks")
    search_fields = ("slug", "name", "application_key", "aliases__name")
    inlines = (ServiceAliasInline,)

    def get_readonly_fields(self, _request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        """Plans, releases and journals know a service by its slug, so it stays."""
        return ("slug",) if obj else ()


@admin.register(Dependency)
class DependencyAdmin(RuleAdmin[Dependency]):
    resource_classes = (DependencyResource,)
    list_display = ("consumer", "provider")
    list_select_related = ("consumer", "provider")
    list_filter = ("consumer", "provider")
    search_fields = ("consumer__slug", "provider__slug")


@admin.register(ServiceVersion)
class ServiceVersionAdmin(VersionedAdmin[ServiceVersion]):
    """Everything but what it changes, and what of that stays done, comes from the registry or from its pipeline."""

    show_full_result_count = False
    fields = (
        "notes",
        "irreversible",
        "service",
        "version",
        "tag",
        "registry_status",
        "release_status",
        "registry_stage",
        "registered_at",
        "invalid_because",
        "requires",
    )
    readonly_fields = fields[2:]
    list_display = ("service", "version", "tag", "registry_status", "release_status", "registry_stage", "registered_at")
    list_select_related = ("service",)
    list_filter = ("service", "release_status", "registry_status", "registry_stage")
    search_fields = ("version", "service__slug", "irreversible")
    ordering = ("service__slug", "-pk")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ServiceVersion, _form: object, _change: object) -> None:
        learnt = Learnt(notes=obj.notes, irreversible=obj.irreversible)
        note_version(actor=actor_of(request.user), service=obj.service.slug, version=obj.version, learnt=learnt)


@admin.register(VersionContent)
class VersionContentAdmin(ReadOnlyAdmin[VersionContent]):
    list_display = ("service_version", "read_at", "next_try_at", "tries", "problem")
    list_select_related = ("service_version__service",)
    list_filter = ("service_version__service",)
    search_fields = ("service_version__version", "service_version__service__slug")
    ordering = ("-pk",)


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin[Quarantine]):
    list_display = ("service", "version", "stage", "release", "began_at", "told_at", "tries", "problem", "lifted_at")
    list_select_related = ("service", "stage", "release")
    list_filter = ("service", "stage")
    search_fields = ("version", "service__slug", "release__version")
    ordering = ("-pk",)
