"""The page of the simulated AppTrust: its applications, their versions and its setting."""

from collections.abc import Mapping, Sequence
from html import escape

from bookverse.demo import html
from bookverse.demo.apptrust.bodies import moment
from bookverse.demo.apptrust.records import ApplicationRecord, VersionRecord
from bookverse.demo.apptrust.setting import Creation, Dialect, Failure, Gate, Setting

QUARANTINE = "quarantine"


def registry_page(
    *,
    content: Sequence[tuple[ApplicationRecord, Sequence[VersionRecord]]],
    setting: Setting,
    siblings: Mapping[str, str],
    fault: str,
) -> str:
    applications = "".join(_application(record, versions) for record, versions in content)
    return html.page(title="apptrust", siblings=siblings, body=html.alert(fault) + applications + _form(setting))


def _application(record: ApplicationRecord, versions: Sequence[VersionRecord]) -> str:
    return html.table(
        caption=f"{record.application_name} ({record.application_key})",
        columns=("Version", "Status", "Release status", "Stage", "Tag", "Created", "Change the tag"),
        rows=[_row(version) for version in versions],
        empty="There are no versions yet.",
    )


def _row(version: VersionRecord) -> tuple[str, ...]:
    return (
        f"<code>{escape(version.version)}</code>",
        version.status,
        version.release_status,
        escape(version.current_stage or "unassigned"),
        escape(version.tag or "none"),
        moment(version.created),
        _tag_form(version),
    )


def _tag_form(version: VersionRecord) -> str:
    held = version.tag == QUARANTINE
    values = {
        "application_key": version.application_key,
        "version": version.version,
        "tag": "" if held else QUARANTINE,
    }
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    label = "Lift quarantine" if held else "Quarantine"
    name = escape(f"{label}: {version.application_key} {version.version}")
    return f'<form method="post" action="/tag">{hidden}<button aria-label="{name}">{label}</button></form>'


def _form(setting: Setting) -> str:
    times = "" if setting.times is None else str(setting.times)
    controls = (
        html.selection(name="gate", label="Gates decide", options=list(Gate), chosen=setting.gate),
        html.entry(name="times", label="How many times (empty: until changed)", value=times, kind="number"),
        html.selection(name="failure", label="A failed gate shows in", options=list(Failure), chosen=setting.failure),
        html.entry(name="policies", label="Policies, parted by commas", value=setting.policies),
        html.selection(name="creation", label="New versions", options=list(Creation), chosen=setting.creation),
        html.entry(name="work_ms", label="Asynchronous work in ms", value=str(setting.work_ms), kind="number"),
        html.selection(name="dialect", label="Spelling of states", options=list(Dialect), chosen=setting.dialect),
        "<button>Change behaviour</button>",
    )
    return f'<h2>Behaviour</h2><form class="fields" method="post" action="/settings">{"".join(controls)}</form>'
