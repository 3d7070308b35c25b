"""Two people edit the same object: who saves second is told what happened meanwhile, and loses nothing."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected as djangos_delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from releases.actions.rules import lock_rules
from releases.admin.generic import RowsAdmin
from releases.admin.seen import labels_of, read_seen, seen_object, seen_rows, who_and_when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

Row = TypeVar("Row", bound=Model)


@contextmanager
def in_turn(*, writes: bool) -> Iterator[bool]:
    """Let one edit follow the other, whole or not at all; looking waits for nobody. Yields ``writes``."""
    if not writes:
        yield False
        return
    with transaction.atomic():
        lock_rules()
        yield True


class SeenForm(forms.ModelForm):  # type: ignore[type-arg] # Django knows no arguments
    """``meanwhile`` says what others changed since the form was made."""

    meanwhile: Callable[[], str]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if told := self.meanwhile():
            raise ValidationError(told, code="changed-meanwhile")
        return cleaned


class VersionedAdmin(RowsAdmin[Row]):
    """Every edit names the version it was made on; one edit waits for the other, so that none slips between."""

    change_form_template = "admin/releases/change_form.html"
    delete_confirmation_template = "admin/releases/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/releases/delete_selected_confirmation.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401, FBT001, FBT002 (Django's signature)
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            return form
        told = partial(self._meanwhile, request, obj.pk, "Nothing of yours is saved", "save")
        return type(form.__name__, (SeenForm, form), {"meanwhile": staticmethod(told)})

    def _meanwhile(self, request: HttpRequest, pk: object, left: str, verb: str) -> str:
        name = self.opts.verbose_name
        seen, now = read_seen(request, self._about(pk)), seen_object(self, request, pk)
        if seen is None:
            return f"The form does not say which version of this {name} you saw. {left}: look again, then {verb}."
        parts = seen.changed(now)
        if not parts:
            return ""
        who = who_and_when(self.model, [pk], seen.record)
        changed = f"{who} changed this {name} since you opened it: {labels_of(self.model, parts)}."
        return f"{changed} {left}: compare, then {verb} again to decide."

    def _about(self, pk: object) -> str:
        return f"{self.opts.label_lower}:{pk}"

    def signed(self, request: HttpRequest, pk: object) -> str:
        return seen_object(self, request, pk).signed(self._about(pk))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,  # noqa: ANN401 (Django's signature)
    ) -> HttpResponse:
        with in_turn(writes=request.method == "POST"):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 (Django's signature)
        if context["original"] is not None:
            context["seen"] = self.signed(request, context["original"].pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ANN401 (Django's signature)
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_delete_permission(request, obj):
            return super().delete_view(request, object_id, extra_context)
        with in_turn(writes=request.method == "POST") as writes:
            if writes and (told := self._meanwhile(request, obj.pk, "Nothing is deleted", "delete")):
                self.message_user(request, told, messages.WARNING)
                return HttpResponseRedirect(request.get_full_path())
            seen = self.signed(request, obj.pk)
            return super().delete_view(request, object_id, {**(extra_context or {}), "seen": seen})

    def get_actions(self, request: HttpRequest) -> Any:  # noqa: ANN401 (Django's own kind)
        found: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in found:
            _, name, description = found["delete_selected"]
            found["delete_selected"] = (type(self).delete_selected, name, description)
        return found

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Row]) -> HttpResponse | None:
        """Do as Django does, unless one of the objects is not what was confirmed any more."""
        with in_turn(writes="post" in request.POST) as writes:
            if writes and (told := self._rows_meanwhile(request, queryset)):
                self.message_user(request, told, messages.WARNING)
                return None
            response = djangos_delete_selected(self, request, queryset)
            if isinstance(response, TemplateResponse):
                seen = seen_rows(queryset).signed(self.opts.label_lower)
                response.context_data = {**(response.context_data or {}), "seen": seen}
            return response

    def _rows_meanwhile(self, request: HttpRequest, rows: QuerySet[Row]) -> str:
        seen, now = read_seen(request, self.opts.label_lower), seen_rows(rows)
        if seen is None:
            return "Nothing is deleted yet: look at what would be deleted, then decide."
        pks = seen.changed(now)
        if not pks:
            return ""
        names = ", ".join(f"“{row}”" for row in rows if str(row.pk) in pks) or "one of them"
        who = who_and_when(self.model, pks, seen.record)
        return f"{who} changed {names} since you looked. Nothing is deleted: look again, then decide."
