"""The page of one simulated service, where its behaviour is changed by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from bookverse.demo import html
from bookverse.demo.service.behaviour import Behaviour, Mode
from bookverse.demo.service.deployments import Deployment


def service_page(
    *,
    service: str,
    behaviour: Behaviour,
    live: Mapping[str, str],
    recent: Sequence[tuple[Deployment, int]],
    siblings: Mapping[str, str],
    fault: str,
) -> str:
    """``recent`` pairs each deployment with the number of its callbacks that wait for the board."""
    body = html.alert(fault) + _form(behaviour) + _live(live) + _recent(recent)
    return html.page(title=service, siblings=siblings, body=body)


def _form(behaviour: Behaviour) -> str:
    times = "" if behaviour.times is None else str(behaviour.times)
    controls = (
        html.selection(name="mode", label="The next deployments", options=list(Mode), chosen=behaviour.mode),
        html.entry(name="times", label="How many of them (empty: until changed)", value=times, kind="number"),
        html.entry(name="failure_message", label="Failure message", value=behaviour.failure_message),
        html.entry(name="duration_ms", label="Duration in ms", value=str(behaviour.duration_ms), kind="number"),
        html.entry(name="jitter_ms", label="More or less, in ms", value=str(behaviour.jitter_ms), kind="number"),
        "<button>Change behaviour</button>",
    )
    return f'<h2>Behaviour</h2><form class="fields" method="post" action="/settings">{"".join(controls)}</form>'


def _live(live: Mapping[str, str]) -> str:
    rows = [(escape(stage), f"<code>{escape(version)}</code>") for stage, version in live.items()]
    return html.table(caption="Live versions", columns=("Stage", "Version"), rows=rows, empty="Nothing is deployed.")


def _recent(recent: Sequence[tuple[Deployment, int]]) -> str:
    return html.table(
        caption="Recent deployments",
        columns=("Accepted (UTC)", "Stage", "Version", "Attempt", "State", "Callbacks waiting", "Key"),
        rows=[_row(deployment, waiting) for deployment, waiting in recent],
        empty="No deployment was asked for yet. Promote a release on the board to see one here.",
    )


def _row(deployment: Deployment, waiting: int) -> tuple[str, ...]:
    accepted = datetime.fromtimestamp(deployment.accepted_at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    change = f"<code>{escape(deployment.from_version or 'none')} → {escape(deployment.to_version or 'none')}</code>"
    state = f"{deployment.state.replace('_', ' ')} {deployment.percent} % {deployment.message}"
    attempt, key = str(deployment.attempt), f"<small><code>{escape(deployment.key)}</code></small>"
    return accepted, escape(deployment.stage), change, attempt, escape(state), str(waiting), key
