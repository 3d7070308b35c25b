"""What templates ask of ``releases.display``: badges, icons, times, the drawing and the sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from uuid import uuid4

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from releases.display import sentences
from releases.display.durations import duration, epoch_ms, share
from releases.display.graph import COMPACT, ROOMY, Drawing, draw
from releases.display.markdown import rendered
from releases.display.matrix import Row, matrix
from releases.display.silences import silence_word
from releases.display.status import Aggregate, Status, release_word, shown_state_of, status_of, words, worst
from releases.domain.evidence import NEVER_IGNORED
from releases.domain.hotfixes import name_of
from releases.domain.lifecycle import RETRYABLE_SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

    from releases.domain.compatibility import Reason
    from releases.domain.plans import PlanChange
    from releases.domain.validation import Scenario
    from releases.queries.replay_pages import ReplayPage
    from releases.queries.views import BoardView, Control, Entry, ReleaseLine, ReleaseView, StepView

register = template.Library()
register.filter("words", words)

_EVIDENCE = {
    "constraint": ("rule", "constraint"),
    "row": ("approved row", "compatibilityrow"),
    "denial": ("denial", "denial"),
    "failure": ("verified failure", "verifiedfailure"),
    "contract": ("contract", "contract"),
    "deployment_contract": ("deployment contract", "deploymentcontract"),
    "breaking_change": ("breaking change", "breakingchange"),
    "requirement": ("requirement", "serviceversion"),
    "observation": ("observation", "observation"),
    "hotfix": ("hotfix", "hotfix"),
}


class Badge(TypedDict):
    status: Status
    word: str


class Lease(TypedDict):
    """Times in milliseconds; ``start`` and ``end`` since 1970, without a lease all are 0."""

    start: int
    end: int
    total: int
    low: int
    high: int
    used: int
    is_open: bool
    deadline_at: datetime | None


class Line(TypedDict):
    """One edge of the drawing, in the tone of what it starts from."""

    path: str
    tone: str


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """Draw a symbol of ``icons.svg``; it is hidden from screen readers, so a word must stand beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {kind}" if kind else "",
        static("icons.svg"),
        name,
    )


@register.inclusion_tag("releases/components/badge.html")
def badge(state: str, word: str = "") -> Badge:
    status = status_of(state)
    return {"status": status, "word": word or status.word}


@register.filter
def status(state: str) -> Status:
    return status_of(state)


@register.filter
def status_word(state: str) -> str:
    return status_of(state).word


@register.filter
def markdown(text: str) -> SafeString:
    """Show Markdown that somebody wrote; put it where htmx ignores what is inside."""
    # nh3 let through what is on its list alone.
    return mark_safe(rendered(text))  # noqa: S308 # nosec B308 B703


@register.filter
def step_of(release: ReleaseView, service: str) -> StepView:
    return release.step(service)


@register.filter
def change_of(changes: Iterable[PlanChange], service: str) -> PlanChange | None:
    return next((change for change in changes if change.service == service), None)


@register.filter
def version_of(versions: Mapping[str, object], service: str) -> str:
    return str(versions.get(service, ""))


@register.filter
def retryable(state: str) -> bool:
    """Tell whether a step ended in a way that somebody must answer: retry it or skip it."""
    return state in RETRYABLE_SLOTS


@register.simple_tag
def why_not(place: str, *controls: Control) -> SafeString:
    """Say why buttons are disabled, each reason once; ``<verb>-why`` or ``<verb>-<place>-why`` is a button's own."""
    said: dict[str, list[str]] = {}
    for control in controls:
        if not control.allowed:
            said.setdefault(control.why_not, []).append(control.verb)
    whose = (", ".join(verbs).capitalize() + ": " if len(said) > 1 else "" for verbs in said.values())
    reasons = (_described(text, verbs, place) for text, verbs in said.items())
    return format_html_join("", '<p class="why">{}{}</p>', zip(whose, reasons, strict=True))


def _described(text: str, verbs: Iterable[str], place: str) -> SafeString | str:
    for verb in verbs:
        text = format_html('<span id="{}">{}</span>', "-".join(filter(None, (verb, place, "why"))), text)
    return text


@register.filter
def state_word(release: ReleaseView | ReleaseLine | ReplayPage) -> str:
    return release_word(shown_state_of(release.kind, release.state), release.stage)


@register.filter
def shown_state(release: ReleaseView | ReleaseLine | ReplayPage) -> str:
    return shown_state_of(release.kind, release.state)


@register.filter
def scenario_name(scenario: Scenario) -> str:
    return name_of(scenario)


@register.filter
def milliseconds(count: int) -> str:
    return duration(timedelta(milliseconds=count))


@register.filter
def shortened(correlation_id: str) -> str:
    """Keep both ends of an id, enough to tell two apart."""
    return f"{correlation_id[:4]}…{correlation_id[-3:]}"


@register.filter
def message_tone(level_tag: str) -> str:
    return {"error": "danger", "warning": "warning", "success": "success"}.get(level_tag, "info")


@register.filter
def ignorable(reason: Reason) -> bool:
    """Tell whether somebody could decide to live with this reason, which blocks."""
    return reason.blocks and reason.code not in NEVER_IGNORED


@register.filter
def split(text: str) -> list[str]:
    return text.split()


