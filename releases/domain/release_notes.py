"""Release notes: the draft that the differences between two sets make, and what a person may write instead.

The draft is CommonMark. What services wrote (change notes, documents) is text in it and never structure; the words of
whoever created the release are theirs to format, as far as that ends with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from releases.domain.contained_words import contained
from releases.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from releases.domain.api_changes import ApiChanges

MOST_CHARACTERS = 50_000
# Of what a service wrote of one version, and of what one pair of documents tells.
MOST_OF_A_NOTE = 2_000
MOST_CLAUSES = 50
LEFT_OUT = "\n*The rest is left out: these notes would be too long.*"

# Everything that means something inside a line of CommonMark, and what may begin a block.
_INLINE = re.compile(r"[\\`*_\[\]<>&]")
_BLOCK = re.compile(r"^([#+=~>-]|\d{1,9}(?=[.)](\s|$)))")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNote:
    """What was registered with one version; ``irreversible`` is what going back does not undo."""

    version: str
    text: str = ""
    irreversible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredBreak:
    """A breaking change that somebody declared; ``endpoint`` is empty where it may concern all of them."""

    version: str
    endpoint: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDifference:
    """One service that differs; ``before`` is empty for an added one, ``after`` for a removed one.

    ``notes`` and ``breaks`` are of the versions in between, newest first; those that are taken back where it went down.
    ``api`` is None where one of the two versions has no document.
    """

    service: str
    before: str
    after: str
    went_down: bool = False
    notes: tuple[VersionNote, ...] = ()
    breaks: tuple[DeclaredBreak, ...] = ()
    api: ApiChanges | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """``baseline`` is the platform version that the set replaces, empty for the first; ``words`` are its creator's."""

    baseline: str
    words: str
    differences: Sequence[ServiceDifference]


def draft(facts: DraftFacts) -> str:
    """Return the draft, at most ``MOST_CHARACTERS`` long; the same facts in any order give the same text."""
    title = f"# Changes since {_escaped(facts.baseline)}" if facts.baseline else "# First release"
    told = [(_heading(each), _points(each)) for each in sorted(facts.differences, key=_name)]
    sections = [line for heading, points in told if points for line in (f"\n## {heading}\n", *points)]
    silent = [f"- {heading}" for heading, points in told if not points]
    if silent:
        sections += ["\n## Without change notes\n", *silent]
    lines = [title, *(sections or ["\nNo service changes its version."])]
    words = [f"{contained(facts.words.strip())}\n"] if facts.words.strip() else []
    return _bounded([*words, *lines])


def _name(difference: ServiceDifference) -> str:
    return difference.service


def _bounded(lines: Sequence[str]) -> str:
    """Join whole lines for as long as there is room."""
    ends = list(accumulate(len(line) + 1 for line in lines))
    if ends[-1] - 1 <= MOST_CHARACTERS:
        return "\n".join(lines)
    kept = [line for line, end in zip(lines, ends, strict=True) if end + len(LEFT_OUT) <= MOST_CHARACTERS]
    return "\n".join([*kept, LEFT_OUT])


def _points(difference: ServiceDifference) -> tuple[str, ...]:
    return (*_noted(difference), *_declared(difference), *_compared(difference.api))


def _heading(difference: ServiceDifference) -> str:
    name, before, after = map(_escaped, (difference.service, difference.before, difference.after))
    if not before:
        return f"{name} {after} (new)"
    if not after:
        return f"{name} {before} (removed)"
    return f"{name} {before} → {after}"


def _noted(difference: ServiceDifference) -> Iterator[str]:
    for note in difference.notes:
        version = _escaped(note.version)
        if note.text.strip():
            yield _point(f"No longer in it, {version}" if difference.went_down else version, note.text)
        if note.irreversible.strip() and not difference.went_down:
            yield _point(f"**Cannot be undone**, {version}", note.irreversible)


def _declared(difference: ServiceDifference) -> Iterator[str]:
    what = "**Breaking change taken back**" if difference.went_down else "**Breaking change**"
    for each in difference.breaks:
        text = f"{each.endpoint}: {each.text}" if each.endpoint else each.text
        yield _point(f"{what}, {_escaped(each.version)}", text)


def _compared(api: ApiChanges | None) -> Iterator[str]:
    if api is None:
        return
    named = ("**Breaks the API**", api.breaks), ("New in the API", api.additions), ("Not compared", api.unanalysed)
    for what, clauses in named:
        yield from (_point(what, clause) for clause in clauses[:MOST_CLAUSES])
        if len(clauses) > MOST_CLAUSES:
            yield f"- {what}: and {len(clauses) - MOST_CLAUSES} more."


def _point(what: str, text: str) -> str:
    """Return a point of a list; the lines of the text stay lines, and lose whatever would make them more than text."""
    cut = text if len(text) <= MOST_OF_A_NOTE else f"{text[: MOST_OF_A_NOTE - 1]}…"
    lines = [line for line in (_escaped(line) for line in cut.splitlines()) if line]
    return f"- {what}: " + "\\\n  ".join(lines)


def _escaped(line: str) -> str:
    """Return one line of text as CommonMark that reads as just this text; blanks shrink to one."""
    text = " ".join(_NOT_TEXT.sub("\ufffd", line).split())
    text = _INLINE.sub(lambda found: f"\\{found[0]}", text)
    return _BLOCK.sub(_defused, text)


def _defused(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def checked_notes(text: str) -> str:
    """Return what a person wrote as it is stored, with lines that end alike; ``InvalidInput`` says what to mend."""
    notes = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in notes or any("\ud800" <= character <= "\udfff" for character in notes):
        message = "The notes hold characters that cannot be stored; take out NUL and halves of surrogate pairs."
        raise InvalidInput("markdown", message)
    if len(notes) > MOST_CHARACTERS:
        message = f"The notes have {len(notes):,} characters; shorten them to {MOST_CHARACTERS:,}."
        raise InvalidInput("markdown", message)
    return notes
