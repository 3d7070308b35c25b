"""What the sockets send: the page's own partials, as a whole or as what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.template.loader import render_to_string
from django.utils import timezone

from releases.domain.access import Permission, why_not
from releases.queries.boards import board_sequence, board_view
from releases.queries.changes import changes_since, release_of, release_sequence, rules_changed_at, stage_occupancy
from releases.queries.gates import freezes_by_the_clock, gates_by_the_clock
from releases.queries.release_pages import release_view
from releases.queries.trains import departure_board, departures_sequence, train_sequence, train_view
from releases.queries.validations import stages_to_validate

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from releases.domain.access import Actor
    from releases.models import Release
    from releases.queries.trains import TrainView
    from releases.queries.views import BoardView, ReleaseView

RELEASE_PAGE = "releases/release.html"
BOARD_PAGE = "releases/board.html"
TRAIN_PAGE = "releases/train.html"
DEPARTURES_PAGE = "releases/trains.html"
RELEASE_REGIONS = (
    "head",
    "stages",
    "forecast",
    "way_back",
    "edges",
    "feed",
    "summaries",
    "announce",
    "freezes",
    "gates",
    "verdict",
    "validation",
    "hotfix",
    "record",
    "notes",
)
BOARD_REGIONS = ("freezes", "open", "grid")
TRAIN_REGIONS = ("state", "announce")
DEPARTURES_REGIONS = ("departures",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message to every viewer of a topic: brings a page from ``since`` (or any state, if 0) to ``sequence``."""

    since: int
    sequence: int
    text: str

    @property
    def is_whole(self) -> bool:
        """Tell whether it shows everything, so that it may also replace a picture of the same number."""
        return not self.since


