from __future__ import annotations

import ast

import pytest

from tests.quality.orm_writes import orm_writes
from tests.quality.sources import files_under, syntax_of

LESSON = """
Only releases/actions may write. A row that changes somewhere else changes without its lock, its journal entry and its
broadcast, so live pages and the journal would not tell it. Write an action with a verb for its name and call that.
"""


@pytest.mark.parametrize(
    "code",
    [
        "step.save(update_fields=['state'])",
        "await step.asave()",
        "step.delete()",
        "Release.objects.create(version='1.0.0')",
        "Release.objects.filter(pk=1).update(state='DONE')",
        "release.promotions.filter(stage=stage).update(state='DONE')",
        "release.promotion_set.create(stage=stage)",
        "rows = Release.objects.all()\nrows.update(state='DONE')",
        "def close(modeladmin, request, queryset: QuerySet[Release]):\n    queryset.update(state='DONE')",
        "Release.objects.bulk_create(rows)",
        "await Release.objects.aget_or_create(pk=1)",
    ],
)
def test_a_write_through_the_orm_is_found(code: str) -> None:
    assert len(orm_writes(ast.parse(code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "headers.update(accept='text/html')",
        "seen.update({'a', 'b'})",
        "digest = sha256()\ndigest.update(b'text')",
        "client.delete('/versions/1')",
        "context = {'rows': Release.objects.all()}\ncontext.update(title='Board')",
        "client.create(version='1.0.0')",
    ],
)
def test_other_things_of_the_same_name_are_not_taken_for_writes(code: str) -> None:
    assert orm_writes(ast.parse(code)) == []


def test_only_actions_write() -> None:
    elsewhere = [path for path in files_under("releases/", "bookverse/", ending=".py") if not _may_write(path)]
    assert [f"{path}:{line}" for path in elsewhere for line in orm_writes(syntax_of(path))] == [], LESSON


def _may_write(path: str) -> bool:
    return path.startswith("releases/actions/")
