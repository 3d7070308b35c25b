"""What every list of rules has: history, import and export with a preview, and warnings about rules that are odd."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import model_ngettext
from django.db.models import Model
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from import_export.forms import ExportForm

from releases.admin.exchange import FORMATS, InTheForm, LimitedImport
from releases.admin.generic import TrackedAdmin
from releases.admin.impact import ImpactAdmin, is_confirmed
from releases.admin.seen import Seen, read_seen, seen_print, who_and_when
from releases.admin.versioned import in_turn
from releases.domain.rule_checks import oddities_of
from releases.queries.changes_of_objects import last_record
from releases.queries.impact import impact_of
from releases.queries.rule_edits import Edit
from releases.queries.rule_lists import oddities_by_evidence
from releases.queries.rules import declared_rules
from releases.templatetags.board import evidence_link

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from releases.domain.impact import Impact
    from releases.domain.rule_checks import Oddity

Row = TypeVar("Row", bound=Model)


class PreviewOutdatedError(Exception):
    """What a file would do is not what was confirmed; ``result`` and ``impact`` are what it would do now.

    ``told`` says who edited one of its rows meanwhile.
    """

    def __init__(self, result: Any, impact: Impact | None, told: str = "") -> None:  # noqa: ANN401 (the library ships no types)
        super().__init__("The import is not what was confirmed.")
        self.result = result
        self.impact = impact
        self.told = told


class RuleAdmin(ImpactAdmin[Row], TrackedAdmin[Row]):
    """``evidence_kind`` is how reasons name such a row: ``constraint`` for ``constraint:7``."""

    evidence_kind = ""
    export_form_class = ExportForm
    formats = FORMATS
    import_form_class = LimitedImport
    import_template_name = "admin/releases/import.html"
    object_history_form_template = "admin/releases/object_history_form.html"
    object_history_list_template = "admin/releases/object_history_list.html"
    tmp_storage_class = InTheForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: Any) -> None:  # noqa: ANN401 (Django's signature)
        super().save_model(request, obj, form, change)
        if self.evidence_kind:
            for oddity in oddities_of(declared_rules(), f"{self.evidence_kind}:{obj.pk}"):
                self.message_user(request, worded(oddity), messages.WARNING)

    def import_action(self, request: HttpRequest) -> HttpResponse:
        """Add the impact to the library's preview of a file."""
        response = super().import_action(request)
        shown = getattr(response, "context_data", None) or {}
        if "confirm_form" in shown:
            shown["impact"] = impact_of(edit_of(shown["result"]))
            shown["seen"] = self._previewed(shown["result"]).signed(self._about_file())
        return response

    def process_import(self, request: HttpRequest) -> HttpResponse:
        """Import what was confirmed, or show again what it would do now."""
        try:
            return super().process_import(request)
        except PreviewOutdatedError as outdated:
            messages.warning(request, f"{outdated.told}Nothing is imported yet: look at what the file would do now.")
            shown = {
                **self.admin_site.each_context(request),
                "title": "Import",
                "opts": self.opts,
                "result": outdated.result,
                "impact": outdated.impact,
                "seen": self._previewed(outdated.result).signed(self._about_file()),
                "import_error_display": ("message",),
                "confirm_form": self.create_confirm_form(request) if outdated.impact else None,
                "form": self.create_import_form(request),
            }
            return TemplateResponse(request, [self.import_template_name], shown)

    def process_dataset(self, dataset: Any, form: Any, request: HttpRequest) -> Any:  # noqa: ANN401 (the library's signature)
        with in_turn(writes=True):
            self._check_preview(dataset, form, request)
            because = f"imported {len(dataset)} {model_ngettext(self.opts, len(dataset))}"
            return self.carry_out(request, because, partial(self._import_whole, dataset, form, request))

    def _check_preview(self, dataset: Any, form: Any, request: HttpRequest) -> None:  # noqa: ANN401 (the library ships no types)
        resource = self.choose_import_resource_class(form, request)()
        preview = resource.import_data(dataset, dry_run=True, raise_errors=False, user=request.user)
        if preview.has_errors() or preview.has_validation_errors():
            raise PreviewOutdatedError(preview, None)
        found = impact_of(edit_of(preview))
        if told := self._rows_edited_meanwhile(request, preview):
            raise PreviewOutdatedError(preview, found, told)
        if not is_confirmed(request, found):
            raise PreviewOutdatedError(preview, found)

    def _rows_edited_meanwhile(self, request: HttpRequest, preview: Any) -> str:  # noqa: ANN401 (the library ships no types)
        seen = read_seen(request, self._about_file())
        if seen is None:
            return "The form does not say what the file would have done. "
        if not seen.changed(self._previewed(preview)):
            return ""
        pks = [row.object_id for row in preview.rows if row.object_id]
        return f"{who_and_when(self.model, pks, seen.record)} changed rows of this file since you looked. "

    def _previewed(self, result: Any) -> Seen:  # noqa: ANN401 (the library ships no types)
        rows = {
            str(number): seen_print([row.import_type, row.object_id, row.diff])
            for number, row in enumerate(result.rows)
        }
        return Seen(prints={"rows": seen_print(rows)}, record=last_record(self.model))

    def _about_file(self) -> str:
        return f"{self.opts.label_lower}:file"

    def _import_whole(self, dataset: Any, form: Any, request: HttpRequest) -> Any:  # noqa: ANN401 (the library's signature)
        """Let one bad row take all the others back with it."""
        result = super().process_dataset(dataset, form, request)
        if result.has_errors() or result.has_validation_errors():
            raise PreviewOutdatedError(result, None)
        return result

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: Any = None,  # noqa: ANN401 (the library's signature)
    ) -> HttpResponse:
        """Go back to an old version; what others did meanwhile is told here too."""
        with in_turn(writes=request.method == "POST"):
            more = {**(extra_context or {}), "seen": self.signed(request, object_id)}
            return super().history_form_view(request, object_id, version_id, more)

    def get_changelist_instance(self, request: HttpRequest) -> Any:  # noqa: ANN401 (Django's own kind)
        shown = super().get_changelist_instance(request)
        if "warnings" in self.get_list_display(request):
            found = oddities_by_evidence()
            for row in shown.result_list:
                row.oddities = found[f"{self.evidence_kind}:{row.pk}"]
        return shown

    @admin.display(description="warnings")
    def warnings(self, row: Row) -> SafeString | str:
        found: tuple[Oddity, ...] = getattr(row, "oddities", ())
        return format_html_join("; ", "{}", ((_briefly(oddity),) for oddity in found)) or "—"


def edit_of(result: Any) -> Edit:  # noqa: ANN401 (the library ships no types)
    """Return what the rows of a previewed file would add and change."""
    return Edit(saved=[row.instance for row in result.rows if row.is_new() or row.is_update()])


def worded(oddity: Oddity) -> SafeString:
    """Say what is odd, with links to the rules that a rule does not go with."""
    return format_html("{} {}", oddity.text, format_html_join(", ", "{}", ((evidence_link(o),) for o in oddity.others)))


def _briefly(oddity: Oddity) -> SafeString | str:
    others = format_html_join(", ", "{}", ((evidence_link(other),) for other in oddity.others))
    return format_html("conflicts with {}", others) if others else oddity.text