class Topic(Protocol):
    """Something that pages watch; all its viewers get the same bytes."""

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        """Tell whether to look at once; what a nudge does not tell of is seen at the next look."""

    def head(self) -> int:
        """Read the present sequence number."""

    def surroundings(self) -> Hashable:
        """Read what the page shows though no entry of its own tells of it; another value means another picture."""

    def snapshot(self) -> Frame:
        """Render every region."""

    def delta(self, since: int) -> Frame:
        """Render what changed after ``since``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTopic:
    """A release page, as people see it who may do the same there.

    Who may have to sign has a picture of their own: it says what they signed.
    """

    release_id: int
    viewer: Actor

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        """Only its own release."""
        return nudge.get("release_id") == self.release_id

    def head(self) -> int:
        """Read the number of the last journal entry."""
        return release_sequence(self.release_id)

    def surroundings(self) -> Hashable:
        """Read what others do in the stages, when rules were edited, what can be validated, and which gates moved."""
        surroundings = stage_occupancy(), rules_changed_at(), stages_to_validate()
        return *surroundings, gates_by_the_clock(self.release_id)

    def snapshot(self) -> Frame:
        """Render every region of the page."""
        view = self._view(release_of(self.release_id))
        services = [step.service for step in view.steps]
        return Frame(since=0, sequence=view.sequence, text=self._regions(view, services) + _mark(0, view.sequence))

    def delta(self, since: int) -> Frame:
        """Render the common regions, and the nodes and rows of the services that the new entries speak of."""
        changes = changes_since(self.release_id, since)
        view = self._view(changes.release)
        services = [step.service for step in view.steps if changes.services is None or step.service in changes.services]
        text = self._regions(view, services) + _mark(since, view.sequence)
        return Frame(since=since, sequence=view.sequence, text=text)

    def _view(self, release: Release) -> ReleaseView:
        return release_view(release, self.viewer)

    def _regions(self, view: ReleaseView, services: Iterable[str]) -> str:
        # What a reason rests on is linked for those who may edit it, on the page as in what is pushed.
        rights = {"may_administer": not why_not(self.viewer, Permission.EDIT_RULES)}
        parts = [_render(RELEASE_PAGE, region, release=view, **rights) for region in RELEASE_REGIONS]
        for service in services:
            step = view.step(service)
            parts += [_render(RELEASE_PAGE, part, release=view, step=step) for part in ("node", "row")]
        return "".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTopic:
    """The board, as people see it who may do the same there."""

    viewer: Actor

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        """Every release."""
        return "release_id" in nudge

    def head(self) -> int:
        """Read a number that grows with every change of any release."""
        return board_sequence()

    def surroundings(self) -> Hashable:
        """The journals of all releases tell all that the board shows but the rules behind its verdicts and freezes."""
        return rules_changed_at(), freezes_by_the_clock()

    def snapshot(self) -> Frame:
        """Render the board."""
        view = self._view()
        return Frame(since=0, sequence=view.sequence, text=_board(view) + _mark(0, view.sequence))

    def delta(self, since: int) -> Frame:
        """Render the board as it is: it is small, and complete it can miss nothing."""
        view = self._view()
        return Frame(since=since, sequence=view.sequence, text=_board(view) + _mark(since, view.sequence))

    def _view(self) -> BoardView:
        return board_view(self.viewer)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainTopic:
    """A train's page, as people see it who may run trains (``refusal`` empty) or may not; who edits rules has links.

    What it shows also moves with versions, rules and stages, of which no event of the train tells: so all of it is
    compared.
    """

    label: str
    refusal: str
    edits_rules: bool = False

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        """Only the train itself: the plan of one that boards is too much work for each step of every release."""
        return nudge.get("train") == self.label

    def head(self) -> int:
        """Read the number of the train's last event."""
        return train_sequence(self.label)

    def surroundings(self) -> Hashable:
        """Read all that the page shows."""
        return self._view()

    def snapshot(self) -> Frame:
        """Render the page."""
        return self._frame(0)

    def delta(self, since: int) -> Frame:
        """Render the page as it is: it is small, and complete it can miss nothing."""
        return self._frame(since)

    def _view(self) -> TrainView:
        return train_view(self.label, self.refusal)

    def _frame(self, since: int) -> Frame:
        view = self._view()
        rights = {"may_administer": self.edits_rules}
        parts = (_render(TRAIN_PAGE, region, train=view, **rights) for region in TRAIN_REGIONS)
        return Frame(since=since, sequence=view.sequence, text="".join(parts) + _mark(since, view.sequence))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeparturesTopic:
    """The departure board, with links for people who edit rules; it has no buttons that a role could switch off."""

    edits_rules: bool = False

    def concerns(self, nudge: Mapping[str, object]) -> bool:
        """Every train."""
        return "train" in nudge

    def head(self) -> int:
        """Read the number of the last event of any train."""
        return departures_sequence()

    def surroundings(self) -> Hashable:
        """Read all that the page shows, for the reason that a train's page does."""
        return departure_board()

    def snapshot(self) -> Frame:
        """Render the departures."""
        return self._frame(0)

    def delta(self, since: int) -> Frame:
        """Render the departures as they are."""
        return self._frame(since)

    def _frame(self, since: int) -> Frame:
        board = departure_board()
        rights = {"may_administer": self.edits_rules}
        parts = (_render(DEPARTURES_PAGE, region, board=board, **rights) for region in DEPARTURES_REGIONS)
        return Frame(since=since, sequence=board.sequence, text="".join(parts) + _mark(since, board.sequence))


def beat(sequence: int) -> str:
    """Return the sign of life: the server's clock, and how far a page must be that missed nothing."""
    return f'<i id="live-beat" hidden data-seq="{sequence}" data-now="{_now_ms()}" hx-swap-oob="outerMorph"></i>'


def _board(view: BoardView) -> str:
    return "".join(_render(BOARD_PAGE, region, board=view) for region in BOARD_REGIONS)


def _render(page: str, partial: str, **context: object) -> str:
    return render_to_string(f"{page}#{partial}", {**context, "oob": True})


def _mark(since: int, sequence: int) -> str:
    return (
        f'<i id="live-mark" hidden data-from="{since}" data-seq="{sequence}" data-now="{_now_ms()}"'
        ' hx-swap-oob="outerMorph"></i>'
    )


def _now_ms() -> int:
    return round(timezone.now().timestamp() * 1000)
