"""The types of everything that comes in: bounded, storable in any database, and strict about numbers."""

from __future__ import annotations

from typing import Annotated

from ninja import Header
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from releases.domain.release_notes import MOST_CHARACTERS

MAX_INT = 2**31 - 1
MAX_BIGINT = 2**63 - 1
MAX_DEPTH = 20


def storable(text: str) -> str:
    """Refuse what PostgreSQL cannot store: NUL and halves of surrogate pairs."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("unstorable", "NUL and lone surrogates cannot be stored")
    return text


def storable_document(document: dict[str, object]) -> dict[str, object]:
    """Refuse text that cannot be stored at any depth, and more depth than anybody reads."""
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return document
    raise PydanticCustomError("too_deep", "This is nested more than 20 levels deep")


def _parts(value: object) -> list[object]:
    match value:
        case str():
            storable(value)
            return []
        case dict():
            return [*value.keys(), *value.values()]
        case list():
            return value
        case _:
            return []


Text = Annotated[str, AfterValidator(storable)]
Slug = Annotated[Text, Field(min_length=1, max_length=64)]
StageName = Annotated[Text, Field(min_length=1, max_length=32)]
VersionText = Annotated[Text, Field(min_length=1, max_length=255)]
Title = Annotated[Text, Field(max_length=200)]
Reason = Annotated[Text, Field(max_length=500)]
Notes = Annotated[Text, Field(max_length=20_000)]
Markdown = Annotated[Text, Field(max_length=MOST_CHARACTERS)]
Irreversible = Annotated[Text, Field(max_length=300)]
Digest = Annotated[Text, Field(min_length=1, max_length=64)]
Document = Annotated[dict[str, object], AfterValidator(storable_document)]
# Bounded and judged where documents are kept: the fetched ones come by no schema.
OpenApi = dict[str, object]
Ranges = Annotated[dict[Slug, Annotated[Text, Field(max_length=256)]], Field(max_length=200)]
Versions = Annotated[dict[Slug, VersionText], Field(max_length=200)]

FreezeNumber = Annotated[int, Field(strict=True, ge=1, le=MAX_BIGINT)]
LockVersion = Annotated[int, Field(strict=True, ge=1, le=MAX_INT)]
NotesRevision = Annotated[int, Field(strict=True, ge=0, le=MAX_INT)]
Milliseconds = Annotated[int, Field(strict=True, ge=-MAX_INT, le=MAX_INT)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
Attempt = Annotated[int, Field(strict=True, ge=1, le=32_767)]
Sequence = Annotated[int, Field(strict=True, ge=0, le=MAX_BIGINT)]

# Query strings and headers are text, so their numbers cannot be strict.
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
RevisionQuery = Annotated[int, Field(ge=0, le=MAX_INT)]
IdempotencyKey = Annotated[
    str | None, Field(pattern=r"^[\x20-\x7e]{1,128}$"), Header(default=None, alias="Idempotency-Key")
]
LastEventId = Annotated[Cursor, Header(default=0, alias="Last-Event-ID")]
