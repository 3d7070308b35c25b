"""What is shown of a release's notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from releases.queries.views import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionLine:
    """Who wrote which text of the notes; number 0 is the draft, which nobody wrote."""

    number: int
    written_by: str = ""
    written_at: datetime | None = None

    @property
    def is_draft(self) -> bool:
        return not self.number


DRAFT = RevisionLine(number=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """One text of a release's notes; ``newest`` is the one that counts."""

    version: str
    markdown: str
    revision: RevisionLine
    newest: RevisionLine


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesPage:
    """``earlier`` are the revisions, newest first, the draft among them where all are listed."""

    notes: Notes
    earlier: tuple[RevisionLine, ...]
    edit: Control
