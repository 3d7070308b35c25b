"""Editing what verdicts are made of: the impact is shown first, and the action behind it tells every open page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import model_ngettext, unquote
from django.db.models import Model, QuerySet
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from releases.actions.rules import change_rules
from releases.admin.rule_forms import CONFIRMED, RuleForm
from releases.admin.versioned import VersionedAdmin
from releases.queries.access import actor_of
from releases.queries.impact import impact_of
from releases.queries.rule_edits import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

    from releases.domain.impact import Impact

Row = TypeVar("Row", bound=Model)
LOOK_AGAIN = "Nothing is deleted yet: what this would change is not what you saw. Look again, then decide."


class ImpactAdmin(VersionedAdmin[Row]):
    """Asks before an edit changes a verdict; an edit without effect is made at once."""

    form: type[ModelForm] = RuleForm  # type: ignore[type-arg] # Django knows no arguments

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401, FBT001, FBT002 (Django's signature)
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.editor = request.user
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 (Django's signature)
        # An impact that waits for a decision is no mistake in the form.
        if getattr(context["adminform"].form, "pending", None):
            context["errors"] = None
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: Any) -> None:  # noqa: ANN401 (Django's signature)
        because = f"{'changed' if change else 'added'} the {self.opts.verbose_name} “{obj}”"
        save = partial(obj.save, update_fields=_edited(obj, form)) if change else obj.save
        self.carry_out(request, because, save)

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        because = f"deleted the {self.opts.verbose_name} “{obj}”"
        self.carry_out(request, because, partial(super().delete_model, request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        count = queryset.count()
        because = f"deleted {count} {model_ngettext(self.opts, count)}"
        self.carry_out(request, because, partial(super().delete_queryset, request, queryset))

    def carry_out(self, request: HttpRequest, because: str, write: Callable[[], Any]) -> Any:  # noqa: ANN401 (what is written decides)
        return change_rules(actor=actor_of(request.user), because=because, write=write)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ANN401 (Django's signature)
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_delete_permission(request, obj):
            return super().delete_view(request, object_id, extra_context)
        found = impact_of(Edit(deleted=[obj]))
        if request.method == "POST" and not is_confirmed(request, found):
            self.message_user(request, LOOK_AGAIN, messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        return super().delete_view(request, object_id, {**(extra_context or {}), "impact": found})

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Row]) -> HttpResponse | None:
        """Do as Django does, with the impact of all deletions together."""
        found = impact_of(Edit(deleted=list(queryset)))
        if request.POST.get("post") and not is_confirmed(request, found):
            self.message_user(request, LOOK_AGAIN, messages.WARNING)
            return None
        response = super().delete_selected(request, queryset)
        if isinstance(response, TemplateResponse):
            response.context_data = {**(response.context_data or {}), "impact": found}
        return response


def _edited(obj: Model, form: Any) -> list[str] | None:  # noqa: ANN401 (a form of any model)
    """Return what the form edits: what else is in the row, such as a stage's live version, may have moved on."""
    if not QuerySet(type(obj)).filter(pk=obj.pk).exists():
        # An old version of something deleted is brought back whole.
        return None
    return [field.name for field in obj._meta.concrete_fields if field.name in form.cleaned_data]


def is_confirmed(request: HttpRequest, found: Impact) -> bool:
    """Tell whether somebody saw this very impact, or there is none to see."""
    return not found.effects or request.POST.get(CONFIRMED) == found.digest