@register.simple_tag
def evidence(named: str, editable: object) -> SafeString:
    """Name what a reason rests on; whoever may edit it gets links, as ``constraint:7`` says where."""
    parts = (evidence_link(part) if editable else evidence_words(part) for part in named.split(","))
    return format_html_join(", ", "{}", ((part,) for part in parts))


def evidence_words(part: str) -> str:
    """Name one piece of evidence; one that only an edit would bring has no number yet."""
    kind, _, number = part.strip().partition(":")
    label, _ = _EVIDENCE.get(kind, ("", ""))
    if not label:
        return part
    return f"the new {label}" if number.startswith("-") else f"{label} {number}"


def evidence_link(part: str) -> SafeString | str:
    """Name one piece of evidence with a link to where it is edited, if it is there yet."""
    kind, _, number = part.strip().partition(":")
    if kind not in _EVIDENCE or not number.isdigit():
        return evidence_words(part)
    _, model = _EVIDENCE[kind]
    url = reverse(f"admin:releases_{model}_change", args=[number])
    return format_html('<a href="{}">{}</a>', url, evidence_words(part))


@register.simple_tag
def moment(at: datetime | None, style: str = "clock") -> SafeString | str:
    """Write a time in UTC; the page's script turns it to the viewer's zone in ``style`` (clock, day, age, elapsed)."""
    if at is None:
        return "—"
    utc = at.astimezone(UTC)
    shown = f"{utc:%Y-%m-%d %H:%M} UTC" if style in {"day", "age"} else f"{utc:%H:%M:%S} UTC"
    return format_html('<time datetime="{}" data-style="{}">{}</time>', f"{utc:%Y-%m-%dT%H:%M:%S.%fZ}", style, shown)


@register.simple_tag
def took(started_at: datetime | None, finished_at: datetime | None) -> SafeString | str:
    """Write how long it took; while it still runs, when it started, which the script counts up from."""
    if started_at is None:
        return "—"
    if finished_at is None:
        return moment(started_at, "elapsed")
    return duration(finished_at - started_at)


@register.simple_tag
def silence(step: StepView) -> SafeString | str:
    """Say since when a service that is waited for has said nothing, and by when it must; the script counts both."""
    if step.silent_since is None or step.lease_until is None:
        return ""
    word = silence_word(step.state)
    times = (("silence", "since", step.silent_since), ("left", "due by", step.lease_until))
    said = (
        (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", style, f"{before} {at.astimezone(UTC):%H:%M:%S} UTC")
        for style, before, at in times
    )
    counted = format_html_join(", ", '<time datetime="{}" data-style="{}">{}</time>', said)
    return format_html('<span class="message">{} {}</span>', word, counted)


@register.inclusion_tag("releases/components/lease.html")
def lease(step: StepView) -> Lease:
    """Show how much of the time to call back is used; nothing before the service was asked."""
    if step.started_at is None or step.deadline_at is None:
        return {"start": 0, "end": 0, "total": 0, "low": 0, "high": 0, "used": 0, "is_open": False, "deadline_at": None}
    start, end = epoch_ms(step.started_at), epoch_ms(step.deadline_at)
    used = epoch_ms(step.finished_at) - start if step.finished_at else 0
    return {
        "start": start,
        "end": end,
        "total": end - start,
        "low": (end - start) // 2,
        "high": (end - start) * 4 // 5,
        "used": min(end - start, max(0, used)),
        "is_open": step.finished_at is None,
        "deadline_at": step.deadline_at,
    }


@register.filter
def of_milliseconds(used: int, total: int) -> str:
    return share(timedelta(milliseconds=used), timedelta(milliseconds=total))


@register.simple_tag
def drawing(
    phases: Sequence[Sequence[str]],
    depends_on: Mapping[str, frozenset[str]],
    size: str = "roomy",
) -> Drawing:
    return draw(phases, depends_on, COMPACT if size == "compact" else ROOMY)


@register.simple_tag
def lines(drawn: Drawing, steps: Iterable[StepView] = ()) -> list[Line]:
    tones = {step.service: status_of(step.state).tone.value for step in steps}
    return [{"path": edge.path, "tone": tones.get(edge.source, "neutral")} for edge in drawn.edges]


@register.simple_tag
def pairs(
    phases: Sequence[Sequence[str]],
    depends_on: Mapping[str, frozenset[str]],
    reasons: Iterable[Reason],
) -> tuple[Row, ...]:
    return matrix([name for phase in phases for name in phase], depends_on, reasons)


@register.simple_tag
def sentence(entry: Entry) -> sentences.Sentence:
    return sentences.sentence(entry)


@register.simple_tag
def worst_step(steps: Iterable[StepView]) -> Aggregate:
    return worst(step.state for step in steps)


@register.simple_tag
def worst_stage(board: BoardView) -> Aggregate:
    """Judge the whole board: what is under way or in trouble anywhere."""
    under_way = [release.state for release in board.open_releases]
    return worst([*under_way, *(stage.state for stage in board.stages if stage.state not in {"empty", "live"})])


@register.simple_tag
def form_key() -> str:
    """Make the key that lets a form be sent twice and act once."""
    return uuid4().hex


@register.simple_tag
def now_ms() -> int:
    """Tell the page's script the server's clock, in milliseconds since 1970."""
    return epoch_ms(timezone.now())
